"""What the demo's CircleCI organizations hold besides projects: contexts with their variables and restrictions, settings, custom claims.

Chosen so that each thing teaches something about the AWS account beside it: the key of the old user sits in three contexts and in the
variables of one project, told by its last four characters alone, since CircleCI gives no value back.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ciam_tui.ports.sandbox import account
from ciam_tui.ports.sandbox.circleci_content import ACME, ACME_LABS, DemoOrganization

LEGACY_KEY_END = account.LEGACY_ACCESS_KEY_ID[-4:]
LEGACY_KEY = (("AWS_ACCESS_KEY_ID", LEGACY_KEY_END), ("AWS_SECRET_ACCESS_KEY", "tG9w"))
REGION = ("AWS_DEFAULT_REGION", account.REGION[-4:])

ONLY_MAIN = 'pipeline.git.branch == "main" and not job.ssh.enabled'
VERSIONED_MAIN = f'{ONLY_MAIN} and not (pipeline.config_source starts-with "api")'


@dataclass(frozen=True, slots=True)
class DemoGroup:
    """People of an organization. The group of all members has the organization's own id."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class DemoContext:
    """`variables` are names with the visible end of each value; `restrictions` are types with values. Without one it is open to everybody."""

    id: str
    name: str
    organization: DemoOrganization
    variables: tuple[tuple[str, str], ...]
    restrictions: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class DemoClaims:
    """What an organization, or one of its projects, sets in its tokens."""

    organization: DemoOrganization
    project_id: str | None
    audience: tuple[str, ...] | None = None
    ttl: str | None = None


@dataclass(frozen=True, slots=True)
class DemoSettings:
    """How a project's settings, by their names in API v3, differ from what a new project has here; and its variables."""

    changes: dict[str, bool] = field(default_factory=dict)
    variables: tuple[tuple[str, str], ...] = ()


ALL_MEMBERS = DemoGroup(ACME.id, "All members")
DEPLOYERS = DemoGroup("5609be6e-1e49-4fd3-b731-ada22b1e424a", "deployers")
GROUPS = {ACME.id: (ALL_MEMBERS, DEPLOYERS)}


def _only(*names: str) -> tuple[tuple[str, str], ...]:
    return tuple(("project", ACME.project(name).id) for name in names)


_OPEN = (("group", ALL_MEMBERS.id),)
_DOCKER = (("DOCKERHUB_PASSWORD", "8vQe"), ("DOCKERHUB_USERNAME", "ebot"))
_MOBILE = (*LEGACY_KEY, ("MATCH_PASSWORD", "r0Zk"))
_TERRAFORM = (("AWS_ACCESS_KEY_ID", "K3ND"), REGION, ("AWS_SECRET_ACCESS_KEY", "Jb2x"))

CONTEXTS: tuple[DemoContext, ...] = (
    DemoContext("42b63216-9fea-4c35-abfc-670510cea86f", "aws", ACME, (*LEGACY_KEY, REGION), _OPEN),
    DemoContext("c8d61242-8070-4d32-ab33-629a93ed7351", "deploy-production", ACME, (*LEGACY_KEY, REGION), _only("api", "web")),
    DemoContext("8f957c3c-63d0-48e9-a806-2b739d56f442", "docker-hub", ACME, _DOCKER, _OPEN),
    DemoContext("ccf2784d-9138-48d7-8487-b308bd3fb611", "mobile-release", ACME, _MOBILE, _only("mobile")),
    DemoContext("91f1f89a-c542-4ba4-bf45-9dad9a085304", "npm-publish", ACME, (("NPM_TOKEN", "Xu4s"),), (("expression", ONLY_MAIN),)),
    DemoContext("ad691ee7-ccaa-4c4e-a17e-7887c08cd833", "slack", ACME, (("SLACK_ACCESS_TOKEN", "p7Lh"),)),
    DemoContext("e9d9f0fc-4601-4d9b-88f1-1bebc2958959", "sonarcloud", ACME, (("SONAR_TOKEN", "d41c"),), _OPEN),
    DemoContext("2152ca92-faff-4362-ad72-de948c82118b", "staging", ACME, (("APP_ENV", "ing"), REGION), (("group", DEPLOYERS.id),)),
    DemoContext("3e376d07-be30-4f0f-90f0-11ba70f251d1", "terraform", ACME, _TERRAFORM, (*_only("infra"), ("expression", VERSIONED_MAIN))),
    DemoContext(
        "b92d71b2-7bb4-459f-a1e5-276ca46eb600",
        "firmware-signing",
        ACME_LABS,
        (("SIGNING_KEY", "QgAE"),),
        (("project", ACME_LABS.project("firmware").id),),
    ),
    DemoContext("c8bb391f-9e20-4a44-94ef-d2c254badadc", "lab-devices", ACME_LABS, (("DEVICE_PASSWORD", "m3Ty"), ("DEVICE_USER", "labs"))),
    DemoContext("b43b2f1e-fd73-4279-9bb1-f73af581a94e", "nightly", ACME_LABS, ()),
)

PROJECTS: dict[str, DemoSettings] = {
    ACME.project("auth").id: DemoSettings({"is_ssh_disabled": True}, (("JWT_SIGNING_KEY", "n5Vb"),)),
    ACME.project("billing").id: DemoSettings({"is_ssh_disabled": True}, (*LEGACY_KEY, ("STRIPE_KEY", "Yt6c"))),
    ACME.project("design-system").id: DemoSettings({"enable_building_fork_prs": True}),
    ACME.project("docs").id: DemoSettings(
        {"enable_building_fork_prs": True, "can_pass_secrets_to_fork_pr_jobs": True, "is_oss": True}, (("ALGOLIA_KEY", "e1f0"),)
    ),
    ACME.project("infra").id: DemoSettings({"enable_unversioned_config": True}),
    ACME.project("payments").id: DemoSettings({"is_ssh_disabled": True, "is_admin_required_for_writing_settings": True}),
    ACME.project("web").id: DemoSettings({}, (("SENTRY_DSN", "/412"),)),
    ACME_LABS.project("firmware").id: DemoSettings({"is_ssh_disabled": True}),
}

CLAIMS: tuple[DemoClaims, ...] = (
    DemoClaims(ACME_LABS, None, audience=("https://aws.acme-labs.example",)),
    DemoClaims(ACME_LABS, ACME_LABS.project("firmware").id, ttl="30m"),
    DemoClaims(ACME_LABS, ACME_LABS.project("telemetry").id, audience=("telemetry.acme-labs.example",)),
)
