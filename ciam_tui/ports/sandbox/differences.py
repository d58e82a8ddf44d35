"""Every known way in which the demo's account is unlike AWS, in this one place; what would make the demo lie is mended here.

`DIFFERENCES` is the list: what moto does alone, what AWS does, and the mend where there is one. A mend is a few lines over one method of
moto; a difference without one is a limit of the demo, to be known by whoever tests with it.
"""

from __future__ import annotations

import functools
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import TYPE_CHECKING, Any

import xmltodict  # type: ignore[import-untyped]  # moto brings it; its types would be one more package for one call
from moto.core.responses import ActionResult, EmptyResult
from moto.iam.access_control import IAMPolicy, PermissionResult
from moto.iam.exceptions import DeleteConflictException, EntityAlreadyExists, IAMException, LimitExceededException
from moto.iam.models import IAMBackend, User
from moto.iam.responses import IamResponse
from moto.s3.exceptions import InvalidContinuationToken
from moto.s3.models import FakeBucket, PublicAccessBlock, S3Backend
from moto.s3.responses import S3Response

from ciam_tui.ports.sandbox import evidence_differences, members, role_differences, user_differences
from ciam_tui.ports.sandbox.mending import Difference, guard, replace, wrap
from ciam_tui.ports.sandbox.report_differences import report_of_now, with_region_and_service

if TYPE_CHECKING:
    from collections.abc import Callable

    from moto.core.common_types import TYPE_RESPONSE

TRUST_POLICY_QUOTA = 2048
ROLE_INLINE_QUOTA = 10240
MANAGED_POLICY_QUOTA = 6144
POLICIES_PER_ROLE = 10
CLIENT_IDS_PER_PROVIDER = 100


@functools.cache
def mend() -> None:
    """Applies every mend to this process's moto, once however often it is asked to."""
    for difference in DIFFERENCES:
        if difference.mend:
            difference.mend()


def _counted_size(document: str) -> int:
    """The size IAM holds against a quota: white space is free."""
    return sum(not character.isspace() for character in document)


# --- IAM. A function whose first parameter is `self` becomes a method of moto's class. ---


def _refuse_a_policy_in_use(self: IAMBackend, policy_arn: str) -> None:
    policy = self.get_policy(policy_arn)
    if policy.attachment_count:
        raise DeleteConflictException("Cannot delete a policy attached to entities.")
    if len(policy.versions) > 1:
        raise DeleteConflictException(
            "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. "
            "The default version is deleted with the policy."
        )


def _refuse_a_taken_role_name(self: IAMBackend, role_name: str, *_: Any, **__: Any) -> None:
    if any(role.name.lower() == role_name.lower() for role in self.get_roles()):
        raise EntityAlreadyExists(f"Role with name {role_name} already exists.")


def _refuse_a_long_trust_policy(_: IAMBackend, role_name: str, policy_document: str) -> None:  # noqa: ARG001 (the guarded method's signature)
    if _counted_size(policy_document) > TRUST_POLICY_QUOTA:
        raise LimitExceededException(f"Cannot exceed quota for ACLSizePerRole: {TRUST_POLICY_QUOTA}")


def _refuse_a_long_new_trust_policy(self: IAMBackend, role_name: str, assume_role_policy_document: str, *_: Any, **__: Any) -> None:
    _refuse_a_long_trust_policy(self, role_name, assume_role_policy_document)


def _refuse_too_much_inline_policy(self: IAMBackend, role_name: str, policy_name: str, policy_json: str) -> None:
    documents = self.get_role(role_name).policies | {policy_name: policy_json}
    if sum(map(_counted_size, documents.values())) > ROLE_INLINE_QUOTA:
        raise LimitExceededException(f"Maximum policy size of {ROLE_INLINE_QUOTA} bytes exceeded for role {role_name}")


def _refuse_a_long_policy(policy_document: str) -> None:
    if _counted_size(policy_document) > MANAGED_POLICY_QUOTA:
        raise LimitExceededException(f"Cannot exceed quota for PolicySize: {MANAGED_POLICY_QUOTA}")


def _refuse_a_long_new_policy(_: IAMBackend, description: str, path: str, policy_document: str, *__: Any, **___: Any) -> None:  # noqa: ARG001 (as above)
    _refuse_a_long_policy(policy_document)


def _refuse_a_long_policy_version(_: IAMBackend, policy_arn: str, policy_document: str, *__: Any, **___: Any) -> None:  # noqa: ARG001 (as above)
    _refuse_a_long_policy(policy_document)


def _refuse_too_many_attached(self: IAMBackend, policy_arn: str, role_name: str) -> None:
    attached = self.get_role(role_name).managed_policies
    if policy_arn not in attached and len(attached) >= POLICIES_PER_ROLE:
        raise LimitExceededException(f"Cannot exceed quota for PoliciesPerRole: {POLICIES_PER_ROLE}")


def _add_client_id(self: IamResponse) -> ActionResult:
    provider = self.backend.get_open_id_connect_provider(self._get_param("OpenIDConnectProviderArn"))
    client_id = self._get_param("ClientID")
    if client_id not in provider.client_id_list:
        if len(provider.client_id_list) >= CLIENT_IDS_PER_PROVIDER:
            raise LimitExceededException(f"Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: {CLIENT_IDS_PER_PROVIDER}")
        provider.client_id_list.append(client_id)
    return EmptyResult()


def _remove_client_id(self: IamResponse) -> ActionResult:
    provider = self.backend.get_open_id_connect_provider(self._get_param("OpenIDConnectProviderArn"))
    client_id = self._get_param("ClientID")
    provider.client_id_list = [kept for kept in provider.client_id_list if kept != client_id]
    return EmptyResult()


def _answer_unknown_actions(original: Callable[[IamResponse], TYPE_RESPONSE], self: IamResponse) -> TYPE_RESPONSE:
    try:
        return original(self)
    except NotImplementedError as error:
        return self.serialized(ActionResult(_InvalidActionError(str(error))))


class _InvalidActionError(IAMException):
    code = "InvalidAction"


def _add_client_id_actions() -> None:
    replace(IamResponse, "add_client_id_to_open_id_connect_provider", _add_client_id)
    replace(IamResponse, "remove_client_id_from_open_id_connect_provider", _remove_client_id)


def _mend_trust_policy_quota() -> None:
    guard(IAMBackend, "create_role", _refuse_a_long_new_trust_policy)
    guard(IAMBackend, "update_assume_role_policy", _refuse_a_long_trust_policy)


def _mend_policy_quota() -> None:
    guard(IAMBackend, "create_policy", _refuse_a_long_new_policy)
    guard(IAMBackend, "create_policy_version", _refuse_a_long_policy_version)


def _mend_credential_report() -> None:
    replace(IamResponse, "get_credential_report", report_of_now)
    wrap(User, "to_csv", with_region_and_service)


# --- S3 ---


def _refuse_a_wrong_owner(original: Callable[..., TYPE_RESPONSE], self: S3Response, request: Any, full_url: str) -> TYPE_RESPONSE:
    expected_owner = request.headers.get("x-amz-expected-bucket-owner")
    bucket = self.backend.buckets.get(self.bucket_name)
    if bucket and expected_owner and bucket.account_id != expected_owner:
        return 403, {}, "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"
    return original(self, request, full_url)


def _list_a_page_of_buckets(self: S3Response) -> TYPE_RESPONSE:
    prefix, region, limit, token = (self._get_param(name) for name in ("prefix", "bucket-region", "max-buckets", "continuation-token"))
    matching = sorted(self.backend.list_buckets(prefix=prefix, bucket_region=region, max_buckets=None), key=lambda bucket: bucket.name)
    matching = [bucket for bucket in matching if bucket.name > _last_name_of(token)]
    page = matching[: int(limit)] if limit else matching
    answer: dict[str, Any] = {"Owner": {"ID": self.current_account, "DisplayName": self.current_account}, "Prefix": prefix}
    answer["Buckets"] = [{"Name": bucket.name, "CreationDate": bucket.creation_date_ISO8601} for bucket in page]
    if any((prefix, region, limit, token)):  # AWS tells a bucket's region only in answer to a request with a parameter
        for shown, bucket in zip(answer["Buckets"], page, strict=True):
            shown["BucketRegion"] = bucket.region_name
    if len(page) < len(matching):
        answer["ContinuationToken"] = urlsafe_b64encode(page[-1].name.encode()).decode()
    self.data["Action"] = "ListBuckets"
    return self.serialized(ActionResult(answer))


def _last_name_of(token: str | None) -> str:
    try:
        return urlsafe_b64decode(token).decode() if token else ""
    except ValueError:
        raise InvalidContinuationToken from None


def _start_private(original: Callable[..., FakeBucket], *args: Any, **named: Any) -> FakeBucket:
    bucket = original(*args, **named)
    bucket.public_access_block = PublicAccessBlock(*[True] * 4)
    bucket.ownership_rule = "BucketOwnerEnforced"  # type: ignore[assignment]  # moto declares a dict and stores a string
    return bucket


def _keep_tags_of_a_new_bucket(
    original: Callable[..., Any], self: S3Response, request: Any, bucket_name: str, querystring: dict[str, Any]
) -> Any:
    is_new = bucket_name not in self.backend.buckets
    answer = original(self, request, bucket_name, querystring)
    if is_new and self.body:
        tags = (xmltodict.parse(self.body, force_list=("Tag",))["CreateBucketConfiguration"].get("Tags") or {}).get("Tag", [])
        self.backend.put_bucket_tagging(bucket_name, {tag["Key"]: tag["Value"] for tag in tags})
    return answer


def _forget_tags_too(original: Callable[..., FakeBucket | None], self: S3Backend, bucket_name: str) -> FakeBucket | None:
    deleted = original(self, bucket_name)
    if deleted is not None:
        self.tagger.delete_all_tags_for_resource(deleted.arn)
    return deleted


def _encrypted_anyway(original: Callable[..., dict[str, Any] | None], self: S3Backend, bucket_name: str) -> dict[str, Any]:
    chosen = original(self, bucket_name)
    return chosen or {"Rule": {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": "false"}}


def _apply_only_unconditional_statements(self: FakeBucket, action: str, resource: str) -> PermissionResult:
    if self.policy is None:
        return PermissionResult.NEUTRAL
    statements = json.loads(self.policy)["Statement"]
    statements = statements if isinstance(statements, list) else [statements]
    unconditional = [statement for statement in statements if "Condition" not in statement]
    return IAMPolicy(json.dumps({"Statement": unconditional})).is_action_permitted(action, resource)


def _mend_expected_owner() -> None:
    wrap(S3Response, "_bucket_response", _refuse_a_wrong_owner)
    wrap(S3Response, "_key_response", _refuse_a_wrong_owner)


DIFFERENCES: tuple[Difference, ...] = (
    Difference(
        "provider-audiences",
        moto="has no AddClientIDToOpenIDConnectProvider and no RemoveClientIDFromOpenIDConnectProvider",
        aws="adds and removes an audience; either may be repeated",
        mend=_add_client_id_actions,
    ),
    Difference(
        "unknown-actions",
        moto="answers an IAM action it does not know (SimulatePrincipalPolicy, SimulateCustomPolicy, ...) with 500 and a page of HTML",
        aws="knows them; one it does not know is answered with 400 InvalidAction",
        mend=lambda: wrap(IamResponse, "call_action", _answer_unknown_actions),
    ),
    Difference(
        "delete-attached-policy",
        moto="deletes a managed policy that is attached, or that has several versions",
        aws="refuses with DeleteConflict",
        mend=lambda: guard(IAMBackend, "delete_policy", _refuse_a_policy_in_use),
    ),
    Difference(
        "role-name-case",
        moto="takes two roles whose names differ only in case",
        aws="refuses the second with EntityAlreadyExists",
        mend=lambda: guard(IAMBackend, "create_role", _refuse_a_taken_role_name),
    ),
    Difference(
        "trust-policy-quota",
        moto="takes a trust policy of any size",
        aws="refuses more than 2048 characters with LimitExceeded",
        mend=_mend_trust_policy_quota,
    ),
    Difference(
        "inline-policy-quota",
        moto="takes inline policies of any size on a role",
        aws="refuses more than 10240 characters in all of a role's inline policies together with LimitExceeded",
        mend=lambda: guard(IAMBackend, "put_role_policy", _refuse_too_much_inline_policy),
    ),
    Difference(
        "managed-policy-quota",
        moto="takes a managed policy of any size",
        aws="refuses more than 6144 characters with LimitExceeded",
        mend=_mend_policy_quota,
    ),
    Difference(
        "attached-policies-quota",
        moto="attaches any number of policies to a role",
        aws="refuses the eleventh with LimitExceeded",
        mend=lambda: guard(IAMBackend, "attach_role_policy", _refuse_too_many_attached),
    ),
    Difference(
        "expected-bucket-owner",
        moto="ignores ExpectedBucketOwner",
        aws="answers 403 where the bucket's owner is another account",
        mend=_mend_expected_owner,
    ),
    Difference(
        "bucket-pages",
        moto="cuts ListBuckets at MaxBuckets without a ContinuationToken, and never tells a BucketRegion",
        aws="pages, sorted by name, and tells the region where the request has a parameter",
        mend=lambda: replace(S3Response, "all_buckets", _list_a_page_of_buckets),
    ),
    Difference(
        "new-bucket-is-private",
        moto="makes buckets without public access block and without ownership controls",
        aws="blocks public access and enforces the owner on every new bucket",
        mend=lambda: wrap(S3Backend, "create_bucket", _start_private),
    ),
    Difference(
        "default-encryption",
        moto="answers GetBucketEncryption of a new bucket with an error",
        aws="encrypts every bucket, with AES256 where nothing else was chosen",
        mend=lambda: wrap(S3Backend, "get_bucket_encryption", _encrypted_anyway),
    ),
    Difference(
        "tags-of-a-new-bucket",
        moto="drops the tags of a CreateBucket call",
        aws="keeps them",
        mend=lambda: wrap(S3Response, "_bucket_response_put", _keep_tags_of_a_new_bucket),
    ),
    Difference(
        "tags-of-a-deleted-bucket",
        moto="gives the tags of a deleted bucket to the next one of that name",
        aws="forgets them",
        mend=lambda: wrap(S3Backend, "delete_bucket", _forget_tags_too),
    ),
    Difference(
        "bucket-policy-conditions",
        moto="applies every statement of a bucket policy whatever its condition, so that a TLS-only policy shuts everybody out over http",
        aws="looks at the condition. Mended as far as that statements with a condition are left out",
        mend=lambda: replace(FakeBucket, "get_permission", _apply_only_unconditional_statements),
    ),
    Difference(
        "credential-report",
        moto="dates every credential report 2015-02-02, and tells neither region nor service of a key's last use",
        aws="dates it when it was made, at most four hours ago, and tells both",
        mend=_mend_credential_report,
    ),
    Difference("permissions", moto="lets every caller do everything", aws="allows what the caller's policies allow"),
    Difference("propagation", moto="shows a change at once", aws="may take seconds to show a new role, and refuse it until then"),
    Difference(
        "web-identity-tokens",
        moto="takes any token in AssumeRoleWithWebIdentity, and looks at no trust policy",
        aws="checks signature, issuer, audience, expiry and the trust policy",
    ),
    Difference("issuer-is-reached", moto="never fetches the issuer of a provider", aws="fetches its keys and fails where it cannot"),
    Difference("thumbprints", moto="leaves the thumbprints of a provider made without them empty", aws="fills in the issuer's CA"),
    Difference(
        "principals", moto="takes a policy that names a principal which does not exist", aws="refuses it with MalformedPolicyDocument"
    ),
    Difference("boundaries", moto="takes a permissions boundary that does not exist", aws="refuses it with NoSuchEntity"),
    Difference("regions", moto="answers for a bucket from any region", aws="answers from another region with a redirect"),
    Difference("strangers", moto="holds one account, so that every bucket name not in it is free", aws="refuses names taken by others"),
    Difference(
        "trust-policy-grammar", moto="takes any text as the trust policy of a new role", aws="refuses it with MalformedPolicyDocument"
    ),
    Difference("aws-managed-policies", moto="starts without AWS's own managed policies", aws="has them under arn:aws:iam::aws:policy/"),
    Difference(
        "quotas-of-people", moto="takes inline policies of any size on users and groups", aws="refuses more than 2048 and 5120 characters"
    ),
    Difference(
        "service-last-accessed",
        moto="has no GenerateServiceLastAccessedDetails",
        aws="tells which services a user or a role asked. Mended with what is known of their last use, and a few services that nobody asked",
        mend=evidence_differences.add_service_last_accessed,
    ),
    Difference(
        "event-history",
        moto="has no CloudTrail LookupEvents and no Access Analyzer",
        aws="has both. Mended as far as that events of the old user's key and of roles are found by four attributes",
        mend=evidence_differences.add_event_history,
    ),
    Difference(
        "roles-taken",
        moto="remembers nothing of AssumeRoleWithWebIdentity",
        aws="tells of it in CloudTrail, and when the role was last used",
        mend=role_differences.record_roles_taken,
    ),
    *user_differences.OF_USERS,
    *members.OF_MEMBERS,
    Difference("throttling", moto="never throttles", aws="throttles IAM writes beyond some five a second"),
)
