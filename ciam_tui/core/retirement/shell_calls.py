"""A call as the command line that makes it: what somebody runs who may do what the operator of this tool may not.

Every parameter goes through as JSON in single quotes, the same that this tool would send, so that nothing is spelled twice and no name can
become a part of the shell.
"""

from __future__ import annotations

import json
import re
import shlex
import string
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ciam_tui.core.changes.calls import Call

# How botocore makes a command's name of an operation's: DeactivateMFADevice is deactivate-mfa-device.
_WORD = re.compile(r"(.)([A-Z][a-z]+)")
_CAPITALS = re.compile(r"([a-z0-9])([A-Z])")
# What stands in an address for itself (RFC 3986, 2.3).
_PLAIN = frozenset(f"{string.ascii_letters}{string.digits}-._~")
_SERVICES = {"s3": "s3api"}

AWS_HEAD = "#!/usr/bin/env bash\nset -euo pipefail\n"
# The token goes in by standard input: on a command line every user of the machine could read it.
CIRCLECI_HEAD = """\
: "${CIRCLE_TOKEN:?set it to a personal API token of CircleCI}"
host=${CIRCLE_HOST:-https://circleci.com}
ask() { curl --fail-with-body --silent --show-error -K - -H 'Content-Type: application/json' "$@" <<<"header = \\"Circle-Token: $CIRCLE_TOKEN\\""; }
pages() { # url: every item of a list, page by page
  local token='' found
  while :; do
    found=$(ask "$1${token:+&page-token=$token}")
    jq -c '.items[]' <<<"$found"
    token=$(jq -r '.next_page_token // empty' <<<"$found")
    [ -n "$token" ] || return 0
  done
}
context() { # name: its id
  local id
  id=$(pages "$host/api/v2/context?owner-id=$org" | jq -r --arg name "$1" 'select(.name == $name) | .id')
  [ -n "$id" ] || { echo "there is no context $1" >&2; return 1; }
  echo "$id"
}
restriction() { # context id, type, value: its id
  pages "$host/api/v2/context/$1/restrictions?" | jq -r --arg type "$2" --arg value "$3" \\
    'select(.restriction_type == $type and .restriction_value == $value) | .id'
}
forget() { # url of a list, name, name in a url, end: deletes the variable, if its value still ends so
  local held
  held=$(pages "$1?" | jq -r --arg name "$2" 'select((.variable // .name) == $name) | "=" + (.truncated_value // .value // "")')
  [ -n "$held" ] || { echo "$2 is gone already" >&2; return 0; }
  [[ $held == *"$4" ]] || { echo "$2 holds another value by now, and stays" >&2; return 1; }
  ask -X DELETE "$1/$3"
}
"""


def script_of(calls: Iterable[Call], org_id: str) -> str:
    """A script for bash that makes `calls` in their order, and stops at the first that fails."""
    calls = [call for call in calls if call.service]
    asks_circleci = any(call.service == "circleci" for call in calls)
    head = AWS_HEAD + (f"org={shlex.quote(org_id)}\n{CIRCLECI_HEAD}" if asks_circleci else "")
    return head + "".join(f"\n{command_of(call)}" for call in calls) + "\n"


def command_of(call: Call) -> str:
    """The command that makes one call; more than one line where CircleCI has to be asked for an id first."""
    if call.service == "circleci":
        return _circleci_command(call)
    params = json.dumps(dict(call.params), ensure_ascii=True)
    return f"aws {_SERVICES.get(call.service, call.service)} {command_name(call.operation)} --cli-input-json {shlex.quote(params)}"


def command_name(operation: str) -> str:
    """`update-access-key` for UpdateAccessKey, as the AWS CLI calls it."""
    return _CAPITALS.sub(r"\1-\2", _WORD.sub(r"\1-\2", operation)).lower()


def _circleci_command(call: Call) -> str:
    params = {name: str(value) for name, value in call.params.items()}
    if call.operation == "DeleteProjectVariable":
        return _deletion(f'"$host/api/v2/project/"{_path(params["project"])}/envvar', params)
    name = shlex.quote(params["context"])
    if call.operation == "CreateContext":
        body = f'"$(jq -n --arg name {name} --arg id "$org" \'{{name: $name, owner: {{id: $id, type: "organization"}}}}\')"'
        return f'ask -X POST "$host/api/v2/context" -d {body}'
    found = f"id=$(context {name})\n"
    place = '"$host/api/v2/context/$id"'
    match call.operation:
        case "DeleteContext":
            return f"{found}ask -X DELETE {place}"
        case "SetContextVariable":
            body = shlex.quote(json.dumps({"value": params["value"]}))
            return f"{found}ask -X PUT {place}/environment-variable/{_part(params['name'])} -d {body}"
        case "DeleteContextVariable":
            return found + _deletion(f"{place}/environment-variable", params)
        case "AddRestriction":
            body = shlex.quote(json.dumps({name: params[name] for name in ("restriction_type", "restriction_value")}))
            return f"{found}ask -X POST {place}/restrictions -d {body}"
        case "RemoveRestriction":
            which = f"{shlex.quote(params['restriction_type'])} {shlex.quote(params['restriction_value'])}"
            return f'{found}for each in $(restriction "$id" {which}); do ask -X DELETE {place}/restrictions/"$each"; done'
        case _:
            raise ValueError(f"{call.operation} is no request to CircleCI")


def _deletion(place: str, params: Mapping[str, str]) -> str:
    """The script may be run days later: what somebody has replaced by then is theirs."""
    name = params["name"]
    if "ends" not in params:
        return f"ask -X DELETE {place}/{_part(name)}"
    return f"forget {place} {shlex.quote(name)} {_part(name)} {shlex.quote(params['ends'])}"


def _part(name: str) -> str:
    """A name as one segment of an address: what could end the segment, or the shell's word, goes as `%2F`."""
    return "".join(chr(byte) if chr(byte) in _PLAIN else f"%{byte:02X}" for byte in name.encode())


def _path(slug: str) -> str:
    return "/".join(_part(part) for part in slug.split("/"))
