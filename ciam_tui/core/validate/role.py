"""The rules for what is made in the account: stages, sessions, role names and paths, boundaries and tags.

IAM would refuse most of these too, but only at the call, after other roles of the same run have been made.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from ciam_tui.core.draft import ACCESSES, EXTRAS, POLICY_KINDS
from ciam_tui.core.validate.texts import counted, error, quoted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ciam_tui.core.problems import Problem

ROLE_NAME_LENGTH = 64
ROLE_PATH_LENGTH = 512
SESSION_SECONDS = range(900, 43_200 + 1)
TAG_COUNT = 50
TAG_KEY_LENGTH = 128
TAG_VALUE_LENGTH = 256
OUR_TAG_KEYS = ("managed-by", "ciam-tui-setup", "ciam-tui-run")
NAME_PATTERN = r"^[A-Za-z0-9_+=,.@-]+$"  # what IAM writes [\w+=,.@-]+, whose \w is ASCII
ROLE_PATH_PATTERN = r"^/([!-~]+/)?$"
POLICY_PATH_PATTERN = r"^(/[A-Za-z0-9.,+@=_-]+)*/$"
BOUNDARY_PATTERN = r"^arn:aws(-cn|-us-gov|-eusc)?:iam::([0-9]{12}|aws):policy/([!-~]+/)?[A-Za-z0-9_+=,.@-]{1,128}$"
_RESERVED_PATHS = ("/aws-service-role/", "/aws-reserved/")
_NAME_FIX = "Use letters, digits and _+=,.@- only."


def stage_name_problem(name: str) -> Problem | None:
    """What keeps `name` from being the end of a role's name."""
    if not name:
        return error("The stage has no name.", "Name it, such as build or deploy.")
    return _name_problem(name, "The stage's name")


def name_prefix_problem(name_prefix: str) -> Problem | None:
    """What keeps `name_prefix` from being the beginning of a role's name."""
    return _name_problem(name_prefix, "The role name prefix") if name_prefix else None


def project_in_role_name_problem(name: str) -> Problem | None:
    """What keeps a project's name out of a role's name, where there is one role a project."""
    return _name_problem(name, "The project's name")


def _name_problem(name: str, what: str) -> Problem | None:
    wrong = re.search(r"[^A-Za-z0-9_+=,.@-]", name)
    if wrong:
        return error(f"{what} {quoted(name)} contains {quoted(wrong[0])}, which IAM allows in no role name.", _NAME_FIX)
    return None


def role_name_problem(name: str) -> Problem | None:
    """What keeps IAM from making a role of this name."""
    if not name:
        return error("The role has no name.", "Name the stage or give a role name prefix.")
    if len(name) > ROLE_NAME_LENGTH:
        return error(
            f"The role name {quoted(name)} has {len(name)} characters, {len(name) - ROLE_NAME_LENGTH} more than IAM's {ROLE_NAME_LENGTH}.",
            f"Shorten the role name prefix or what follows it by {counted(len(name) - ROLE_NAME_LENGTH, 'character')}.",
        )
    return _name_problem(name, "The role name")


def role_path_problem(path: str, *, policy_kind: str) -> Problem | None:
    """What makes `path` no path for the role and, with managed policies, for its policy, whose rule is narrower."""
    called = f"The role path {quoted(path)}"
    if not (path.startswith("/") and path.endswith("/")):
        return error(
            f"{called} does not begin and end with a /.", f"Write {quoted('/' + path.strip('/') + '/' if path.strip('/') else '/')}."
        )
    if len(path) > ROLE_PATH_LENGTH:
        return error(
            f"The role path has {len(path)} characters, {len(path) - ROLE_PATH_LENGTH} more than IAM's {ROLE_PATH_LENGTH}.", "Shorten it."
        )
    if not re.fullmatch(ROLE_PATH_PATTERN, path):
        return error(f"{called} contains something other than the characters ! to ~ between slashes.", "Use letters, digits and hyphens.")
    for wildcard in ("*", "?", "${"):
        if wildcard in path:
            # The role's ARN goes into the policies of another account's bucket and key, where it would be a pattern.
            return error(
                f"{called} contains {wildcard}, which is more than text where the role's ARN stands in a policy.", f"Remove the {wildcard}."
            )
    if path.startswith(_RESERVED_PATHS):
        return error(f"{called} is reserved for AWS's own roles.", "Choose another path.")
    if policy_kind == "managed" and not re.fullmatch(POLICY_PATH_PATTERN, path):
        return error(f"{called} is no path for a managed policy.", "Use letters, digits and .,+@=_- between single slashes.")
    return None


def boundary_problem(arn: str, *, account_id: str, partition: str) -> Problem | None:
    """What makes `arn` no permissions boundary for a role of the account: AWS's own policies and those of the account itself serve."""
    if not re.fullmatch(BOUNDARY_PATTERN, arn):
        return error(
            f"{quoted(arn)} is no ARN of a managed policy.", "Write it as arn:aws:iam::ACCOUNT:policy/NAME, or null for no boundary."
        )
    _, policy_partition, _, _, owner, _ = arn.split(":", 5)
    if policy_partition != partition:
        return error(
            f'The boundary lies in the partition {policy_partition}, and the Setup is for "{partition}".',
            "Name a policy of that partition.",
        )
    if owner not in {account_id, "aws"}:
        return error(
            f"The boundary belongs to account {owner}, and the roles are made in {quoted(account_id)}.",
            "Name a policy of the account itself, or one of AWS's.",
        )
    return None


def policy_kind_problem(kind: str) -> Problem | None:
    """What makes `kind` no kind of policy that a role can have."""
    return None if kind in POLICY_KINDS else error(f"{quoted(kind)} is no kind of policy.", 'Use "inline" or "managed".')


def access_problem(access: str) -> Problem | None:
    """What makes `access` nothing that a stage may do."""
    return None if access in ACCESSES else error(f"{quoted(access)} is no access.", f"Use any of {', '.join(ACCESSES)}.")


def extra_problem(extra: str) -> Problem | None:
    """What makes `extra` no permission beyond the usual that a stage may have."""
    return None if extra in EXTRAS else error(f"{quoted(extra)} is no extra.", f"Use any of {', '.join(EXTRAS)}.")


def session_seconds_problem(seconds: int | str) -> Problem | None:
    """What makes `seconds` no session length; text is what somebody typed that is no number."""
    allowed = f"Write a whole number of seconds from {SESSION_SECONDS[0]} to {SESSION_SECONDS[-1]}, such as 3600."
    if isinstance(seconds, (str, bool)):
        return error(f"{quoted(str(seconds))} is no number of seconds.", allowed)
    if seconds < SESSION_SECONDS[0]:
        return error(f"A session of {seconds} seconds is {SESSION_SECONDS[0] - seconds} below AWS's shortest.", allowed)
    if seconds > SESSION_SECONDS[-1]:
        return error(f"A session of {seconds} seconds is {seconds - SESSION_SECONDS[-1]} above AWS's longest.", allowed)
    return None


def tags_problem(tags: Mapping[str, str]) -> Problem | None:
    """What keeps `tags` as a whole off a role: how many they are, and keys that IAM takes for the same."""
    room = TAG_COUNT - len(OUR_TAG_KEYS)
    if len(tags) > room:
        return error(
            f"There are {len(tags)} tags, {len(tags) - room} more than the {room} that IAM's {TAG_COUNT} leave beside our own {len(OUR_TAG_KEYS)}.",
            "Remove some.",
        )
    seen: dict[str, str] = {}
    for key in tags:
        other = seen.setdefault(key.lower(), key)
        if other != key:
            return error(f"The tags {quoted(other)} and {quoted(key)} differ only in case, and are one to IAM.", "Remove one.")
    return None


def tag_problem(key: str, value: str) -> Problem | None:
    """What makes `key` and `value` no tag of the user's."""
    called = f"The tag {quoted(key)}"
    if not key:
        return error("A tag has no key.", "Give it one, or remove it.")
    if len(key) > TAG_KEY_LENGTH:
        return error(f"{called} has {len(key)} characters, {len(key) - TAG_KEY_LENGTH} more than IAM's {TAG_KEY_LENGTH}.", "Shorten it.")
    if key.lower().startswith("aws:"):
        return error(f"{called} begins with aws:, which AWS reserves.", "Choose another key.")
    if key.lower() in OUR_TAG_KEYS:
        return error(f"{called} is one of our own, by which roles are found again.", "Choose another key.")
    if len(value) > TAG_VALUE_LENGTH:
        return error(
            f"{called} has a value of {len(value)} characters, {len(value) - TAG_VALUE_LENGTH} more than IAM's {TAG_VALUE_LENGTH}.",
            "Shorten it.",
        )
    for part, text in (("key", key), ("value", value)):
        wrong = next((character for character in text if not _fits_a_tag(character)), None)
        if wrong is not None:
            return error(f"{called} has {quoted(wrong)} in its {part}.", "Use letters, digits, spaces and _.:/=+-@ only.")
    return None


def _fits_a_tag(character: str) -> bool:
    return character in "_.:/=+-@ " or unicodedata.category(character)[0] in "LN"
