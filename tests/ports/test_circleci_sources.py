"""Where token and host are found, and that a token found beside one host is not carried to another."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING

import pytest

from ciam_tui.core.problems import CiamError
from ciam_tui.ports.circleci.client import HttpCircleCi
from ciam_tui.ports.circleci.hosts import host_of, is_server, same_origin
from ciam_tui.ports.circleci.secret import Secret
from ciam_tui.ports.circleci.sources import Access, cli_files, found_access

if TYPE_CHECKING:
    from pathlib import Path

SERVER = "https://circleci.acme.example"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / ".circleci").mkdir()
    (tmp_path / ".config" / "circleci").mkdir(parents=True)
    return tmp_path


def older(home: Path, text: str) -> Path:
    place = home / ".circleci" / "cli.yml"
    place.write_text(text, encoding="utf-8")
    return place


def newer(home: Path, text: str) -> Path:
    place = home / ".config" / "circleci" / "config.yml"
    place.write_text(text, encoding="utf-8")
    return place


def found(home: Path, host: str | None = None, **variables: str) -> tuple[str, str | None, str | None]:
    access = found_access({"HOME": str(home), **variables}, host=host)
    return access.host, access.token.reveal() if access.token else None, access.source


def test_the_environment_goes_before_the_file_and_its_names_have_an_order(home: Path) -> None:
    older(home, "token: in-file\n")
    assert found(home, CIRCLE_TOKEN="one", CIRCLECI_CLI_TOKEN="two") == ("https://circleci.com", "one", "CIRCLE_TOKEN")
    assert found(home, CIRCLE_TOKEN=" ", CIRCLECI_CLI_TOKEN="two\n") == ("https://circleci.com", "two", "CIRCLECI_CLI_TOKEN")


def test_what_is_typed_goes_before_everything(home: Path) -> None:
    access = found_access({"HOME": str(home), "CIRCLE_TOKEN": "one", "CIRCLE_HOST": SERVER}, token=Secret("typed"))
    assert (access.host, access.token, access.source) == (SERVER, Secret("typed"), "typed")


def test_the_host_is_the_flag_s_or_the_environment_s_or_the_cloud(home: Path) -> None:
    assert found(home, "one.example", CIRCLE_HOST="two.example", CIRCLE_TOKEN="t")[0] == "https://one.example"
    assert found(home, CIRCLE_HOST="two.example", CIRCLECI_CLI_HOST="three.example", CIRCLE_TOKEN="t")[0] == "https://two.example"
    assert found(home, CIRCLECI_CLI_HOST="three.example")[0] == "https://three.example"
    assert found(home)[0] == "https://circleci.com"


@pytest.mark.parametrize(
    "text",
    [
        "host: https://circleci.com\nendpoint: graphql-unstable\ntoken: abc123\n",
        'token: "abc123"\r\nhost: "https://circleci.com"\r\n',
        "token: 'abc123'   # mine\n",
        "# settings\ntelemetry:\n  token: not-this\n  host: nor-this\ntoken:   abc123",
    ],
)
def test_the_cli_s_file_is_read_in_each_way_that_people_write_it(home: Path, text: str) -> None:
    place = older(home, text)
    assert found(home) == ("https://circleci.com", "abc123", str(place))


@pytest.mark.parametrize(
    "text", ["", "token:\n", 'token: ""\n', "tokens: abc\n", "token: &x abc\n", "token: |\n  abc\n", "\x00\xff", "- token: abc"]
)
def test_a_file_without_a_token_is_no_error(home: Path, text: str) -> None:
    older(home, text)
    assert found(home) == ("https://circleci.com", None, None)


def test_the_newer_file_is_read_where_the_older_has_none(home: Path) -> None:
    older(home, "host: https://circleci.com\n")
    place = newer(home, f"token: abc\nhost: {SERVER}\n")
    assert found(home) == (SERVER, "abc", str(place))


def test_xdg_config_home_is_where_the_newer_file_is(tmp_path: Path) -> None:
    files = cli_files({"HOME": "/home/dana", "XDG_CONFIG_HOME": str(tmp_path)})
    assert [str(file) for file in files] == ["/home/dana/.circleci/cli.yml", str(tmp_path / "circleci" / "config.yml")]
    assert cli_files({}) == ()


def test_a_token_of_a_file_is_not_carried_to_another_host(home: Path) -> None:
    older(home, "token: abc\nhost: https://circleci.com\n")
    assert found(home, CIRCLE_HOST=SERVER) == (SERVER, None, None)
    assert found(home, "https://circleci.com/")[1] == "abc"


def test_a_file_s_host_is_held_to_the_same_rules(home: Path) -> None:
    older(home, "token: abc\nhost: http://circleci.acme.example\n")
    with pytest.raises(CiamError) as caught:
        found(home)
    assert caught.value.code == "circleci-host-invalid"


def test_a_file_that_may_not_be_read_is_told(home: Path) -> None:
    (home / ".circleci" / "cli.yml").mkdir()
    with pytest.raises(CiamError) as caught:
        found(home)
    assert caught.value.code == "circleci-settings-unreadable"


def test_without_a_token_every_place_is_named() -> None:
    with pytest.raises(CiamError) as caught:
        HttpCircleCi(Access("https://circleci.com"))
    assert caught.value.code == "circleci-token-missing"
    for place in ("CIRCLE_TOKEN", "CIRCLECI_CLI_TOKEN", "~/.circleci/cli.yml", "~/.config/circleci/config.yml"):
        assert place in caught.value.message


@pytest.mark.parametrize("token", ["hush hush", "hush\nhush", "hush\u2019", "\u0442\u043e\u043a\u0435\u043d", "hush\x00"])
def test_a_token_that_cannot_stand_in_a_header_is_refused_unquoted(token: str) -> None:
    with pytest.raises(CiamError) as caught:
        HttpCircleCi(Access("https://circleci.com", Secret(token), "CIRCLE_TOKEN"))
    assert caught.value.code == "circleci-token-invalid"
    assert "CIRCLE_TOKEN" in caught.value.message
    assert token not in str(caught.value)


def test_a_token_is_typed_with_what_the_clipboard_put_around_it() -> None:
    assert found_access({}, token=Secret(" abc\n")).token == Secret("abc")


def test_an_empty_token_is_none() -> None:
    with pytest.raises(CiamError) as caught:
        HttpCircleCi(found_access({}, token=Secret(" ")))
    assert caught.value.code == "circleci-token-missing"


@pytest.mark.parametrize(
    ("typed", "host"),
    [
        ("circleci.acme.example", SERVER),
        (" https://circleci.acme.example/ ", SERVER),
        ("https://CircleCI.acme.example:443", SERVER),
        ("https://circleci.acme.example:8443", f"{SERVER}:8443"),
        ("http://127.0.0.1:8000/", "http://127.0.0.1:8000"),
        ("http://localhost", "http://localhost"),
        ("http://[::1]:80", "http://[::1]"),
    ],
)
def test_a_host_is_read_from_what_people_write(typed: str, host: str) -> None:
    assert host_of(typed) == host


@pytest.mark.parametrize(
    "typed",
    [
        "http://circleci.com",
        "http://127.0.0.1.evil.example",
        "ftp://circleci.com",
        "https://circleci.com/api/v2",
        "https://circleci.com?x",
        "https://token@circleci.com",
        "https://",
        "https://circleci.com:99999",
        "https://[::1",
        "circle ci.com",
        "circleci.com\n.evil.example",
    ],
)
def test_a_host_that_no_token_may_be_sent_to_is_refused(typed: str) -> None:
    with pytest.raises(CiamError) as caught:
        host_of(typed)
    assert caught.value.code == "circleci-host-invalid"
    assert "token@" not in str(caught.value)


@pytest.mark.parametrize(
    ("host", "answer"),
    [
        ("https://circleci.com", False),
        ("https://app.circleci.com", False),
        ("https://notcircleci.com", True),
        (SERVER, True),
        ("http://127.0.0.1:1", False),
    ],
)
def test_what_is_neither_the_cloud_nor_this_machine_is_a_server(host: str, answer: bool) -> None:
    assert is_server(host) is answer


def test_an_origin_is_scheme_host_and_port() -> None:
    assert same_origin("https://a.example/x", "https://A.example:443")
    assert not same_origin("https://a.example", "http://a.example")
    assert not same_origin("https://a.example", "https://a.example:8443")
    assert not same_origin("https://a.example:x", "https://a.example:x")


def test_a_secret_shows_itself_to_nobody_who_did_not_ask() -> None:
    secret = Secret("hush-hush")
    shown = [repr(secret), str(secret), f"{secret}", f"{secret!r:>40}", repr({"token": [secret]}), repr(Access("h", secret))]
    assert not any("hush" in text for text in shown)
    assert secret == Secret("hush-hush")
    assert secret != Secret("other")
    assert secret != "hush-hush"
    assert len({secret, Secret("hush-hush")}) == 1
    with pytest.raises(TypeError):
        pickle.dumps(secret)
