"""All rules over all answers: what keeps a draft from being a Setup, each problem with the path of its field in the Setup file.

It is written against the shapes, so that the wizard checks a half-typed draft and the Setup model itself by the same lines.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from ciam_tui.core.draft import PARTITIONS
from ciam_tui.core.naming import role_names
from ciam_tui.core.problems import Level
from ciam_tui.core.validate import bucket as of_bucket
from ciam_tui.core.validate import circleci as of_circleci
from ciam_tui.core.validate import role as of_role
from ciam_tui.core.validate.git_refs import branch_problem, full_ref
from ciam_tui.core.validate.texts import error, path_part, quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ciam_tui.core.problems import Problem
    from ciam_tui.core.shape import BucketShape, CircleCiShape, RoleShape, SetupShape, StageShape

ROLE_COUNT = 10_000  # The highest that AWS raises an account's quota of roles to.


def setup_problems(setup: SetupShape) -> tuple[Problem, ...]:
    """What is wrong with the answers, in the order of the Setup file; only notes where they make a Setup."""
    return tuple(_all(setup))


def errors_of(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Those of `problems` that keep the answers from being a Setup."""
    return tuple(problem for problem in problems if problem.level is Level.ERROR)


def _all(setup: SetupShape) -> Iterator[Problem]:
    yield from _at("account_id", of_bucket.account_id_problem(setup.account_id))
    yield from _at("partition", of_bucket.partition_problem(setup.partition))
    yield from _bucket(setup.bucket, setup)
    yield from _circleci(setup.circleci, setup.stages)
    yield from _stages(setup.stages, any_project=setup.circleci.any_project)
    yield from _role(setup.role, setup)
    yield from _role_names(setup)


def _at(field: str, problem: Problem | None) -> Iterator[Problem]:
    if problem is not None:
        yield replace(problem, field=field)


def _bucket(bucket: BucketShape, setup: SetupShape) -> Iterator[Problem]:
    yield from _at("bucket.name", of_bucket.bucket_name_problem(bucket.name))
    if bucket.create and bucket.name.endswith("-an"):
        yield from _at(
            "bucket.name",
            error(
                f"The bucket name {quoted(bucket.name)} ends in -an, which S3 keeps for buckets of an account's regional namespace.",
                "Choose another name, or make the bucket yourself and leave create false.",
            ),
        )
    region = of_bucket.region_problem(bucket.region)
    if region is None and setup.partition in PARTITIONS:
        region = of_bucket.region_partition_problem(bucket.region, setup.partition)
    yield from _at("bucket.region", region)
    if bucket.owner_account_id is not None:
        owner = of_bucket.account_id_problem(bucket.owner_account_id)
        if owner is None and bucket.create and bucket.owner_account_id != setup.account_id:
            owner = error(
                "The bucket is to be created, and a bucket belongs to the account that creates it.",
                "Leave owner_account_id null, or set create to false.",
            )
        yield from _at("bucket.owner_account_id", owner)
    if bucket.kms_key_arn is not None:
        key = of_bucket.kms_key_problem(bucket.kms_key_arn)
        if key is None and region is None and setup.partition in PARTITIONS:
            key = of_bucket.kms_key_place_problem(bucket.kms_key_arn, partition=setup.partition, region=bucket.region)
        yield from _at("bucket.kms_key_arn", key)


def _circleci(circleci: CircleCiShape, stages: Sequence[StageShape]) -> Iterator[Problem]:
    yield from _at("circleci.org_id", of_circleci.org_id_problem(circleci.org_id))
    if circleci.org_slug is not None:
        yield from _at("circleci.org_slug", of_circleci.org_slug_problem(circleci.org_slug))
    if circleci.issuer is not None:
        yield from _at("circleci.issuer", of_circleci.issuer_problem(circleci.issuer, org_id=circleci.org_id))
    if circleci.audience is not None:
        yield from _at("circleci.audience", of_circleci.audience_problem(circleci.audience))
    if circleci.any_project and circleci.projects:
        yield from _at(
            "circleci.projects",
            error(
                "any_project trusts the whole organization, and projects are named too.",
                "Remove the projects, or set any_project to false.",
            ),
        )
    if not (circleci.any_project or circleci.projects):
        yield from _at("circleci.projects", error("No project is named.", "Name at least one project whose jobs take the roles."))
    limited = next((stage.name for stage in stages if stage.branches), None)
    seen: set[str] = set()
    for index, project in enumerate(circleci.projects):
        path = f"circleci.projects[{index}]"
        problem = of_circleci.project_id_problem(project.id)
        if problem is None and project.id in seen:
            problem = error(f"The project {quoted(project.id)} is named twice.", "Remove one.")
        seen.add(project.id)
        yield from _at(f"{path}.id", problem)
        yield from _at(f"{path}.name", of_circleci.project_name_problem(project.name))
        if project.vcs_origin is not None:
            yield from _at(f"{path}.vcs_origin", of_circleci.vcs_origin_problem(project.vcs_origin))
        elif limited is not None:
            yield from _at(
                f"{path}.vcs_origin",
                error(
                    f"The stage {quoted(limited)} is limited to branches, and the project {quoted(project.name)} says no repository.",
                    'Write its vcs_origin, such as "github.com/acme/web", or leave the stage\'s branches empty.',
                ),
            )


def _stages(stages: Sequence[StageShape], *, any_project: bool) -> Iterator[Problem]:
    if not stages:
        yield from _at("stages", error("There is no stage.", "Add at least one, such as build."))
    seen: dict[str, str] = {}
    for index, stage in enumerate(stages):
        path = f"stages[{index}]"
        name = of_role.stage_name_problem(stage.name)
        other = seen.get(stage.name.lower())
        seen.setdefault(stage.name.lower(), stage.name)
        if name is None and other is not None:
            name = error(
                f"There are two stages {quoted(stage.name)}."
                if other == stage.name
                else f"The stages {quoted(other)} and {quoted(stage.name)} differ only in case, and their roles would be one to IAM.",
                "Rename one.",
            )
        yield from _at(f"{path}.name", name)
        yield from _stage(stage, path)
        if any_project and stage.branches:
            yield from _at(
                f"{path}.branches",
                error(
                    "any_project trusts every project of the organization, and branches belong to the repository of one.",
                    "Name the projects, or leave the branches empty.",
                ),
            )


def _stage(stage: StageShape, path: str) -> Iterator[Problem]:
    yield from _at(f"{path}.prefix", of_bucket.prefix_problem(stage.prefix))
    if not stage.access:
        yield from _at(f"{path}.access", error("The stage may do nothing.", "Give it read, write or delete."))
    for index, access in enumerate(stage.access):
        yield from _at(f"{path}.access[{index}]", of_role.access_problem(access))
    yield from _repeated(f"{path}.access", "access", stage.access)
    for index, prefix in enumerate(stage.read_prefixes):
        yield from _at(f"{path}.read_prefixes[{index}]", of_bucket.prefix_problem(prefix))
    yield from _repeated(f"{path}.read_prefixes", "prefix", [of_bucket.normalized_prefix(prefix) for prefix in stage.read_prefixes])
    for index, branch in enumerate(stage.branches):
        yield from _at(f"{path}.branches[{index}]", branch_problem(branch))
    yield from _repeated(f"{path}.branches", "ref", [full_ref(branch) for branch in stage.branches])
    for index, extra in enumerate(stage.extras):
        yield from _at(f"{path}.extras[{index}]", of_role.extra_problem(extra))
    yield from _repeated(f"{path}.extras", "extra", stage.extras)
    yield from _at(f"{path}.session_seconds", of_role.session_seconds_problem(stage.session_seconds))


def _repeated(field: str, what: str, values: Sequence[str]) -> Iterator[Problem]:
    twice = next((value for value, times in Counter(values).items() if times > 1), None)
    if twice is not None:
        yield from _at(field, error(f"The {what} {quoted(twice)} is there twice.", "Remove one."))


def _role(role: RoleShape, setup: SetupShape) -> Iterator[Problem]:
    yield from _at("role.name_prefix", of_role.name_prefix_problem(role.name_prefix))
    yield from _at("role.path", of_role.role_path_problem(role.path, policy_kind=role.policy_kind))
    if role.per_project and setup.circleci.any_project:
        yield from _at(
            "role.per_project",
            error("One role a project needs projects, and any_project names none.", "Name the projects, or set per_project to false."),
        )
    yield from _at("role.policy_kind", of_role.policy_kind_problem(role.policy_kind))
    if role.permissions_boundary is not None:
        boundary = of_role.boundary_problem(role.permissions_boundary, account_id=setup.account_id, partition=setup.partition)
        yield from _at("role.permissions_boundary", boundary)
    yield from _at("role.tags", of_role.tags_problem(role.tags))
    for key, value in role.tags.items():
        yield from _at(f"role.tags.{path_part(key)}", of_role.tag_problem(key, value))


def _role_names(setup: SetupShape) -> Iterator[Problem]:
    """What is wrong with the roles' whole names: one problem a stage for their length, and one where two are the same to IAM.

    Characters that a stage's name or the prefix brings in have been told where they stand, so only projects' names are looked at here.
    """
    role, projects = setup.role, setup.circleci.projects
    if role.per_project:
        count = len(projects) * len(setup.stages)
        if count > ROLE_COUNT:
            text = f"One role a project and stage makes {count} roles, {count - ROLE_COUNT} more than an account can have."
            yield from _at("role.per_project", error(text, "Split the Setup, or set per_project to false."))
            return
        for index, project in enumerate(projects):
            problem = of_role.project_in_role_name_problem(project.name) if project.name else None
            yield from _at(f"circleci.projects[{index}].name", problem)
    taken: dict[str, str] = {}
    stages_seen: set[str] = set()
    clash: Problem | None = None
    for index, stage in enumerate(setup.stages):
        names = [name for name, _ in role_names(role, stage.name, projects)]
        longest = max(names, key=len, default="")
        if len(longest) > of_role.ROLE_NAME_LENGTH:
            yield from _at(f"stages[{index}].name", of_role.role_name_problem(longest))
        if stage.name.lower() in stages_seen:
            continue  # Two stages of one name have been told as such.
        stages_seen.add(stage.name.lower())
        for name in names:
            if name.lower() in taken:
                text = f"Two roles would be called {quoted(taken[name.lower()])} and {quoted(name)}, which are one to IAM."
                clash = clash or error(text, "Rename a project or a stage.")
            taken[name.lower()] = name
    yield from _at("role.per_project", clash)
