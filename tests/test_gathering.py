"""What is gathered for an auditor: every piece from its source, what could not be read told as that, and nothing that a name could do."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from markdown_it import MarkdownIt

from ciam_tui.core.acceptance.file import AcceptanceFile, AcceptedFinding
from ciam_tui.core.acceptance.fingerprints import of_setup
from ciam_tui.core.assurance.controls import Control, Kind
from ciam_tui.core.assurance.items import sha256_of
from ciam_tui.core.assurance.pack import PAGE, bound
from ciam_tui.core.document import Document
from ciam_tui.core.findings import findings
from ciam_tui.core.problems import CiamError
from ciam_tui.core.redacted import MASK
from ciam_tui.core.retirement.stages import Stage
from ciam_tui.gathering import Accepted, Wanted, gathered
from ciam_tui.runs import apply_plan, plan_for
from tests.app.memory_account import hand_made_role
from tests.retiring_world import ACCOUNT, ROLE, SETUP, USER, WIDE, World
from tests.runs import MemoryJournals

if TYPE_CHECKING:
    from ciam_tui.core.assurance.items import Pack

READER = MarkdownIt("gfm-like", {"linkify": False})
TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"


def gather(world: World, **wanted: Any) -> Pack:
    return gathered(Wanted(SETUP, "0.0.0", **wanted), world.desk.ports, world.migrations, lambda _: None)


def of(pack: Pack, kind: Kind) -> dict[str, Any]:
    (item,) = pack.of(kind)
    found: dict[str, Any] = json.loads(item.text)
    return found


def page_of(pack: Pack) -> str:
    return next(file.text for file in bound(pack, with_files=True).files if file.path == PAGE)


@pytest.fixture(scope="module")
def retired() -> tuple[World, Pack]:
    """A world in which a retirement went to its end, and all that is gathered of it."""
    world = World()
    world.goes_up_to(world.begun(), Stage.DELETE_USER)
    return world, gather(world, digest_of=lambda name: sha256_of(name.encode()))


def test_after_a_whole_retirement_every_control_has_evidence_and_only_the_file_that_was_not_named_is_missing(
    retired: tuple[World, Pack],
) -> None:
    _, pack = retired
    assert {control for item in pack.items for control in item.kind.serves} == set(Control)
    assert [each.kind for each in pack.missing] == [Kind.ACCEPTED]
    assert "Nothing was gathered" not in page_of(pack)


def test_the_retirement_is_told_with_the_dates_of_its_stages_and_its_quiet_days(retired: tuple[World, Pack]) -> None:
    world, pack = retired
    told = of(pack, Kind.RETIREMENT)
    (key,) = told["keys"]
    assert (told["user"], told["ended"], key["key_id"]) == (USER, "finished", world.keys[0])
    assert [stage["seen_done_at"] is not None for stage in told["stages"]] == [True] * 8
    assert key["quiet_days"] == 14
    assert key["inactive_at"] <= key["quiet_since"] < key["quiet_over_at"] <= key["deleted_at"]
    deactivated = next(stage for stage in told["stages"] if stage["stage"] == "deactivate")
    assert [run["run"] for run in deactivated["runs"]] == [run["run"] for run in deactivated["runs"] if run["keys"] == [world.keys[0]]]
    assert deactivated["by"] == [world.desk.operator]
    assert told["file"]["sha256"] == sha256_of(f"migrations/{told['retirement']}.jsonl".encode())
    assert "backup" not in json.dumps(told["events"][0])
    assert f"| `{world.keys[0]}` |" in page_of(pack)


def test_the_user_is_told_as_it_is_now(retired: tuple[World, Pack]) -> None:
    assert of(retired[1], Kind.USER)["exists"] is False
    world = World()
    (key,) = world.keys
    told = of(gather(world, users=(USER,)), Kind.USER)
    assert [(each["key_id"], each["status"], each["age_days"]) for each in told["keys"]] == [(key, "Active", 300)]


def test_every_call_of_every_run_is_told_with_its_request_id_and_what_it_replaced(retired: tuple[World, Pack]) -> None:
    _, pack = retired
    runs = [json.loads(item.text) for item in pack.of(Kind.RUN)]
    assert {run["stage"] for run in runs} == {None, "variables", "deactivate", "delete-key", "delete-user"}
    assert all(step["outcome"] == "done" for run in runs for step in run["steps"])
    of_aws = [step for run in runs for step in run["steps"] if step["service"] in ("iam", "s3")]
    assert all(re.fullmatch(r"request-\d+", step["request_id"]) for step in of_aws)
    assert "Active" in [step["before"] for step in of_aws]
    page = page_of(pack)
    assert all(f"`{step['request_id']}`" in page for step in of_aws)
    assert runs[0]["journal"]["sha256"] == sha256_of(f"runs/{runs[0]['run']}.jsonl".encode())


def test_a_journal_of_a_version_that_kept_no_request_ids_is_told_without_them() -> None:
    world = World()
    world.does(world.begun(), Stage.ROLES)
    for journal in world.journals.made.values():
        journal.lines[:] = [re.sub(r'"request_id":"[^"]*",', "", line) for line in journal.lines]
    (run,) = [json.loads(item.text) for item in gather(world).of(Kind.RUN)]
    assert {step["request_id"] for step in run["steps"]} == {None}
    assert {step["outcome"] for step in run["steps"]} == {"done"}


def test_roles_are_told_before_the_first_run_and_as_they_are_now() -> None:
    world = World()
    world.does(world.begun(), Stage.ROLES)
    pack = gather(world)
    (before,), (now,) = of(pack, Kind.BEFORE)["roles"], of(pack, Kind.NOW)["roles"]
    assert (before["existed"], before["was"]) == (False, None)
    assert (now["exists"], [each["name"] for each in now["is"]["policies"]]) == (True, ["s3"])
    assert of(pack, Kind.CONFORMITY)["is_as_the_setup_says"] is True


def test_a_role_that_was_there_before_is_told_with_the_documents_it_had() -> None:
    world = World()
    role = replace(hand_made_role(ROLE), inline=(("by-hand", Document(WIDE)),))
    world.account.facts = replace(world.account.facts, roles={ROLE: role})
    ports, adopt = world.desk.ports, frozenset({ROLE})
    list(apply_plan(plan_for(SETUP, ports, adopt=adopt), SETUP, ports, run_id="20260102-030405-0001", adopt=adopt))
    pack = gather(world)
    (before,), (now,) = of(pack, Kind.BEFORE)["roles"], of(pack, Kind.NOW)["roles"]
    assert (before["existed"], before["run"]) == (True, "20260102-030405-0001")
    assert before["was"]["trust"] == role.trust.policy
    assert [(each["name"], each["document"]) for each in before["was"]["policies"]] == [("by-hand", json.loads(WIDE))]
    assert [each["name"] for each in now["is"]["policies"]] == ["s3"]
    assert of(pack, Kind.RUN)["adopted"] == [ROLE]


def widened(world: World, **changes: Any) -> None:
    role = world.account.facts.roles[ROLE]
    world.account.facts = replace(world.account.facts, roles={ROLE: replace(role, **changes)})


def applied() -> World:
    world = World()
    world.does(world.begun(), Stage.ROLES)
    return world


def access(world: World) -> tuple[dict[str, Any], str]:
    pack = gather(world)
    (role,) = of(pack, Kind.ACCESS)["roles"]
    return role, page_of(pack)


def verdict(role: dict[str, Any], what: str) -> str:
    return next(str(cell["verdict"]) for cell in role["cells"] if cell["what"] == what)


def headline(world: World) -> str:
    (item,) = gather(world).of(Kind.ACCESS)
    return item.headline


def test_who_may_do_what_is_asked_of_the_policies_that_the_account_has() -> None:
    world = applied()
    role, page = access(world)
    assert (role["as_given"], verdict(role, "write builds/"), verdict(role, "delete builds/")) == (True, "allowed", "denied")
    assert "fork" in [each["case"] for each in role["lets_in"]]
    assert "another-organization" in [each["case"] for each in role["refuses"]]

    widened(world, inline=(*world.account.facts.roles[ROLE].inline, ("by-hand", Document(WIDE))))
    role, page = access(world)
    assert (role["as_given"], verdict(role, "delete builds/"), verdict(role, "administer the bucket acme-builds")) == (
        False,
        "allowed",
        "allowed",
    )
    assert "**Not as given**: delete builds/ is allowed" in page
    assert of(gather(world), Kind.CONFORMITY)["is_as_the_setup_says"] is False


def test_a_boundary_takes_from_what_the_policies_allow_and_one_that_cannot_be_read_leaves_it_unknown() -> None:
    world = applied()
    arn = f"arn:aws:iam::{ACCOUNT}:policy/edge"
    widened(world, boundary=arn)
    role, page = access(world)
    assert (role["as_given"], {cell["verdict"] for cell in role["cells"]}) == (None, {"unknown"})
    assert "What it may do is not known whole" in page

    nothing = Document('{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"s3:*","Resource":"*"}]}')
    read = world.account.policies_in_force
    world.account.policies_in_force = lambda arns, progress: replace(read(arns, progress), documents={arn: nothing})  # type: ignore[method-assign]  # one answer of a double
    role, _ = access(world)
    assert (role["as_given"], {cell["verdict"] for cell in role["cells"]}) == (False, {"denied"})


@pytest.mark.parametrize(
    ("principal", "told"),
    [
        ({"Principal": {"AWS": "*"}}, "everybody (*)"),
        ({"Principal": "*"}, "everybody (*)"),
        ({"NotPrincipal": {"AWS": "arn:aws:iam::999999999999:root"}}, "everybody but AWS arn:aws:iam::999999999999:root"),
        ({"Principal": {"Federated": "accounts.google.com"}}, "Federated accounts.google.com"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_whom_a_trust_policy_lets_in_beside_circleci_is_told_and_nobody_says_that_no_stranger_is(principal: Any, told: str) -> None:
    world = applied()
    role, _ = access(world)
    assert role["others"] == []
    trust = world.account.facts.roles[ROLE].trust.policy
    by_hand = {"Effect": "Allow", **principal, "Action": "sts:AssumeRole"}
    widened(world, trust=Document(json.dumps({**trust, "Statement": [trust["Statement"][0], by_hand]})))
    role, page = access(world)
    assert role["others"] == [told]
    assert f"**Trusted besides**, as far as the policy's conditions let them: `{told}`" in page
    assert "others beside the Setup's provider are trusted by 1 role" in headline(world)


def test_of_a_trust_policy_that_cannot_be_understood_it_is_not_said_that_nobody_is_let_in() -> None:
    world = applied()
    widened(world, trust=Document('{"Version":"2012-10-17","Statement":[{"Effect":"Perhaps"}]}'))
    role, page = access(world)
    assert (role["lets_in"], "Who is let in is not known" in page) == ([], True)
    assert "who is let in is not known of 1 role" in headline(world)
    assert "no stranger" not in headline(world)


def test_a_role_that_is_gone_is_told_as_that() -> None:
    world = applied()
    world.account.facts = replace(world.account.facts, roles={})
    role, page = access(world)
    assert (role["exists"], role["as_given"]) == (False, None)
    assert "It is not there." in page
    assert "no stranger" not in headline(world), "nobody was asked about"


def test_accepted_findings_are_told_with_their_owner_and_their_end_and_entries_that_count_no_more_too() -> None:
    world = World()
    found = findings(SETUP)
    first, second = of_setup(SETUP, found)[:2]

    def entry(of: Any, **changes: Any) -> AcceptedFinding:
        whole = AcceptedFinding(
            of.finding, of.where, of.about, of.text, of.fingerprint, "a pilot", "dana", world.clock.time.date(), "OPS-1"
        )
        return replace(whole, **changes)

    past = world.clock.time.date().replace(year=2020)
    file = AcceptanceFile(
        (entry(first), entry(second, expires=past), entry(first, fingerprint="0" * 64), entry(first, where="setup elsewhere"))
    )
    pack = gather(world, accepted=Accepted("accepted.json", sha256_of(b""), file))
    told = of(pack, Kind.FINDINGS)["findings"]
    assert [each["accepted"]["owner"] if each["accepted"] else None for each in told] == ["dana"] + [None] * (len(found) - 1)
    states = [each["state"] for each in of(pack, Kind.ACCEPTED)["entries"]]
    assert states[:2] == ["accepts a finding", "expired"]
    assert states[2].startswith("accepts nothing: ")
    assert states[3] == "about something that was not looked at here"
    assert "a pilot" in page_of(pack)


# --- what cannot be had -----------------------------------------------------------------------------------------------------------------


def refusing(*names: str) -> World:
    world = World()
    real = world.account

    class Refusing:
        def __getattr__(self, name: str) -> Any:
            if name in names:
                raise CiamError("access-denied", f"Cannot read {name}", "You may not.")
            return getattr(real, name)

    world.aws = Refusing()
    return world


@pytest.mark.parametrize(
    ("read", "kinds"),
    [
        ("roles", {Kind.NOW, Kind.CONFORMITY, Kind.ACCESS}),
        ("wanted_roles", {Kind.AUDIT}),
        ("user", {Kind.USER}),
    ],
)
def test_what_may_not_be_read_is_told_as_not_collected_with_the_reason_and_the_rest_is_there(read: str, kinds: set[Kind]) -> None:
    pack = gather(refusing(read), users=(USER,))
    why = {each.kind: each.why for each in pack.missing}
    assert kinds <= set(why)
    assert all("You may not." in why[kind] for kind in kinds)
    assert not kinds & {item.kind for item in pack.items}
    everything = gather(World(), users=(USER,))
    assert {item.kind for item in everything.items} - kinds == {item.kind for item in pack.items}
    assert "You may not." in page_of(pack)


def test_where_nothing_was_applied_or_retired_from_here_that_is_said() -> None:
    pack = gather(World(), users=("somebody",))
    assert {each.kind for each in pack.missing} == {Kind.BEFORE, Kind.ACCEPTED, Kind.RUN, Kind.RETIREMENT}
    assert "the retirement of the user somebody" in page_of(pack).lower()
    assert of(pack, Kind.USER)["exists"] is False


def test_a_journal_and_a_retirement_that_cannot_be_read_are_named() -> None:
    world = applied()
    (journal,) = world.journals.made.values()
    journal.lines[0] = "{}"
    world.migrations.lines["20260101-000000-dead"] = ["{}"]
    pack = gather(world)
    titles = [each.title for each in pack.missing]
    assert f"Run {journal.run_id}" in titles
    assert "The retirement 20260101-000000-dead" in titles


def test_what_was_there_before_is_not_told_as_sure_where_an_older_journal_may_know_better() -> None:
    world = applied()
    assert not [each for each in gather(world).missing if each.kind is Kind.BEFORE]
    world.journals.create("20250101-000000-dead").lines.append("{}")
    pack = gather(world)
    assert pack.of(Kind.BEFORE)
    assert [each.title for each in pack.missing if each.kind is Kind.BEFORE] == ["The roles before run 20250101-000000-dead"]


def test_credentials_of_another_account_end_it() -> None:
    world = World()
    world.account.facts = replace(world.account.facts, identity=replace(world.account.facts.identity, account_id="210987654321"))
    with pytest.raises(CiamError) as refused:
        gather(world)
    assert refused.value.code == "wrong-account"


def test_only_the_runs_that_are_named_are_gathered_and_one_that_is_not_there_is_refused() -> None:
    world = World()
    migration = world.begun()
    world.does(migration, Stage.ROLES)
    world.does(migration, Stage.WIRING)
    last = [*world.journals.made][-1]
    assert [item.name for item in gather(world, runs=("last",)).of(Kind.RUN)] == [f"run-{last}"]
    assert len(gather(world).of(Kind.RUN)) == 2
    with pytest.raises(CiamError) as refused:
        gather(world, runs=("nothing-like-it",))
    assert refused.value.code == "run-unknown"


def test_runs_of_other_setups_are_not_gathered() -> None:
    world = applied()
    other = SETUP.model_copy(update={"role": SETUP.role.model_copy(update={"name_prefix": "other-"})})
    pack = gathered(Wanted(other, "0.0.0", users=("nobody",)), world.desk.ports, world.migrations, lambda _: None)
    assert pack.of(Kind.RUN) == ()


# --- outside text -----------------------------------------------------------------------------------------------------------------------

HOSTILE = f"x\n# Approved\n| <img src=x> | [a](http://e) `| @dana {TOKEN} {SECRET}"


def test_no_name_makes_a_heading_a_table_or_html_and_no_secret_is_in_any_file() -> None:
    world = applied()
    statement = {
        "Sid": "x",
        "Effect": "Allow",
        "Action": "s3:*",
        "Resource": f"arn:aws:s3:::{SECRET}",
        "Condition": {"StringLike": {"s3:prefix": TOKEN}},
    }
    hostile = Document(json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    widened(
        world,
        inline=((HOSTILE, hostile), ("broken", Document(HOSTILE))),
        description=HOSTILE,
        tags=(("team", SECRET), (TOKEN, "x"), ("db-password", "hunter2")),
    )
    world.user_has(name=HOSTILE, groups=(HOSTILE,), tags=(("note", SECRET),))
    world.account.facts = replace(world.account.facts, identity=replace(world.account.facts.identity, alias=HOSTILE))
    for journal in world.journals.made.values():
        journal.lines[0] = journal.lines[0].replace("arn:aws:iam::123456789012:user/dana", f"arn:aws:iam::123456789012:user/{TOKEN}")
    pack = gather(world, users=(USER, HOSTILE))
    made = bound(pack, with_files=True)
    for file in made.files:
        for secret in (TOKEN, SECRET, "hunter2"):
            assert secret not in file.text, file.path
        assert re.fullmatch(r"(items/)?[A-Za-z0-9._-]+", file.path)
    page = page_of(pack)
    assert MASK in page
    assert pack.masked > 5
    read = [each for block in READER.parse(page) for each in (block, *(block.children or ()))]
    kinds = {each.type for each in read}
    assert {"table_open", "heading_open", "code_inline"} <= kinds
    assert not kinds & {"html_block", "html_inline", "link_open", "image", "fence", "code_block", "blockquote_open", "hr"}
    headings = [after.content for before, after in pairwise(read) if before.type == "heading_open"]
    assert len(headings) == 6 + len(Control) + len(pack.items)
    assert not [heading for heading in headings if heading.startswith("Approved")]


def test_of_many_runs_the_newest_are_told_whole_and_each_has_its_file() -> None:
    world = applied()
    (journal,) = world.journals.made.values()
    world.journals = MemoryJournals()
    for number in range(12):
        run_id = f"20260102-0304{number:02d}-0000"
        copied = world.journals.create(run_id)
        copied.lines[:] = [line.replace(journal.run_id, run_id) for line in journal.lines]
    pack = gather(world)
    assert len(pack.of(Kind.RUN)) == 12
    assert page_of(pack).count("| Time | Change | Call |") == 10
    assert page_of(pack).count("Each of its calls is in its file.") == 2


def test_of_a_name_that_no_user_has_it_is_not_said_that_one_was_there() -> None:
    (item,) = gather(World(), users=("a-slip-of-the-pen",)).of(Kind.USER)
    assert item.headline == "The account has no user of this name."


def test_an_error_that_leaves_nothing_to_do_is_told_where_the_account_is_held_against_the_setup() -> None:
    world = applied()
    world.account.facts = replace(world.account.facts, bucket=None)
    (item,) = gather(world).of(Kind.CONFORMITY)
    assert item.headline == "It is not: a plan would make 0 steps, and finds 0 conflicts and 1 error."
