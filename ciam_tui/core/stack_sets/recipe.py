"""The part of the script for a stack set that is the same for every Setup: how the set is looked at, made, changed, rolled out and watched.

As in the script for one account, what comes from outside is data: JSON in quotes, judged by AWS's own query language. It is written for the
bash 3.2 of macOS and for both versions of the AWS CLI.
"""

from __future__ import annotations

RECIPE = r"""# TEXT as a literal of the query language.
literal() { printf '`%s`' "$(printf '%s' "$1" | sed 's/`/\\`/g')"; }

# How many of LIST are in the JSON array ARRAY, and whether that is all of them.
are_all() { printf "length(not_null(%s, \`[]\`)[?contains(%s, @)]) == length(%s)" "$1" "$(literal "$2")" "$(literal "$2")"; }

stack_set() {
  local command="$1"
  shift
  ask cloudformation "$command" --stack-set-name="$name" --call-as="$call_as" "$@"
}

check_caller() {
  local arn=""
  answer="$(ask sts get-caller-identity --query '[Account, Arn]' --output text)"
  read -r caller arn <<<"$answer"
  case "$arn" in
    "arn:$partition:"*) ;;
    *) fail "these credentials ($arn) are of another partition than $partition. Nothing was changed." ;;
  esac
}

# look: no where there is no such stack set. Else each of these says yes or no: it is ours, its permissions are as they shall be, its parameters
# and its automatic deployment are, and its units are among those that it was rolled out to.
look() {
  local query
  query="[$(are_all StackSet.Tags "$tags") && 'yes' || 'no', StackSet.PermissionModel == '$model' && 'yes' || 'no'"
  query+=", $(are_all 'StackSet.Parameters[].{ParameterKey: ParameterKey, ParameterValue: ParameterValue}' "$parameters")"
  query+=" && (StackSet.AutoDeployment.Enabled || \`false\`) == \`$automatic\`"
  query+=" && (StackSet.AutoDeployment.RetainStacksOnAccountRemoval || \`false\`) == \`$retained\` && 'yes' || 'no'"
  query+=", $(are_all StackSet.OrganizationalUnitIds "$units") && 'yes' || 'no']"
  found StackSetNotFoundException cloudformation describe-stack-set --stack-set-name="$name" --call-as="$call_as" --query "$query" || return 1
  read -r ours permitted settled covered <<<"$answer"
}

# The template goes with the request, or by the address TEMPLATE_URL where it is too large for that.
say_template() {
  if [ -n "${TEMPLATE_URL:-}" ]; then
    body="--template-url=$TEMPLATE_URL"
  elif [ "$is_large" = yes ]; then
    fail "$template is larger than a request takes. Put it into a bucket, and say where: TEMPLATE_URL=https://... ./$script"
  else
    body="--template-body=file://$template"
  fi
}

make_stack_set() {
  local wanted
  wanted=("$body" --capabilities CAPABILITY_NAMED_IAM --permission-model="$model" --parameters="$parameters" --tags="$tags" --managed-execution=Active=true)
  if [ "$model" = SELF_MANAGED ]; then
    wanted+=(--administration-role-arn="arn:$partition:iam::$caller:role/$administration_role" --execution-role-name="$execution_role")
  else
    wanted+=(--auto-deployment="$auto_deployment")
  fi
  covered=no
  if ! look; then
    change cloudformation create-stack-set --stack-set-name="$name" --call-as="$call_as" --description="$description" "${wanted[@]}"
    changed "stack set $name: made"
    return 0
  fi
  [ "$ours" = yes ] || fail "the stack set $name exists and was not made for this. Nothing was changed. Export it with another --stack-set-name."
  [ "$permitted" = yes ] || fail "the stack set $name exists with other permissions than $model, and they stay. Export it with another --stack-set-name."
  answer="$(stack_set describe-stack-set --query StackSet.TemplateBody --output text)"
  if [ "$settled" != yes ] || [ "$answer" != "$(cat "$template")" ]; then
    answer="$(stack_set update-stack-set --description="$description" "${wanted[@]}" --operation-preferences="$preferences" \
      --query OperationId --output text)"
    wait_for "$answer"
    changed "stack set $name: changed, and every stack of it"
  fi
}

# What AWS does in the accounts it does by itself; here it is only waited for.
wait_for() {
  local state=""
  while :; do
    state="$(stack_set describe-stack-set-operation --operation-id="$1" --query StackSetOperation.Status --output text)"
    case "$state" in
      SUCCEEDED) return 0 ;;
      RUNNING | QUEUED | STOPPING) sleep "${PAUSE:-5}" ;;
      *)
        stack_set list-stack-set-operation-results --operation-id="$1" --output text \
          --query "Summaries[?Status != 'SUCCEEDED'].[Account, Region, Status, StatusReason]" >&2
        fail "the operation $1 ended as $state: the accounts are above. When the cause is gone, run this again: it goes on with them."
        ;;
    esac
  done
}

# The stacks that there are, a line each: the account, and whether its stack is CURRENT.
list_stacks() {
  stacks="$(stack_set list-stack-instances --query "Summaries[?Region == '$region'].[Account, Status]" --output text)"
}

# The state of the account's stack; nothing where it has none.
state_of() { awk -v account="$1" '$1 == account { print $2 }' <<<"$stacks"; }

# Whether the parameters that the account has for itself are these and no others: what it was given before stays until it is taken back.
has_own() {
  local query
  query="$(are_all 'StackInstance.ParameterOverrides[].{ParameterKey: ParameterKey, ParameterValue: ParameterValue}' "$2")"
  query+=" && length(not_null(StackInstance.ParameterOverrides, \`[]\`)) == length($(literal "$2")) && 'yes' || 'no'"
  answer="$(stack_set describe-stack-instance --stack-instance-account="$1" --stack-instance-region="$region" --output text --query "$query")" \
    || fail "what account $1 has for itself cannot be read; the cause is above. Run this again: it goes on from here."
  [ "$answer" = yes ]
}

# is_stale ACCOUNT STATE OVERRIDES: whether the account's stack has to be brought up to date.
is_stale() { [ "$2" != CURRENT ] || [ -n "${AGAIN:-}" ] || ! has_own "$1" "$3"; }

# roll_out OVERRIDES ACCOUNT...: those without a stack get one; those whose stack failed, or has other parameters, are brought up to date.
roll_out() {
  local own="$1" each="" state="" new="" stale=""
  shift
  for each in "$@"; do
    state="$(state_of "$each")"
    if [ -z "$state" ]; then
      new+=" $each"
    elif is_stale "$each" "$state" "$own"; then
      stale+=" $each"
    fi
  done
  operate create-stack-instances "$new" "$own"
  operate update-stack-instances "$stale" "$own"
}

# operate COMMAND ACCOUNTS OVERRIDES, the ids between spaces: nothing where there are none.
operate() {
  local command="$1" own="$3" quoted="" where
  if [ -z "$2" ]; then return 0; fi
  if [ "$model" = SELF_MANAGED ]; then
    # shellcheck disable=SC2206 # ids are digits, and each is to be a word
    where=(--accounts $2)
  else
    quoted="$(printf '%s' "${2# }" | sed 's/ /","/g')"
    where=(--deployment-targets="{\"OrganizationalUnitIds\":$units,\"Accounts\":[\"$quoted\"],\"AccountFilterType\":\"INTERSECTION\"}")
  fi
  start "$command" "$own" "${where[@]}"
  # shellcheck disable=SC2086 # as above
  need_stacks "$command" $2
  changed "$command:$2"
}

# need_stacks COMMAND ACCOUNT...: AWS passes over an account that is not in the units, and says that all went well.
need_stacks() {
  local command="$1" none=""
  shift
  list_stacks
  none="$(without_stack "$@")"
  if [ -n "$none" ]; then
    fail "$command has ended, and these accounts have no stack:$none. Are they in the units, in use, and not the management account?"
  fi
}

# Which of the accounts have no stack, each after a space.
without_stack() {
  local each=""
  for each in "$@"; do
    if [ -z "$(state_of "$each")" ]; then printf ' %s' "$each"; fi
  done
}

start() {
  local command="$1" own="$2"
  shift 2
  answer="$(stack_set "$command" "$@" --regions "$region" --parameter-overrides="$own" --operation-preferences="$preferences" \
    --query OperationId --output text)"
  wait_for "$answer"
}

# The accounts in use below the units UNIT..., however deep, but for the management account, which gets no stack.
accounts_below() {
  local unit="" each="" listed="" below=""
  for unit in "$@"; do
    listed="$(ask organizations list-accounts-for-parent --parent-id="$unit" --output text \
      --query "Accounts[?(State || Status) == 'ACTIVE' && Id != '$management'].[Id]")" || return 1
    below="$(ask organizations list-organizational-units-for-parent --parent-id="$unit" --output text --query 'OrganizationalUnits[].[Id]')" || return 1
    for each in $listed; do if [ "$each" != None ]; then printf '%s\n' "$each"; fi; done
    for each in $below; do if [ "$each" != None ]; then accounts_below "$each" || return 1; fi; done
  done
}

# The accounts of the units, in members. Where they may not be listed, it is said, and nobody is missed.
list_members() {
  local management="" ids=""
  ids="$(printf '%s' "$units" | tr -d '[]"' | tr ',' ' ')"
  # shellcheck disable=SC2086 # as above
  if ! management="$(ask organizations describe-organization --query Organization.MasterAccountId --output text)" \
    || ! members="$(accounts_below $ids)"; then
    members=""
    printf '%s: who is in the units cannot be listed, so that an account without a stack goes unseen. %s\n' "$script" \
      "Allow organizations:DescribeOrganization, ListAccountsForParent and ListOrganizationalUnitsForParent, or say AGAIN=yes." >&2
  fi
}

# roll_out_to_units ACCOUNT...: all accounts of the units but these, which have parameters of their own. That a unit stands in the stack set is no
# proof that all its accounts have a stack: it stands there as well where a few of them were named, or the first of them failed.
roll_out_to_units() {
  local but="" account="" state="" stale="" targets="{\"OrganizationalUnitIds\":$units}"
  list_members
  # shellcheck disable=SC2086 # as above
  if [ "$covered" != yes ] || [ -n "${AGAIN:-}" ] || [ -n "$(without_stack $members)" ]; then
    if [ "$#" -gt 0 ]; then
      but="$(printf '","%s' "$@")"
      targets="{\"OrganizationalUnitIds\":$units,\"Accounts\":[\"${but#\",\"}\"],\"AccountFilterType\":\"DIFFERENCE\"}"
    fi
    start create-stack-instances "[]" --deployment-targets="$targets"
    need_stacks create-stack-instances $members
    changed "create-stack-instances: units $units"
    return 0
  fi
  while read -r account state; do
    case " $* " in *" $account "*) continue ;; esac
    if [ -n "$state" ] && is_stale "$account" "$state" "[]"; then stale+=" $account"; fi
  done <<<"$stacks"
  operate update-stack-instances "$stale" "[]"
}

drift() {
  local state=""
  answer="$(stack_set detect-stack-set-drift --operation-preferences="$preferences" --query OperationId --output text)"
  wait_for "$answer"
  stack_set list-stack-instances --query "Summaries[?DriftStatus == 'DRIFTED'].[Account, Region, DriftStatus]" --output text
  state="$(stack_set describe-stack-set --query StackSet.StackSetDriftDetectionDetails.DriftStatus --output text)"
  printf 'Drift of %s: %s\n' "$name" "$state"
  if [ "$state" != IN_SYNC ]; then exit 3; fi
}

apply() {
  say_template
  make_stack_set
  list_stacks
  each_group
  if [ "$changes" -eq 0 ]; then printf 'Nothing to change.\n'; else printf 'Done. Changes: %s\n' "$changes"; fi
}
"""

MAIN = r"""
case "${1:-apply}" in
  apply | drift)
    check_caller
    "${1:-apply}"
    ;;
  *) fail "say apply, which is what it does without a word, or drift." ;;
esac
"""
