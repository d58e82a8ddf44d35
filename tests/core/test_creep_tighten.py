"""A tightened Setup drops what was not seen and nothing else, is a valid Setup, and is never wider than what it was made of."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ciam_tui.core.access_matrix import NEEDS, stage_matrix
from ciam_tui.core.creep.report import lines_of_tightened
from ciam_tui.core.creep.standing import NotSeen, Unknown
from ciam_tui.core.creep.tighten import Tightened, tightened, unsaid, wider
from ciam_tui.core.evaluate import Request, evaluate
from ciam_tui.core.evidence.facts import Seen, ServiceUse
from ciam_tui.core.permissions import bucket_arn, bucket_owner
from ciam_tui.core.roles import wanted_roles
from ciam_tui.core.setup import read_setup, to_json
from tests.core.accounts import a_setup
from tests.core.auditing import BUCKET, allow, policy
from tests.core.creeping import a_gap, a_held_role, a_use, days, did, history, logs, trail
from tests.core.strategies import setups

if TYPE_CHECKING:
    from ciam_tui.core.setup import Setup
    from ciam_tui.core.setup_models import Stage

READ, WRITE, DELETE, LIST = "s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:ListBucket"
LOGS: dict[str, Any] = {"coverage": (logs(), history())}


def deploys(**changes: Any) -> Setup:
    """A Setup of one stage, on the bucket of the examples."""
    stage = {"name": "deploy", "prefix": "releases/", "access": ["read", "write", "delete"], "read_prefixes": ["builds/"]} | changes
    return a_setup(stages=[stage])


def tight(setup: Setup, *seen: Seen, **changes: Any) -> Tightened:
    return tightened(setup, {stage.name: [a_gap(*seen, **({**LOGS, **changes}))] for stage in setup.stages})


def only_stage(found: Tightened) -> Stage:
    assert found.setup is not None
    [stage] = found.setup.stages
    return stage


def test_an_access_that_was_not_seen_goes_and_says_by_what_evidence_and_what_is_denied_then() -> None:
    found = tight(deploys(), did(READ), did(WRITE), did(READ, "builds/"), did(LIST, "releases/"))
    assert only_stage(found).access == ("read", "write")
    [dropped] = [each for each in found.dropped if "delete" in each.what]
    assert (dropped.stage, dropped.what, dropped.actions) == ("deploy", "delete below releases/", (DELETE,))
    lines = lines_of_tightened(found, "tighter.json")
    assert any("delete below releases/, not seen 2026-04-22 to 2026-08-19 (S3 server access logs)" in line for line in lines)
    assert any("get AccessDenied for s3:DeleteObject" in line for line in lines)
    assert any("ciam-tui undo last" in line for line in lines)


def test_what_is_unknown_stays_and_says_why() -> None:
    found = tight(deploys(), did(READ, "releases/"), coverage=())
    assert found.setup == deploys()
    assert not found.changes
    assert {each.what for each in found.kept} == {"write below releases/", "delete below releases/", "read below builds/"}
    assert any("unknown, since no source here shows who writes" in line for line in lines_of_tightened(found, None))


def test_reads_alone_that_are_shown_let_nothing_of_writing_go() -> None:
    found = tight(deploys(), did(WRITE), coverage=(trail(writing=False),))
    assert only_stage(found).access == ("write", "delete")
    assert only_stage(found).read_prefixes == ()


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        # What is done below one folder alone needs no more; a folder with a digit is one of many.
        ((did(WRITE, "releases/web/1187/"), did(READ, "releases/web/")), "releases/web/"),
        ((did(WRITE, "releases/web/v1.4.0/"),), "releases/web/"),
        ((did(WRITE, "releases/2026/08/"),), "releases/"),
        ((did(WRITE, "releases/web/"), did(WRITE, "releases/api/")), "releases/"),
        ((did(WRITE, "releases/"), did(WRITE, "releases/web/")), "releases/"),
        ((did(WRITE, "releases/web/"), did(LIST, "releases/")), "releases/"),
        ((did(WRITE, "releases/web/", summed=True),), "releases/web/"),
    ],
)
def test_a_prefix_becomes_the_folder_that_all_use_lies_in(seen: tuple[Seen, ...], expected: str) -> None:
    found = tight(deploys(access=["read", "write"], read_prefixes=[]), *seen)
    assert only_stage(found).prefix == expected


def test_a_prefix_stays_where_nobody_shows_what_lies_beside_the_folder() -> None:
    found = tight(deploys(access=["write"], read_prefixes=[]), did(WRITE, "releases/web/"), coverage=(trail(writing=True),))
    assert only_stage(found).prefix == "releases/"
    assert any(each.what == "what lies beside releases/web/ in releases/" for each in found.kept)


def test_the_read_prefixes_are_tightened_too() -> None:
    seen = did(WRITE), did(READ, "builds/web/1187/"), did(LIST, "builds/web/")
    found = tight(deploys(access=["write"], read_prefixes=["builds/", "reports/"]), *seen)
    assert only_stage(found).read_prefixes == ("builds/web/",)


def test_a_stage_that_only_reads_elsewhere_works_there() -> None:
    found = tight(deploys(), did(READ, "builds/"))
    assert (only_stage(found).prefix, only_stage(found).access, only_stage(found).read_prefixes) == ("builds/", ("read",), ())


def test_a_stage_of_which_nothing_is_left_is_told_and_left_out() -> None:
    setup = a_setup(stages=[{"name": name, "prefix": f"{name}/", "access": ["read"]} for name in ("builds", "releases")])
    found = tightened(setup, {"builds": [a_gap(did(READ, "builds/"), **LOGS)], "releases": [a_gap(did(READ, "builds/"), **LOGS)]})
    assert found.unused == ("releases",)
    assert only_stage(found).name == "builds"
    none = tight(deploys())
    assert (none.setup, none.unused) == (None, ("deploy",))
    assert any("nothing was written" in line for line in lines_of_tightened(none, None))


def test_a_stage_that_only_lists_keeps_what_makes_it_one() -> None:
    found = tight(deploys(read_prefixes=[]), did(LIST, "releases/"))
    assert only_stage(found).access == ("read",)
    assert any("a stage that may only list cannot be said" in each.why for each in found.kept)


@pytest.mark.parametrize(
    ("seen", "extras"),
    [
        ((did(READ), did(WRITE)), {"tags", "acl", "versions", "probe"}),
        ((did(WRITE),), {"tags", "acl"}),
        ((did(READ), did("s3:GetBucketLocation", None)), {"tags", "versions", "probe"}),
    ],
)
def test_an_extra_goes_only_where_nothing_could_have_carried_it(seen: tuple[Seen, ...], extras: set[str]) -> None:
    setup = deploys(extras=["tags", "acl", "versions", "probe"], read_prefixes=[])
    assert set(only_stage(tight(setup, *seen)).extras) == extras


@pytest.mark.parametrize("changes", [{"created": days(20)}, {"window": 100.0, "coverage": (logs(since=110),), "created": days(95)}])
def test_nothing_goes_from_a_role_that_is_younger_than_the_window(changes: dict[str, Any]) -> None:
    found = tight(deploys(), did(WRITE, "releases/web/"), **changes)
    assert not found.changes
    assert any("younger than the window" in each.why for each in found.kept)


def test_a_young_role_keeps_its_prefix_although_all_that_it_does_is_seen_in_one_folder() -> None:
    actions = (WRITE, LIST, "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts")
    setup, seen = deploys(access=["write"], read_prefixes=[]), [did(action, "releases/web/") for action in actions]
    assert only_stage(tight(setup, *seen)).prefix == "releases/web/"
    assert tight(setup, *seen, created=days(20)).setup == setup


def test_what_any_role_of_a_stage_uses_stays() -> None:
    gaps = {"deploy": [a_gap(did(READ), **LOGS), a_gap(did(DELETE), **LOGS)]}
    assert only_stage(tightened(deploys(read_prefixes=[]), gaps)).access == ("read", "delete")


def test_a_stage_whose_role_was_not_found_is_left_as_it_is() -> None:
    assert tightened(deploys(), {}).setup == deploys()


def test_what_a_setup_cannot_say_of_a_role_is_told_with_what_is_known_of_its_use() -> None:
    document = policy(allow(["s3:PutBucketPolicy", READ], [BUCKET, f"{BUCKET}/releases/*"]), allow("ec2:*"))
    gap = a_gap(role=a_held_role(documents=(("s3", document),)), services=(ServiceUse("s3", days(1)), ServiceUse("ec2", None)))
    told = unsaid(gap, deploys(), deploys().stages[0])
    assert told is not None
    assert "s3:PutBucketPolicy on acme-builds (unknown)" in told
    assert "ec2:* (not seen)" in told
    assert "releases/" not in told


@pytest.mark.parametrize(
    "changes",
    [
        {"access": ["read", "write", "delete"], "prefix": ""},
        {"prefix": "builds/"},
        {"read_prefixes": ["reports/"]},
        {"extras": ["tags"]},
        {"extras": ["probe"]},
        {"name": "other"},
    ],
)
def test_the_check_of_width_sees_what_is_wider(changes: dict[str, Any]) -> None:
    assert wider(deploys(access=["write"], read_prefixes=[]), deploys(**({"access": ["write"], "read_prefixes": []} | changes)))


# --- for any Setup and any evidence -----------------------------------------------------------------------------------------------------


@st.composite
def evidence(draw: st.DrawFn, setup: Setup) -> dict[str, list[Any]]:
    """Each stage's role with calls at and around its places, and sources of every kind, that of another bucket among them."""
    bucket, arn = setup.bucket.name, bucket_arn(setup.partition, setup.bucket.name)
    gaps: dict[str, list[Any]] = {}
    for stage in setup.stages:
        places = [f"{place}{more}" for place in (stage.prefix, *stage.read_prefixes, "other/") for more in ("", "web/", "web/1187/")]
        calls = st.builds(
            lambda action, path, **more: replace(did(action, **more), resource=f"{arn}/{path}"),
            st.sampled_from((*NEEDS, LIST)),
            st.sampled_from(places),
            ago=st.sampled_from((1, 50, 200)),
            refused=st.sampled_from((0, 0, 3)),
            summed=st.booleans(),
        )
        covers = st.builds(logs, since=st.sampled_from((120, 120, 30)), bucket=st.sampled_from((bucket, bucket, "acme-other")))
        coverage = [*draw(st.lists(covers, max_size=2)), *draw(st.sampled_from(((), (history(),), (trail(writing=True, bucket=bucket),))))]
        gaps[stage.name] = [
            a_gap(
                *draw(st.lists(calls, max_size=4)),
                role=a_held_role(documents=()),
                coverage=tuple(coverage),
                regions={bucket: "us-east-1"},
                last_used=draw(st.sampled_from((days(1), days(1), days(200), None))),
            )
        ]
    return gaps


def test_a_setup_that_says_a_prefix_twice_stays_as_it_is_written_where_nothing_goes() -> None:
    stage = {"name": "build", "prefix": "builds/", "access": ["read"], "read_prefixes": ["builds/"]}
    setup = a_setup(stages=[stage])
    found = tightened(setup, {})
    assert (found.changes, found.setup) == (False, setup)


@given(st.data())
def test_whatever_the_evidence_the_result_is_valid_and_no_wider_and_breaks_nothing_that_was_seen(data: st.DataObject) -> None:
    setup = data.draw(setups())
    gaps = data.draw(evidence(setup))
    found = tightened(setup, gaps)
    if found.setup is None:
        assert set(found.unused) == {stage.name for stage in setup.stages}
        return
    assert read_setup(to_json(found.setup)).setup == found.setup
    assert wider(setup, found.setup) == ()
    before = {role.name: role for role in wanted_roles(setup)}
    for role in wanted_roles(found.setup):
        assert role.trust == before[role.name].trust
    assert found.changes or found.setup == setup
    for stage in found.setup.stages:
        old = next(each for each in setup.stages if each.name == stage.name)
        policies = [stage_matrix(setup, old).policy], [stage_matrix(found.setup, stage).policy]
        for gap in gaps[stage.name]:
            for seen in gap.use.seen:
                if seen.count > seen.refused and seen.last >= gap.use.begins:
                    request = asked(seen, setup)
                    assert evaluate(request, policies[1]).allowed or not evaluate(request, policies[0]).allowed, (seen, found.dropped)


def asked(seen: Seen, setup: Setup) -> Request:
    bucket, _, path = seen.resource.partition("/")
    owner = {"aws:ResourceAccount": (bucket_owner(setup),)}
    if seen.action == LIST:
        return Request(seen.action, bucket, {**owner, "s3:prefix": (path,)})
    return Request(seen.action, f"{seen.resource}x", owner)


@given(st.data())
def test_everything_that_goes_was_not_seen_and_everything_unknown_stays(data: st.DataObject) -> None:
    setup = data.draw(setups())
    gaps = data.draw(evidence(setup))
    found = tightened(setup, gaps)
    assert all(isinstance(each.standing, NotSeen) for each in found.dropped)
    kept = {stage.name: stage for stage in (found.setup.stages if found.setup is not None else ())}
    for stage in setup.stages:
        [gap] = gaps[stage.name]
        for access in stage.access:
            actions = [action for action, (of, extra) in NEEDS.items() if of == access and not extra]
            known = [gap.standing(_right(action, setup, stage.prefix)) for action in actions]
            if any(isinstance(each, Unknown) for each in known) and not any(isinstance(each, NotSeen) for each in known):
                assert access in kept[stage.name].access


def _right(action: str, setup: Setup, prefix: str) -> Any:
    from ciam_tui.core.creep.rights import Right

    return Right(action, setup.bucket.name, prefix)


def test_without_any_source_nothing_ever_goes() -> None:
    setup = deploys()
    use = a_use(coverage=(), services=None, tells_use=False)
    found = tightened(setup, {"deploy": [replace(a_gap(), use=use)]})
    assert found.setup == setup
    assert found.dropped == ()
