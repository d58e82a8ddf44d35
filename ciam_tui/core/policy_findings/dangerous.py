"""The actions that weigh more than they look: those by which a job makes itself administrator, and those that open or destroy a bucket.

A table, matched as IAM matches actions, so that `iam:Put*` is found as `iam:PutRolePolicy` is. Sources: the Service Authorization Reference
(https://docs.aws.amazon.com/service-authorization/latest/reference/), whose access level for the bucket's own rules is "Permissions
management", and the S3 user guide for what each of them decides.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, TypeAlias

from ciam_tui.core.matching import wildcard_matcher
from ciam_tui.core.policy_findings.grammar import has_wildcard
from ciam_tui.core.problems import Level
from ciam_tui.core.words import listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ciam_tui.core.policy_findings.finding import PolicyFinding
    from ciam_tui.core.policy_findings.reading import Placed, Value


class Kind(Enum):
    """What an action can be used for."""

    IDENTITY = "identity"
    CODE = "code"
    PASS_ROLE = "pass-role"  # noqa: S105 - the name of an action, no password
    LAUNCH = "launch"
    ASSUME = "assume"
    OPENS_BUCKET = "opens-bucket"
    OBJECT_ACL = "object-acl"
    DESTROYS = "destroys"
    RETENTION = "retention"
    HIDES = "hides"
    TAGS = "tags"
    LISTS_BUCKETS = "lists-buckets"


_ACTIONS: Mapping[Kind, str] = {
    Kind.IDENTITY: "iam:CreatePolicyVersion iam:SetDefaultPolicyVersion iam:AttachUserPolicy iam:AttachGroupPolicy iam:AttachRolePolicy iam:PutUserPolicy "
    "iam:PutGroupPolicy iam:PutRolePolicy iam:CreateAccessKey iam:CreateLoginProfile iam:UpdateLoginProfile iam:UpdateAssumeRolePolicy iam:AddUserToGroup "
    "iam:DeleteRolePermissionsBoundary iam:DeleteUserPermissionsBoundary iam:PutRolePermissionsBoundary iam:PutUserPermissionsBoundary "
    "iam:CreateOpenIDConnectProvider iam:AddClientIDToOpenIDConnectProvider iam:CreateSAMLProvider iam:UpdateSAMLProvider "
    "iam:CreateServiceSpecificCredential iam:ResetServiceSpecificCredential iam:UploadSigningCertificate kms:PutKeyPolicy kms:CreateGrant "
    "sso:PutInlinePolicyToPermissionSet sso:AttachManagedPolicyToPermissionSet sso:CreateAccountAssignment",
    Kind.CODE: "lambda:UpdateFunctionCode lambda:UpdateFunctionConfiguration lambda:AddPermission ec2:AssociateIamInstanceProfile "
    "ec2:ReplaceIamInstanceProfileAssociation ec2:ModifyInstanceAttribute ssm:SendCommand ssm:StartSession ecs:ExecuteCommand codebuild:UpdateProject "
    "codebuild:StartBuild cloudformation:UpdateStack cloudformation:SetStackPolicy glue:UpdateDevEndpoint glue:UpdateJob "
    "sagemaker:CreatePresignedNotebookInstanceUrl states:UpdateStateMachine",
    Kind.PASS_ROLE: "iam:PassRole",
    Kind.LAUNCH: "lambda:CreateFunction ec2:RunInstances ec2:RequestSpotInstances cloudformation:CreateStack cloudformation:CreateChangeSet "
    "cloudformation:CreateStackSet glue:CreateDevEndpoint glue:CreateJob codebuild:CreateProject ecs:RunTask ecs:RegisterTaskDefinition "
    "ecs:CreateService sagemaker:CreateNotebookInstance sagemaker:CreateTrainingJob sagemaker:CreateProcessingJob states:CreateStateMachine "
    "datapipeline:CreatePipeline autoscaling:CreateLaunchConfiguration batch:RegisterJobDefinition scheduler:CreateSchedule events:PutTargets",
    Kind.ASSUME: "sts:AssumeRole",
    Kind.OPENS_BUCKET: "s3:PutBucketPolicy s3:DeleteBucketPolicy s3:PutBucketAcl s3:PutBucketPublicAccessBlock s3:PutAccountPublicAccessBlock "
    "s3:PutBucketOwnershipControls s3:PutReplicationConfiguration s3:PutBucketWebsite s3:PutAccessPointPolicy s3:DeleteAccessPointPolicy "
    "s3:PutAccessPointPublicAccessBlock s3:CreateAccessPoint s3:ObjectOwnerOverrideToBucketOwner s3:PutEncryptionConfiguration",
    Kind.OBJECT_ACL: "s3:PutObjectAcl s3:PutObjectVersionAcl",
    Kind.DESTROYS: "s3:DeleteObjectVersion s3:DeleteBucket s3:PutLifecycleConfiguration s3:PutBucketVersioning",
    Kind.RETENTION: "s3:BypassGovernanceRetention s3:PutObjectRetention s3:PutObjectLegalHold s3:PutBucketObjectLockConfiguration",
    Kind.HIDES: "s3:PutBucketLogging s3:PutBucketNotification s3:PutInventoryConfiguration",
    Kind.TAGS: "s3:PutObjectTagging s3:PutObjectVersionTagging s3:DeleteObjectTagging s3:DeleteObjectVersionTagging s3:PutBucketTagging",
    Kind.LISTS_BUCKETS: "s3:ListAllMyBuckets",
}
_KIND_OF = {name: kind for kind, names in _ACTIONS.items() for name in names.split()}
_BEFORE_WILDCARD = re.compile(r"[^*?]*")
_BY_FOLDED = {name.lower(): name for name in _KIND_OF}


@dataclass(frozen=True, slots=True)
class _Rule:
    id: str
    level: Level
    text: str  # after the names of the actions and a colon
    fix: str
    leaves_open: str


_RULES: Mapping[Kind, _Rule] = {
    Kind.IDENTITY: _Rule(
        "privilege-escalation",
        Level.ERROR,
        "by such a change to who may do what, this role can be given any right.",
        "Leave it to people or to a pipeline of its own, with a permissions boundary.",
        "Whether a boundary, a service control policy or a condition keeps it within limits.",
    ),
    Kind.CODE: _Rule(
        "runs-as-another-role",
        Level.ERROR,
        "code of the job's choice then runs with the role of what is changed, which may do more than this one.",
        "Name the resources that this job deploys, and look at what their roles may do.",
        "What the roles of those resources may do.",
    ),
    Kind.PASS_ROLE: _Rule(
        "pass-role",
        Level.ERROR,
        "a service that is handed a role acts with it, and where it runs code, the job has that role.",
        "Name the role's ARN and, under iam:PassedToService, the service.",
        "What the passed roles may do.",
    ),
    Kind.LAUNCH: _Rule(
        "privilege-escalation",
        Level.ERROR,
        "together with iam:PassRole, code of the job's choice runs with another role.",
        "Name the roles that may be passed, and look at what they may do.",
        "Whether one of the roles that may be passed trusts that service.",
    ),
    Kind.ASSUME: _Rule(
        "assume-any-role",
        Level.ERROR,
        "on a wildcard, every role that trusts this account can be taken, administrators' among them.",
        "Name the ARN of the role.",
        "Which roles trust this account or this role.",
    ),
    Kind.OPENS_BUCKET: _Rule(
        "bucket-administration",
        Level.ERROR,
        "this decides who else reaches the bucket: it can be opened to the world, copied to another account, or closed to its owner.",
        "Leave the bucket's rules to its owner.",
        "Whether the account blocks public access for all of its buckets.",
    ),
    Kind.OBJECT_ACL: _Rule(
        "object-acl",
        Level.WARNING,
        "in a bucket that has ACLs turned on, an object can be made public by its ACL.",
        "Leave --acl out of the jobs' commands, and the action out of the policy.",
        "Whether the bucket has ACLs turned off (BucketOwnerEnforced), as new ones have.",
    ),
    Kind.DESTROYS: _Rule(
        "destroys-for-good",
        Level.WARNING,
        "objects go for good: versioning no longer saves what jobs delete or let expire.",
        "Leave it out; s3:DeleteObject in a versioned bucket can be undone.",
        "Whether the bucket has versioning, a lock or a copy elsewhere.",
    ),
    Kind.RETENTION: _Rule(
        "changes-retention",
        Level.WARNING,
        "the protection of objects can be lifted, or set so that nobody can delete them for years.",
        "Leave retention to the bucket's owner.",
        "Whether the bucket has Object Lock at all.",
    ),
    Kind.HIDES: _Rule(
        "changes-what-is-logged",
        Level.WARNING,
        "what is logged or told of the bucket can be switched off or sent elsewhere.",
        "Leave logging and notifications to the bucket's owner.",
        "Whether CloudTrail records the bucket's data events.",
    ),
    Kind.TAGS: _Rule(
        "changes-tags",
        Level.WARNING,
        "where a policy decides by s3:ExistingObjectTag or s3:BucketTag, tags are access.",
        "Leave it out, unless jobs copy objects that have tags.",
        "Whether any policy decides by tags.",
    ),
    Kind.LISTS_BUCKETS: _Rule(
        "lists-all-buckets",
        Level.NOTE,
        "the names of all buckets of the account are told, which no upload or download needs.",
        "Leave it out.",
        "",
    ),
}

# What depends on the resource: on one that is named it may be a deployment's daily work.
_LESS_ON_NAMED = (Kind.CODE, Kind.PASS_ROLE)


Granted: TypeAlias = Mapping[Kind, Sequence[tuple["Value", str]]]


def dangerous_grants(placed: Placed, kinds: Granted, *, passes_roles: bool) -> Iterator[PolicyFinding]:
    """What is told of what `granted_kinds` found; `passes_roles` says whether the policy grants iam:PassRole anywhere."""
    on_wildcard = not placed.resources or any(has_wildcard(resource.text) for resource in placed.resources)
    for kind, granted in kinds.items():
        if (kind is Kind.LAUNCH and not passes_roles) or (kind is Kind.ASSUME and not on_wildcard):
            continue
        rule = _RULES[kind]
        names = list(dict.fromkeys(name for _, name in granted))
        values = list(dict.fromkeys(value for value, _ in granted))
        wild = [value for value in values if has_wildcard(value.text)]
        through = f", granted by {listed(value.text for value in wild)}" if wild else ""
        yield placed.finding(
            rule.id,
            Level.WARNING if kind in _LESS_ON_NAMED and not on_wildcard else rule.level,
            f"{listed(names)}{through}: {rule.text}",
            f"{rule.fix} Write the actions out that the jobs need." if wild else rule.fix,
            rule.leaves_open,
            at=values[0],
            patch=() if wild else placed.without("Action", values),
        )


def granted_kinds(placed: Placed) -> Granted:
    """The actions of the table that a statement grants, by kind, each with the value that grants it.

    `*` and `s3:*` are told as what they are, and not a second time as everything that they contain of S3.
    """
    found: dict[Kind, list[tuple[Value, str]]] = defaultdict(list)
    for value in placed.actions:
        action = value.text.lower()
        if action in ("*", "s3:*"):
            continue
        if not has_wildcard(action):
            if name := _BY_FOLDED.get(action):
                found[_KIND_OF[name]].append((value, name))
            continue
        for name in _matched(action):
            found[_KIND_OF[name]].append((value, name))
    return found


def _matched(action: str) -> Iterator[str]:
    """The names of the table that a pattern matches; most are sorted out by its beginning, which costs nothing."""
    beginning = _BEFORE_WILDCARD.match(action)
    near = [folded for folded in _BY_FOLDED if folded.startswith(beginning[0] if beginning else "")]
    if near:
        matches = wildcard_matcher(action)
        yield from (_BY_FOLDED[folded] for folded in near if matches(folded))
