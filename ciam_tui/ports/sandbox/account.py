"""The fixed names of the demo account: both processes need them, and so does whoever writes a test or a screenshot of it.

Nothing here is a secret: the operator's key pair is the one that AWS prints in its own documentation, and the tokens open the demo alone.
"""

from __future__ import annotations

ACCOUNT_ID = "123456789012"
ACCOUNT_ALIAS = "acme-prod"
REGION = "us-east-1"

OPERATOR_NAME = "dana.operator"
OPERATOR_ACCESS_KEY_ID = "AKIAIOSFODNN7EXAMPLE"
OPERATOR_SECRET_ACCESS_KEY = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"  # noqa: S105 (the example of AWS's documentation)

LEGACY_USER_NAME = "circleci_service"
LEGACY_GROUP_NAME = "circleci_devops"
LEGACY_POLICY_NAME = "s3_full_access_devops_builds"
LEGACY_ACCESS_KEY_ID = "AKIAXAMPLECIRCLE7Q2V"
ASSETS_USER_NAME = "web-assets-uploader"
ASSETS_ACCESS_KEY_IDS = ("AKIAXAMPLEASSETS4H6D", "AKIAXAMPLEASSETS9M2K")
REPORTS_USER_NAME = "nightly-reports"
REPORTS_ACCESS_KEY_ID = "AKIAXAMPLEREPORTS3WT"
PERSON_NAME = "jordan.reyes"
PERSON_ACCESS_KEY_ID = "AKIAXAMPLEPERSON8C5F"
LEGACY_ROLE_NAME = "circleci-legacy-deploy"
MOBILE_ROLE_NAME = "circleci-mobile-deploy"
LABS_OPEN_ROLE_NAME = "labs-experiments"
LABS_TIGHT_ROLE_NAME = "labs-firmware-release"
LABS_AUDIENCE = "https://aws.acme-labs.example"

# The organization around it, of which it is the management account.
STAGING_MEMBER = "210987654321"
UNREAD_MEMBER = "345678901234"
SUSPENDED_MEMBER = "456789012345"
MEMBERS = {STAGING_MEMBER: "acme-staging", UNREAD_MEMBER: "acme-data", SUSPENDED_MEMBER: "acme-old"}
AUDIT_ROLE_NAME = "ciam-tui-audit"

BUILDS_BUCKET = "builds.acme.example"
KMS_BUCKET = "acme-artifacts-prod"
EUROPEAN_BUCKET = "acme-logs-eu"
PREVIEWS_BUCKET = "acme-previews"
GUARDED_BUCKET = "acme-payments-reports"
KMS_KEY_ID = "5c0f6f0e-9d0b-4f7e-8a55-3f2b7f1c9ad4"
KMS_KEY_ARN = f"arn:aws:kms:{REGION}:{ACCOUNT_ID}:key/{KMS_KEY_ID}"

CIRCLECI_TOKEN = "CCIPAT_demo_of_ciam_tui_opens_nothing_else"  # noqa: S105 (the demo's own)
# A project's token, which CircleCI's API refuses with 403 although it is a valid one.
CIRCLECI_PROJECT_TOKEN = "demo_of_ciam_tui_a_project_token"  # noqa: S105 (as above)
# The child's argument that makes its CircleCI a Server, with the older API alone, rather than the Cloud.
CIRCLECI_SERVER_FLAG = "--server"
# What a CircleCI Server calls itself in its tokens, whatever address it is reached by.
CIRCLECI_SERVER_DOMAIN = "https://circleci.acme.example"
