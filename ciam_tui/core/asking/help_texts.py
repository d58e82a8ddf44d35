"""What each answer means, said once: in one sentence under the form, at length on F1, and to whoever answers a prompt with `?`.

The keys are paths of the Setup file with `*` for an index, or the name of a list.
"""

from __future__ import annotations

import re

from ciam_tui.core.asking.help_text import HelpText
from ciam_tui.core.asking.part_texts import PART_TEXTS

_NOTHING = HelpText(
    "Help",
    "Enter accepts and goes on, Esc goes back, F1 helps.",
    "Choose or type an answer. Nothing is changed in AWS before you say so in Review.",
)

TEXTS: dict[str, HelpText] = {
    **PART_TEXTS,
    "profiles": HelpText(
        "Identity",
        "The profile whose permissions are used to read the account and, after Review, to change it.",
        "Profiles come from ~/.aws/config and ~/.aws/credentials. The first row is whatever AWS tools would use by themselves: environment variables,"
        " the default profile, or the machine's role. An expired SSO session is renewed with `aws sso login --profile NAME` in another terminal.",
    ),
    "session.region": HelpText(
        "Region",
        "The region that requests go to. IAM is global, and a bucket keeps its own region.",
        "It decides where a new bucket is made, unless the bucket's region says otherwise.",
    ),
    "account_id": HelpText(
        "Account",
        "The twelve digits of the account that gets the roles. Filled in by the identity, or typed when offline.",
        "Every role, the OIDC provider and, where nothing else is said, the bucket belong to this account.",
    ),
    "partition": HelpText(
        "Partition",
        "aws for most; aws-cn in China, aws-us-gov in GovCloud, aws-eusc in the European Sovereign Cloud.",
        "The second part of every ARN.",
    ),
    "bucket.name": HelpText(
        "Bucket",
        "The bucket that the jobs reach. Pick it from the list, or type its name.",
        "A name that is not in the list can be typed: the bucket may belong to another account, or listing may be forbidden.",
    ),
    "buckets": HelpText(
        "Buckets",
        "Arrows move, Enter takes, / filters. The name can also be typed above.",
        "The list holds the buckets that your identity may list.",
    ),
    "bucket.create": HelpText(
        "Create it",
        "Make this bucket: private, owner-enforced, encrypted, versioned, TLS only.",
        "It is made in the region below, with public access blocked. It is a step of its own in the plan, and undone only while it is empty.",
    ),
    "bucket.region": HelpText(
        "Bucket's region", "Where the bucket is. It is part of the KMS conditions.", "Read from the bucket where that is allowed."
    ),
    "bucket.kms_key_arn": HelpText(
        "KMS key",
        "Only for a customer managed key: its ARN. Empty for S3's own encryption and for aws/s3.",
        "With a key, the roles may use it through S3 for this bucket alone. It is filled in from the bucket's default encryption.",
    ),
    "bucket.owner_account_id": HelpText(
        "Bucket's owner",
        "Only where the bucket belongs to another account: its twelve digits.",
        "Every statement about S3 names the owner, so that a bucket of the same name in a stranger's account gets nothing. A bucket of another"
        " account also needs its owner's policy, which the export contains.",
    ),
    "base_prefix": HelpText(
        "Prefix",
        "The folder of the bucket that the stages start from; each stage can have its own. Empty is the whole bucket.",
        "A prefix ends in /, which is added if you leave it out: `team` would also match `team-secret/`.",
    ),
    "base_prefix.whole": HelpText(
        "The whole bucket",
        "Every stage starts from all of the bucket, whatever is in it.",
        "It is a choice of its own, since an empty field is no answer. What a stage may do in the whole bucket is reported as a finding.",
        "Space ticks it.",
    ),
    "prefixes": HelpText(
        "Folders",
        "Enter takes the folder and goes on; right opens it, left goes up.",
        "One level is read at a time, so that a bucket with millions of objects opens at once. A prefix that is not there yet can be typed.",
    ),
    "stages": HelpText(
        "Stages",
        "One role a stage. Arrows choose, Space edits, + adds, − removes, Enter goes on.",
        "A stage is what a group of jobs does: build, test, deploy. AWS cannot see which job asks, so that two stages which trust the same"
        " projects and branches are one identity, and the weaker one can become the stronger.",
    ),
    "presets": HelpText("Presets", "A start to change: pick one, then edit the stages below.", "The presets take the prefix of step 3."),
    "stages[*].name": HelpText(
        "Stage's name", "The end of the role's name.", "The role is called name prefix + stage, as the preview says."
    ),
    "stages[*].prefix": HelpText(
        "Stage's prefix",
        "The folder that this stage reads, writes or deletes in.",
        "Empty is the whole bucket, which is reported as a finding.",
    ),
    "stages[*].access": HelpText(
        "Access",
        "What the stage does in its prefix.",
        "read lists and gets objects; write puts them, multipart included; delete removes them.",
        "Arrows move, Space ticks.",
    ),
    "stages[*].read_prefixes": HelpText(
        "Also reads", "Other folders that it may read, separated by commas.", r"A comma within a prefix is written \,."
    ),
    "stages[*].branches": HelpText(
        "Branches",
        "Only these branches get the role, separated by commas; empty is any branch. refs/tags/v* is a tag.",
        "main means refs/heads/main. * is allowed within an entry. refs/* is any branch or tag of the project's own repository and no fork.",
    ),
    "stages[*].extras": HelpText(
        "Extras",
        "Only what a tool of yours needs: each widens the policy and is reported.",
        "tags: copies of tagged objects. acl: put-object-acl. versions: read and delete old versions. probe: s3fs and Hadoop, which look at the"
        " bucket's location and the key without its slash first.",
    ),
    "stages[*].session_seconds": HelpText(
        "Session", "How long one login lasts, in seconds: 900 to 43200.", "A job that runs longer logs in again."
    ),
    "organizations": HelpText(
        "Organization",
        "The organization whose jobs get the roles.",
        "Its id is in CircleCI under Organization Settings, Overview, and can also be typed.",
        "Enter takes it.",
    ),
    "circleci.org_id": HelpText(
        "Organization id",
        "The UUID in CircleCI's Organization Settings, Overview.",
        "The issuer and the audience of the tokens come from it.",
    ),
    "circleci.org_slug": HelpText("Organization's slug", "Such as gh/acme; only for reading.", ""),
    "session.circleci_token": HelpText(
        "Token",
        "A personal API token of CircleCI, to read with. It is shown, saved and logged nowhere.",
        "It is looked for in CIRCLE_TOKEN and in the CircleCI CLI's settings first. Without one, ids are typed.",
        "Enter uses it.",
    ),
    "projects": HelpText(
        "Projects",
        "The projects whose jobs get the roles.",
        "A project is recognized by its id, which stays when it is renamed. Its repository is needed where a stage is limited to branches.",
        "Space ticks, / filters.",
    ),
    "contexts": HelpText(
        "Contexts",
        "The organization's contexts: who may use them, and whether AWS keys are in them. / filters, y copies a name.",
        "Keys in a job's environment win over a role. A context without a restriction is open to every project of the organization. With w in"
        " Review each role gets a context of its name, which is open where the role is; one that exists already is used.",
    ),
    "circleci.projects": HelpText(
        "A project by hand",
        "Project id, then its name, then its repository, such as: <uuid> web github.com/acme/web; or its slug, gh/acme/web.",
        "The id is in CircleCI under Project Settings, Overview. The repository may be left out where no stage is limited to branches.",
        "Enter adds it.",
    ),
    "circleci.any_project": HelpText(
        "Whole organization",
        "Trusts every project of the organization, also those made later. Rarely what you want.",
        "Anybody who can make a project in the organization can then become these roles. It is reported as an error.",
    ),
    "circleci.issuer": HelpText(
        "Issuer", "Only for CircleCI Server: its https URL without a slash at the end.", "Empty means the organization's cloud issuer."
    ),
    "circleci.audience": HelpText(
        "Audience", "Only where the organization has set its own `aud`.", "Empty means the organization id, which is CircleCI's default."
    ),
    "role.name_prefix": HelpText(
        "Role names",
        "What the roles' names start with; the stage's name follows.",
        "With one role a project, the project's name stands between.",
    ),
    "role.per_project": HelpText(
        "One role each",
        "One role a project and stage, so that one project cannot act as another.",
        "Several projects on one role are one identity to AWS.",
    ),
    "role.path": HelpText("Role path", "The IAM path of the roles, such as /circleci/.", ""),
    "role.policy_kind": HelpText("Policy kind", "inline lives and dies with its role; managed can be versioned.", ""),
    "role.permissions_boundary": HelpText("Boundary", "The ARN of a permissions boundary, where the account demands one.", ""),
    "more": HelpText("More", "Names of the roles, boundary, issuer: Space shows them.", ""),
}


def help_for(path: str) -> HelpText:
    """What there is to say about the answer at `path`."""
    return TEXTS.get(re.sub(r"\[\d+\]", "[*]", path), _NOTHING)
