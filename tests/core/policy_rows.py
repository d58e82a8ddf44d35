"""Policies that have a finding, each with the least change that no longer has it: one row a way to get a policy wrong."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from ciam_tui.core.document import Document
from ciam_tui.core.policy_findings import PolicyFinding, permission_findings, trust_findings
from ciam_tui.core.problems import Level
from tests.core.examples import ORG_ID, OTHER_PROJECT_ID, PROJECT_ID

if TYPE_CHECKING:
    from collections.abc import Sequence

ERROR, WARNING, NOTE = Level.ERROR, Level.WARNING, Level.NOTE
ISSUER = f"oidc.circleci.com/org/{ORG_ID}"
SERVER = "ci.acme.example"
OTHER_ORG = "11111111-2222-4333-8444-555555555555"
USER = "9f1c1b6e-6f43-4d0f-8f0e-6f0f3f6a5a77"
ANY_USER = "????????-????-????-????-????????????"
AUD, SUB, PROJECT = f"{ISSUER}:aud", f"{ISSUER}:sub", f"{ISSUER}:oidc.circleci.com/project-id"
OWN = f"org/{ORG_ID}/project/{PROJECT_ID}/user"
MAIN = f"{OWN}/{ANY_USER}/vcs-origin/github.com/acme/web/vcs-ref/refs/heads/main"
KEYS = {AUD: ORG_ID, PROJECT: PROJECT_ID}
GOOD = {"StringEquals": KEYS, "StringLike": {SUB: MAIN}}
BUCKET = "arn:aws:s3:::acme"
KEY = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"
HELD = {"StringEquals": {"aws:ResourceAccount": "123456789012"}}


def provider(issuer: str = ISSUER, partition: str = "aws") -> str:
    return f"arn:{partition}:iam::123456789012:oidc-provider/{issuer}"


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(condition: dict[str, Any] | None = None, *, issuer: str = ISSUER, **changes: Any) -> dict[str, Any]:
    """A statement that trusts CircleCI."""
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": {"Federated": provider(issuer)},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": GOOD if condition is None else condition,
    } | changes
    return {key: value for key, value in statement.items() if value not in ({}, None)}


def with_sub(pattern: str | list[str], operator: str = "StringLike", keys: dict[str, str] | None = None) -> dict[str, Any]:
    return allow({"StringEquals": {AUD: ORG_ID} if keys is None else keys, operator: {SUB: pattern}})


def at_issuer(issuer: str, sub: str | None = OWN + "/*", **more: str) -> dict[str, Any]:
    condition: dict[str, Any] = {"StringEquals": {f"{issuer}:aud": ORG_ID} | {f"{issuer}:{name}": value for name, value in more.items()}}
    return allow(condition | ({"StringLike": {f"{issuer}:sub": sub}} if sub else {}), issuer=issuer)


def grant(action: Any, resource: Any, condition: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": action, "Resource": resource, "Condition": HELD if condition is None else condition} | changes
    return {key: value for key, value in statement.items() if value not in ({}, None)}


@dataclass(frozen=True)
class Row:
    """`having` has the finding in `statement`, told on a line that holds `at`; `without` has it no longer."""

    id: str
    level: Level
    statement: int | None
    at: str
    having: Sequence[dict[str, Any]]
    without: Sequence[dict[str, Any]]
    kind: Literal["trust", "permissions"] = "trust"
    client_ids: Sequence[str] | None = None

    def found(self, statements: Sequence[dict[str, Any]]) -> tuple[PolicyFinding, ...]:
        return told(Document(json.dumps(policy(*statements), indent=2)), self.kind, self.client_ids)


def told(document: Document, kind: Literal["trust", "permissions"], client_ids: Sequence[str] | None = None) -> tuple[PolicyFinding, ...]:
    return trust_findings(document, client_ids=client_ids) if kind == "trust" else permission_findings(document)


def _trust(
    finding_id: str,
    level: Level,
    at: str,
    having: dict[str, Any],
    without: dict[str, Any] | None = None,
    client_ids: Sequence[str] | None = None,
) -> Row:
    return Row(finding_id, level, 1, at, [having], [without or allow()], "trust", client_ids)


def _grants(finding_id: str, level: Level, at: str, having: dict[str, Any], without: dict[str, Any]) -> Row:
    return Row(finding_id, level, 1, at, [having], [without], "permissions")


def _unknown(name: str, operator: str = "StringEquals", keys: dict[str, str] | None = None) -> dict[str, Any]:
    tests: dict[str, Any] = {"StringEquals": dict(KEYS if keys is None else keys), "StringLike": {SUB: MAIN}}
    return allow(tests | {operator: tests.get(operator, {}) | {f"{ISSUER}:{name}": "x"}})


CHINA = allow(Principal={"Federated": provider(partition="aws-cn")})
CHINA_WITHOUT_KEY = allow({"StringEquals": {AUD: ORG_ID}, "StringLike": {SUB: MAIN}}, Principal={"Federated": provider(partition="aws-cn")})
LAMBDA = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
DENIES_FORKS = {"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRoleWithWebIdentity"}

TRUST_ROWS = [
    # the audience
    _trust("no-audience", WARNING, '"Condition"', allow({"StringEquals": {PROJECT: PROJECT_ID}, "StringLike": {SUB: MAIN}})),
    _trust("no-audience", WARNING, ':aud": "*"', allow({"StringEquals": {PROJECT: PROJECT_ID}, "StringLike": {SUB: MAIN, AUD: "*"}})),
    _trust("no-audience", WARNING, ":aud", allow({"StringNotEquals": {AUD: "x"}, "StringLike": {SUB: MAIN}})),
    _trust("audience-of-aws", WARNING, '"sts.amazonaws.com"', with_sub(MAIN, keys={AUD: "sts.amazonaws.com"})),
    _trust(
        "audience-of-aws",
        NOTE,
        '"sts.amazonaws.com"',
        allow({"StringEquals": {AUD: [ORG_ID, "sts.amazonaws.com"]}, "StringLike": {SUB: MAIN}}),
    ),
    _trust("custom-audience", WARNING, '"jobs"', with_sub(MAIN, keys={AUD: "jobs"})),
    _trust("custom-audience", WARNING, f'"{OTHER_ORG}"', with_sub(MAIN, keys={AUD: OTHER_ORG})),
    _trust("audience-not-in-provider", ERROR, ":aud", allow(), with_sub(MAIN, keys={AUD: "sts.amazonaws.com"}), ["sts.amazonaws.com"]),
    # projects and organizations
    _trust("no-condition", ERROR, "    {", allow({})),
    _trust("no-project", ERROR, '"Condition"', allow({"StringEquals": {AUD: ORG_ID}}), allow({"StringEquals": KEYS})),
    _trust("no-project", ERROR, f"org/{ORG_ID}/*", with_sub(f"org/{ORG_ID}/*"), with_sub(f"org/{ORG_ID}/*", keys=KEYS)),
    _trust("no-project", ERROR, '"Condition"', at_issuer(SERVER + "/circleci", None), at_issuer(SERVER + "/circleci")),
    _trust("project-wildcard", ERROR, "/project/*/", with_sub(f"org/{ORG_ID}/project/*/user/*")),
    _trust("project-wildcard", NOTE, "/project/*/", with_sub(f"org/{ORG_ID}/project/*/user/*", keys=KEYS)),
    _trust("project-wildcard", ERROR, "/project/6b*/", with_sub(f"org/{ORG_ID}/project/6b*/user/*"), with_sub(OWN + "/*")),
    _trust(
        "negated-only", ERROR, ":sub", allow({"StringEquals": {AUD: ORG_ID}, "StringNotLike": {SUB: f"org/*/project/{OTHER_PROJECT_ID}/*"}})
    ),
    _trust("negated-only", ERROR, ":sub", allow({"StringEquals": {AUD: ORG_ID}, "StringNotLike": {SUB: "*/vcs-ref/refs/heads/evil"}})),
    _trust("root-issuer", ERROR, "oidc-provider", at_issuer("oidc.circleci.com", None), allow()),
    _trust("root-issuer", ERROR, "oidc-provider", at_issuer("oidc.circleci.com", "org/*/project/*/user/*"), at_issuer(ISSUER)),
    _trust("root-issuer", WARNING, "oidc-provider", at_issuer("oidc.circleci.com"), allow()),
    _trust("self-hosted-issuer", WARNING, "oidc-provider", at_issuer(SERVER), allow()),
    _trust("org-wildcard", NOTE, "org/*/project", with_sub(OWN.replace(ORG_ID, "*") + "/*")),
    _trust("org-wildcard", ERROR, "org/*/project", at_issuer(SERVER, "org/*/project/*/user/*"), at_issuer(SERVER)),
    _trust("org-mismatch", ERROR, OTHER_ORG, with_sub(MAIN.replace(ORG_ID, OTHER_ORG))),
    _trust("project-mismatch", ERROR, PROJECT_ID, with_sub(MAIN.replace(PROJECT_ID, OTHER_PROJECT_ID), keys=KEYS)),
    _trust(
        "project-mismatch",
        WARNING,
        f'"{OTHER_PROJECT_ID}"',
        allow({"StringEquals": {AUD: ORG_ID, PROJECT: [PROJECT_ID, OTHER_PROJECT_ID]}, "StringLike": {SUB: MAIN}}),
    ),
    _trust("project-key-unavailable", ERROR, "project-id", CHINA, CHINA_WITHOUT_KEY),
    _trust(
        "project-key-unavailable", ERROR, "project-id", at_issuer(SERVER, **{"oidc.circleci.com/project-id": PROJECT_ID}), at_issuer(SERVER)
    ),
    # the provider and its keys
    _trust("provider-malformed", ERROR, "oidc-provider", allow(Principal={"Federated": provider(f"https://{ISSUER}")})),
    _trust("provider-malformed", ERROR, '"Federated"', allow(Principal={"Federated": ISSUER})),
    _trust("key-with-scheme", ERROR, f"https://{AUD}", allow({"StringEquals": {f"https://{AUD}": ORG_ID, PROJECT: PROJECT_ID}})),
    _trust(
        "issuer-mismatch", ERROR, f"{OTHER_ORG}:aud", allow({"StringEquals": {AUD.replace(ORG_ID, OTHER_ORG): ORG_ID, PROJECT: PROJECT_ID}})
    ),
    _trust(
        "issuer-mismatch",
        WARNING,
        f"{ISSUER}/:aud",
        allow({"StringEqualsIfExists": {f"{ISSUER}/:aud": ORG_ID}, "StringEquals": {PROJECT: PROJECT_ID}}),
    ),
    _trust("unknown-key", ERROR, "context-ids", _unknown("oidc.circleci.com/context-ids")),
    _trust("unknown-key", WARNING, "ssh-rerun", _unknown("oidc.circleci.com/ssh-rerun", "BoolIfExists")),
    _trust("unknown-key", WARNING, "vcs-ref", _unknown("oidc.circleci.com/vcs-ref", "StringNotEquals")),
    _trust("unknown-key", WARNING, "job-id", _unknown("oidc.circleci.com/job-id", "ForAllValues:StringEquals")),
    _trust("unknown-key", ERROR, "pipeline-definition-id", _unknown("oidc.circleci.com/pipeline-definition-id")),
    _trust("unknown-key", ERROR, "org-id", _unknown("oidc.circleci.com/org-id")),
    _trust("unknown-key", ERROR, f"{ISSUER}:project-id", allow({"StringEquals": {AUD: ORG_ID, f"{ISSUER}:project-id": PROJECT_ID}})),
    _trust(
        "unknown-key",
        ERROR,
        "vcs-origin",
        allow({"StringEquals": {AUD: ORG_ID, f"{ISSUER}:oidc.circleci.com/vcs-origin": "github.com/acme/web"}}),
    ),
    Row(
        "dead-deny",
        WARNING,
        2,
        "vcs-origin",
        [allow(), DENIES_FORKS | {"Condition": {"StringEquals": {f"{ISSUER}:oidc.circleci.com/vcs-origin": "x"}}}],
        [allow()],
    ),
    _trust("for-all-values", WARNING, ":aud", allow({"ForAllValues:StringEquals": {AUD: ORG_ID}, "StringLike": {SUB: MAIN}})),
    _trust(
        "if-exists",
        WARNING,
        "project-id",
        allow({"StringEqualsIfExists": {PROJECT: PROJECT_ID}, "StringEquals": {AUD: ORG_ID}, "StringLike": {SUB: MAIN}}),
    ),
    _trust("wildcard-without-like", ERROR, "/user/*", with_sub(OWN + "/*", "StringEquals", {})),
    _trust("wildcard-without-like", WARNING, "/user/*", with_sub([OWN + "/*", f"{OWN}/{USER}"], "ForAnyValue:StringEquals")),
    _trust("wildcard-without-like", ERROR, "evil*", allow({**GOOD, "StringNotEquals": {SUB: f"{OWN}/evil*"}})),
    _trust("uuid-case", ERROR, ORG_ID.upper(), with_sub(MAIN.replace(ORG_ID, ORG_ID.upper()))),
    _trust(
        "uuid-case",
        ERROR,
        PROJECT_ID.upper(),
        allow({"StringEquals": {AUD: ORG_ID, PROJECT: PROJECT_ID.upper()}, "StringLike": {SUB: MAIN}}),
    ),
    # the sub
    _trust("sub-matches-no-token", ERROR, '"repo:acme', with_sub("repo:acme/web:ref:refs/heads/main")),
    _trust("sub-matches-no-token", ERROR, "/users/", with_sub(f"org/{ORG_ID}/project/{PROJECT_ID}/users/*")),
    _trust("sub-anything", WARNING, ':sub": "*"', with_sub("*")),
    _trust("sub-anything", WARNING, ':sub": "*"', with_sub("*", keys=KEYS)),
    _trust("audit-log-stream", WARNING, f"org/{ORG_ID}/*", with_sub(f"org/{ORG_ID}/*"), with_sub(f"org/{ORG_ID}/project/*/user/*")),
    _trust("v1-sub", WARNING, USER, with_sub(f"{OWN}/{USER}", "StringEquals", {})),
    _trust("v1-sub", WARNING, ANY_USER, with_sub(f"{OWN}/{ANY_USER}"), with_sub(OWN + "/*")),
    _trust("user-pinned", WARNING, USER, with_sub(MAIN.replace(ANY_USER, USER))),
    _trust("crafted-branch", ERROR, "/user/*/", with_sub(MAIN.replace(ANY_USER, "*"), keys=KEYS)),
    _trust("wildcard-before-ref", ERROR, "github.com/acme/*/", with_sub(MAIN.replace("acme/web", "acme/*"))),
    _trust("wildcard-before-ref", ERROR, "/user/*/vcs-ref", with_sub(f"{OWN}/*/vcs-ref/refs/heads/main")),
    _trust("ref-without-refs", ERROR, "/vcs-ref/main", with_sub(MAIN.replace("refs/heads/main", "main"))),
    _trust("ref-without-refs", ERROR, "/vcs-ref/main", with_sub(f"{OWN}/*/vcs-origin/github.com/acme/web/vcs-ref/main"), with_sub(MAIN)),
    _trust("wildcard-in-ref", WARNING, "/main*", with_sub(MAIN + "*")),
    _trust("wildcard-in-ref", WARNING, "/release/*", with_sub(MAIN.replace("/main", "/release/*"))),
    _trust("wildcard-in-ref", WARNING, "/vcs-ref/*", with_sub(MAIN.replace("refs/heads/main", "*"))),
    _trust("any-branch", NOTE, "/user/*", with_sub(OWN + "/*")),
    _trust("any-branch", NOTE, f"{PROJECT_ID}/*", with_sub(f"org/{ORG_ID}/project/{PROJECT_ID}/*")),
    # principals and actions
    Row("shared-with-others", WARNING, 2, '"Principal"', [allow(), LAMBDA], [allow()]),
    _trust(
        "shared-with-others", WARNING, '"Principal"', allow(Principal={"Federated": provider(), "AWS": "arn:aws:iam::999900001111:root"})
    ),
    _trust(
        "shared-with-others",
        WARNING,
        '"Principal"',
        allow(Principal={"Federated": [provider(), provider("token.actions.githubusercontent.com")]}),
    ),
    _trust("anybody-trusted", ERROR, '"Principal": "*"', allow(Principal="*")),
    _trust("anybody-trusted", ERROR, '"Principal"', allow(Principal={"AWS": "*"})),
    _trust("not-principal", ERROR, '"NotPrincipal"', allow(Principal=None, NotPrincipal={"AWS": "999900001111"})),
    _trust("not-action", WARNING, '"NotAction"', allow(Action=None, NotAction="sts:TagSession")),
    _trust("not-action", WARNING, '"NotAction"', allow(Action=None, NotAction="sts:AssumeRole*")),
    _trust("action-wildcard", WARNING, '"sts:*"', allow(Action="sts:*")),
    _trust("superfluous-action", NOTE, '"sts:TagSession"', allow(Action=["sts:AssumeRoleWithWebIdentity", "sts:TagSession"])),
    _trust("wrong-action", ERROR, '"sts:AssumeRole"', allow(Action="sts:AssumeRole")),
    _trust("wrong-action", ERROR, '"sts:TagSession"', allow(Action="sts:TagSession")),
    Row("no-circleci-issuer", NOTE, None, "", [LAMBDA], [allow()]),
    Row("trust-too-large", ERROR, None, "", [with_sub([f"{MAIN}{number}" for number in range(120)])], [allow()]),
]

OBJECTS = f"{BUCKET}/builds/*"
READ = grant("s3:GetObject", OBJECTS)
LIST = grant("s3:ListBucket", BUCKET, {**HELD, "StringLike": {"s3:prefix": "builds/*"}})


def _listing(**tests: Any) -> dict[str, Any]:
    return grant("s3:ListBucket", BUCKET, {**HELD, **tests})


GRANT_ROWS = [
    _grants("every-action", ERROR, '"*"', grant("*", OBJECTS), READ),
    _grants("every-s3-action", ERROR, '"s3:*"', grant("s3:*", OBJECTS), READ),
    _grants("wildcard-action", WARNING, '"s3:Get*"', grant("s3:Get*", OBJECTS), READ),
    _grants("every-bucket", ERROR, ":::*", grant("s3:GetObject", "arn:aws:s3:::*"), READ),
    _grants("every-bucket", ERROR, '"Resource": "*"', grant("s3:GetObject", "*"), READ),
    _grants("every-bucket", ERROR, ":::*/*", grant("s3:GetObject", "arn:aws:s3:::*/*", {}), READ),
    _grants("every-bucket", ERROR, '"arn:aws:s3"', grant("s3:GetObject", "arn:aws:s3"), READ),
    _grants("every-bucket", ERROR, "s3:*", grant("s3:GetObject", "arn:aws:s3:*"), READ),
    _grants("every-bucket", ERROR, "s3:*:*", grant("s3:GetObject", "arn:aws:s3:*:*:*"), READ),
    _grants("every-bucket", ERROR, "?*/*", grant("s3:GetObject", "arn:*:s3:::?*/*"), READ),
    _grants("wildcard-in-bucket-name", WARNING, "acme-*", grant("s3:GetObject", "arn:aws:s3:::acme-*/builds/*"), READ),
    _grants("resource-anything", WARNING, '"Resource": "*"', grant("kms:Decrypt", "*"), grant("kms:Decrypt", KEY)),
    _grants(
        "resource-without-slash", WARNING, "team*", grant("s3:GetObject", f"{BUCKET}/team*"), grant("s3:GetObject", f"{BUCKET}/team/*")
    ),
    _grants("resource-without-slash", WARNING, "username}*", grant("s3:GetObject", [OBJECTS, f"{BUCKET}/home/${{aws:username}}*"]), READ),
    _grants("object-action-on-bucket", WARNING, "s3:GetObject", grant("s3:GetObject", BUCKET), READ),
    _grants(
        "object-action-on-bucket",
        WARNING,
        "s3:PutObject",
        grant(["s3:GetBucketLocation", "s3:PutObject"], BUCKET),
        grant("s3:PutObject", [BUCKET, OBJECTS]),
    ),
    _grants("bucket-action-on-object", WARNING, "s3:ListBucket", grant("s3:ListBucket", OBJECTS), LIST),
    _grants("bucket-action-on-object", WARNING, "s3:ListBucket", grant(["s3:GetObject", "s3:ListBucket"], OBJECTS), READ),
    _grants(
        "listing-key-on-other-action",
        WARNING,
        "s3:prefix",
        grant(["s3:GetObject", "s3:ListBucket"], [BUCKET, OBJECTS], {"StringLike": {"s3:prefix": "builds/*"}}),
        LIST,
    ),
    _grants(
        "listing-key-on-other-action", WARNING, "s3:prefix", grant("s3:GetObject", OBJECTS, {"StringLike": {"s3:prefix": "builds/*"}}), READ
    ),
    _grants("lists-whole-bucket", WARNING, "s3:ListBucket", _listing(), LIST),
    _grants("lists-whole-bucket", WARNING, "s3:prefix", _listing(StringLike={"s3:prefix": "*"}), LIST),
    _grants("lists-whole-bucket", WARNING, "s3:prefix", _listing(StringEquals={"s3:prefix": ["", "builds/"]}), LIST),
    _grants("lists-whole-bucket", WARNING, "s3:prefix", _listing(StringNotLike={"s3:prefix": "secret/*"}), LIST),
    _grants("prefix-without-slash", WARNING, '"team*"', _listing(StringLike={"s3:prefix": "team*"}), LIST),
    _grants("prefix-without-slash", WARNING, '"team"', _listing(StringLike={"s3:prefix": ["team", "team/*"]}), LIST),
    _grants("prefix-without-slash", WARNING, '"team"', _listing(StringEquals={"s3:prefix": "team"}), LIST),
    _grants(
        "delimiter-condition",
        WARNING,
        "s3:delimiter",
        _listing(StringLike={"s3:prefix": "builds/*"}, StringEquals={"s3:delimiter": "/"}),
        LIST,
    ),
    _grants("no-resource-account", NOTE, BUCKET, grant("s3:GetObject", OBJECTS, {}), READ),
    _grants(
        "special-s3-resource",
        NOTE,
        "accesspoint",
        grant("s3:GetObject", "arn:aws:s3:us-east-1:123456789012:accesspoint/ci/object/builds/*"),
        READ,
    ),
    _grants(
        "special-s3-resource",
        NOTE,
        "s3express",
        grant("s3express:CreateSession", "arn:aws:s3express:us-east-1:123456789012:bucket/x--use1-az4--x-s3"),
        READ,
    ),
    _grants("alias-as-bucket", WARNING, "-s3alias", grant("s3:GetObject", "arn:aws:s3:::ci-abc-s3alias/builds/*"), READ),
    _grants("not-action", ERROR, '"NotAction"', grant(None, OBJECTS, NotAction="iam:*"), READ),
    _grants("not-resource", ERROR, '"NotResource"', grant("s3:GetObject", None, NotResource=OBJECTS), READ),
    _grants("names-principals", NOTE, '"Principal"', READ | {"Principal": {"AWS": "123456789012"}}, READ),
    _grants(
        "kms-without-service",
        WARNING,
        "kms:Decrypt",
        grant("kms:Decrypt", KEY),
        grant("kms:Decrypt", KEY, {"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}),
    ),
    _grants("kms-without-service", WARNING, "kms:*", grant("kms:*", KEY, {}), grant("kms:DescribeKey", KEY, {})),
    _grants("kms-without-service", WARNING, "kms:Decrypt", grant(["kms:Decrypt", "kms:DescribeKey"], KEY), grant("kms:DescribeKey", KEY)),
    _grants(
        "decided-by-tags",
        NOTE,
        "ExistingObjectTag",
        grant("s3:GetObject", OBJECTS, {**HELD, "StringLike": {"s3:ExistingObjectTag/team": "ci"}}),
        READ,
    ),
    _grants("wildcard-without-like", ERROR, '"builds/*"', _listing(StringEquals={"s3:prefix": "builds/*"}), LIST),
    _grants(
        "privilege-escalation",
        ERROR,
        "iam:PutRolePolicy",
        grant(["iam:GetRole", "iam:PutRolePolicy"], "arn:aws:iam::123456789012:role/x"),
        READ,
    ),
    _grants("privilege-escalation", ERROR, '"iam:*"', grant("iam:*", "*"), READ),
    _grants("privilege-escalation", ERROR, '"iam:Put*"', grant("iam:Put*", "*"), READ),
    _grants("privilege-escalation", ERROR, '"IAM:createaccesskey"', grant("IAM:createaccesskey", "*"), READ),
    _grants("privilege-escalation", ERROR, '"kms:PutKeyPolicy"', grant("kms:PutKeyPolicy", KEY), READ),
    Row(
        "privilege-escalation",
        ERROR,
        2,
        "lambda:CreateFunction",
        [grant("iam:PassRole", "arn:aws:iam::123456789012:role/lambda"), grant("lambda:CreateFunction", "*")],
        [grant("lambda:CreateFunction", "*")],
        "permissions",
    ),
    _grants("pass-role", ERROR, "iam:PassRole", grant("iam:PassRole", "*"), READ),
    _grants("pass-role", WARNING, "iam:PassRole", grant("iam:PassRole", "arn:aws:iam::123456789012:role/lambda"), READ),
    _grants("runs-as-another-role", ERROR, "lambda:Update*", grant("lambda:Update*", "*"), READ),
    _grants(
        "runs-as-another-role",
        WARNING,
        "lambda:UpdateFunctionCode",
        grant("lambda:UpdateFunctionCode", "arn:aws:lambda:us-east-1:123456789012:function:web"),
        READ,
    ),
    _grants(
        "assume-any-role",
        ERROR,
        "sts:AssumeRole",
        grant("sts:AssumeRole", "*"),
        grant("sts:AssumeRole", "arn:aws:iam::123456789012:role/deploy"),
    ),
    *(
        _grants(
            "bucket-administration",
            ERROR,
            f"s3:{name}",
            grant(["s3:GetBucketLocation", f"s3:{name}"], BUCKET),
            grant("s3:GetBucketLocation", BUCKET),
        )
        for name in ("PutBucketPolicy", "DeleteBucketPolicy", "PutBucketAcl", "PutBucketPublicAccessBlock", "PutReplicationConfiguration")
    ),
    _grants("bucket-administration", ERROR, '"s3:Put*"', grant("s3:Put*", [BUCKET, OBJECTS]), READ),
    _grants("bucket-administration", ERROR, "ObjectOwner", grant(["s3:PutObject", "s3:ObjectOwnerOverrideToBucketOwner"], OBJECTS), READ),
    _grants("object-acl", WARNING, "s3:PutObjectAcl", grant(["s3:PutObject", "s3:PutObjectAcl"], OBJECTS), grant("s3:PutObject", OBJECTS)),
    _grants(
        "destroys-for-good",
        WARNING,
        "s3:DeleteObjectVersion",
        grant(["s3:DeleteObject", "s3:DeleteObjectVersion"], OBJECTS),
        grant("s3:DeleteObject", OBJECTS),
    ),
    _grants(
        "destroys-for-good",
        WARNING,
        "s3:PutLifecycleConfiguration",
        grant(["s3:GetBucketLocation", "s3:PutLifecycleConfiguration"], BUCKET),
        READ,
    ),
    _grants(
        "changes-retention",
        WARNING,
        "s3:PutObjectRetention",
        grant(["s3:PutObject", "s3:PutObjectRetention", "s3:PutObjectLegalHold"], OBJECTS),
        READ,
    ),
    _grants(
        "changes-retention", WARNING, "s3:BypassGovernanceRetention", grant(["s3:PutObject", "s3:BypassGovernanceRetention"], OBJECTS), READ
    ),
    _grants("changes-what-is-logged", WARNING, "s3:PutBucketLogging", grant(["s3:GetBucketLocation", "s3:PutBucketLogging"], BUCKET), READ),
    _grants("changes-tags", WARNING, "s3:PutObjectTagging", grant(["s3:PutObject", "s3:PutObjectTagging"], OBJECTS), READ),
    _grants(
        "lists-all-buckets",
        NOTE,
        "s3:ListAllMyBuckets",
        grant(["s3:ListAllMyBuckets", "sts:GetCallerIdentity"], "*", {}),
        grant("sts:GetCallerIdentity", "*", {}),
    ),
]
ROWS = [*TRUST_ROWS, *GRANT_ROWS]
