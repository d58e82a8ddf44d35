"""What CircleCI's own settings do to the trust of a Setup: who else gets a token, whose token is refused, what goes before the role.

AWS sees a token's claims and nothing else of CircleCI. So a trust policy is as right as the audience, the repository and the settings that
it rests on, and a role is only taken where no static key lies in its way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ciam_tui.core.circleci.context_findings import context_findings
from ciam_tui.core.config.findings import config_findings
from ciam_tui.core.findings import Finding, worst_first
from ciam_tui.core.problems import Level
from ciam_tui.core.shown import shown
from ciam_tui.core.trust import CLOUD_HOST, audience, issuer_url
from ciam_tui.core.words import counted, listed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ciam_tui.core.circleci.facts import CircleCiFacts, Project, ProjectSettings
    from ciam_tui.core.shape import ProjectShape, SetupShape, StageShape

_SHORT_HOSTS = {"github": "gh", "bitbucket": "bb"}


def circleci_findings(setup: SetupShape, facts: CircleCiFacts) -> tuple[Finding, ...]:
    """Everything risky about `setup` that `facts` show, worst first. Facts about another organization show nothing about it."""
    if facts.org_id != setup.circleci.org_id:
        return ()
    found = [
        *_organization_findings(setup, facts),
        *_project_findings(setup, facts),
        *_audience_findings(setup, facts),
        *_setting_findings(setup, facts),
        *context_findings(setup, facts),
        *_config_findings(setup, facts),
    ]
    return worst_first(dict.fromkeys(found))


# --- who they are -----------------------------------------------------------------------------------------------------------------------


def _organization_findings(setup: SetupShape, facts: CircleCiFacts) -> Iterator[Finding]:
    circleci, held = setup.circleci, facts.organization
    if held is not None and held.id != circleci.org_id:
        yield Finding(
            "organization-id-differs",
            Level.ERROR,
            f"CircleCI has the organization {shown(held.slug)} under the id {shown(held.id or 'none')}, not {circleci.org_id}: "
            "the roles would trust somebody else's tokens, or nobody's.",
            f'Set org_id to "{shown(held.id)}", and choose its projects again.'
            if held.id
            else "Choose an organization that CircleCI knows.",
            "circleci.org_id",
            document="trust",
            anchor=circleci.org_id,
        )
    elif held is not None and circleci.org_slug and not _same_slug(held.slug, circleci.org_slug):
        yield Finding(
            "organization-slug-differs",
            Level.ERROR,
            f"The organization {circleci.org_id} is {shown(held.slug)} in CircleCI, not {shown(circleci.org_slug)}: it was renamed, "
            "or the roles would trust the tokens of another organization than the one that is meant.",
            f'Set org_slug to "{shown(held.slug)}"; or correct org_id, if {shown(circleci.org_slug)} is meant.',
            "circleci.org_slug",
            document="trust",
            anchor=circleci.org_id,
        )
    trusted = issuer_url(circleci)
    if facts.issuer is not None and facts.issuer.removeprefix("https://") != trusted:
        is_cloud = facts.issuer == f"https://{CLOUD_HOST}/org/{circleci.org_id}"
        yield Finding(
            "issuer-differs",
            Level.ERROR,
            f"Tokens of this CircleCI come from {shown(facts.issuer)}, and the roles trust {shown(trusted)}: every token would be refused.",
            "Set issuer to null." if is_cloud else f'Set issuer to "{shown(facts.issuer)}".',
            "circleci.issuer",
            document="trust",
            anchor="Federated",
        )


def _same_slug(one: str, other: str) -> bool:
    """Whether both are the same organization; GitHub and Bitbucket read their part of a slug without regard to case."""
    (host, _, name), (other_host, _, other_name) = one.partition("/"), other.partition("/")
    host, other_host = _SHORT_HOSTS.get(host, host), _SHORT_HOSTS.get(other_host, other_host)
    if host != "circleci":
        name, other_name = name.lower(), other_name.lower()
    return (host, name) == (other_host, other_name)


def _project_findings(setup: SetupShape, facts: CircleCiFacts) -> Iterator[Finding]:
    for index, project in enumerate(setup.circleci.projects):
        held, field = facts.project(project.id).project, f"circleci.projects[{index}]"
        if held is None:
            continue
        if held.id != project.id:
            yield Finding(
                "project-id-differs",
                Level.ERROR,
                f"CircleCI does not show the project {project.id}, and has {shown(held.slug or held.name)} under the id {shown(held.id)}: "
                f"every token of {shown(project.name)} would be refused.",
                f'Set its id to "{shown(held.id)}".',
                f"{field}.id",
                document="trust",
                anchor=project.id,
            )
        if held.org_id is not None and held.org_id != setup.circleci.org_id:
            yield Finding(
                "project-of-another-organization",
                Level.ERROR,
                f"The project {shown(project.name)} belongs to the organization {shown(held.org_id)}, whose tokens have another issuer: "
                "every token of it would be refused.",
                "Choose that organization, in a Setup of its own, or remove the project.",
                f"{field}.id",
                document="trust",
                anchor=project.id,
            )
        if project.vcs_origin and held.is_complete and held.vcs_origin != project.vcs_origin:
            yield _origin_finding(setup, project, held, f"{field}.vcs_origin")


def _origin_finding(setup: SetupShape, project: ProjectShape, held: Project, field: str) -> Finding:
    """A repository other than the Setup's. In a standalone organization another repository may trigger a project's pipelines."""
    limited = [stage.name for stage in setup.stages if stage.branches]
    is_standalone = (held.slug or "").startswith("circleci/")
    level = Level.ERROR if limited and not is_standalone else Level.WARNING
    name, origin = shown(project.name), shown(held.vcs_origin or "")
    differs = f"The repository of {name} is {origin} in CircleCI" if origin else f"CircleCI knows of no repository of {name}"
    only_case = held.vcs_origin is not None and held.vcs_origin.lower() == (project.vcs_origin or "").lower()
    how = ", which AWS compares letter for letter" if only_case else ""
    if not limited:
        then = "no stage has branches yet, and those of one that has would be refused."
    elif is_standalone:
        then = f"unless its pipelines are triggered from there, {listed(limited)} would refuse each of its tokens."
    else:
        then = f"it was renamed or moved, or the id is another project's, and {listed(limited)} would refuse each of its tokens."
    return Finding(
        "repository-differs",
        level,
        f"{differs}, not {shown(project.vcs_origin or '')}{how}: {then}",
        f'Set its vcs_origin to "{origin}".' if origin else "Look in CircleCI which repository triggers it, and set vcs_origin to that.",
        field,
        document="trust" if limited else None,
        anchor="/vcs-origin/" if limited else "",
    )


# --- the audience -----------------------------------------------------------------------------------------------------------------------


def _audience_findings(setup: SetupShape, facts: CircleCiFacts) -> Iterator[Finding]:
    """Whether the tokens' audience is the one that the roles let in. Of projects whose claims could not be read, nothing is said."""
    expected = audience(setup.circleci)
    projects = setup.circleci.projects
    read = [(project.name, facts.audiences(project.id)) for project in projects] or [("the organization", facts.audiences())]
    several = [(name, each) for name, each in read if each is not None and len(each) > 1]
    if several:
        values = listed(dict.fromkeys(value for _, each in several for value in each))
        yield _audience_finding(
            "several-audiences",
            f"The tokens of {listed(name for name, _ in several)} have more than one audience ({values}), and whether AWS lets such a token in "
            "is not known.",
            "Leave one audience in the custom OIDC claims of the organization, or of the project that has its own.",
        )
    by_audience: dict[str, list[str]] = {}
    for name, each in read:
        if each is not None and len(each) == 1:
            by_audience.setdefault(each[0], []).append(name)
    if len(by_audience) > 1:
        parts = "; ".join(f"{shown(value)} in those of {listed(names)}" for value, names in by_audience.items())
        refused = listed(name for value, names in by_audience.items() if value != expected for name in names)
        yield _audience_finding(
            "audience-of-some-projects",
            f"Tokens have different audiences: {parts}. The roles let in {shown(expected)} alone, so every token of {refused} would be refused.",
            "Give all of these projects the same audience in CircleCI, or make a Setup of its own for those that differ.",
        )
    elif by_audience and expected not in by_audience:
        [value] = by_audience
        yield _audience_finding(
            "audience-differs",
            f"Tokens have the audience {shown(value)}, and the roles let in {shown(expected)} alone: every token would be refused.",
            "Set audience to null." if value == setup.circleci.org_id else f'Set audience to "{shown(value)}".',
        )


def _audience_finding(finding_id: str, text: str, fix: str) -> Finding:
    return Finding(finding_id, Level.ERROR, text, fix, "circleci.audience", document="trust", anchor=":aud")


# --- the settings of projects -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Rule:
    """A setting that makes a stage's trust wider than it looks. `says` is what happens, after the projects' names and in the stage's."""

    id: str
    level: Level
    concerns: Callable[[StageShape], bool]
    is_risky: Callable[[ProjectSettings], bool | None]
    says: str
    asks: str
    fix: str
    field: str
    anchor: str


def _may_change(stage: StageShape) -> bool:
    return "write" in stage.access or "delete" in stage.access


_RULES = (
    _Rule(
        "forks-get-secrets",
        Level.ERROR,
        lambda stage: not stage.branches,
        lambda settings: settings.forks_get_secrets,
        "build pull requests of forks and pass secrets to them: a stranger's pull request can take the role of {stage}, "
        "whose trust does not name the repository.",
        "pass secrets to builds of forks, which could then take the role of {stage}",
        'In CircleCI, turn off "Pass secrets to builds from forked pull requests"; or give {stage} branches, such as "refs/*", which is any of the '
        "project's own repository.",
        "branches",
        "/user/*",
    ),
    _Rule(
        "unversioned-config",
        Level.ERROR,
        lambda stage: bool(stage.branches),
        lambda settings: settings.unversioned_config,
        "let config run that is in no repository: unless the organization forbids it, whoever may start a pipeline can run any job on a branch "
        "that {stage} trusts, and so take its role without a review.",
        "let config run that is in no repository, and so any job on a branch that {stage} trusts",
        "In CircleCI, turn off unversioned config in the settings of the project or of the organization.",
        "branches",
        "/vcs-ref/",
    ),
    _Rule(
        "ssh-reruns",
        Level.WARNING,
        _may_change,
        lambda settings: None if settings.ssh_disabled is None else not settings.ssh_disabled,
        "allow reruns with SSH: whoever may rerun a job that {stage} lets in gets a shell with its token, and may change what {stage} may.",
        "allow reruns with SSH, in which a person holds a token that {stage} lets in",
        "In CircleCI, disable SSH reruns in the project's advanced settings.",
        "access",
        ":sub",
    ),
)


def _setting_findings(setup: SetupShape, facts: CircleCiFacts) -> Iterator[Finding]:
    settings = [(project.name, facts.project(project.id).settings) for project in setup.circleci.projects]
    for index, stage in enumerate(setup.stages):
        for rule in (rule for rule in _RULES if rule.concerns(stage)):
            answers = [(name, rule.is_risky(each)) for name, each in settings]
            field = f"stages[{index}].{rule.field}"
            fix = rule.fix.format(stage=shown(stage.name))
            if risky := [name for name, answer in answers if answer]:
                text = f"{_settings_of(risky)} {rule.says.format(stage=shown(stage.name))}"
                yield Finding(rule.id, rule.level, text, fix, field, stage.name, "trust", rule.anchor)
            if unread := [name for name, answer in answers if answer is None]:
                text = f"It could not be read whether {_settings_of(unread, first=False)} {rule.asks.format(stage=shown(stage.name))}."
                fix = f"Look it up in CircleCI, or use a token that may read the project's settings. {fix}"
                yield Finding(f"{rule.id}-unread", Level.WARNING, text, fix, field, stage.name, "trust", rule.anchor)


# --- their configurations ---------------------------------------------------------------------------------------------------------------


def _config_findings(setup: SetupShape, facts: CircleCiFacts) -> Iterator[Finding]:
    for index, project in enumerate(setup.circleci.projects):
        if (use := facts.project(project.id).config) is not None:
            yield from config_findings(setup, use, f"The configuration of {project.name}", f"circleci.projects[{index}]")


def _settings_of(names: list[str], *, first: bool = True) -> str:
    """The subject of a sentence in the plural, so that one verb fits any number of projects."""
    article = "The" if first else "the"
    return (
        f"{article} settings of {listed(names)}"
        if len(names) == 1
        else f"{article} settings of {counted(len(names), 'project')} ({listed(names)})"
    )
