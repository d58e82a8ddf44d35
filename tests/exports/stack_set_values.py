"""What CloudFormation makes of a stack set's template in one account: every function worked out, as its reference says."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import yaml  # type: ignore[import-untyped]  # comes with moto, without types

if TYPE_CHECKING:
    from collections.abc import Mapping


def worked_out(source: str, *, account: str, partition: str, region: str, given: Mapping[str, str]) -> dict[str, Any]:
    """The template with the parameters `given` in place of its defaults, without any function in its resources."""
    template: dict[str, Any] = yaml.safe_load(source)
    values = {"AWS::AccountId": account, "AWS::Partition": partition, "AWS::Region": region}
    for name, parameter in template["Parameters"].items():
        value = given.get(name, parameter.get("Default"))
        assert value is not None, f"{name} has no value"
        assert re.search(parameter.get("AllowedPattern", ""), value), (name, value)
        assert value in parameter.get("AllowedValues", [value])
        parameter["Default"] = values[name] = value
    assert set(given) <= set(template["Parameters"])
    conditions = {name: _is_so(condition, values) for name, condition in template["Conditions"].items()}
    inner = {name for name, each in template["Resources"].items() if each["Type"] == "AWS::IAM::Role"}
    for resource in template["Resources"].values():
        resource["Properties"] = _worked_out(resource["Properties"], values, conditions, inner | {"Bucket"})
    template["Conditions"] = {name: each for name, each in template["Conditions"].items() if name.startswith("Makes")}
    return template


def _is_so(condition: Any, values: Mapping[str, str]) -> bool:
    if "Fn::Not" in condition:
        return not _is_so(condition["Fn::Not"][0], values)
    left, right = condition["Fn::Equals"]
    return bool(values[left["Ref"]] == right)


def _worked_out(value: Any, values: Mapping[str, str], conditions: Mapping[str, bool], inner: set[str]) -> Any:
    def again(each: Any) -> Any:
        return _worked_out(each, values, conditions, inner)

    match value:
        case {"Ref": name}:
            return value if name in inner and name not in values else values[name]
        case {"Fn::Sub": text}:
            assert "${" in text.replace("${!", ""), "a Fn::Sub that puts in nothing"
            return _put_in(text, values)
        case {"Fn::If": [name, yes, no]}:
            return again(yes if conditions[name] else no)
        case dict():
            return {key: again(each) for key, each in value.items()}
        case list():
            return [again(each) for each in value]
        case _:
            return value


def _put_in(text: str, values: Mapping[str, str]) -> str:
    return re.sub(r"\$\{(?:!([^}]*)|([^}!]+))\}", lambda found: f"${{{found[1]}}}" if found[1] is not None else values[found[2]], text)
