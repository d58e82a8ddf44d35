"""`setup.sh`: the twin of a Setup by gcloud. The Setup's part is data, text between single quotes, and a recipe uses it."""

from __future__ import annotations

import json
import re
import shlex
from typing import TYPE_CHECKING

from ciam_tui.core.export.gcp_recipe import RECIPE
from ciam_tui.core.gcp.place import WANTED
from ciam_tui.core.gcp.twin import SERVICES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ciam_tui.core.gcp.place import Place, Wanted
    from ciam_tui.core.gcp.twin import GcpTwin, ServiceAccount

_HEAD = """\
#!/usr/bin/env bash
# Makes on Google Cloud what lets CircleCI jobs use a prefix of a Cloud Storage bucket by their OIDC tokens, without a key, by gcloud.
#
#   {open}./setup.sh
#   ADOPT='NAME ...' ./setup.sh
#
# It may be run again: everything is looked at first, what is missing is made, and what differs is changed. A pool, a custom role or a service
# account that exists and whose description is not this Setup's stops it before the first change, unless ADOPT names it. The bucket is never
# made or changed, but for who may use it. A managed folder of a prefix that no stage has any more stays, with who lists it: remove it by hand.
set -euo pipefail
unset CDPATH
cd -- "$(dirname -- "${{BASH_SOURCE[0]}}")"

"""
_NAMES = {"gcp_project": "project", "gcp_project_number": "number", "gcp_bucket": "bucket"}


def setup_script(twin: GcpTwin, place: Place, credential_files: Iterable[str]) -> str:
    """The script. What `place` leaves open it takes from its environment, and refuses without."""
    lacking = "".join(f"{wanted.environment}=... " for wanted in WANTED if place.given(wanted) is None)
    return "".join(
        (
            _HEAD.format(open=lacking),
            *(_assigned_place(wanted, place.given(wanted)) for wanted in WANTED),
            _assigned(_variables(twin)),
            f"folders=({' '.join(map(quote, twin.folders))})\n",
            RECIPE,
            _main(twin, place, credential_files),
        )
    )


def quote(value: str) -> str:
    """`value` as one word of the shell; what a reader would not see stands there as its bytes, which bash 3.2 reads too."""
    if re.fullmatch("[ -~]*", value):
        return shlex.quote(value)
    written = (chr(byte) if 0x20 <= byte <= 0x7E and chr(byte) not in "\\'" else f"\\x{byte:02x}" for byte in value.encode())
    return f"$'{''.join(written)}'"


def _assigned_place(wanted: Wanted, given: str | None) -> str:
    name = _NAMES[wanted.name]
    return f"{name}={quote(given)}\n" if given is not None else f'{name}="${{{wanted.environment}:-}}"\n'


def _assigned(variables: Mapping[str, str]) -> str:
    return "".join(f"{name}={quote(value)}\n" for name, value in variables.items())


def _variables(twin: GcpTwin) -> dict[str, str]:
    provider = twin.provider
    pairs = [f"{attribute}={expression}" for attribute, expression in provider.mapping.items()]
    compact = json.dumps({"attributeMapping": dict(sorted(provider.mapping.items()))}, separators=(",", ":"))
    return {
        "mark": twin.mark,
        "pool": provider.pool,
        "provider": provider.id,
        "issuer": provider.issuer,
        "audience": provider.audience,
        "audiences": _as_list([provider.audience]),
        "mapping": _as_list(pairs),
        "mapping_json": compact.replace(" ", ""),
        "attribute_condition": provider.condition,
        "list_role": next((role.id for role in twin.roles if role.kind == "list"), ""),
    }


def _as_list(values: list[str]) -> str:
    """`values` as one list of gcloud's, divided by what none of them holds: https://cloud.google.com/sdk/gcloud/reference/topic/escaping."""
    divider = ";;"
    while any(divider in value for value in values):
        divider += ":;"
    return f"^{divider}^{divider.join(values)}"


def _main(twin: GcpTwin, place: Place, credential_files: Iterable[str]) -> str:
    return "\n" + "".join(f"{line}\n" for line in _main_lines(twin, place, list(credential_files)))


def _main_lines(twin: GcpTwin, place: Place, credential_files: list[str]) -> Iterator[str]:
    for wanted in WANTED:
        yield f'check_given "${_NAMES[wanted.name]}" {quote(wanted.pattern)} {quote(wanted.missing)}'
    yield "check_place"
    yield "check_pool"
    yield from (f"check_role {quote(role.id)}" for role in twin.roles)
    yield from (f"check_account {quote(account.id)}" for account in twin.accounts)
    yield f"make_services {' '.join(SERVICES)}"
    yield from (f"make_role {quote(role.id)} {quote(f'CircleCI {role.kind}')} {quote(','.join(role.permissions))}" for role in twin.roles)
    yield "make_pool"
    yield "make_provider"
    yield "make_folders"
    yield from (_account(twin, account, place) for account in twin.accounts)
    yield f"tell_leftovers {' '.join(quote(account.id) for account in twin.accounts)}"
    yield f"fill_credentials {' '.join(map(quote, credential_files))}"
    yield "if [ \"$changes\" -eq 0 ]; then printf 'Nothing to change.\\n'; else printf 'Done. Changes: %s\\n' \"$changes\"; fi"


def _account(twin: GcpTwin, account: ServiceAccount, place: Place) -> str:
    bindings = [
        f"    {quote(twin.role(binding.kind).id)} {quote(binding.title)} \\\n      {quote(place.filled(binding.expression))}"
        for binding in account.grants.bindings
    ]
    folders = [f"    {quote(folder)}" for folder in account.grants.folders]
    members = [f"    {quote(place.filled(member))}" for member in account.members]
    words = [
        f"make_account {quote(account.id)} {quote(f'CircleCI stage {account.stage}')}",
        *members,
        "    --",
        *bindings,
        "    --",
        *folders,
    ]
    return " \\\n".join(words)
