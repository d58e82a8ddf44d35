from __future__ import annotations

import hashlib
import json
import sys
from typing import TYPE_CHECKING

import pytest

from ciam_tui.core.problems import CiamError
from ciam_tui.ports.api import Profile
from ciam_tui.ports.aws import FixedAccess, SharedConfigAccess
from tests.moto_server import ACCESS_KEY_ID, ACCOUNT_ID, SECRET_ACCESS_KEY
from tests.one_answer import IAM_ERROR, Answer, answers

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ciam_tui.core.facts import Identity

KEYS = f"aws_access_key_id = {ACCESS_KEY_ID}\naws_secret_access_key = {SECRET_ACCESS_KEY}\n"
SSO = (
    "sso_session = acme\nsso_account_id = 123456789012\nsso_role_name = Admin\n"
    "[sso-session acme]\nsso_region = us-east-1\nsso_start_url = https://acme.awsapps.invalid/start\n"
)


@pytest.fixture
def config(own_machine: Path) -> Path:
    return own_machine / "aws-config"


def opening_fails(profile: str | None = None) -> CiamError:
    with pytest.raises(CiamError) as caught:
        identity_of(profile)
    return caught.value


def identity_of(profile: str | None) -> Identity:
    aws = SharedConfigAccess().open(profile, None)
    try:
        return aws.identity()
    finally:
        aws.close()


def test_profiles_tell_how_they_get_credentials(config: Path, own_machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config.write_text(
        "[default]\nregion = eu-west-1\n"
        f"[profile sso]\n{SSO}"
        "[profile deploy]\nrole_arn = arn:aws:iam::123456789012:role/Deploy\nsource_profile = keys\n"
        "[profile process]\ncredential_process = /bin/vault\n"
    )
    (own_machine / "aws-credentials").write_text(f"[keys]\n{KEYS}")
    assert SharedConfigAccess().profiles() == (
        Profile("default", "other", "eu-west-1"),
        Profile("sso", "sso"),
        Profile("deploy", "role"),
        Profile("process", "process"),
        Profile("keys", "keys"),
    )
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCESS_KEY_ID)
    assert SharedConfigAccess().profiles()[0] == Profile("", "environment")


def test_a_machine_without_configuration_has_no_profiles() -> None:
    assert SharedConfigAccess().profiles() == ()


def test_regions_of_all_partitions_are_known_whatever_the_profile(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "gone")
    assert {"us-east-1", "cn-north-1", "us-gov-west-1"} <= set(SharedConfigAccess().regions())


def test_a_configuration_that_cannot_be_read_is_named(config: Path) -> None:
    config.write_text("[default\n= nonsense")
    with pytest.raises(CiamError) as caught:
        SharedConfigAccess().profiles()
    assert caught.value.code == "config-unreadable"
    assert str(config) in caught.value.message


@pytest.mark.parametrize("by_environment", [True, False])
def test_a_profile_that_is_not_there_is_told_with_those_that_are(
    config: Path, monkeypatch: pytest.MonkeyPatch, by_environment: bool
) -> None:
    config.write_text(f"[profile prod]\n{KEYS}")
    if by_environment:
        monkeypatch.setenv("AWS_PROFILE", "prdo")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCESS_KEY_ID)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET_ACCESS_KEY)
    error = opening_fails(None if by_environment else "prdo")
    assert error.code == "profile-not-found"
    assert "prdo" in error.message
    assert "prod" in error.suggestions[0]


def test_without_credentials_the_ways_to_get_some_are_told() -> None:
    error = opening_fails()
    assert error.code == "no-credentials"
    assert any("aws configure sso" in each for each in error.suggestions)


def test_an_sso_profile_without_a_session_is_told_with_the_command_that_makes_one(config: Path) -> None:
    config.write_text(f"[profile prod]\n{SSO}")
    error = opening_fails("prod")
    assert error.code == "sso-expired"
    assert "aws sso login --profile prod" in error.suggestions[0]


def test_an_sso_session_that_has_expired_is_told_with_the_command_that_renews_it(config: Path, own_machine: Path) -> None:
    config.write_text(f"[profile prod]\n{SSO}")
    cache = own_machine / ".aws" / "sso" / "cache"
    cache.mkdir(parents=True)
    token = {"startUrl": "https://acme.awsapps.invalid/start", "accessToken": "secret-token", "expiresAt": "2020-01-01T00:00:00Z"}
    name = hashlib.sha1(b"acme", usedforsecurity=False).hexdigest()  # as the AWS CLI names the token of the session `acme`
    (cache / f"{name}.json").write_text(json.dumps(token))
    error = opening_fails("prod")
    assert error.code == "sso-expired"
    assert "aws sso login --profile prod" in error.suggestions[0]
    assert "secret-token" not in str(error)


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        (f"aws_access_key_id = {ACCESS_KEY_ID}\n", "credentials-failed"),
        (f"credential_process = {sys.executable} -c 'import sys; sys.exit(\"the secret is hunter2\")'\n", "credentials-failed"),
        ("role_arn = arn:aws:iam::123456789012:role/x\nsource_profile = gone\n", "credentials-failed"),
    ],
    ids=["half a key pair", "a process that fails", "a source that is not there"],
)
def test_credentials_that_cannot_be_had_are_told_without_what_was_said(config: Path, settings: str, code: str) -> None:
    config.write_text(f"[profile prod]\n{settings}")
    error = opening_fails("prod")
    assert error.code == code
    assert "hunter2" not in f"{error}{error.suggestions}"
    assert error.suggestions


def test_a_credential_process_opens_the_account(config: Path, endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    credentials = {"Version": 1, "AccessKeyId": ACCESS_KEY_ID, "SecretAccessKey": SECRET_ACCESS_KEY}
    (config.parent / "credentials.json").write_text(json.dumps(credentials))
    config.write_text(f"[profile vault]\ncredential_process = /bin/cat {config.parent / 'credentials.json'}\n")
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    aws = SharedConfigAccess().open("vault", None)
    assert aws.identity().account_id == ACCOUNT_ID
    assert (aws.profile, aws.region) == ("vault", "us-east-1")
    aws.close()


def test_the_endpoint_of_the_environment_is_used_with_names_that_hold_dots(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCESS_KEY_ID)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET_ACCESS_KEY)
    # `localhost` and not an address: botocore would put the bucket's name before it.
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint.replace("127.0.0.1", "localhost"))
    aws = SharedConfigAccess().open(None, "eu-central-1")
    assert (aws.profile, aws.region) == (None, "eu-central-1")
    assert aws.bucket("builds.acme.example", owner=None) is None
    assert aws.bucket("plain", owner=None) is None
    aws.close()


@pytest.mark.parametrize(
    ("variables", "chosen", "region"),
    [
        ({}, None, "eu-west-3"),
        ({"AWS_DEFAULT_REGION": "eu-north-1"}, None, "eu-north-1"),
        ({"AWS_DEFAULT_REGION": "eu-north-1", "AWS_REGION": "eu-west-2"}, None, "eu-west-2"),
        ({"AWS_REGION": "eu-west-2"}, "us-west-2", "us-west-2"),
    ],
)
def test_the_region_is_the_one_asked_for_then_the_environments_then_the_profiles(
    config: Path, monkeypatch: pytest.MonkeyPatch, variables: Mapping[str, str], chosen: str | None, region: str
) -> None:
    config.write_text(f"[profile prod]\n{KEYS}region = eu-west-3\n")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert SharedConfigAccess().open("prod", chosen).region == region


MFA_PROFILE = (
    f"[profile keys]\n{KEYS}"
    "[profile admin]\nrole_arn = arn:aws:iam::123456789012:role/Admin\nsource_profile = keys\n"
    "mfa_serial = arn:aws:iam::123456789012:mfa/dana\n"
)


def test_an_mfa_code_is_asked_for_by_the_callback_alone(config: Path, endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    config.write_text(MFA_PROFILE)
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    prompts: list[str] = []

    def ask(prompt: str) -> str:
        prompts.append(prompt)
        return "123456"

    aws = SharedConfigAccess().open("admin", None, ask_mfa=ask)
    assert prompts == [], "nothing is sent before the first read"
    assert ":assumed-role/Admin/" in aws.identity().arn
    assert len(prompts) == 1
    assert "arn:aws:iam::123456789012:mfa/dana" in prompts[0]
    aws.close()


def test_a_role_that_wants_mfa_with_nobody_to_ask_says_so(config: Path, endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    config.write_text(MFA_PROFILE)
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    assert opening_fails("admin").code == "mfa-needed"


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("MultiFactorAuthentication failed with invalid MFA one time pass code.", "mfa-refused"),
        ("User: x is not authorized to perform: sts:AssumeRole on resource: y", "credentials-failed"),
    ],
)
def test_a_role_that_may_not_be_assumed_is_no_denial_of_what_was_asked(
    config: Path, monkeypatch: pytest.MonkeyPatch, message: str, code: str
) -> None:
    config.write_text(MFA_PROFILE)
    with answers(lambda _request, _headers: Answer(403, IAM_ERROR.format(code="AccessDenied", message=message))) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
        aws = SharedConfigAccess().open("admin", None, ask_mfa=lambda _prompt: "123456")
        with pytest.raises(CiamError) as caught:
            aws.quotas()
        aws.close()
    assert caught.value.code == code


def test_a_fixed_way_in_does_not_care_about_the_machine_and_shows_no_secret(
    config: Path, endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    config.write_text("[broken")
    monkeypatch.setenv("AWS_PROFILE", "gone")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    access = FixedAccess(endpoint, ACCESS_KEY_ID, SECRET_ACCESS_KEY, "eu-west-1", session_token="a-token")
    aws = access.open(None, None)
    assert (aws.identity().account_id, aws.region, aws.profile) == (ACCOUNT_ID, "eu-west-1", None)
    aws.close()
    assert access.profiles() == (Profile("", "keys", "eu-west-1"),)
    assert SECRET_ACCESS_KEY not in repr(access)
    assert "a-token" not in repr(access)
