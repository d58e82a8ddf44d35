"""Valid Setups of every kind that the rules allow, for tests that hold something for any Setup.

Short names from a small pool come up often, so that prefixes that lie in one another, stages that share branches, and names that begin alike
are met on every run.
"""

from __future__ import annotations

import string
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from ciam_tui.core.draft import ACCESSES, EXTRAS, POLICY_KINDS
from ciam_tui.core.setup import Setup
from ciam_tui.core.validate import branch_problem, bucket_name_problem, full_ref, normalized_prefix, vcs_origin_problem

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy

REGIONS = {
    "aws": ("us-east-1", "eu-central-1", "ap-southeast-2"),
    "aws-cn": ("cn-north-1",),
    "aws-us-gov": ("us-gov-west-1",),
    "aws-eusc": ("eusc-de-east-1",),
}
NAME_CHARACTERS = string.ascii_letters + string.digits + "_+=,.@-"
WORDS = ("builds", "builds-x", "build", "releases", "team", "a")

uuids = st.uuids().map(str)
account_ids = st.text(string.digits, min_size=12, max_size=12)
bucket_names = st.one_of(
    st.sampled_from(["acme-builds", "builds.acme.example", "abc"]),
    st.from_regex(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", fullmatch=True).filter(lambda name: bucket_name_problem(name) is None),
)
# What IAM stores, without its wildcards and variables, and without the slash that ends a segment.
_segments = st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_characters="*?/"), min_size=1, max_size=8).filter(
    lambda text: "${" not in text
)
prefixes = st.one_of(
    st.sampled_from(WORDS).map(normalized_prefix),
    st.lists(st.one_of(st.sampled_from(WORDS), _segments), max_size=3).map(lambda segments: "".join(f"{segment}/" for segment in segments)),
)
_slugs = st.text(string.ascii_lowercase + string.digits + "-_.", min_size=1, max_size=10)
origins = st.one_of(
    st.sampled_from(["github.com/acme/web", "github.com/acme/web2", "bitbucket.org/acme/web"]),
    st.tuples(_slugs, _slugs).map("/".join).map("github.com/{}".format).filter(lambda origin: vcs_origin_problem(origin) is None),
)
# A branch without a wildcard, as a user would name one or as a hostile contributor would.
plain_branches = st.one_of(
    st.sampled_from(
        ["main", "develop", "release/1.0", "refs/heads/main", "refs/tags/v1", "x/vcs-origin/github.com/o/r/vcs-ref/refs/heads/main"]
    ),
    st.text(st.characters(min_codepoint=0x21, max_codepoint=0xFF, exclude_characters="*"), min_size=1, max_size=12).filter(
        lambda branch: branch_problem(branch) is None
    ),
)
wild_branches = st.one_of(st.sampled_from(["*", "refs/*", "release/*", "feature/*/x", "refs/tags/v*"]))
session_seconds = st.one_of(st.just(3600), st.integers(900, 43_200))


@st.composite
def projects(draw: DrawFn, *, with_origin: bool) -> dict[str, Any]:
    return {
        "id": draw(uuids),
        # Without a hyphen, so that project and stage can be told apart in the name of their role.
        "name": draw(st.text(NAME_CHARACTERS.replace("-", ""), min_size=1, max_size=10)),
        "vcs_origin": draw(origins if with_origin else st.one_of(st.none(), origins)),
    }


@st.composite
def stages(draw: DrawFn, *, with_branches: bool) -> dict[str, Any]:
    return {
        "name": draw(st.one_of(st.sampled_from(["build", "test", "deploy"]), st.text(NAME_CHARACTERS, min_size=1, max_size=10))),
        "prefix": draw(prefixes),
        "access": draw(_some_of(ACCESSES, min_size=1)),
        "read_prefixes": draw(st.lists(prefixes, max_size=2, unique=True)),
        "branches": draw(st.lists(st.one_of(plain_branches, wild_branches), max_size=2, unique_by=full_ref)) if with_branches else [],
        "extras": draw(_some_of(EXTRAS)),
        "session_seconds": draw(session_seconds),
    }


def _some_of(choices: tuple[str, ...], min_size: int = 0) -> SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(choices), min_size=min_size, max_size=len(choices), unique=True)


@st.composite
def setups(
    draw: DrawFn,
    *,
    partition: str | None = None,
    any_project: bool | None = None,
    cloud: bool | None = None,
    account_id: str | None = None,
) -> Setup:
    """Any valid Setup; the arguments fix what a test needs fixed. With `account_id` bucket and key are that account's too."""
    partition = partition or draw(st.sampled_from(["aws", "aws", "aws", *REGIONS]))
    trusts_all = draw(st.sampled_from([False, False, False, True])) if any_project is None else any_project
    owner = None if account_id else draw(st.one_of(st.none(), account_ids))
    account_id, region = account_id or draw(account_ids), draw(st.sampled_from(REGIONS[partition]))
    answers_of_stages = draw(
        st.lists(stages(with_branches=not trusts_all), min_size=1, max_size=3, unique_by=lambda stage: str(stage["name"]).lower())
    )
    with_origin = any(stage["branches"] for stage in answers_of_stages)
    named = st.lists(
        projects(with_origin=with_origin),
        min_size=1,
        max_size=3,
        unique_by=(lambda project: project["id"], lambda project: str(project["name"]).lower()),
    )
    issuer = (
        None
        if cloud or (cloud is None and draw(st.booleans()))
        else f"https://{draw(st.sampled_from(['ci.acme.example', 'oidc.acme.example/org/x']))}"
    )
    return Setup.model_validate(
        {
            "version": 1,
            "account_id": account_id,
            "partition": partition,
            "bucket": {
                "name": draw(bucket_names.filter(lambda name: not name.endswith("-an"))),
                "region": region,
                "owner_account_id": owner,
                "kms_key_arn": draw(
                    st.one_of(st.none(), uuids.map(lambda key: f"arn:{partition}:kms:{region}:{owner or account_id}:key/{key}"))
                ),
                "create": owner in (None, account_id) and draw(st.booleans()),
            },
            "circleci": {
                "org_id": draw(uuids),
                "org_slug": draw(st.sampled_from([None, "gh/acme", "circleci/2xQ7m9Gk1"])),
                "issuer": issuer,
                "audience": draw(st.sampled_from([None, None, "sts.amazonaws.com", "https://acme.example/jobs"])),
                "projects": [] if trusts_all else draw(named),
                "any_project": trusts_all,
            },
            "stages": answers_of_stages,
            "role": {
                "name_prefix": draw(st.one_of(st.just("circleci-web-"), st.text(NAME_CHARACTERS, max_size=20))),
                "path": draw(st.sampled_from(["/", "/circleci/", "/teams/web/"])),
                "per_project": not trusts_all and draw(st.booleans()),
                "policy_kind": draw(st.sampled_from(POLICY_KINDS)),
                "permissions_boundary": draw(st.sampled_from([None, f"arn:{partition}:iam::aws:policy/PowerUserAccess"])),
                "tags": draw(st.sampled_from([{}, {"team": "web"}, {"Cost Center": "4711", "owner": "ops@acme.example"}])),
            },
        }
    )
