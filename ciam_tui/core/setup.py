"""The Setup and its file: what a stranger's JSON has to survive to become the value that is applied, and how that value is written.

A Setup file is reviewed in a pull request and applied by another person. So it is read strictly (a key that is misspelled would otherwise be
a rule that is silently not there), whatever is wrong is said in the words of the file, and it is written in one order only.
"""

from __future__ import annotations

import difflib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from ciam_tui.core.draft import Draft
from ciam_tui.core.problems import CiamError, Level, Problem
from ciam_tui.core.setup_models import SETUP_VERSION, Bucket, CircleCi, Project, Role, Setup, SetupInvalid, Stage
from ciam_tui.core.strict_json import load_json
from ciam_tui.core.validate import errors_of, setup_problems
from ciam_tui.core.validate.texts import path_part, quoted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pydantic import BaseModel
    from pydantic_core import ErrorDetails

__all__ = [
    "SETUP_FILE_BYTES",
    "Bucket",
    "CircleCi",
    "Project",
    "Role",
    "Setup",
    "SetupFile",
    "SetupInvalid",
    "Stage",
    "finish",
    "json_schema",
    "read_setup",
    "to_json",
]

SETUP_FILE_BYTES = 1024 * 1024  # Some thousand projects; a larger file is no Setup.
_TOLD_OF_THE_FORM = 20  # A file that is no Setup at all may be wrong in a hundred thousand places.
_SEE_SCHEMA = "See `ciam-tui schema` for what a Setup file holds."

_MODEL_AT: Mapping[tuple[str, ...], type[BaseModel]] = {
    (): Setup,
    ("bucket",): Bucket,
    ("circleci",): CircleCi,
    ("circleci", "projects"): Project,
    ("stages",): Stage,
    ("role",): Role,
}
_EXAMPLES: Mapping[str, Mapping[str, object]] = {
    "Setup": {"version": SETUP_VERSION, "account_id": "123456789012", "partition": "aws"},
    "Bucket": {
        "name": "acme-builds",
        "region": "us-east-1",
        "owner_account_id": "210987654321",
        "kms_key_arn": "arn:aws:kms:us-east-1:123456789012:key/0c9e0b5a-4a5d-4c5e-9f5b-0a6f0f4f2b11",
        "create": False,
    },
    "CircleCi": {
        "org_id": "0c9e0b5a-4a5d-4c5e-9f5b-0a6f0f4f2b11",
        "org_slug": "gh/acme",
        "issuer": "https://oidc.circleci.example.com",
        "audience": "sts.amazonaws.com",
        "any_project": False,
    },
    "Project": {"id": "6b1f1b6e-6f43-4d0f-8f0e-6f0f3f6a5a01", "name": "web", "vcs_origin": "github.com/acme/web"},
    "Stage": {
        "name": "deploy",
        "prefix": "releases/",
        "access": ["read", "write"],
        "read_prefixes": ["builds/"],
        "branches": ["main"],
        "extras": ["tags"],
        "session_seconds": 3600,
    },
    "Role": {
        "name_prefix": "circleci-web-",
        "path": "/circleci/",
        "per_project": False,
        "policy_kind": "inline",
        "permissions_boundary": "arn:aws:iam::123456789012:policy/edge",
    },
}
_EXPECTED: Mapping[str, str] = {
    "string_type": "text in quotes",
    "bool_type": "true or false",
    "int_type": "a whole number",
    "tuple_type": "a list",
    "model_type": "an object",
    "mapping_type": "an object",
    "dict_type": "an object",
}


@dataclass(frozen=True, slots=True)
class SetupFile:
    """What a file held: the Setup, and what its writer should know about how it was read."""

    setup: Setup
    notes: tuple[Problem, ...]


def read_setup(text: str | bytes) -> SetupFile:
    """The Setup that the file's content says.

    Raises:
        SetupInvalid: the content is not a valid Setup; it says all that is wrong, in the file's own words.
    """
    answers = _object(text)
    try:
        setup = Setup.model_validate(answers)
    except ValidationError as error:
        raise SetupInvalid(tuple(_of_the_form(error))) from None
    notes = tuple(problem for problem in setup_problems(Draft.of(answers)) if problem.level is not Level.ERROR)
    return SetupFile(setup, notes)


def finish(draft: Draft) -> Setup | tuple[Problem, ...]:
    """The Setup that `draft` has become, or the problems that keep it from being one."""
    problems = setup_problems(draft)
    return problems if errors_of(problems) else Setup.model_validate(draft.as_setup())


def to_json(setup: Setup) -> str:
    """The Setup file of `setup`: every key, in the schema's order, ASCII, so that equal Setups are equal files."""
    return json.dumps(setup.model_dump(mode="json"), indent=2) + "\n"


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a Setup file, with an example of each answer for the editors that complete one."""
    schema = Setup.model_json_schema() | {"title": "ciam-tui Setup"}
    for name, found in {"Setup": schema, **schema["$defs"]}.items():
        for key, example in _EXAMPLES[name].items():
            found["properties"][key]["examples"] = [example]
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": f"urn:ciam-tui:setup:{SETUP_VERSION}"} | schema


def _object(text: str | bytes) -> dict[str, Any]:
    if isinstance(text, bytes):
        if len(text) > SETUP_FILE_BYTES:  # Before decoding: what a reader cut off at its limit may end within a character.
            raise _unreadable(f"The Setup file is larger than {SETUP_FILE_BYTES} bytes.", "Split it into several Setups.")
        try:
            text = text.decode()
        except UnicodeDecodeError:
            raise _unreadable("The Setup file is not UTF-8 text.", "Save it as UTF-8.") from None
    try:
        answers = load_json(text, what="the Setup file", limit_bytes=SETUP_FILE_BYTES)
    except CiamError as error:
        raise _unreadable(error.message, error.suggestions[0] if error.suggestions else "Correct the file.") from None
    if not isinstance(answers, dict):
        raise _unreadable(f"The Setup file is {_kind(answers)}, and must be an object.", _SEE_SCHEMA)
    return answers


def _unreadable(text: str, fix: str) -> SetupInvalid:
    return SetupInvalid((Problem("", Level.ERROR, text, fix),))


def _of_the_form(error: ValidationError) -> Iterator[Problem]:
    """What pydantic found, said to somebody who has never heard of pydantic."""
    found = error.errors(include_url=False, include_context=False)
    # Another version's form is not known here, so its version is all there is to say; a misspelled key explains the one that is missing.
    found = [each for each in found if each["loc"] == ("version",)] or sorted(found, key=lambda each: each["type"] == "missing")
    for each in found[:_TOLD_OF_THE_FORM]:
        yield _in_words(each)
    if len(found) > _TOLD_OF_THE_FORM:
        yield Problem("", Level.ERROR, f"The file has {len(found) - _TOLD_OF_THE_FORM} more places of this kind.", _SEE_SCHEMA)


def _in_words(found: ErrorDetails) -> Problem:
    place, kind, value = found["loc"], found["type"], found["input"]
    match kind:
        case "extra_forbidden":
            return Problem(_path(place[:-1]), Level.ERROR, f"The key {quoted(str(place[-1]))} is unknown.", _nearest(place))
        case "missing":
            return Problem(_path(place), Level.ERROR, "This key is missing.", _SEE_SCHEMA)
        case "greater_than_equal" | "less_than_equal":
            text = f"The file has version {value}, and this program reads version {SETUP_VERSION}."
            return Problem(_path(place), Level.ERROR, text, "Use the ciam-tui that wrote it.")
        case _:
            expected = _EXPECTED.get(kind, "another value")
            return Problem(_path(place), Level.ERROR, f"Here is {_kind(value)}, where {expected} belongs.", "Correct it.")


def _path(place: tuple[str | int, ...]) -> str:
    path = ""
    for part in place:
        path += f"[{part}]" if isinstance(part, int) else f".{path_part(part)}" if path else path_part(part)
    return path


def _nearest(place: tuple[str | int, ...]) -> str:
    """What the writer of an unknown key most likely meant."""
    known = _MODEL_AT[tuple(part for part in place[:-1] if isinstance(part, str))].model_fields
    near = difflib.get_close_matches(str(place[-1])[:40], known, n=1)
    return f'Did you mean "{near[0]}"?' if near else f"The keys here are {', '.join(known)}."


def _kind(value: object) -> str:
    match value:
        case None:
            return "null"
        case True:
            return "true"
        case False:
            return "false"
        case int() | float():
            return f"the number {value}"
        case str():
            return f"the text {quoted(value)}"
        case list() | tuple():
            return "a list"
        case _:
            return "an object"
