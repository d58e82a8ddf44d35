"""Every rule about an answer, once: the wizard asks while a field is typed in, and the Setup model asks before it exists.

A rule is a function of one answer that returns None, or a `Problem` whose `field` its caller fills in. Stdlib only, since the first frame
needs some of them. `setup_problems` runs them all and adds those that concern several answers.
"""

from ciam_tui.core.validate.bucket import (
    account_id_problem,
    bucket_name_problem,
    kms_key_place_problem,
    kms_key_problem,
    normalized_prefix,
    partition_problem,
    prefix_problem,
    region_partition_problem,
    region_problem,
)
from ciam_tui.core.validate.circleci import (
    audience_problem,
    issuer_problem,
    org_id_problem,
    org_slug_problem,
    project_id_problem,
    project_name_problem,
    vcs_origin_problem,
)
from ciam_tui.core.validate.git_refs import branch_problem, full_ref
from ciam_tui.core.validate.role import (
    OUR_TAG_KEYS,
    access_problem,
    boundary_problem,
    extra_problem,
    name_prefix_problem,
    policy_kind_problem,
    role_name_problem,
    role_path_problem,
    session_seconds_problem,
    stage_name_problem,
    tag_problem,
    tags_problem,
)
from ciam_tui.core.validate.whole import errors_of, setup_problems

__all__ = [
    "OUR_TAG_KEYS",
    "access_problem",
    "account_id_problem",
    "audience_problem",
    "boundary_problem",
    "branch_problem",
    "bucket_name_problem",
    "errors_of",
    "extra_problem",
    "full_ref",
    "issuer_problem",
    "kms_key_place_problem",
    "kms_key_problem",
    "name_prefix_problem",
    "normalized_prefix",
    "org_id_problem",
    "org_slug_problem",
    "partition_problem",
    "policy_kind_problem",
    "prefix_problem",
    "project_id_problem",
    "project_name_problem",
    "region_partition_problem",
    "region_problem",
    "role_name_problem",
    "role_path_problem",
    "session_seconds_problem",
    "setup_problems",
    "stage_name_problem",
    "tag_problem",
    "tags_problem",
    "vcs_origin_problem",
]
