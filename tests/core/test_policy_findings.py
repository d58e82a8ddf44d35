"""Each mistake in a policy is told where it is and no longer once it is gone, and a fix is what it says it is: it never opens what was shut."""

from __future__ import annotations

import itertools
import json
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings

from ciam_tui.core import policy_findings
from ciam_tui.core.document import Document, parse_policy
from ciam_tui.core.evaluate import CompiledPolicy, Request, compile_policy, evaluate
from ciam_tui.core.findings import findings
from ciam_tui.core.json_patch import patched
from ciam_tui.core.policy_findings import PolicyFinding, permission_findings, trust_findings
from ciam_tui.core.problems import CiamError, Level
from ciam_tui.core.roles import stage_roles
from tests.core.policy_rows import (
    ANY_USER,
    AUD,
    BUCKET,
    DENIES_FORKS,
    GOOD,
    ISSUER,
    KEY,
    KEYS,
    LIST,
    MAIN,
    OTHER_ORG,
    OWN,
    READ,
    ROWS,
    SERVER,
    SUB,
    USER,
    Row,
    allow,
    at_issuer,
    grant,
    policy,
    provider,
    told,
    with_sub,
)
from tests.core.strategies import setups

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ciam_tui.core.setup import Setup

each_row = pytest.mark.parametrize("row", ROWS, ids=[f"{index}-{row.id}" for index, row in enumerate(ROWS)])


@each_row
def test_a_mistake_is_told_where_it_is_and_no_longer_when_it_is_gone(row: Row) -> None:
    lines = json.dumps(policy(*row.having), indent=2).splitlines()
    matching = [each for each in row.found(row.having) if (each.id, each.level) == (row.id, row.level)]
    assert [each.statement for each in matching][:1] == [row.statement]
    line = matching[0].line
    assert (line is None) is (row.statement is None)
    assert line is None or row.at in lines[line - 1], lines[line - 1]
    assert (row.id, row.level) not in {(each.id, each.level) for each in row.found(row.without)}


def test_the_table_has_a_row_for_every_finding_that_there_is() -> None:
    sources = Path(policy_findings.__file__).parent.glob("*.py")
    ids = {
        found
        for path in sources
        for found in re.findall(r'^ +"([a-z0-9]+(?:-[a-z0-9]+)+)",$', path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert ids - {row.id for row in ROWS} == {"key-with-scheme", "issuer-mismatch"} - {row.id for row in ROWS}
    assert len(ids) > 50


@pytest.mark.parametrize(
    "statements", [[allow()], [allow({"StringEquals": KEYS, "StringLike": {SUB: MAIN}, "Bool": {"sts:RoleAuthorizedByIdp": "true"}})]]
)
def test_a_trust_that_holds_everything_has_no_finding(statements: list[dict[str, Any]]) -> None:
    assert trust_findings(Document.of(policy(*statements))) == ()


def test_a_grant_that_holds_everything_has_no_finding() -> None:
    assert permission_findings(Document.of(policy(READ, LIST))) == ()


def test_a_statement_that_denies_is_not_told_as_a_grant() -> None:
    wide = {"Effect": "Deny", "Action": ["s3:*", "iam:*", "*"], "Resource": "*"}
    assert permission_findings(Document.of(policy(READ, wide))) == ()
    assert trust_findings(Document.of(policy(allow(), DENIES_FORKS | {"Condition": {"StringLike": {SUB: "*"}}}))) == ()


def test_a_deny_is_heeded_in_saying_who_gets_in() -> None:
    others_denied = DENIES_FORKS | {"Condition": {"StringNotLike": {SUB: OWN + "/*"}}}
    wide = with_sub(f"org/{ISSUER[-36:]}/project/*/user/*")
    assert "project-wildcard" in {each.id for each in trust_findings(Document.of(policy(wide))) if each.level is Level.ERROR}
    assert Level.ERROR not in {each.level for each in trust_findings(Document.of(policy(wide, others_denied)))}


# --- fixes ------------------------------------------------------------------------------------------------------------------------------

ORGS = (ISSUER[-36:], OTHER_ORG)
SUBJECTS = tuple(
    f"org/{org}/project/{project}/user/{user}{rest}"
    for org in ORGS
    for project in ("6b1f1b6e-6f43-4d0f-8f0e-6f0f3f6a5a01", "7c2a2c7f-7054-4e1a-9a1f-7a1a4a7b6b02", "5d2a2c7f-7054-4e1a-9a1f-7a1a4a7b6b02")
    for user in (USER, "d9b3fcaa-6032-405a-8c75-40079ce33c3e")
    for rest in (
        "",
        *(
            f"/vcs-origin/{origin}/vcs-ref/{ref}"
            for origin in ("github.com/acme/web", "github.com/acme/x", "github.com/mallory/web")
            for ref in (
                "refs/heads/main",
                "refs/heads/main-evil",
                "refs/heads/release/1",
                "refs/tags/main",
                "main",
                "refs/heads/x/vcs-origin/github.com/acme/web/vcs-ref/refs/heads/main",
                "refs/heads/x/vcs-origin/github.com/acme/web/vcs-ref/main",
                "refs/heads/x/vcs-ref/refs/heads/main",
            )
        ),
    )
) + tuple(f"org/{org}/file-streaming/audit-logs" for org in ORGS)


def tokens() -> Iterator[Request]:
    for issuer in (ISSUER, "oidc.circleci.com", SERVER):
        for sub, audience in itertools.product(SUBJECTS, (ORGS[0], "sts.amazonaws.com", "jobs")):
            project = re.search("/project/([^/]*)", sub)
            context = {f"{issuer}:aud": (audience,), f"{issuer}:sub": (sub,)}
            if issuer == ISSUER and project:
                context[f"{issuer}:oidc.circleci.com/project-id"] = (project[1],)
            yield Request("sts:AssumeRoleWithWebIdentity", "arn:aws:iam::123456789012:role/x", context, provider(issuer))
    for caller in ("arn:aws:iam::999900001111:user/x", "lambda.amazonaws.com"):
        for action in ("sts:AssumeRole", "sts:TagSession"):
            yield Request(action, "arn:aws:iam::123456789012:role/x", {}, caller)


def calls() -> Iterator[Request]:
    actions = (
        "GetObject",
        "PutObject",
        "PutObjectAcl",
        "DeleteObjectVersion",
        "ListBucket",
        "GetBucketLocation",
        "PutBucketPolicy",
        "ListAllMyBuckets",
    )
    places = (
        BUCKET,
        f"{BUCKET}/builds/x",
        f"{BUCKET}/team",
        f"{BUCKET}/team/x",
        f"{BUCKET}/team-secret/x",
        "arn:aws:s3:::acme-other/builds/x",
        "arn:aws:s3:::other",
    )
    contexts: list[dict[str, tuple[str, ...]]] = []
    for account, prefix, delimiter in itertools.product(
        ("123456789012", "999900001111"), (None, "", "builds/", "builds/x", "team", "team/", "team/x", "team-secret/"), (None, "/")
    ):
        said = {"aws:ResourceAccount": account, "s3:prefix": prefix, "s3:delimiter": delimiter}
        contexts.append({key: (value,) for key, value in said.items() if value is not None})
    for action, place, context in itertools.product(actions, places, contexts):
        yield Request(f"s3:{action}", place, context)
    for action in (
        "kms:Decrypt",
        "kms:DescribeKey",
        "iam:PassRole",
        "iam:PutRolePolicy",
        "iam:GetRole",
        "sts:AssumeRole",
        "lambda:CreateFunction",
    ):
        for resource in (KEY, "arn:aws:iam::123456789012:role/x", "arn:aws:lambda:us-east-1:123456789012:function:web"):
            for via in (
                dict[str, tuple[str, ...]](),
                {"kms:ViaService": ("s3.us-east-1.amazonaws.com",)},
                {"kms:ViaService": ("ec2.us-east-1.amazonaws.com",)},
            ):
                yield Request(action, resource, via)


SAMPLES = {"trust": tuple(tokens()), "permissions": tuple(calls())}


def compiled(document: Any) -> CompiledPolicy:
    return compile_policy(parse_policy(json.dumps(document)))


def newly_allowed(samples: Sequence[Request], before: Any, after: Any) -> list[Request]:
    old, new = compiled(before), compiled(after)
    return [request for request in samples if evaluate(request, [new]).allowed and not evaluate(request, [old]).allowed]


@each_row
def test_a_fix_ends_what_it_fixes_and_opens_nothing_unless_it_says_so(row: Row) -> None:
    before = policy(*row.having)
    for finding in row.found(row.having):
        if not finding.patch:
            assert not finding.opens
            continue
        after = patched(before, finding.patch)
        left = told(Document(json.dumps(after, indent=2)), row.kind, row.client_ids)
        assert _count(left, finding.id) < _count(row.found(row.having), finding.id), (finding.id, after)
        opened = newly_allowed(SAMPLES[row.kind], before, after)
        assert finding.opens or not opened, (finding.id, opened[0])
        assert not finding.opens or re.search(r"\bthen\b", finding.fix), finding.fix


def _count(found: Sequence[PolicyFinding], finding_id: str) -> int:
    return sum(each.id == finding_id for each in found)


@pytest.mark.parametrize(
    "finding_id",
    [
        "audience-of-aws",
        "key-with-scheme",
        "issuer-mismatch",
        "unknown-key",
        "wildcard-without-like",
        "uuid-case",
        "ref-without-refs",
        "wrong-action",
    ],
)
def test_a_fix_of_what_is_dead_lets_somebody_in(finding_id: str) -> None:
    opened = []
    for row in ROWS:
        for finding in row.found(row.having):
            if finding.id == finding_id and finding.opens:
                opened += newly_allowed(SAMPLES[row.kind], policy(*row.having), patched(policy(*row.having), finding.patch))
    assert opened


@pytest.mark.parametrize("row", [row for row in ROWS if row.id in ("crafted-branch", "wildcard-before-ref")])
def test_a_crafted_branch_really_gets_in(row: Row) -> None:
    crafted = re.compile(r"refs/heads/x/vcs-")
    having, without = compiled(policy(*row.having)), compiled(policy(*row.without))
    let_in = [request for request in SAMPLES["trust"] if evaluate(request, [having]).allowed]
    assert any(crafted.search(request.context[SUB][0]) for request in let_in if SUB in request.context)
    held = [request for request in SAMPLES["trust"] if evaluate(request, [without]).allowed]
    assert held
    assert not any(crafted.search(request.context[SUB][0]) for request in held if SUB in request.context)


def test_all_fixes_can_be_applied_one_after_the_other() -> None:
    for row in ROWS:
        document = policy(*row.having)
        for _ in range(20):
            finding = next((each for each in told(Document(json.dumps(document)), row.kind, row.client_ids) if each.patch), None)
            if finding is None:
                break
            document = patched(document, finding.patch)
        else:
            pytest.fail(f"{row.id}: the fixes never end")


# --- the words --------------------------------------------------------------------------------------------------------------------------


@each_row
def test_a_finding_is_told_in_whole_sentences_that_cannot_steer_a_terminal(row: Row) -> None:
    for finding in row.found(row.having):
        for sentence in (finding.text, finding.fix, finding.leaves_open or "."):
            assert sentence == sentence.strip()
            assert sentence.endswith(".")
            assert sentence.isprintable()
        assert hash(finding) is not None
        assert json.dumps(finding.as_json())


def test_outside_text_in_a_finding_is_visible() -> None:
    hostile = "\x1b[31m[red]\u202e\xad"
    sid = {"Sid": "x"}
    docs = [
        policy(with_sub(f"{OWN}/{USER}\xad/vcs-origin/\xad[b]/vcs-ref/\xad") | sid),
        policy(
            allow(
                {"StringEquals": {f"{ISSUER}:\xad[b]": "\xad", AUD: "\xad"}},
                Principal={"Federated": [f"arn:\xad:{ISSUER}", "circleci\xad"], "AWS": "\xad"},
            )
        ),
        policy(grant("s3:GetObject", [f"{BUCKET}/\xad[b]a*", "arn:aws:s3:::\xad*/x"], {"StringLike": {"aws:PrincipalTag/\xad": "x"}})),
    ]
    assert not hostile.isprintable()
    found = [each for doc in docs for each in (*trust_findings(Document(json.dumps(doc))), *permission_findings(Document(json.dumps(doc))))]
    assert found
    assert all(each.text.isprintable() and each.fix.isprintable() for each in found)


@pytest.mark.parametrize("indent", [None, 1, 4])
def test_the_line_is_one_of_the_text_as_it_was_given(indent: int | None) -> None:
    text = "\n\n" + json.dumps(policy(with_sub(MAIN.replace(ANY_USER, "*"))), indent=indent)
    (finding,) = [each for each in trust_findings(Document(text)) if each.id == "crafted-branch"]
    assert finding.line is not None
    assert "/user/*" in text.splitlines()[finding.line - 1]


def test_a_single_statement_that_is_no_list_is_read_and_fixed() -> None:
    document = {"Version": "2012-10-17", "Statement": with_sub(MAIN.replace(ANY_USER, "*")) | {"Sid": "Jobs"}}
    (finding,) = [each for each in trust_findings(Document(json.dumps(document, indent=2))) if each.id == "crafted-branch"]
    assert (finding.statement, finding.sid) == (1, "Jobs")
    assert trust_findings(Document(json.dumps(patched(document, finding.patch)))) == ()


def test_keys_are_known_whatever_the_case_of_their_letters() -> None:
    shouted = {operator: {key.replace("oidc", "OIDC"): value for key, value in tests.items()} for operator, tests in GOOD.items()}
    assert trust_findings(Document.of(policy(allow(shouted)))) == ()


def _with_operators(statement: dict[str, Any], spelled: Callable[[str], str]) -> dict[str, Any]:
    tests = statement.get("Condition")
    return statement | {"Condition": {spelled(operator): test for operator, test in tests.items()}} if tests else statement


def _in_lists(statement: dict[str, Any]) -> dict[str, Any]:
    """The statement with every single value as a list of one."""

    def listed(value: Any) -> Any:
        return value if isinstance(value, list) else [value]

    plain = {key: listed(statement[key]) for key in ("Action", "NotAction", "Resource", "NotResource") if key in statement}
    who = {
        key: {kind: listed(value) for kind, value in statement[key].items()}
        for key in ("Principal",)
        if isinstance(statement.get(key), dict)
    }
    tests = statement.get("Condition", {})
    tests = {operator: {key: listed(value) for key, value in test.items()} for operator, test in tests.items()}
    return statement | plain | who | ({"Condition": tests} if tests else {})


VARIANTS: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "operators in small letters": lambda statement: _with_operators(statement, str.lower),
    "operators in capitals": lambda statement: _with_operators(statement, str.upper),
    "every value in a list": _in_lists,
}


@pytest.mark.parametrize("variant", VARIANTS)
@each_row
def test_a_mistake_is_the_same_however_it_is_spelled(row: Row, variant: str) -> None:
    spelled = [VARIANTS[variant](statement) for statement in row.having]
    found = row.found(spelled)
    assert [(each.id, each.level, each.statement, each.opens) for each in found] == [
        (each.id, each.level, each.statement, each.opens) for each in row.found(row.having)
    ]
    for finding in found:
        if finding.patch:
            after = patched(policy(*spelled), finding.patch)
            left = told(Document(json.dumps(after, indent=2)), row.kind, row.client_ids)
            assert _count(left, finding.id) < _count(found, finding.id), (finding.id, after)


@each_row
def test_a_statement_that_is_no_list_has_the_same_mistakes(row: Row) -> None:
    if len(row.having) == 1:
        alone = {"Version": "2012-10-17", "Statement": row.having[0]}
        found = told(Document(json.dumps(alone, indent=2)), row.kind, row.client_ids)
        assert [(each.id, each.level) for each in found] == [(each.id, each.level) for each in row.found(row.having)]
        for finding in found:
            left = told(Document(json.dumps(patched(alone, finding.patch))), row.kind, row.client_ids)
            assert not finding.patch or _count(left, finding.id) < _count(found, finding.id)


def test_a_self_hosted_server_is_known_by_its_conditions_and_another_federation_is_none() -> None:
    assert {each.id for each in trust_findings(Document.of(policy(at_issuer(SERVER))))} == {"self-hosted-issuer", "any-branch"}
    github = allow(
        {"StringEquals": {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"}}, issuer="token.actions.githubusercontent.com"
    )
    assert {each.id for each in trust_findings(Document.of(policy(github)))} == {"no-circleci-issuer"}


# --- what this tool makes ---------------------------------------------------------------------------------------------------------------

# What a linter may say of our own policies, and which finding of the Setup has said it.
SAID_BY_THE_SETUP = {
    "self-hosted-issuer": {"self-hosted-issuer"},
    "audience-of-aws": {"custom-audience"},
    "custom-audience": {"custom-audience"},
    "wildcard-in-ref": {"wildcard-in-branch"},
    "project-wildcard": {"whole-organization-trusted"},
    "lists-whole-bucket": {"whole-bucket"},
    "object-acl": {"extra-acl"},
    "destroys-for-good": {"extra-versions"},
    "changes-tags": {"extra-tags"},
}


def linted(setup: Setup) -> Iterator[PolicyFinding]:
    for stage in setup.stages:
        for role in stage_roles(setup, stage):
            yield from trust_findings(role.trust)
            yield from permission_findings(role.permissions)


@given(setups(any_project=False))
@settings(max_examples=30)
def test_what_this_tool_makes_has_no_error_and_no_warning_that_its_setup_has_not_told(setup: Setup) -> None:
    said = {finding.id for finding in findings(setup)}
    for finding in linted(setup):
        assert finding.level is not Level.ERROR, finding
        assert finding.level is Level.NOTE or SAID_BY_THE_SETUP[finding.id] & said, finding


@given(setups(any_project=True))
@settings(max_examples=20)
def test_a_whole_organization_is_the_one_error_and_the_setup_has_told_it(setup: Setup) -> None:
    said = {finding.id for finding in findings(setup)}
    for finding in linted(setup):
        assert finding.level is not Level.ERROR or finding.id == "project-wildcard"
        assert finding.level is Level.NOTE or SAID_BY_THE_SETUP[finding.id] & said, finding


# --- hostile documents ------------------------------------------------------------------------------------------------------------------

_PATIENCE = (
    10.0  # seconds of this process's own: a hundred times what these take on a slow machine, and nothing to what a quadratic reading would
)


@pytest.mark.parametrize(
    "document",
    [
        policy(*[grant(f"iam:Put*{number}", "*", {}) for number in range(1_500)]),
        policy(grant([f"s3:*{number}*" for number in range(3_000)], "*")),
        policy(grant("s3:GetObject", [f"{BUCKET}/team{number}*" for number in range(3_000)])),
        policy(grant("s3:ListBucket", BUCKET, {"StringLike": {"s3:prefix": [f"a{number}" for number in range(9_000)]}})),
        policy(grant("s3:ListBucket", BUCKET, {"StringLike": {"s3:prefix": "*a" * 40_000}})),
        policy(*[allow() | {"Sid": f"s{number}"} for number in range(150)]),
        policy(*[with_sub(["*"] * 1_000)]),
        policy(with_sub("*/" * 7_000)),
        policy(with_sub([f"*{number}/vcs-ref/x" for number in range(500)])),
        policy(*[with_sub(["*/vcs-ref/x"] * 60) | {"Sid": f"s{number}"} for number in range(8)]),
    ],
    ids=range(10),
)
def test_no_document_makes_it_hang(document: Any) -> None:
    text = json.dumps(document)
    begun = time.process_time()
    trust_findings(Document(text))
    permission_findings(Document(text))
    assert time.process_time() - begun < _PATIENCE


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", "[" * 50_000, '{"Statement": ' * 200 + "1" + "}" * 200, '{"Statement": [{}]}', "x" * 200_000]
)
def test_what_is_no_policy_is_refused_in_one_sentence(text: str) -> None:
    for find in (trust_findings, permission_findings):
        with pytest.raises(CiamError) as refused:
            find(Document(text))
        assert str(refused.value).isprintable()
