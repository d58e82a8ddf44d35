"""The part of the script for gcloud that is the same for every Setup: how a thing is looked at, and how it is made or changed.

What comes from outside is never part of this text. It reaches the functions as their arguments, quoted by one door, and gcloud after an
equals sign; a condition reaches it by a file. Everything is looked at before it is changed, and where an answer cannot be compared for certain
the change is made once more, which changes nothing. What lets in and what may be done shrinks first and grows last. It is written for the
bash 3.2 of macOS, and asks for nothing but gcloud.
"""

from __future__ import annotations

RECIPE = r"""
changes=0
answer=""
said=""
refusal="$(mktemp)"
condition_file="$(mktemp)"
trap 'rm -f -- "$refusal" "$condition_file"' EXIT
tab="$(printf '\t')"

fail() {
  printf 'setup.sh: %s\n' "$1" >&2
  exit 1
}

changed() {
  changes=$((changes + 1))
  printf '%s\n' "$1"
}

ask() { gcloud --quiet --project="$project" "$@" </dev/null; }

change() { ask "$@" >/dev/null; }

# found COMMAND...: what gcloud answers is in $answer. No where there is no such thing. What else it refuses ends the script.
found() {
  if answer="$(ask "$@" 2>"$refusal")"; then return 0; fi
  if grep -qiE 'NOT_FOUND|not found|does not exist|HTTPError 404' "$refusal" && ! grep -qiE 'PERMISSION_DENIED|HTTPError 403' "$refusal"; then return 1; fi
  cat "$refusal" >&2
  exit 1
}

# A new service account is known everywhere only after some seconds: what names it is tried again, and that is said.
change_soon() {
  local tries=0
  until change "$@" 2>"$refusal"; do
    tries=$((tries + 1))
    if [ "$tries" -ge 12 ] || ! grep -qiE 'does not exist|NOT_FOUND|not found' "$refusal"; then
      cat "$refusal" >&2
      exit 1
    fi
    printf 'Waiting until the service account is known everywhere ...\n' >&2
    sleep 5
  done
}

is_adopted() { case " ${ADOPT:-} " in *" $1 "*) return 0 ;; *) return 1 ;; esac }

# ours WHAT NAME: $answer is the description of something that exists. One that is not of this Setup is left alone, unless ADOPT names it.
ours() {
  [ "$answer" = "$mark" ] || is_adopted "$2" \
    || fail "the $1 $2 exists and was not made for this Setup. Nothing was changed. To take it over: ADOPT='$2' ./setup.sh"
}

check_given() {
  local pattern="$2" LC_ALL=C
  [[ "$1" =~ $pattern ]] || fail "$3 Nothing was changed."
}

check_place() {
  command -v gcloud >/dev/null || fail "gcloud is not installed. Nothing was changed."
  answer="$(ask projects describe "$project" '--format=value(projectNumber)')"
  [ "$answer" = "$number" ] || fail "the project $project has the number $answer, not $number. Nothing was changed."
  found storage buckets describe "gs://$bucket" '--format=value(uniform_bucket_level_access)' \
    || fail "there is no bucket $bucket. Nothing was changed. Make it: gcloud storage buckets create gs://$bucket --uniform-bucket-level-access --public-access-prevention"
  case "$answer" in
    [Tt]rue) ;;
    *) fail "the bucket $bucket decides by ACLs too, so that conditions do not hold there. Nothing was changed. Look at who uses it, then: gcloud storage buckets update gs://$bucket --uniform-bucket-level-access" ;;
  esac
  answer="$(ask storage buckets describe "gs://$bucket" --raw '--format=value(projectNumber)')"
  case "$answer" in
    "" | "$number") ;;
    *) fail "the bucket $bucket lies in the project with the number $answer, and custom roles of $project are for what lies in $project alone. Nothing was changed." ;;
  esac
}

# Before the first change: what may not be touched ends the script.
check_pool() {
  if found iam workload-identity-pools describe "$pool" --location=global '--format=value(description)'; then ours "workload identity pool" "$pool"; else return 0; fi
  # Of a deleted pool no providers are told: it is looked at again when it is undeleted.
  if [ "$(ask iam workload-identity-pools describe "$pool" --location=global '--format=value(state)')" = DELETED ]; then return 0; fi
  check_providers "Nothing was changed."
}

# check_providers WHAT_WAS_CHANGED: whatever another provider of the pool maps would be let in as what this one maps.
check_providers() {
  local each=""
  answer="$(ask iam workload-identity-pools providers list --location=global --workload-identity-pool="$pool" '--format=value(name)')"
  while IFS= read -r each; do
    each="${each##*/}"
    case "$each" in
      "" | "$provider") ;;
      *) fail "the pool $pool holds the provider $each too, whose identities would be let in as CircleCI's are. $1 Delete it: gcloud iam workload-identity-pools providers delete $each --location=global --workload-identity-pool=$pool" ;;
    esac
  done <<<"$answer"
}
check_role() {
  if found iam roles describe "$1" '--format=value(description)'; then ours "custom role" "$1"; fi
}
check_account() {
  if found iam service-accounts describe "$1@$project.iam.gserviceaccount.com" '--format=value(description)'; then ours "service account" "$1"; fi
}

make_services() {
  local each=""
  answer="$(ask services list --enabled '--format=value(config.name)')"
  for each in "$@"; do
    if ! grep -qxF -- "$each" <<<"$answer"; then
      change services enable "$each"
      changed "service $each: switched on"
    fi
  done
}

# make_role ID TITLE PERMISSIONS: the permissions with commas between them, sorted.
make_role() {
  if ! found iam roles describe "$1" '--format=value(deleted)'; then
    change iam roles create "$1" --title="$2" --description="$mark" --permissions="$3" --stage=GA
    changed "custom role $1: made"
    return 0
  fi
  case "$answer" in
    [Tt]rue)
      change iam roles undelete "$1"
      changed "custom role $1: undeleted"
      ;;
  esac
  answer="$(ask iam roles describe "$1" '--format=value(includedPermissions)' | tr -s ';' '\n' | LC_ALL=C sort | tr '\n' ',')"
  if [ "$answer" != "$3," ] || [ "$(ask iam roles describe "$1" '--format=value(description)')" != "$mark" ]; then
    change iam roles update "$1" --description="$mark" --permissions="$3"
    changed "custom role $1: permissions set"
  fi
}

make_pool() {
  if ! found iam workload-identity-pools describe "$pool" --location=global '--format=value(state)'; then
    change iam workload-identity-pools create "$pool" --location=global --display-name="CircleCI" --description="$mark"
    changed "workload identity pool $pool: made"
  elif [ "$answer" = DELETED ]; then
    change iam workload-identity-pools undelete "$pool" --location=global
    changed "workload identity pool $pool: undeleted"
    check_providers "The pool was undeleted."
  fi
  if [ "$(ask iam workload-identity-pools describe "$pool" --location=global '--format=value(description)')" != "$mark" ]; then
    change iam workload-identity-pools update "$pool" --location=global --description="$mark"
    changed "workload identity pool $pool: marked as this Setup's"
  fi
}

provider_says() {
  ask iam workload-identity-pools providers describe "$provider" --location=global --workload-identity-pool="$pool" "--format=$1"
}

# The provider is in a pool of its own, so that it is ours where the pool is.
make_provider() {
  local said=""
  set -- --location=global --workload-identity-pool="$pool" --issuer-uri="$issuer" --allowed-audiences="$audiences" \
    --attribute-mapping="$mapping" --attribute-condition="$attribute_condition"
  if ! found iam workload-identity-pools providers describe "$provider" --location=global --workload-identity-pool="$pool" '--format=value(state)'; then
    change iam workload-identity-pools providers create-oidc "$provider" "$@" --display-name="CircleCI"
    changed "provider $provider: made"
    return 0
  fi
  if [ "$answer" = DELETED ]; then
    change iam workload-identity-pools providers undelete "$provider" --location=global --workload-identity-pool="$pool"
    changed "provider $provider: undeleted"
  fi
  said="$(provider_says 'value(oidc.issuerUri)')$tab$(provider_says 'value(oidc.allowedAudiences)')$tab$(provider_says 'value(attributeCondition)')"
  said="$said$tab$(provider_says 'json(attributeMapping)' | tr -d ' \n')"
  if [ "$said" != "$issuer$tab$audience$tab$attribute_condition$tab$mapping_json" ]; then
    change iam workload-identity-pools providers update-oidc "$provider" "$@"
    changed "provider $provider: issuer, audience, mapping and condition set"
  fi
}

make_folders() {
  local each=""
  for each in ${folders[@]+"${folders[@]}"}; do
    if ! found storage managed-folders describe "gs://$bucket/$each" '--format=value(name)'; then
      change storage managed-folders create "gs://$bucket/$each"
      changed "managed folder gs://$bucket/$each: made"
    fi
  done
}

# make_account ID TITLE MEMBER... -- KIND TITLE EXPRESSION ... -- FOLDER...: marks in them are filled here.
make_account() {
  local id="$1" title="$2" email="$1@$project.iam.gserviceaccount.com" role="" said="" held="" stale="" actors=""
  local members=() roles=() titles=() expressions=()
  shift 2
  while [ "$1" != -- ]; do
    members+=("${1//@GCP_PROJECT_NUMBER@/$number}")
    shift
  done
  shift
  while [ "$1" != -- ]; do
    roles+=("projects/$project/roles/$1")
    titles+=("$2")
    expressions+=("${3//@GCP_BUCKET@/$bucket}")
    shift 3
  done
  shift
  if ! found iam service-accounts describe "$email" '--format=value(description)'; then
    change iam service-accounts create "$id" --display-name="$title" --description="$mark"
    changed "service account $id: made"
  elif [ "$answer" != "$mark" ]; then
    change iam service-accounts update "$email" --description="$mark"
    changed "service account $id: marked as this Setup's"
  fi
  keep_members
  keep_bindings
  for said in ${folders[@]+"${folders[@]}"}; do list_below "$said" "$@"; done
  add_members
}

# Whoever else may act as the account by federation no longer may; whoever may otherwise is told.
keep_members() {
  local line="" each="" wanted=""
  actors="$(ask iam service-accounts get-iam-policy "$email" '--flatten=bindings[].members' '--format=value[separator="|"](bindings.role,bindings.members)')"
  while IFS= read -r line; do
    case "$line" in
      "") ;;
      "roles/iam.workloadIdentityUser|"*)
        wanted=no
        for each in ${members[@]+"${members[@]}"}; do if [ "$each" = "${line#*|}" ]; then wanted=yes; fi; done
        if [ "$wanted" = no ]; then
          change iam service-accounts remove-iam-policy-binding "$email" --role=roles/iam.workloadIdentityUser --member="${line#*|}" --all
          changed "service account $id: ${line#*|} may no longer act as it"
        fi
        ;;
      *) printf 'service account %s: %s has %s on it, and that was left\n' "$id" "${line#*|}" "${line%%|*}" >&2 ;;
    esac
  done <<<"$actors"
}

add_members() {
  local each=""
  for each in ${members[@]+"${members[@]}"}; do
    if ! grep -qxF -- "roles/iam.workloadIdentityUser|$each" <<<"$actors"; then
      change_soon iam service-accounts add-iam-policy-binding "$email" --role=roles/iam.workloadIdentityUser --member="$each" --condition=None
      changed "service account $id: ${each##*/workloadIdentityPools/} may act as it"
    fi
  done
}

# What the account has on the bucket and shall not have goes. A role that has to change goes whole and is bound anew, which takes seconds.
keep_bindings() {
  local line="" at=0 wanted="" mine="serviceAccount:$email"
  said="$(ask storage buckets get-iam-policy "gs://$bucket" '--flatten=bindings[].members' '--format=value[separator="|"](bindings.members,bindings.role,bindings.condition.title,bindings.condition.expression)')"
  held=""
  stale=""
  while IFS= read -r line; do
    case "$line" in "$mine|"*) line="${line#"$mine|"}" ;; *) continue ;; esac
    wanted=no
    for ((at = 0; at < ${#roles[@]}; at++)); do if [ "$line" = "${roles[at]}|${titles[at]}|${expressions[at]}" ]; then wanted=yes; fi; done
    held="$held$line
"
    if [ "$wanted" = no ]; then
      role="${line%%|*}"
      if ! grep -qxF -- "$role" <<<"$stale"; then
        change storage buckets remove-iam-policy-binding "gs://$bucket" --role="$role" --member="$mine" --all
        changed "service account $id: $role taken away"
        stale="$stale$role
"
      fi
    fi
  done <<<"$said"
  for ((at = 0; at < ${#roles[@]}; at++)); do
    if grep -qxF -- "${roles[at]}" <<<"$stale" || ! grep -qxF -- "${roles[at]}|${titles[at]}|${expressions[at]}" <<<"$held"; then
      condition "${titles[at]}" "${expressions[at]}"
      change_soon storage buckets add-iam-policy-binding "gs://$bucket" --role="${roles[at]}" --member="$mine" --condition-from-file="$condition_file"
      changed "service account $id: ${titles[at]} on $bucket"
    fi
  done
}

# A condition as JSON, in which a backslash and a quote have a backslash.
condition() {
  printf '{"title": "%s", "expression": "%s"}\n' "$1" "$(printf '%s' "$2" | sed -e 's/\\/\\\\/g' -e 's/"/\\"/g')" >"$condition_file"
}

# list_below FOLDER WANTED...: it lists the folder if that is one of the wanted, and else no longer does.
list_below() {
  local folder="gs://$bucket/$1" mine="serviceAccount:$email" list="projects/$project/roles/$list_role" each="" wanted=no holds=no
  for each in "${@:2}"; do if [ "$each" = "$1" ]; then wanted=yes; fi; done
  said="$(ask storage managed-folders get-iam-policy "$folder" '--flatten=bindings[].members' '--format=value[separator="|"](bindings.members,bindings.role)')"
  if grep -qxF -- "$mine|$list" <<<"$said"; then holds=yes; fi
  case "$wanted $holds" in
    "yes no")
      change_soon storage managed-folders add-iam-policy-binding "$folder" --role="$list" --member="$mine" --condition=None
      changed "service account $id: lists below $folder"
      ;;
    "no yes")
      change storage managed-folders remove-iam-policy-binding "$folder" --role="$list" --member="$mine" --all
      changed "service account $id: no longer lists below $folder"
      ;;
  esac
}

# What this Setup made once and no longer names is told, and left: somebody may still use it.
tell_leftovers() {
  local line="" each="" wanted=""
  said="$(ask iam service-accounts list '--format=value[separator="|"](email,description)')"
  while IFS= read -r line; do
    case "$line" in *"|$mark") line="${line%"|$mark"}" ;; *) continue ;; esac
    wanted=no
    for each in "$@"; do if [ "$line" = "$each@$project.iam.gserviceaccount.com" ]; then wanted=yes; fi; done
    if [ "$wanted" = no ]; then printf 'service account %s: no stage has it any more, and it was left. Delete it: gcloud iam service-accounts delete %s\n' "$line" "$line" >&2; fi
  done <<<"$said"
}

# The credential files beside this script are given what was open in them.
fill_credentials() {
  local file="" text=""
  for file in "$@"; do
    [ -w "$file" ] || continue
    text="$(cat -- "$file")"
    case "$text" in *@GCP_PROJECT@* | *@GCP_PROJECT_NUMBER@*) ;; *) continue ;; esac
    text="${text//@GCP_PROJECT_NUMBER@/$number}"
    printf '%s\n' "${text//@GCP_PROJECT@/$project}" >"$file"
    printf '%s: filled\n' "$file"
  done
}
"""
