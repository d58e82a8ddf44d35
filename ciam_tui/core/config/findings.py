"""What a CircleCI configuration does to a Setup's roles: tokens that a trust in branches refuses, and static keys that go before the role.

A branch is named in the `sub` of CIRCLE_OIDC_TOKEN_V2 alone. A job that presents CIRCLE_OIDC_TOKEN, by its own steps or by an old version
of an orb, is refused by every role that trusts branches, and nothing in AWS's answer says why.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ciam_tui.core.config.orb_versions import is_aws_cli, presented_by
from ciam_tui.core.config.use import Token
from ciam_tui.core.export.circleci_recipe import ORB
from ciam_tui.core.findings import Finding
from ciam_tui.core.problems import Level
from ciam_tui.core.roles import wanted_roles
from ciam_tui.core.shown import shown
from ciam_tui.core.words import listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ciam_tui.core.config.use import ConfigUse, OrbCall, OrbUse
    from ciam_tui.core.shape import SetupShape

_BY_STEPS = "or take the role by the steps that `ciam-tui export --format circleci --into` adds"
# Commands of the orb that take one role with the credentials of another: no token is presented by them.
_CHAINING = ("/role-arn-setup", "/role_arn_setup")
_SETUP = "/setup"


class _Meant(NamedTuple):
    """The stages with branches whose roles may be taken somewhere, and whether a role is taken there at all."""

    stages: tuple[str, ...]
    is_seen: bool


def config_findings(setup: SetupShape, use: ConfigUse, where: str, field: str = "circleci") -> Iterator[Finding]:
    """What is wrong with the configuration called `where`, the subject of a sentence, for the roles of `setup`."""
    place = _Place(setup, use, shown(where), field)
    # The orbs' own steps, as CircleCI wrote them out, are worth more than a table of versions.
    if Token.V1 not in use.compiled and Token.V2 in use.compiled:
        yield from place.minting()
    else:
        yield from place.orbs()
    yield from place.steps()
    yield from place.static_keys()
    yield from place.orbs_without_role()


class _Place:
    """One configuration, and the roles that its jobs may take."""

    def __init__(self, setup: SetupShape, use: ConfigUse, where: str, field: str) -> None:
        self._use, self._where, self._field = use, where, field
        self._limited = tuple(stage.name for stage in setup.stages if stage.branches)
        self._calls: dict[str, list[OrbCall]] = {}
        for call in use.calls:
            self._calls.setdefault(call.called.partition("/")[0], []).append(call)
        self._stage_of = {role.arn: role.stage for role in wanted_roles(setup)} if self._limited else {}

    def orbs(self) -> Iterator[Finding]:
        """Orbs whose version presents the wrong token, or one that is not known."""
        if not self._limited:
            return
        seen_v1 = False
        for orb in self._use.orbs:
            token, meant = presented_by(orb.reference), self._meant(orb)
            if token is Token.V1 and meant.stages:
                seen_v1 = True
                yield self._v1_orb(orb, meant)
            elif token is Token.UNKNOWN and meant.stages and (meant.is_seen or is_aws_cli(orb.reference)):
                yield self._unknown_orb(orb, meant.stages)
            elif token is Token.MINTED and meant.is_seen and meant.stages and not self._use.guards:
                yield self._minting_orb(orb, meant.stages)
        if Token.V1 in self._use.compiled and not seen_v1 and all(step.token is not Token.V1 for step in self._use.steps):
            yield self._finding(
                "token-v1-presented",
                Level.WARNING,
                f"{self._where}, as CircleCI compiled it, presents CIRCLE_OIDC_TOKEN to AWS in a step of an orb: it names no branch, and the "
                f"role of {listed(self._limited)}, which trusts branches alone, always refuses it.",
                f"Use a version of the orb that presents CIRCLE_OIDC_TOKEN_V2, {_BY_STEPS}.",
                self._limited,
            )

    def minting(self) -> Iterator[Finding]:
        """Orbs that may present a token of their own making, where CircleCI's compiled configuration says that no other is wrong."""
        for orb in self._use.orbs if self._limited else ():
            meant = self._meant(orb)
            if presented_by(orb.reference) is Token.MINTED and meant.is_seen and meant.stages and not self._use.guards:
                yield self._minting_orb(orb, meant.stages)

    def steps(self) -> Iterator[Finding]:
        """The configuration's own steps that present another token than the one that names the branch."""
        lines: dict[tuple[Token, tuple[str, ...]], list[str]] = {}
        for step in self._use.steps if self._limited else ():
            if stages := self._stages_of(step.roles):
                lines.setdefault((step.token, stages), []).append(f"line {step.line}")
        for (token, stages), where in lines.items():
            if token is Token.V1:
                yield self._finding(
                    "token-v1-presented",
                    Level.ERROR,
                    f"{self._where} presents CIRCLE_OIDC_TOKEN to AWS ({listed(where)}): it names no branch, and the role of "
                    f"{listed(stages)}, which trusts branches alone, always refuses it.",
                    "Present CIRCLE_OIDC_TOKEN_V2 there.",
                    stages,
                )
            elif token is not Token.V2:
                what = "a token of its own making" if token is Token.MINTED else "one of both tokens"
                yield self._finding(
                    "token-not-known",
                    Level.WARNING,
                    f"{self._where} presents {what} to AWS ({listed(where)}): whether it names the branch, without which the role of "
                    f"{listed(stages)} refuses it, is not known.",
                    "Present CIRCLE_OIDC_TOKEN_V2 there, and nothing else.",
                    stages,
                )

    def static_keys(self) -> Iterator[Finding]:
        """Static keys that the configuration itself sets."""
        keys = self._use.keys
        if written := [key for key in keys if key.is_written_out]:
            ends = [f"{key.name} (line {key.line}{f', ends in {key.last_four}' if key.last_four else ''})" for key in written]
            yield self._finding(
                "static-keys-in-config",
                Level.ERROR,
                f"{self._where} has the value of {listed(ends)} written out: whoever may read the repository, or ever could, has it.",
                "Make that key inactive in AWS once nothing needs it, delete it, and take it out of the configuration.",
            )
        if named := [key for key in keys if not key.is_written_out]:
            yield self._finding(
                "static-keys-in-config",
                Level.WARNING,
                f"{self._where} sets {listed(f'{key.name} (line {key.line})' for key in named)}: the AWS CLI and SDKs take such keys "
                "before a role.",
                "Take them out once the role works; until then, have jobs unset them before they take the role.",
            )

    def orbs_without_role(self) -> Iterator[Finding]:
        """Calls of the orb that are given no role, and so work with static keys, and versions of it that can do nothing else."""
        for orb in self._use.orbs:
            if not is_aws_cli(orb.reference):
                continue
            calls = [call for call in self._calls.get(orb.alias, ()) if call.called.endswith(_SETUP)]
            without = [call for call in calls if not call.role and (call.is_whole or call.has_keys)]
            if without:
                lines = listed(f"line {call.line}" for call in without)
                yield self._finding(
                    "orb-uses-static-keys",
                    Level.WARNING,
                    f"{self._where} calls {shown(without[0].called)} without a role ({lines}): it then works with the static keys that the job has.",
                    f"Give it a role_arn, {_BY_STEPS}.",
                )
            if presented_by(orb.reference) is Token.NONE and any(call.role for call in calls):
                yield self._finding(
                    "orb-without-tokens",
                    Level.WARNING,
                    f"{self._where} gives a role to {shown(orb.reference)} (line {orb.line}), which takes none by a token: 3.1.0 is the first that does.",
                    f"Use {ORB}, {_BY_STEPS}.",
                )

    def _v1_orb(self, orb: OrbUse, meant: _Meant) -> Finding:
        refused = f"the role of {listed(meant.stages)}, which trusts branches alone, always refuses it."
        takes = "takes a role by" if meant.is_seen else "loads"
        return self._finding(
            "orb-presents-token-v1",
            Level.ERROR if meant.is_seen else Level.WARNING,
            f"{self._where} {takes} {shown(orb.reference)} (line {orb.line}), which presents CIRCLE_OIDC_TOKEN: it names no branch, and {refused}",
            f"Use {ORB}, {_BY_STEPS}.",
            meant.stages,
        )

    def _unknown_orb(self, orb: OrbUse, stages: tuple[str, ...]) -> Finding:
        how = "whose version does not say" if is_aws_cli(orb.reference) else "which does not say"
        return self._finding(
            "orb-token-not-known",
            Level.WARNING,
            f"{self._where} loads {shown(orb.reference)} (line {orb.line}), {how} which token it presents: the role of {listed(stages)}, "
            "which trusts branches alone, refuses CIRCLE_OIDC_TOKEN.",
            f"Use {ORB} to take the role, {_BY_STEPS}.",
            stages,
        )

    def _minting_orb(self, orb: OrbUse, stages: tuple[str, ...]) -> Finding:
        return self._finding(
            "orb-may-mint-token",
            Level.NOTE,
            f"{self._where} takes a role by {shown(orb.reference)} (line {orb.line}): where it finds a token's variable empty it makes a token "
            f"of its own, and whether that one names the branch, without which the role of {listed(stages)} refuses it, is not documented.",
            'Have a step before it fail where one is empty: : "${CIRCLE_OIDC_TOKEN:?}" "${CIRCLE_OIDC_TOKEN_V2:?}".',
            stages,
        )

    def _meant(self, orb: OrbUse) -> _Meant:
        """Whose roles are taken by `orb`. Where no call gives it a role, any could be."""
        calls = [call for call in self._calls.get(orb.alias, ()) if not call.called.endswith(_CHAINING)]
        roles = [call.role for call in calls if call.role]
        return _Meant(self._stages_of(roles), is_seen=bool(roles))

    def _stages_of(self, roles: Iterable[str]) -> tuple[str, ...]:
        """The stages with branches among those whose roles are given: by their ARN, or, where that is a reference, any."""
        given = [*roles]
        if not given or any(not role.startswith("arn:") or "$" in role or "<" in role for role in given):
            return self._limited
        meant = {self._stage_of.get(role) for role in given}
        return tuple(stage for stage in self._limited if stage in meant)

    def _finding(self, finding_id: str, level: Level, text: str, fix: str, stages: tuple[str, ...] = ()) -> Finding:
        """One about the trust of `stages`, where there are any."""
        only = stages[0] if len(stages) == 1 else None
        return Finding(finding_id, level, text, fix, self._field, only, "trust" if stages else None, "/vcs-ref/" if stages else "")
