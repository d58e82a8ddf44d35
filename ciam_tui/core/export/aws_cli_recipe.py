"""The part of the script for the AWS CLI that is the same for every Setup: how a thing is looked at, and how it is made or changed.

What comes from outside is never part of this text. It reaches the functions as their arguments, quoted by one door, and AWS as JSON or after
an equals sign: what begins with `https://` the CLI's first version fetches, and what begins with a hyphen it takes for an option. Answers are
judged by AWS's own query language, in which a literal stands between backticks: both versions of the CLI have it, so that nothing else needs
to be installed. It is written for the bash 3.2 of macOS.
"""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_BASICS = r"""
changes=0
answer=""
refusal="$(mktemp)"
trap 'rm -f -- "$refusal"' EXIT

fail() {
  printf 'SCRIPT: %s\n' "$1" >&2
  exit 1
}

changed() {
  changes=$((changes + 1))
  printf '%s\n' "$1"
}

ask() { aws --region "$region" "$@"; }

change() { ask "$@" >/dev/null; }

# found CODE COMMAND...: what AWS answers is in $answer. No where AWS says CODE: there is no such thing. What else it refuses ends the script.
found() {
  local none="$1"
  shift
  if answer="$(ask "$@" --output text 2>"$refusal")"; then return 0; fi
  if grep -qF "($none)" "$refusal"; then return 1; fi
  cat "$refusal" >&2
  exit 1
}

"""


def basics(script: str) -> str:
    """What every script of ours has that is called `script`: how it ends, counts its changes, asks and finds."""
    return _BASICS.replace("SCRIPT", script)


def assigned(variables: Mapping[str, str]) -> str:
    """The lines that give a script its data, each value quoted by the one door."""
    return "".join(f"{name}={quote(value)}\n" for name, value in variables.items())


RECIPE = (
    basics("apply.sh")
    + r"""# The document of a file as a literal of the query language.
document() { printf '`%s`' "$(sed 's/`/\\`/g' <"$1")"; }

# Whether the tags TAGS of an answer hold both marks of this Setup, and whether they hold all tags.
are_ours() { printf "length(not_null(%s, \`[]\`)[?contains(%s, @)]) == \`2\` && 'yes' || 'no'" "$1" "$marks"; }
are_all() { printf "length(not_null(%s, \`[]\`)[?contains(%s, @)]) == \`%s\` && 'yes' || 'no'" "$1" "$tags_literal" "$tags_count"; }

is_adopted() { case " ${ADOPT:-} " in *" $1 "*) return 0 ;; *) return 1 ;; esac }

check_account() {
  local opened="" arn=""
  answer="$(ask sts get-caller-identity --query '[Account, Arn]' --output text)"
  read -r opened arn <<<"$answer"
  case "$opened $arn" in
    "$account arn:$partition:"*) ;;
    *) fail "these credentials open the account $opened ($arn), and this is for $account ($partition). Nothing was changed." ;;
  esac
}

# The provider: there is one an issuer, and others use it too, so that an audience is only ever added.
make_provider() {
  if ! found NoSuchEntity iam get-open-id-connect-provider --open-id-connect-provider-arn="$provider_arn" \
    --query "contains(ClientIDList, $audience_literal) && 'yes' || 'no'"; then
    change iam create-open-id-connect-provider --cli-input-json file://provider.json --tags "$tags"
    changed "provider $provider_arn: made"
  elif [ "$answer" != yes ]; then
    change iam add-client-id-to-open-id-connect-provider --cli-input-json "$add_audience"
    changed "provider $provider_arn: audience added"
  fi
}

# look_at_role NAME SECONDS: no where there is none. Else each of these says yes or no: it is ours, its path is ours, nobody but the provider
# is let in, and its trust policy, longest session, permissions boundary and tags are as they shall be.
look_at_role() {
  local query
  query="[$(are_ours Role.Tags), Role.Path == $path_literal && 'yes' || 'no'"
  query+=", length([Role.AssumeRolePolicyDocument.Statement][] | [?Effect == 'Allow' && Principal != $principal_literal]) == \`0\` && 'yes' || 'no'"
  query+=", Role.AssumeRolePolicyDocument == $(document "$1.trust.json") && 'yes' || 'no'"
  query+=", Role.MaxSessionDuration == \`$2\` && 'yes' || 'no'"
  query+=", Role.PermissionsBoundary.PermissionsBoundaryArn == $boundary_literal && 'yes' || 'no', $(are_all Role.Tags)]"
  found NoSuchEntity iam get-role --role-name="$1" --query "$query" || return 1
  read -r ours here alone trust session bound tagged <<<"$answer"
}

# look_at_policy NAME ARN: no where there is none. Else whether it is ours and says what it shall, and how many more than the role have it.
look_at_policy() {
  local version=""
  found NoSuchEntity iam get-policy --policy-arn="$2" \
    --query "[Policy.DefaultVersionId, to_string(Policy.AttachmentCount), $(are_ours Policy.Tags)]" || return 1
  read -r version others policy_ours <<<"$answer"
  found NoSuchEntity iam get-policy-version --policy-arn="$2" --version-id="$version" \
    --query "PolicyVersion.Document == $(document "$1.permissions.json") && 'yes' || 'no'" || return 1
  says="$answer"
  if found NoSuchEntity iam list-attached-role-policies --role-name="$1" --query "AttachedPolicies[?PolicyArn == '$2'].[PolicyName]" \
    && [ -n "$answer" ] && [ "$answer" != None ]; then others=$((others - 1)); fi
}

# Before the first change: a role or a policy that may not be touched ends the script.
check_role() {
  local name="$1" seconds="$2" arn="${4:-}"
  if ! [ -r "$name.trust.json" ] || ! [ -r "$name.permissions.json" ]; then fail "the files of $name are not beside this script."; fi
  if [ -n "$arn" ] && look_at_policy "$name" "$arn" && [ "$policy_ours" != yes ] && [ "$says" != yes ]; then
    [ "$others" -le 0 ] || fail "the policy $arn exists, was not made for this Setup, and is attached elsewhere too. Nothing was changed."
    is_adopted "$name" || not_ours "policy $arn" "$name"
  fi
  look_at_role "$name" "$seconds" || return 0
  [ "$here" = yes ] || fail "the role $name exists under another path, and IAM cannot move it. Nothing was changed."
  [ "$ours" != yes ] || return 0
  [ "$alone" = yes ] || fail "the role $name exists, was not made for this Setup, and trusts others too. Nothing was changed."
  is_adopted "$name" || not_ours "role $name" "$name"
}

not_ours() { fail "the $1 exists and was not made for this Setup. Nothing was changed. To take it over: ADOPT='$2' ./apply.sh"; }

# make_role NAME SECONDS ROLE [ARN POLICY]: the managed policy ARN where there is one, else the inline policy. ROLE and POLICY are what new ones
# are made of. On a role that stands first what does not belong there goes, and who gets in is set; then what they may do grows.
make_role() {
  local name="$1" seconds="$2" role="$3" arn="${4:-}" policy="${5:-}" attached=no stood=yes
  if ! look_at_role "$name" "$seconds"; then
    stood=no
    change iam create-role --cli-input-json "$role" --assume-role-policy-document "file://$name.trust.json"
    changed "role $name: made"
    change iam wait role-exists --role-name="$name"
  else
    narrow_role
  fi
  if [ -n "$arn" ]; then
    make_policy
  elif [ "$stood" = no ] || ! found NoSuchEntity iam get-role-policy --role-name="$name" --policy-name="$inline_name" \
    --query "PolicyDocument == $(document "$name.permissions.json") && 'yes' || 'no'" || [ "$answer" != yes ]; then
    change iam put-role-policy --role-name="$name" --policy-name="$inline_name" --policy-document "file://$name.permissions.json"
    changed "role $name: inline policy $inline_name put"
  fi
  if [ "$stood" = yes ] && [ "$bound" != yes ] && [ -z "$boundary" ]; then
    change iam delete-role-permissions-boundary --role-name="$name"
    changed "role $name: permissions boundary taken off"
  fi
}

narrow_role() {
  local each=""
  if [ "$tagged" != yes ]; then
    change iam tag-role --role-name="$name" --tags "$tags"
    changed "role $name: tagged"
  fi
  if [ "$bound" != yes ] && [ -n "$boundary" ]; then
    change iam put-role-permissions-boundary --role-name="$name" --permissions-boundary="$boundary"
    changed "role $name: permissions boundary set"
  fi
  answer="$(ask iam list-attached-role-policies --role-name="$name" --query 'AttachedPolicies[].[PolicyArn]' --output text)"
  while read -r each; do
    case "$each" in
      "" | None) ;;
      "$arn") attached=yes ;;
      *)
        change iam detach-role-policy --role-name="$name" --policy-arn="$each" </dev/null
        changed "role $name: policy $each detached"
        ;;
    esac
  done <<<"$answer"
  answer="$(ask iam list-role-policies --role-name="$name" --query 'PolicyNames[].[@]' --output text)"
  while read -r each; do
    if [ -z "$each" ] || [ "$each" = None ] || { [ -z "$arn" ] && [ "$each" = "$inline_name" ]; }; then continue; fi
    change iam delete-role-policy --role-name="$name" --policy-name="$each" </dev/null
    changed "role $name: inline policy $each deleted"
  done <<<"$answer"
  if [ "$trust" != yes ]; then
    change iam update-assume-role-policy --role-name="$name" --policy-document "file://$name.trust.json"
    changed "role $name: trust policy replaced"
  fi
  if [ "$session" != yes ]; then
    change iam update-role --role-name="$name" --max-session-duration="$seconds"
    changed "role $name: longest session set"
  fi
}

# A new version of a managed policy is in force at once. IAM keeps five: the oldest that is not in force makes room.
make_policy() {
  local count="" oldest=""
  if ! look_at_policy "$name" "$arn"; then
    change iam create-policy --cli-input-json "$policy" --policy-document "file://$name.permissions.json"
    changed "policy $arn: made"
    change iam wait policy-exists --policy-arn="$arn"
  elif [ "$says" != yes ]; then
    answer="$(ask iam list-policy-versions --policy-arn="$arn" --output text \
      --query "[to_string(length(Versions)), sort_by(Versions[?!IsDefaultVersion], &CreateDate)[0].VersionId]")"
    read -r count oldest <<<"$answer"
    if [ "$count" -ge 5 ]; then change iam delete-policy-version --policy-arn="$arn" --version-id="$oldest"; fi
    change iam create-policy-version --policy-arn="$arn" --policy-document "file://$name.permissions.json" --set-as-default
    changed "policy $arn: new version"
    if [ "$policy_ours" != yes ]; then change iam tag-policy --policy-arn="$arn" --tags "$tags"; fi
  fi
  if [ "$attached" != yes ]; then
    change iam attach-role-policy --role-name="$name" --policy-arn="$arn"
    changed "role $name: policy $arn attached"
  fi
}
"""
)

# A bucket that exists is used as it is, unless the tags say that it is ours: then what has never been set on it is.
BUCKET_RECIPE = r"""
make_bucket() {
  new=no
  if ! found 404 s3api head-bucket --bucket="$bucket"; then
    new=yes
    change s3api create-bucket --cli-input-json "$create_bucket"
    changed "bucket $bucket: made"
    change s3api put-bucket-tagging --cli-input-json "$tag_bucket"
  elif ! found NoSuchTagSet s3api get-bucket-tagging --bucket="$bucket" --query "$(are_ours TagSet)" || [ "$answer" != yes ]; then
    printf 'bucket %s: it exists, and none of its settings is changed\n' "$bucket"
    return 0
  fi
  setting NoSuchPublicAccessBlockConfiguration public-access-block
  setting OwnershipControlsNotFoundError bucket-ownership-controls
  setting ServerSideEncryptionConfigurationNotFoundError bucket-encryption
  setting "" bucket-versioning
  setting NoSuchBucketPolicy bucket-policy
}

# setting CODE NAME: what somebody has set since is theirs. Every bucket is encrypted, with S3's own keys where nobody has chosen one.
setting() {
  local query="'set'" input
  case "$2" in
    bucket-versioning) query="Status && 'set' || 'unset'" ;;
    bucket-encryption) query="ServerSideEncryptionConfiguration.Rules[0].ApplyServerSideEncryptionByDefault.SSEAlgorithm == '$default_encryption' && 'unset' || 'set'" ;;
  esac
  if [ "$new" = no ] && found "$1" s3api "get-$2" --bucket="$bucket" --query "$query" && [ "$answer" = set ]; then return 0; fi
  input="$(setting_of "$2")"
  change s3api "put-$2" --cli-input-json "$input"
  changed "bucket $bucket: ${2#bucket-} set"
}
"""
