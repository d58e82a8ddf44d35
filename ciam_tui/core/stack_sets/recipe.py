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

has_own() {
  answer="$(stack_set describe-stack-instance --stack-instance-account="$1" --stack-instance-region="$region" --output text --query \
    "$(are_all 'StackInstance.ParameterOverrides[].{ParameterKey: ParameterKey, ParameterValue: ParameterValue}' "$2") && 'yes' || 'no'")"
  [ "$answer" = yes ]
}

# roll_out OVERRIDES ACCOUNT...: those without a stack get one; those whose stack failed, or has other parameters, are brought up to date.
roll_out() {
  local own="$1" each="" state="" new="" stale=""
  shift
  for each in "$@"; do
    state="$(state_of "$each")"
    if [ -z "$state" ]; then
      new+=" $each"
    elif [ "$state" != CURRENT ] || [ -n "${AGAIN:-}" ] || { [ "$own" != "[]" ] && ! has_own "$each" "$own"; }; then
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
  changed "$command:$2"
}

start() {
  local command="$1" own="$2"
  shift 2
  answer="$(stack_set "$command" "$@" --regions "$region" --parameter-overrides="$own" --operation-preferences="$preferences" \
    --query OperationId --output text)"
  wait_for "$answer"
}

# roll_out_to_units ACCOUNT...: all accounts of the units but these, which have parameters of their own.
roll_out_to_units() {
  local but="" account="" state="" stale="" targets="{\"OrganizationalUnitIds\":$units}"
  if [ "$covered" != yes ] || [ -n "${AGAIN:-}" ]; then
    if [ "$#" -gt 0 ]; then
      but="$(printf '","%s' "$@")"
      targets="{\"OrganizationalUnitIds\":$units,\"Accounts\":[\"${but#\",\"}\"],\"AccountFilterType\":\"DIFFERENCE\"}"
    fi
    start create-stack-instances "[]" --deployment-targets="$targets"
    changed "create-stack-instances: units $units"
    return 0
  fi
  while read -r account state; do
    case " $* " in *" $account "*) continue ;; esac
    case "$state" in "" | CURRENT) ;; *) stale+=" $account" ;; esac
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
