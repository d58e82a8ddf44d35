"""The words beside the twin: how it is applied and used, what is otherwise than on AWS, and how its use is read in Cloud Audit Logs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ciam_tui.core.export.gcp_files import TOKEN_FILE, credential_file
from ciam_tui.core.gcp.notes import About, notes
from ciam_tui.core.gcp.place import LOCATION, WANTED
from ciam_tui.core.markdown.safe import code, fenced, prose, table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ciam_tui.core.gcp.place import Place
    from ciam_tui.core.gcp.twin import GcpTwin
    from ciam_tui.core.shape import SetupShape


def readme(setup: SetupShape, twin: GcpTwin, place: Place) -> str:
    """`README.md`."""
    return "\n".join(_readme(setup, twin, place)) + "\n"


def audit_logs(twin: GcpTwin, place: Place) -> str:
    """`audit-logs.md`."""
    return "\n".join(_audit_logs(twin, place)) + "\n"


def _readme(setup: SetupShape, twin: GcpTwin, place: Place) -> Iterator[str]:
    lacking = " ".join(f"{wanted.environment}=..." for wanted in WANTED if place.given(wanted) is None)
    yield from ("# The same stages on Google Cloud", "")
    yield "CircleCI jobs use a prefix of a Cloud Storage bucket by workload identity federation: a token of the job becomes one of a service account."
    yield from (
        "",
        "## Apply it",
        "",
        "By gcloud, or by Terraform; not by both. Nothing here was applied or tried on Google Cloud by ciam-tui.",
        "",
    )
    yield from fenced([f"{lacking} ./setup.sh".strip(), "terraform init && terraform apply"], "sh")
    yield from (
        "",
        "The bucket must be there, in the same project, since custom roles are for what lies in theirs, and with uniform bucket-level access. A new principal or policy is known everywhere after some minutes.",
    )
    yield from ("", "## Who may do what", "")
    yield from table(["Stage", "Service account", "May", "Who may act as it"], _rows(setup, twin, place))
    yield from ("", "The provider takes tokens of this issuer and audience, on this condition, and maps them so:", "")
    provider = twin.provider
    yield from table(
        ["", ""],
        [
            ("issuer", code(provider.issuer)),
            ("audience", code(provider.audience)),
            ("condition", code(provider.condition)),
            *((code(attribute), code(expression)) for attribute, expression in provider.mapping.items()),
        ],
    )
    yield from ("", "Ask it about a token, or who gets in at all, offline:", "")
    yield from fenced(
        ["printenv CIRCLE_OIDC_TOKEN_V2 | ciam-tui assume provider.json --token -   # in a job", "ciam-tui assume provider.json --who"],
        "sh",
    )
    told = notes(setup, twin)
    for about in About:
        some = [note for note in told if note.about is about]
        if some:
            yield from ("", f"## {about}", "", *(f"- {note.level}: {prose(note.text)}" for note in some))
    yield from ("", "## In CircleCI", "")
    yield (
        "`config.yml` does it by the `circleci/gcp-cli` orb. The orb sends `CIRCLE_OIDC_TOKEN`, whose `sub` names no branch; the step before it puts "
        "`CIRCLE_OIDC_TOKEN_V2` in its place. The mapping takes either, since it reads the branch from the claims `vcs-origin` and `vcs-ref`, which CircleCI "
        "documents for both. Tokens without them, such as a custom webhook's, get into stages without branches alone."
    )
    yield from ("", "Without the orb, with what each stage asks for as the life of its tokens:", "")
    yield from fenced(
        [
            f'(umask 077 && printf %s "$CIRCLE_OIDC_TOKEN_V2" > {TOKEN_FILE})',
            f"gcloud auth login --brief --cred-file={credential_file(twin.accounts[0])}" if twin.accounts else "",
            f"export GOOGLE_APPLICATION_CREDENTIALS=$PWD/{credential_file(twin.accounts[0])}" if twin.accounts else "",
        ],
        "sh",
    )
    yield ""
    yield (
        "The credential files hold no secret and belong into the repository. What was not known when they were written `setup.sh` fills; Terraform "
        "does not: export them anew with `--gcp-project` and `--gcp-project-number`."
    )
    yield from ("", "## Take it back", "")
    yield "Delete the service accounts first: their bindings stop to work at once. Then the pool, the custom roles and the managed folders. A pool and a custom role can be undeleted for some weeks, and their names are taken until then."


def _rows(setup: SetupShape, twin: GcpTwin, place: Place) -> Iterator[tuple[str, ...]]:
    stages = {stage.name: stage for stage in setup.stages}
    for account in twin.accounts:
        stage = stages[account.stage]
        below = code(stage.prefix) if stage.prefix else "the whole bucket"
        reads = f"; read {', '.join(map(code, stage.read_prefixes))}" if any(stage.read_prefixes) else ""
        who = "<br>".join(code(member.partition("/workloadIdentityPools/")[2]) for member in account.members)
        yield code(account.stage), code(place.filled(account.email)), f"{', '.join(stage.access)} below {below}{reads}", who


def _audit_logs(twin: GcpTwin, place: Place) -> Iterator[str]:
    pool = place.filled(f"projects/@GCP_PROJECT_NUMBER@/{LOCATION}/{twin.provider.pool}")
    accounts = " OR ".join(f'"{place.filled(account.email)}"' for account in twin.accounts)
    project = place.filled("@GCP_PROJECT@")
    yield from ("# Who used it: Cloud Audit Logs", "")
    yield "A job leaves three traces. None of them is written unless Data Access audit logs are on, which they are not by default, and which cost what logs cost:"
    yield from (
        "",
        "1. the exchange of the job's token, by `sts.googleapis.com`;",
        "2. the token of the service account, by `iamcredentials.googleapis.com`;",
        "3. each use of an object, by `storage.googleapis.com`.",
    )
    yield from ("", "## Switch them on", "")
    yield "In the project's policy, beside what is there: read it, add this, and set it again. `sts.googleapis.com` and `iam.googleapis.com` want ADMIN_READ for the exchange; `iam.googleapis.com` DATA_READ for the second; Cloud Storage DATA_READ and DATA_WRITE for the third."
    yield from ("", *fenced(_AUDIT_CONFIG, "yaml"), "")
    yield from fenced(
        [f"gcloud projects get-iam-policy {project} > policy.yaml", f"gcloud projects set-iam-policy {project} policy.yaml"], "sh"
    )
    yield from ("", "## The exchange: which job it was", "")
    yield "`protoPayload.authenticationInfo.principalSubject` is the token's `sub`: with `CIRCLE_OIDC_TOKEN_V2` it names project, user, repository and ref. `protoPayload.metadata.mapped_principal` is what the mapping made of it. A refusal has a `protoPayload.status`."
    yield from ("", *_reading(project, f'protoPayload.serviceName="sts.googleapis.com" AND protoPayload.resourceName:"{pool}"'))
    yield from ("", "## The service account's token: as whom it went on", "")
    yield "`principalSubject` here is `principal://iam.googleapis.com/.../subject/project/<id>/user/<id>`, as the mapping made it; the resource is the service account."
    yield from (
        "",
        *_reading(
            project,
            f'protoPayload.serviceName="iamcredentials.googleapis.com" AND protoPayload.methodName="GenerateAccessToken" AND protoPayload.authenticationInfo.principalSubject:"{pool}"',
        ),
    )
    yield from ("", "## The objects: what it did", "")
    yield "`principalEmail` is the service account, and `serviceAccountDelegationInfo.principalSubject` the identity behind it. `storage.objects.list` names the bucket, the others the object."
    yield from (
        "",
        *_reading(
            project, f'protoPayload.serviceName="storage.googleapis.com" AND protoPayload.authenticationInfo.principalEmail=({accounts})'
        ),
    )
    yield from ("", "No entry is evidence of no use only if the logs were on, and were kept, all that time.")


def _reading(project: str, query: str) -> Iterator[str]:
    yield from fenced([f"gcloud logging read --project={project} --freshness=7d --format=json \\", f"  '{query}'"], "sh")


_AUDIT_CONFIG = [
    "auditConfigs:",
    "- service: sts.googleapis.com",
    "  auditLogConfigs:",
    "  - logType: ADMIN_READ",
    "- service: iam.googleapis.com",
    "  auditLogConfigs:",
    "  - logType: ADMIN_READ",
    "  - logType: DATA_READ",
    "- service: storage.googleapis.com",
    "  auditLogConfigs:",
    "  - logType: DATA_READ",
    "  - logType: DATA_WRITE",
]
