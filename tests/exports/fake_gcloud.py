"""A `gcloud` that keeps what it is told and records each call: as much of the real one, which is not to be had, as the script uses.

A command, a flag or a format that it does not know ends it with 2, so that no call of the script's goes by unseen. What the script starts is a
few lines of bash that lead to the test's own process: an interpreter started for each of some hundred calls would be most of the test.
"""

from __future__ import annotations

import json
import socketserver
import threading
from pathlib import Path
from typing import Any, NoReturn

MISSING = 1
_FLAGS = {"--quiet", "--enabled", "--all", "--raw"}
_CALLER = """\
#!/usr/bin/env bash
exec 3<>"/dev/tcp/127.0.0.1/{port}"
printf '%s\\0' "$#" "$@" >&3
IFS= read -r -d '' code <&3
IFS= read -r -d '' out <&3
IFS= read -r -d '' err <&3
printf %s "$out"
printf %s "$err" >&2
exit "$code"
"""


class RefusedError(Exception):
    """What gcloud says instead of doing it, and its exit code."""

    def __init__(self, text: str, code: int) -> None:
        super().__init__(text)
        self.code = code


class FakeGcloud:
    """The double: `command` is the folder of a `gcloud` that leads to it, `state` what there is, `calls` what was said."""

    def __init__(self, folder: Path, state: Any) -> None:
        self.state = state
        self.late = 0  # how many bindings are refused, since a new account is not known everywhere yet
        self.calls: list[list[str]] = []
        double = self

        class Call(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                def word() -> str:
                    read = bytearray()
                    while (byte := self.rfile.read(1)) not in (b"\0", b""):
                        read += byte
                    return read.decode()

                argv = [word() for _ in range(int(word()))]
                code, out, err = double.answer(argv)
                self.wfile.write(f"{code}\0{out}\0{err}\0".encode())

        self._server = socketserver.TCPServer(("127.0.0.1", 0), Call)
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        self.command = folder
        folder.mkdir(parents=True)
        caller = folder / "gcloud"
        caller.write_text(_CALLER.format(port=self._server.server_address[1]))
        caller.chmod(0o755)
        (folder / "sleep").symlink_to("/bin/true")  # what is waited for is counted, not slept through

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, argv: list[str]) -> tuple[int, str, str]:
        self.calls.append(argv)
        if self.late and "add-iam-policy-binding" in argv:
            self.late -= 1
            return 1, "", "ERROR: (gcloud) INVALID_ARGUMENT: Service account x does not exist.\n"
        try:
            return 0, answered(self.state, argv), ""
        except RefusedError as refused:
            return refused.code, "", f"ERROR: (gcloud) {refused}\n"


def answered(state: Any, argv: list[str]) -> str:
    """What gcloud prints."""
    words: list[str] = []
    flags: dict[str, str] = {}
    for word in argv:
        if word.startswith("--"):
            name, equals, value = word.partition("=")
            if not equals and name not in _FLAGS:
                refuse(f"no value for {name}", 2)
            flags[name] = value
        else:
            words.append(word)
    flags.pop("--quiet", None)
    state["project_asked"] = flags.pop("--project", None)
    form, flatten = flags.pop("--format", None), flags.pop("--flatten", None)
    answer = run(state, words, flags)
    if flags:
        refuse(f"{words}: unknown {sorted(flags)}", 2)
    return shown(answer, form, flatten)


def run(state: Any, words: list[str], flags: dict[str, str]) -> Any:
    match words:
        case ["projects", "describe", project]:
            return {"projectNumber": state["projects"][project]} if project in state["projects"] else refuse("NOT_FOUND: project")
        case ["services", "list"]:
            flags.pop("--enabled")
            return [{"config": {"name": name}} for name in state["services"]]
        case ["services", "enable", name]:
            return state["services"].append(name)
        case ["storage", "buckets" | "managed-folders" as kind, verb, url]:
            return storage(state, kind, verb, url, flags)
        case ["iam", "roles", verb, name]:
            return role(state["roles"], verb, name, flags)
        case ["iam", "workload-identity-pools", "providers", "list"]:
            located(flags)
            pool = there(state["pools"], flags.pop("--workload-identity-pool"))
            return [{"name": f"projects/1/providers/{name}"} for name, each in pool["providers"].items() if each["state"] == "ACTIVE"]
        case ["iam", "workload-identity-pools", "providers", verb, name]:
            pool = there(state["pools"], flags.pop("--workload-identity-pool"))
            located(flags)
            return provider(pool["providers"], verb, name, flags)
        case ["iam", "workload-identity-pools", verb, name]:
            located(flags)
            if verb == "create":
                fresh = {
                    "description": flags.pop("--description"),
                    "state": "ACTIVE",
                    "displayName": flags.pop("--display-name"),
                    "providers": {},
                }
                return made(state["pools"], name, fresh)
            found = there(state["pools"], name)
            if verb == "update":
                return found.update(description=flags.pop("--description"))
            return found.update(state="ACTIVE") if verb == "undelete" else only(verb, "describe", found)
        case ["iam", "service-accounts", "list"]:
            return list(state["accounts"].values())
        case ["iam", "service-accounts", verb, name]:
            return account(state, verb, name, flags)
        case _:
            return refuse(f"unknown command {words}", 2)


def storage(state: Any, kind: str, verb: str, url: str, flags: dict[str, str]) -> Any:
    bucket, _, name = url.removeprefix("gs://").partition("/")
    found = there(state["buckets"], bucket)
    if kind == "managed-folders":
        if verb == "create":
            return made(found["folders"], name, {"name": name, "bindings": []})
        found = there(found["folders"], name)
    flags.pop("--raw", None)
    return found if verb == "describe" else policy(state, found, verb, flags)


def policy(state: Any, found: Any, verb: str, flags: dict[str, str]) -> Any:
    if verb == "get-iam-policy":
        return {"bindings": found["bindings"]}
    member, role_name = flags.pop("--member"), flags.pop("--role")
    if role_name.startswith("projects/") and role_name.rpartition("/")[2] not in state["roles"]:
        refuse(f"{role_name} does not exist")
    if member.startswith("serviceAccount:"):
        there(state["accounts"], member.partition(":")[2])
    if verb == "remove-iam-policy-binding":
        everything = flags.pop("--all", None) is not None
        for binding in list(found["bindings"]):
            if binding["role"] == role_name and member in binding["members"] and (everything or "condition" not in binding):
                binding["members"].remove(member)
                if not binding["members"]:
                    found["bindings"].remove(binding)
        return None
    only(verb, "add-iam-policy-binding", None)
    condition = None
    if "--condition-from-file" in flags:
        condition = json.loads(Path(flags.pop("--condition-from-file")).read_text(encoding="utf-8"))
    elif flags.pop("--condition", None) is None and any("condition" in each for each in found["bindings"]):
        refuse("Adding a binding without specifying a condition to a policy containing conditions is prohibited", 2)
    for binding in found["bindings"]:
        if binding["role"] == role_name and binding.get("condition") == condition:
            if member not in binding["members"]:
                binding["members"].append(member)
            return None
    found["bindings"].append({"role": role_name, "members": [member], **({"condition": condition} if condition else {})})
    return None


def role(roles: Any, verb: str, name: str, flags: dict[str, str]) -> Any:
    if verb == "create":
        fresh = {"title": flags.pop("--title"), "description": flags.pop("--description"), "stage": flags.pop("--stage")}
        return made(roles, name, {**fresh, "includedPermissions": sorted(flags.pop("--permissions").split(","))})
    found = there(roles, name)
    if verb == "update":
        return found.update(description=flags.pop("--description"), includedPermissions=sorted(flags.pop("--permissions").split(",")))
    return found.update(deleted=False) if verb == "undelete" else only(verb, "describe", found)


def provider(providers: Any, verb: str, name: str, flags: dict[str, str]) -> Any:
    if verb in {"create-oidc", "update-oidc"}:
        said = {
            "oidc": {"issuerUri": flags.pop("--issuer-uri"), "allowedAudiences": listed(flags.pop("--allowed-audiences"))},
            "attributeMapping": dict(pair.split("=", 1) for pair in listed(flags.pop("--attribute-mapping"))),
            "attributeCondition": flags.pop("--attribute-condition"),
        }
        if verb == "update-oidc":
            return there(providers, name).update(said)
        return made(providers, name, {"state": "ACTIVE", "displayName": flags.pop("--display-name"), **said})
    found = there(providers, name)
    return found.update(state="ACTIVE") if verb == "undelete" else only(verb, "describe", found)


def account(state: Any, verb: str, name: str, flags: dict[str, str]) -> Any:
    if verb == "create":
        email = f"{name}@{state['project_asked']}.iam.gserviceaccount.com"
        fresh = {"email": email, "displayName": flags.pop("--display-name"), "description": flags.pop("--description"), "bindings": []}
        return made(state["accounts"], email, fresh)
    found = there(state["accounts"], name)
    if verb == "update":
        return found.update(description=flags.pop("--description"))
    return found if verb == "describe" else policy(state, found, verb, flags)


def located(flags: dict[str, str]) -> None:
    if flags.pop("--location", None) != "global":
        refuse("no location", 2)


def listed(text: str) -> list[str]:
    """A list as gcloud reads it: divided by commas, or by what stands between carets before it."""
    if text.startswith("^"):
        _, divider, text = text.split("^", 2)
        return text.split(divider)
    return text.split(",")


def made(things: Any, name: str, fresh: Any) -> None:
    if name in things:
        refuse(f"ALREADY_EXISTS: {name}")
    things[name] = fresh


def there(things: Any, name: str) -> Any:
    return things[name] if name in things else refuse(f"NOT_FOUND: {name} does not exist")


def only(verb: str, known: str, found: Any) -> Any:
    return found if verb == known else refuse(f"unknown verb {verb}", 2)


def shown(answer: Any, form: str | None, flatten: str | None) -> str:
    if answer is None or form is None:
        return ""
    rows = answer if isinstance(answer, list) else [answer]
    if flatten is not None:
        assert flatten == "bindings[].members"
        rows = [{"bindings": {**each, "members": member}} for row in rows for each in row["bindings"] for member in each["members"]]
    kind, _, rest = form.partition("(")
    fields = rest.rstrip(")").split(",")
    if kind == "json":
        return json.dumps({field: at(rows[0], field) for field in fields}, indent=2, sort_keys=True) + "\n"
    if kind.partition("[")[0] != "value":
        refuse(f"unknown format {kind}", 2)
    separator = kind.partition('separator="')[2].partition('"')[0] or "\t"
    return "".join(separator.join(valued(at(row, field)) for field in fields) + "\n" for row in rows)


def at(row: Any, field: str) -> Any:
    for part in field.split("."):
        row = row.get(part) if isinstance(row, dict) else None
    return row


def valued(value: Any) -> str:
    return "" if value is None else ";".join(map(valued, value)) if isinstance(value, list) else str(value)


def refuse(text: str, code: int = MISSING) -> NoReturn:
    raise RefusedError(text, code)
