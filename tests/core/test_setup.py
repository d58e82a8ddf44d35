"""A Setup file survives being written and read, and whatever a stranger puts into one is told in one clear sentence."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import jsonschema  # type: ignore[import-untyped]  # has no types
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from ciam_tui.core.draft import Draft
from ciam_tui.core.problems import Level, Problem
from ciam_tui.core.setup import SETUP_FILE_BYTES, Setup, SetupInvalid, finish, json_schema, read_setup, to_json
from tests.core.examples import answers, file
from tests.core.strategies import setups

if TYPE_CHECKING:
    from ciam_tui.core.shape import SetupShape


def refusal(text: str | bytes) -> SetupInvalid:
    with pytest.raises(SetupInvalid) as caught:
        read_setup(text)
    return caught.value


def the_one_sentence(text: str | bytes) -> str:
    """The line that a command prints, for a file with one thing wrong."""
    error = refusal(text)
    assert error.code == "setup-invalid"
    assert len(error.problems) == 1
    line = str(error)
    assert "\n" not in line
    assert error.problems[0].text.endswith(".")
    assert error.problems[0].fix
    assert not re.search(r"pydantic|valid(ation)? error|type=|Traceback|str type", line)
    return line


# --- what is read -----------------------------------------------------------------------------------------------------------------------


def test_the_documentations_example_is_a_setup() -> None:
    setup = read_setup(file()).setup
    assert setup.stages[2].branches == ("main",)
    assert setup.circleci.projects[0].vcs_origin == "github.com/acme/web"
    assert read_setup(file().encode()).setup == setup


def test_a_setup_has_the_shape_that_rules_and_policies_are_written_for() -> None:
    shape: SetupShape = read_setup(file()).setup
    assert shape.bucket.name == "acme-builds"


@given(setups())
def test_any_setup_survives_its_file(setup: Setup) -> None:
    text = to_json(setup)
    assert read_setup(text).setup == setup
    assert read_setup(text).notes == ()
    assert to_json(read_setup(text).setup) == text
    assert text.isascii()


@given(setups())
def test_any_setup_survives_being_a_draft(setup: Setup) -> None:
    assert finish(Draft.of(json.loads(to_json(setup)))) == setup


def test_the_file_is_written_in_the_order_of_the_documentation() -> None:
    text = to_json(read_setup(json.dumps(answers(role__tags={"b": "2", "a": "1"}), sort_keys=True)).setup)
    assert text == json.dumps(answers(role__tags={"a": "1", "b": "2"}), indent=2) + "\n"


def test_what_has_an_obvious_default_may_be_left_out() -> None:
    short = {
        "version": 1,
        "account_id": "123456789012",
        "bucket": {"name": "acme-builds", "region": "us-east-1"},
        "circleci": {
            "org_id": answers()["circleci"]["org_id"],
            "projects": [{"id": answers()["circleci"]["projects"][0]["id"], "name": "web"}],
        },
        "stages": [{"name": "build", "prefix": "builds/", "access": ["read"]}],
        "role": {"name_prefix": "circleci-"},
    }
    long = json.loads(to_json(read_setup(json.dumps(short)).setup))
    assert (long["partition"], long["role"]["path"], long["stages"][0]["session_seconds"]) == ("aws", "/circleci/", 3600)
    assert (long["bucket"]["create"], long["stages"][0]["branches"], long["role"]["tags"]) == (False, [], {})


def test_a_prefix_without_its_slash_is_read_with_it_and_told() -> None:
    read = read_setup(file(stages__0__prefix="team", stages__2__read_prefixes=["a", ""]))
    assert read.setup.stages[0].prefix == "team/"
    assert read.setup.stages[2].read_prefixes == ("a/", "")
    assert [(note.field, note.level) for note in read.notes] == [
        ("stages[0].prefix", Level.NOTE),
        ("stages[2].read_prefixes[0]", Level.NOTE),
    ]


def test_a_setup_cannot_be_changed() -> None:
    setup = read_setup(file(role__tags={"a": "1"})).setup
    with pytest.raises(ValidationError):
        setup.account_id = "210987654321"  # type: ignore[misc]  # that it is refused is what is tried here
    with pytest.raises(TypeError):
        setup.role.tags["a"] = "2"  # type: ignore[index]  # as above


def test_an_invalid_setup_cannot_be_made() -> None:
    with pytest.raises(SetupInvalid, match="no stage"):
        Setup.model_validate(answers(stages=[]))


# --- what is refused --------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"version": True}, "version: Here is true, where a whole number belongs."),
        ({"version": 1.0}, "version: Here is the number 1.0, where a whole number belongs."),
        ({"version": "1"}, 'version: Here is the text "1", where a whole number belongs.'),
        ({"version": 2}, "version: The file has version 2, and this program reads version 1."),
        ({"version": None}, "version: Here is null, where a whole number belongs."),
        ({"account_id": 123456789012}, "account_id: Here is the number 123456789012, where text in quotes belongs."),
        ({"bucket": []}, "bucket: Here is a list, where an object belongs."),
        ({"bucket__create": 1}, "bucket.create: Here is the number 1, where true or false belongs."),
        ({"bucket__create": "false"}, 'bucket.create: Here is the text "false", where true or false belongs.'),
        ({"bucket__kms_key_arn": False}, "bucket.kms_key_arn: Here is false, where text in quotes belongs."),
        ({"circleci__projects": {}}, "circleci.projects: Here is an object, where a list belongs."),
        ({"circleci__projects__0": None}, "circleci.projects[0]: Here is null, where an object belongs."),
        ({"stages__0__access": "read"}, 'stages[0].access: Here is the text "read", where a list belongs.'),
        ({"stages__0__access": [True]}, "stages[0].access[0]: Here is true, where text in quotes belongs."),
        ({"stages__0__session_seconds": True}, "stages[0].session_seconds: Here is true, where a whole number belongs."),
        ({"stages__0__session_seconds": 3600.5}, "stages[0].session_seconds: Here is the number 3600.5, where a whole number belongs."),
        ({"stages__0__session_seconds": 10**18}, "stages[0].session_seconds: A session of 1000000000000000000 seconds"),
        ({"role__tags": []}, "role.tags: Here is a list, where an object belongs."),
        ({"role__tags": {"a": 1}}, "role.tags.a: Here is the number 1, where text in quotes belongs."),
        ({"owner": "x"}, 'The key "owner" is unknown. The keys here are version, account_id'),
        ({"stages__0__prefx": "x"}, 'stages[0]: The key "prefx" is unknown. Did you mean "prefix"?'),
        ({"circleci__projects__0__vcs": "x"}, 'circleci.projects[0]: The key "vcs" is unknown. The keys here are id, name, vcs_origin.'),
        ({"role__\x1b[2J": "x"}, 'role: The key "\\x1b[2J" is unknown.'),
        ({"stages__1__name": "Build"}, 'stages[1].name: The stages "build" and "Build" differ only in case'),
        ({"stages__1__name": "build"}, 'stages[1].name: There are two stages "build".'),
        ({"stages__0__prefix": "/x"}, 'stages[0].prefix: The prefix "/x" begins with a /'),
    ],
)
def test_a_wrong_value_is_told_where_it_stands_and_in_plain_words(changes: dict[str, Any], sentence: str) -> None:
    assert sentence in the_one_sentence(file(**changes))


@pytest.mark.parametrize("key", ["version", "account_id", "bucket", "circleci", "stages", "role"])
def test_a_missing_key_is_named(key: str) -> None:
    assert f"{key}: This key is missing." in the_one_sentence(json.dumps({name: value for name, value in answers().items() if name != key}))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "is empty"),
        ("[]", "is a list, and must be an object"),
        ("3", "is the number 3, and must be an object"),
        ("null", "is null, and must be an object"),
        ("{", "is not JSON"),
        ("\ufeff{}", "byte order mark"),
        (b"\xff\xfe{\x00}\x00", "not UTF-8"),
        (b'{"version": "\xe9"}', "not UTF-8"),
        ('{"version": NaN}', "NaN"),
        ('{"version": Infinity}', "Infinity"),
        ('{"version": 1e999}', "too large"),
        ('{"version": 1, "version": 1}', '"version" twice'),
        ('{"bucket": {"name": "a", "name": "b"}}', '"name" twice'),
        ('{"version": ' + "9" * 5000 + "}", "integer of 5000 characters"),
        ("[" * 100_000, "nests deeper"),
        ('{"a":' * 5_000 + "1" + "}" * 5_000, "nests deeper"),
        ('{"version": "\\ud800"}', "surrogate"),
        ('{"\\udfff": 1}', "surrogate"),
        (" " * (10 * 1024 * 1024), "larger than 1048576 bytes"),
        (b" " * (10 * 1024 * 1024), "larger than 1048576 bytes"),
        ("é".encode() * (SETUP_FILE_BYTES // 2) + b"\xc3", "larger than 1048576 bytes"),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_a_file_that_two_readers_could_read_differently_or_none_at_all_is_refused(text: str | bytes, sentence: str) -> None:
    assert sentence in the_one_sentence(text)


def test_a_misspelled_key_is_told_before_the_key_that_it_leaves_missing() -> None:
    text = file().replace('"prefix"', '"prefx"', 1)
    error = refusal(text)
    assert [problem.field for problem in error.problems] == ["stages[0]", "stages[0].prefix"]
    assert 'Did you mean "prefix"?' in str(error)


def test_another_versions_file_is_told_as_such_and_not_key_by_key() -> None:
    assert "version 3" in the_one_sentence(file(version=3, something_new=True, bucket=None))


def test_all_that_is_wrong_is_told_at_once() -> None:
    error = refusal(file(account_id="1", stages__0__prefix="/x", role__path="y"))
    assert [problem.field for problem in error.problems] == ["account_id", "stages[0].prefix", "role.path"]


def test_a_file_with_a_hundred_thousand_wrong_keys_is_refused_at_once_and_in_few_lines() -> None:
    error = refusal(json.dumps(answers() | {f"k{number}": 0 for number in range(50_000)}))
    assert len(error.problems) == 21
    assert "49980 more" in error.problems[-1].text


def test_a_file_full_of_stages_is_checked_in_time() -> None:
    stages = [{"name": f"s{number}", "prefix": "x/", "access": ["read"]} for number in range(10_000)]
    assert len(read_setup(json.dumps(answers(stages=stages))).setup.stages) == 10_000


json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)),
    max_leaves=8,
)
places = [
    "version", "account_id", "partition", "bucket", "bucket__name", "bucket__create", "circleci", "circleci__issuer", "circleci__projects",
    "circleci__projects__0", "circleci__projects__0__name", "stages", "stages__0", "stages__0__access", "stages__0__prefix",
    "stages__2__branches", "stages__0__session_seconds", "role", "role__tags", "role__path", "role__permissions_boundary", "unknown",
]  # fmt: skip


@given(st.sampled_from(places), json_values)
def test_any_value_anywhere_is_either_read_or_told_in_plain_words(place: str, value: Any) -> None:
    try:
        read_setup(file(**{place: value}))
    except SetupInvalid as error:
        for problem in error.problems:
            assert problem.text.endswith(".")
            assert problem.fix
            assert str(problem).isprintable()
            assert "another value" not in problem.text


@given(st.binary(max_size=200))
def test_any_bytes_are_told_in_one_sentence(content: bytes) -> None:
    assert str(refusal(content)).startswith("The Setup is not valid: ")


# --- from a draft -----------------------------------------------------------------------------------------------------------------------


def test_a_draft_that_is_not_done_gives_the_problems_that_the_wizard_shows() -> None:
    problems = finish(Draft())
    assert isinstance(problems, tuple)
    assert Problem("account_id", Level.ERROR, "The account id is missing.", "Write the 12 digits of the AWS account.") in problems


def test_a_draft_with_a_typed_session_is_no_setup() -> None:
    problems = finish(Draft.of(answers(stages__0__session_seconds="1 hour")))
    assert isinstance(problems, tuple)
    assert [problem.field for problem in problems] == ["stages[0].session_seconds"]


def test_a_draft_with_notes_alone_becomes_a_setup() -> None:
    setup = finish(Draft.of(answers(stages__0__prefix="team")))
    assert isinstance(setup, Setup)
    assert setup.stages[0].prefix == "team/"


# --- the schema -------------------------------------------------------------------------------------------------------------------------

SCHEMA = json_schema()


def keys_of(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set(value) | {key for inner in value.values() for key in keys_of(inner)}
    return {key for inner in value for key in keys_of(inner)} if isinstance(value, list) else set()


def test_the_schema_is_one_of_2020_12_that_knows_every_key_and_no_other() -> None:
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    for model in [SCHEMA, *SCHEMA["$defs"].values()]:
        assert model["additionalProperties"] is False
        assert model["description"]
        for name, field in model["properties"].items():
            assert field["description"], name
    assert set(SCHEMA["properties"]) == set(answers())
    for name, part in [("Bucket", "bucket"), ("CircleCi", "circleci"), ("Role", "role")]:
        assert list(SCHEMA["$defs"][name]["properties"]) == list(answers()[part])
    assert list(SCHEMA["$defs"]["Stage"]["properties"]) == list(answers()["stages"][0])
    assert list(SCHEMA["$defs"]["Project"]["properties"]) == list(answers()["circleci"]["projects"][0])


def conforms(value: Any, schema: dict[str, Any]) -> bool:
    """Whether `value` is what `schema` says, for the keywords that our schema uses."""
    if "$ref" in schema:
        return conforms(value, SCHEMA["$defs"][schema["$ref"].rpartition("/")[2]])
    if "anyOf" in schema:
        return any(conforms(value, each) for each in schema["anyOf"])
    kinds: dict[str, tuple[type, ...]] = {
        "string": (str,), "integer": (int,), "boolean": (bool,), "array": (list,), "object": (dict,), "null": (type(None),)
    }  # fmt: skip
    if not isinstance(value, kinds[schema["type"]]) or (schema["type"] == "integer" and isinstance(value, bool)):
        return False
    if value != schema.get("const", value) or value not in schema.get("enum", [value]):
        return False
    match value:
        case str():
            within = schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value))
            return within and re.search(schema.get("pattern", ""), value) is not None
        case list():
            distinct = len({json.dumps(item) for item in value}) == len(value) or not schema.get("uniqueItems")
            return distinct and len(value) >= schema.get("minItems", 0) and all(conforms(item, schema["items"]) for item in value)
        case dict() if "properties" in schema:
            known = schema["properties"]
            return set(schema["required"]) <= set(value) <= set(known) and all(conforms(item, known[key]) for key, item in value.items())
        case dict():
            return len(value) <= schema["maxProperties"] and all(
                conforms(key, {"type": "string", **schema["propertyNames"]}) and conforms(item, schema["additionalProperties"])
                for key, item in value.items()
            )
        case int() if not isinstance(value, bool):
            return bool(schema.get("minimum", value) <= value <= schema.get("maximum", value))
        case _:
            return True


@given(setups())
def test_any_setup_conforms_to_the_schema(setup: Setup) -> None:
    assert conforms(json.loads(to_json(setup)), SCHEMA)


@pytest.mark.parametrize(
    "changes",
    [
        {"version": 2},
        {"version": True},
        {"partition": "aws-moon"},
        {"account_id": "12"},
        {"unknown": 1},
        {"bucket__name": "Acme"},
        {"bucket__kms_key_arn": "alias/x"},
        {"circleci__org_id": "x"},
        {"stages": []},
        {"stages__0__access": []},
        {"stages__0__access": ["list"]},
        {"stages__0__prefix": "/x"},
        {"stages__0__session_seconds": 899},
        {"role__path": "x"},
        {"role__policy_kind": "x"},
        {"role__tags": {"": "x"}},
    ],
)
def test_the_schema_refuses_what_an_editor_can_see(changes: dict[str, Any]) -> None:
    assert not conforms(answers(**changes), SCHEMA)


def test_the_schema_uses_no_keyword_that_the_test_does_not_know() -> None:
    keywords = (
        keys_of([SCHEMA]) - {name for model in [SCHEMA, *SCHEMA["$defs"].values()] for name in model["properties"]} - set(SCHEMA["$defs"])
    )
    assert keywords == {
        "$defs", "$id", "$ref", "$schema", "additionalProperties", "anyOf", "const", "default", "description", "enum", "examples", "items", "maxLength",
        "maxProperties", "maximum", "minItems", "minLength", "minimum", "pattern", "properties", "propertyNames", "required", "title", "type",
        "uniqueItems",
    }  # fmt: skip


def test_the_schema_names_itself_and_gives_an_example_of_every_answer_that_it_takes() -> None:
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$id"] == "urn:ciam-tui:setup:1"
    for found in (schema, *schema["$defs"].values()):
        for name, answer in found["properties"].items():
            assert answer.get("description"), name
            for example in answer.get("examples", ()):
                assert list(jsonschema.Draft202012Validator({**answer, "$defs": schema["$defs"]}).iter_errors(example)) == [], name
