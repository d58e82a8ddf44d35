"""Which control each kind of item supports, and why, in one sentence each: the whole of what this tool claims about any standard.

The controls of SOC 2 and ISO 27001 are paraphrased, since their texts belong to others. An item supports a control; whether that is enough is
for the auditor to say, and nothing here calls an organization compliant.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

SOC_2 = "SOC 2"
ISO_27001 = "ISO 27001:2022"


class Control(StrEnum):
    """A control, by the id under which auditors know it."""

    CC6_1 = "CC6.1"
    CC6_2 = "CC6.2"
    CC6_3 = "CC6.3"
    CC6_8 = "CC6.8"
    A_5_15 = "A.5.15"
    A_5_16 = "A.5.16"
    A_5_17 = "A.5.17"
    A_5_18 = "A.5.18"
    A_8_2 = "A.8.2"

    @property
    def standard(self) -> str:
        """Whose control it is."""
        return SOC_2 if self.value.startswith("CC") else ISO_27001

    @property
    def about(self) -> str:
        """What it asks for, in our words."""
        return _ABOUT[self]


_ABOUT: Mapping[Control, str] = {
    Control.CC6_1: "Technical means keep systems and data to those who are meant to reach them.",
    Control.CC6_2: "Who gets credentials was approved first, and loses them when the reason is gone.",
    Control.CC6_3: "Access is given, changed and taken away by role, no wider than the work asks for.",
    Control.CC6_8: "Software that nobody approved is kept out, or is noticed and dealt with.",
    Control.A_5_15: "Rules for access are laid down and put into practice.",
    Control.A_5_16: "Identities are looked after from the day they are made to the day they go.",
    Control.A_5_17: "Keys, passwords and other proofs of identity are handed out and kept under control.",
    Control.A_5_18: "Rights are granted, looked over, changed and withdrawn as the rules say.",
    Control.A_8_2: "Far-reaching rights are few, given on purpose and watched.",
}


class Kind(StrEnum):
    """What an item is, in the order in which a reader wants them."""

    SETUP = "setup"
    INTENDED = "intended-policies"
    INTENDED_ACCESS = "intended-access"
    BEFORE = "before"
    NOW = "now"
    CONFORMITY = "conformity"
    ACCESS = "access"
    FINDINGS = "findings"
    ACCEPTED = "accepted-findings"
    RUN = "run"
    RETIREMENT = "retirement"
    USER = "user"
    AUDIT = "audit"

    @property
    def heading(self) -> str:
        """What it is called where none of its items is at hand."""
        return _KINDS[self].heading

    @property
    def serves(self) -> Mapping[Control, str]:
        """The controls that it supports, each with the sentence why."""
        return _KINDS[self].serves


@dataclass(frozen=True, slots=True)
class _Kind:
    heading: str
    serves: Mapping[Control, str]


_KINDS: Mapping[Kind, _Kind] = {
    Kind.SETUP: _Kind(
        "The Setup: the rules of access, as reviewed",
        {
            Control.CC6_1: "It says which pipelines may reach which part of the bucket, and asks for nothing else.",
            Control.A_5_15: "It is the written rule from which every policy is made.",
        },
    ),
    Kind.INTENDED: _Kind(
        "The policies that the Setup asks for",
        {
            Control.CC6_3: "Each role has a policy of its own, made for one stage of work.",
            Control.A_5_15: "They are the rule in the words that AWS enforces.",
        },
    ),
    Kind.INTENDED_ACCESS: _Kind(
        "Who may do what, as the Setup asks for it",
        {
            Control.CC6_1: "For each role it tells which requests pass and which are refused, as an evaluator of the policies decides.",
            Control.CC6_8: "It shows which roles may write where releases lie, and that the others may not.",
            Control.A_5_15: "It puts the rule as answers that a reader can check one by one.",
            Control.A_8_2: "It shows whether a role may administer the bucket.",
        },
    ),
    Kind.BEFORE: _Kind(
        "The roles before the first change",
        {
            Control.CC6_3: "With the roles as they are now it shows what the changes did to access.",
            Control.A_5_18: "It is the state from which rights were changed.",
        },
    ),
    Kind.NOW: _Kind(
        "The roles as they are now",
        {
            Control.CC6_1: "It is what AWS enforces at the time it was read.",
            Control.CC6_3: "With the roles before the first change it shows what the changes did to access.",
            Control.A_5_16: "Each role is an identity of a machine, with its id, its tags and its last use.",
            Control.A_5_18: "It is the state to which rights were changed.",
        },
    ),
    Kind.CONFORMITY: _Kind(
        "Whether the account is as the Setup says",
        {
            Control.CC6_3: "What a plan would still change is where access differs from what was approved.",
            Control.CC6_8: "A policy that somebody changed by hand shows here.",
            Control.A_5_18: "It is a check of the rights in force against the rule.",
        },
    ),
    Kind.ACCESS: _Kind(
        "Who may do what, by the policies in the account",
        {
            Control.CC6_1: "It tells who is let in by each role's trust policy and which requests then pass, as an evaluator decides from what was read.",
            Control.CC6_3: "Each answer is held against what the role's stage was given.",
            Control.CC6_8: "It shows which roles, and so which branches, may write where releases lie.",
            Control.A_5_15: "It shows the rule as it works in the account.",
            Control.A_8_2: "It shows whether a role may administer the bucket.",
        },
    ),
    Kind.FINDINGS: _Kind(
        "Findings on the Setup, and which were accepted",
        {
            Control.CC6_1: "What is risky about the access that is granted is told, with what to do about it.",
            Control.CC6_8: "Among them are the ways known to this tool in which a build that nobody reviewed could take a role.",
            Control.A_5_15: "They hold the rule against least privilege.",
        },
    ),
    Kind.ACCEPTED: _Kind(
        "The file of accepted findings",
        {
            Control.CC6_3: "Each exception has a reason, an owner and an end.",
            Control.A_5_18: "Exceptions end by themselves unless somebody renews them.",
        },
    ),
    Kind.RUN: _Kind(
        "The journal of a run: every change, with AWS's request ids",
        {
            Control.CC6_2: "It tells who made which role, when, from which reviewed Setup; the request ids lead to CloudTrail's own records.",
            Control.CC6_3: "It tells every change and every removal of access, call by call.",
            Control.CC6_8: "A change that no run here has made was made by other means, or from another machine.",
            Control.A_5_16: "It tells when each role was made, adopted or deleted.",
            Control.A_5_18: "It tells when each right was given, changed or withdrawn, and whether that was verified.",
        },
    ),
    Kind.RETIREMENT: _Kind(
        "The retirement of a user with static keys",
        {
            Control.CC6_2: "It tells when the credentials of the old user were made useless and deleted, by whom, and on what grounds.",
            Control.CC6_3: "It tells when the wide rights of the old user gave way to those of the roles.",
            Control.A_5_16: "It tells the end of an identity, stage by stage.",
            Control.A_5_17: "It tells how a key without an end was replaced by credentials that last for a session, and where copies of it were deleted.",
            Control.A_5_18: "It tells when rights were withdrawn, and how long nobody missed them first.",
        },
    ),
    Kind.USER: _Kind(
        "The user as it is now",
        {
            Control.CC6_2: "It tells whether its access keys are active, inactive or gone.",
            Control.A_5_16: "It tells whether the identity is still there.",
            Control.A_5_17: "It tells how old each key is and when it was last used.",
        },
    ),
    Kind.AUDIT: _Kind(
        "The audit of the account",
        {
            Control.CC6_1: "Every role of the account that trusts CircleCI is graded by who gets in and what they may do.",
            Control.CC6_3: "It tells what has changed since this tool applied it, and what is no longer used.",
            Control.CC6_8: "It finds roles by which builds of strangers, forks or other projects could get in.",
            Control.A_5_18: "It is a review of rights, with its date.",
            Control.A_8_2: "It names roles that may do more than a job needs.",
        },
    ),
}


def kinds_for(control: Control) -> tuple[Kind, ...]:
    """The kinds of items that support `control`."""
    return tuple(kind for kind in Kind if control in kind.serves)
