"""What a configuration does to a Setup's roles is told: tokens that name no branch, static keys, and what could not be read for certain."""

from __future__ import annotations

import time
from itertools import product
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ciam_tui.core.circleci.facts import PipelineConfig
from ciam_tui.core.config.findings import config_findings
from ciam_tui.core.config.orb_versions import presented_by
from ciam_tui.core.config.reading import CONFIG_CHARACTERS, read_config, read_pipeline
from ciam_tui.core.config.use import ConfigUse, Token
from ciam_tui.core.export.circleci import export_circleci
from ciam_tui.core.problems import Level
from ciam_tui.core.roles import stage_roles
from tests.core.asking import everything_setup, example_setup
from tests.core.examples import answers
from tests.core.strategies import setups

if TYPE_CHECKING:
    from ciam_tui.core.setup import Setup

ERROR, WARNING, NOTE = Level.ERROR, Level.WARNING, Level.NOTE
DEPLOY = "arn:aws:iam::123456789012:role/circleci/circleci-web-deploy"
BUILD = "arn:aws:iam::123456789012:role/circleci/circleci-web-build"
STRANGE = "arn:aws:iam::999999999999:role/somebody-elses"
NO_BRANCHES = {"stages": [stage | {"branches": []} for stage in answers()["stages"]]}
V1_SHELL = 'aws sts assume-role-with-web-identity --role-arn "$ROLE" --web-identity-token "${CIRCLE_OIDC_TOKEN}"'

IN_A_WORKFLOW = f"""\
orbs:
  aws-cli: circleci/aws-cli@3.1.3 # old
workflows:
  w:
    jobs:
      - aws-s3/sync:
          auth:
            - aws-cli/setup:
                role-arn: {DEPLOY}
"""


def config(version: str = "3.1.3", steps: str = "", *, alias: str = "aws-cli", orb: str = "circleci/aws-cli") -> str:
    return f"version: 2.1\norbs:\n  {alias}: {orb}@{version}\njobs:\n  deploy:\n    steps:\n      - checkout\n{steps}"


def setup_step(role: str, name: str = "role-arn", called: str = "aws-cli/setup") -> str:
    return f"      - {called}:\n          {name}: {role}\n"


def run_step(command: str) -> str:
    return "      - run:\n          name: A step\n          command: |\n" + "".join(
        f"            {line}\n" for line in command.splitlines()
    )


def told(text: str, **changes: object) -> list[tuple[str, Level, str | None]]:
    found = config_findings(example_setup(**changes), read_config(text), "config.yml")
    return [(finding.id, finding.level, finding.stage) for finding in found]


REFUSED = [("orb-presents-token-v1", ERROR, "deploy")]
NOT_KNOWN = [("orb-token-not-known", WARNING, "deploy")]
MINTS = [("orb-may-mint-token", NOTE, "deploy")]


class TestVersionsOfTheOrb:
    @pytest.mark.parametrize(
        ("version", "token"),
        [
            ("0.1.22", Token.NONE),
            ("1", Token.NONE),
            ("2.1.0", Token.NONE),
            ("3.0", Token.NONE),
            ("3.0.0", Token.NONE),
            ("3.1.0", Token.V1),
            ("3.1.3", Token.V1),
            ("3.1.4", Token.UNKNOWN),
            ("3.1.5", Token.V2),
            ("3.1", Token.V2),  # the newest 3.1
            ("3", Token.V2),
            ("4.0.0", Token.V2),
            ("4.1", Token.V2),
            ("5.2.0", Token.V2),
            ("5.2", Token.V2),
            ("5.3.0", Token.MINTED),
            ("5.4.1", Token.MINTED),
            ("5", Token.MINTED),
            ("6.0.0", Token.UNKNOWN),
            ("volatile", Token.UNKNOWN),
            ("dev:alpha", Token.UNKNOWN),
            ("<<pipeline.parameters.orb>>", Token.UNKNOWN),
            ("3.1.3.1", Token.UNKNOWN),
            ("3.1.x", Token.UNKNOWN),
            ("", Token.UNKNOWN),
            ("9" * 5_000, Token.UNKNOWN),
        ],
    )
    def test_each_presents_the_token_that_its_repository_shows(self, version: str, token: Token) -> None:
        assert presented_by(f"circleci/aws-cli@{version}") is token

    @pytest.mark.parametrize("reference", ["circleci/aws-s3@4.1.0", "acme/aws-cli@3.1.3", "circleci/aws-cli", ""])
    def test_of_another_orb_it_is_not_known(self, reference: str) -> None:
        assert presented_by(reference) is Token.UNKNOWN

    @pytest.mark.parametrize(
        ("version", "findings"),
        [("3.1.3", REFUSED), ("3.1.4", NOT_KNOWN), ("volatile", NOT_KNOWN), ("4.1.3", []), ("5.4.1", MINTS)],
    )
    @pytest.mark.parametrize("role", [DEPLOY, f'"{DEPLOY}"', "$AWS_ROLE_ARN", "<< parameters.role >>"])
    def test_a_role_of_a_stage_with_branches_is_taken_by_some_and_refused_to_others(
        self, version: str, findings: list[tuple[str, Level, str | None]], role: str
    ) -> None:
        assert told(config(version, setup_step(role))) == findings

    @pytest.mark.parametrize("version", ["3.1.3", "volatile", "5.4.1"])
    def test_nobody_is_bothered_for_other_roles_or_where_no_stage_has_branches(self, version: str) -> None:
        assert told(config(version, setup_step(BUILD))) == []
        assert told(config(version, setup_step(STRANGE))) == []
        assert told(config(version, setup_step("$AWS_ROLE_ARN")), **NO_BRANCHES) == []

    def test_one_that_is_loaded_and_not_seen_to_take_a_role_would_refuse_it(self) -> None:
        assert told(config("3.1.3", "      - aws-cli/install\n")) == [("orb-presents-token-v1", WARNING, "deploy")]
        assert told(config("5.4.1", "      - aws-cli/install\n")) == []

    def test_a_job_that_fails_rather_than_let_it_mint_has_nothing_to_be_told(self) -> None:
        guard = run_step(': "${CIRCLE_OIDC_TOKEN:?none}"\n: "${CIRCLE_OIDC_TOKEN_V2:?none}"')
        assert told(config("5.4.1", guard + setup_step(DEPLOY))) == []

    def test_a_version_before_all_tokens_takes_no_role(self) -> None:
        assert told(config("2.1.0", setup_step(DEPLOY))) == [("orb-without-tokens", WARNING, None)]

    def test_a_role_chained_from_another_presents_no_token(self) -> None:
        found = told(config("3.1.3", setup_step(DEPLOY, called="aws-cli/role-arn-setup")))
        assert found == [("orb-presents-token-v1", WARNING, "deploy")]

    def test_another_orb_that_takes_a_role_has_some_version_in_it(self) -> None:
        step = setup_step("$ROLE", called="aws-ecr/build-and-push-image")
        assert told(config("8.2.1", step, alias="aws-ecr", orb="circleci/aws-ecr")) == NOT_KNOWN
        assert told(config("8.2.1", "      - aws-ecr/login\n", alias="aws-ecr", orb="circleci/aws-ecr")) == []


class TestWhereItStands:
    @pytest.mark.parametrize(
        "text",
        [
            config(steps=setup_step(DEPLOY, name="role_arn")),
            config(steps=setup_step(DEPLOY, called="cli/setup"), alias="cli"),
            config(steps=f"      - aws-cli/setup: {{role-arn: '{DEPLOY}'}}\n"),
            f"orbs: {{aws-cli: circleci/aws-cli@3.1.3}}\njobs:\n  a:\n    steps:\n    - aws-cli/setup:\n        role-arn: {DEPLOY}\n",
            f'jobs:\n  a:\n    steps:\n    - aws-cli/setup:\n        role-arn: {DEPLOY}\norbs:\n  "aws-cli": "circleci/aws-cli@3.1.3"\n',
            IN_A_WORKFLOW,
        ],
    )
    def test_the_call_is_found_however_it_is_written(self, text: str) -> None:
        assert told(text) == REFUSED

    def test_the_line_is_named(self) -> None:
        (finding,) = config_findings(example_setup(), read_config(config(steps=setup_step(DEPLOY))), "config.yml", "circleci")
        assert finding.text.startswith("config.yml takes a role by circleci/aws-cli@3.1.3 (line 3), which presents CIRCLE_OIDC_TOKEN: ")
        assert (finding.document, finding.anchor, finding.field) == ("trust", "/vcs-ref/", "circleci")

    @pytest.mark.parametrize("text", ["", "\n", "version: 2.1\n", "version: 2\njobs:\n  build:\n    steps: [checkout]\n"])
    def test_where_nothing_is_done_about_aws_nothing_is_told(self, text: str) -> None:
        assert read_config(text) == ConfigUse()
        assert told(text) == []


class TestTheStepsOfItsOwn:
    @pytest.mark.parametrize(
        ("command", "level"),
        [
            (V1_SHELL, ERROR),
            (V1_SHELL.replace("${CIRCLE_OIDC_TOKEN}", "$CIRCLE_OIDC_TOKEN"), ERROR),
            (V1_SHELL.replace(" --web", " \\\n  --web"), ERROR),
            ('printf %s "$CIRCLE_OIDC_TOKEN" > t\nexport AWS_WEB_IDENTITY_TOKEN_FILE=t', ERROR),
            (V1_SHELL.replace("OIDC_TOKEN", "OIDC_TOKEN_V2"), None),
            ('printf %s "$CIRCLE_OIDC_TOKEN_V2" > t\nexport AWS_WEB_IDENTITY_TOKEN_FILE=t', None),
            ('t="${CIRCLE_OIDC_TOKEN_V2:-$CIRCLE_OIDC_TOKEN}"\nexport AWS_WEB_IDENTITY_TOKEN_FILE=t', WARNING),
            ("circleci run oidc get > t\nexport AWS_WEB_IDENTITY_TOKEN_FILE=t", WARNING),
            ('echo "$CIRCLE_OIDC_TOKEN" | vault login -', None),
            ("# " + V1_SHELL, None),
        ],
    )
    def test_what_each_presents_is_seen(self, command: str, level: Level | None) -> None:
        assert [found for _, found, _ in told(config("4.1.3", run_step(command)))] == ([level] if level else [])

    def test_a_step_that_names_a_role_is_about_that_role(self) -> None:
        assert [found[0] for found in told(config("4.1.3", run_step(V1_SHELL.replace("$ROLE", DEPLOY))))] == ["token-v1-presented"]
        for other in (BUILD, STRANGE):
            assert told(config("4.1.3", run_step(V1_SHELL.replace("$ROLE", other)))) == []

    def test_a_step_on_one_line_and_one_of_an_inline_orb_are_steps_too(self) -> None:
        assert [found[0] for found in told(config("4.1.3", f"      - run: {V1_SHELL}\n"))] == ["token-v1-presented"]
        inline = f"version: 2.1\norbs:\n  own:\n    commands:\n      take:\n        steps:\n          - run: {V1_SHELL}\n"
        assert [found[0] for found in told(inline)] == ["token-v1-presented"]


class TestStaticKeys:
    @pytest.mark.parametrize(
        "text",
        [
            "jobs:\n  a:\n    environment:\n      AWS_ACCESS_KEY_ID: $OLD\n",
            "jobs:\n  a:\n    environment: {AWS_ACCESS_KEY_ID: << parameters.key >>}\n",
            "x: &shared\n  AWS_ACCESS_KEY_ID: *key\n",
        ],
    )
    def test_keys_that_are_handed_on_are_told_of(self, text: str) -> None:
        assert told(text) == [("static-keys-in-config", WARNING, None)]

    def test_a_key_that_is_written_out_is_an_error_and_told_by_its_end_alone(self) -> None:
        text = "jobs:\n  a:\n    environment:\n      AWS_ACCESS_KEY_ID: AKIAIOSFODNN7EXAMPLE\n      AWS_SECRET_ACCESS_KEY: wJalrXUtnFEMI\n"
        (finding,) = config_findings(example_setup(), read_config(text), "config.yml")
        assert (finding.id, finding.level) == ("static-keys-in-config", ERROR)
        assert "AWS_ACCESS_KEY_ID (line 4, ends in MPLE) and AWS_SECRET_ACCESS_KEY (line 5)" in finding.text
        assert "AKIA" not in repr(read_config(text))
        assert "wJalr" not in repr(read_config(text))

    def test_the_orb_without_a_role_works_with_static_keys(self) -> None:
        keys = "          aws-access-key-id: KEY\n"
        assert told(config("4.1.3", f"      - aws-cli/setup:\n{keys}")) == [("orb-uses-static-keys", WARNING, None)]
        assert told(config("4.1.3", "      - aws-cli/setup\n")) == [("orb-uses-static-keys", WARNING, None)]
        assert told(config("4.1.3", f"{setup_step(DEPLOY)}{keys}")) == []

    def test_what_its_parameters_are_is_not_guessed(self) -> None:
        assert told(config("4.1.3", "      - aws-cli/setup:\n          <<: *shared\n")) == []
        assert told(config("4.1.3", "      - aws-cli/setup: *shared\n")) == []
        assert told(config("4.1.3", "") + "  other:\n    steps: [checkout, aws-cli/setup]\n") == []


class TestWhatCircleCiCompiled:
    SOURCE = config("volatile", setup_step("$ROLE"))

    def told(self, source: str, compiled: str) -> list[tuple[str, Level]]:
        use = read_pipeline(PipelineConfig(source, compiled))
        return [(finding.id, finding.level) for finding in config_findings(example_setup(), use, "It")]

    def test_it_is_believed_more_than_versions(self) -> None:
        v2 = run_step(V1_SHELL.replace("OIDC_TOKEN", "OIDC_TOKEN_V2"))
        assert self.told(self.SOURCE, "") == [("orb-token-not-known", WARNING)]
        assert self.told(self.SOURCE, v2) == []
        assert self.told(config("3.1.3", setup_step("$ROLE")), v2) == []
        assert self.told(config("5.4.1", setup_step("$ROLE")), v2) == [("orb-may-mint-token", NOTE)]

    def test_what_an_unknown_orb_presents_is_seen_in_it(self) -> None:
        assert ("token-v1-presented", WARNING) in self.told(self.SOURCE, run_step(V1_SHELL))
        assert self.told(config("3.1.3", setup_step("$ROLE")), run_step(V1_SHELL)) == [("orb-presents-token-v1", ERROR)]

    @pytest.mark.parametrize(
        "escaped", ['"aws --web-identity-token \\"${CIRCLE_OIDC_TOKEN}\\""', "'a --web-identity-token $CIRCLE_OIDC_TOKEN'"]
    )
    def test_it_may_be_quoted(self, escaped: str) -> None:
        assert read_pipeline(PipelineConfig("", escaped)).compiled == {Token.V1}

    def test_the_configuration_that_made_another_counts_too(self) -> None:
        use = read_pipeline(PipelineConfig("version: 2.1\n", "", config("3.1.3", setup_step(DEPLOY)), ""))
        assert [orb.reference for orb in use.orbs] == ["circleci/aws-cli@3.1.3"]


class TestAStrangersText:
    def test_what_has_no_clear_outline_is_said_and_its_orbs_are_found_all_the_same(self) -> None:
        text = config(steps="\tsteps\n") + f"# aws-s3: circleci/aws-cli@3.1.2\n\t{V1_SHELL}\n"
        use = read_config(text)
        assert use.unclear == "line 8 is indented by a tab"
        assert [orb.line for orb in use.orbs] == [3]
        assert [found[:2] for found in told(text)] == [("orb-presents-token-v1", WARNING), ("token-v1-presented", ERROR)]

    def test_what_is_too_large_is_said(self) -> None:
        assert read_config("a" * (CONFIG_CHARACTERS + 1)).unclear == "it has more than 1,000,000 characters"

    @pytest.mark.parametrize(
        "text",
        [
            "a" * CONFIG_CHARACTERS,
            "a" + " " * (CONFIG_CHARACTERS - 1),
            "- " * (CONFIG_CHARACTERS // 2),
            "a: [\n" * (CONFIG_CHARACTERS // 5),
            "a: " + "[" * (CONFIG_CHARACTERS - 3),
            "x: {" + "a" * (CONFIG_CHARACTERS - 5) + "}",
            "a:\n" * (CONFIG_CHARACTERS // 3),
            "".join(f"{' ' * depth}run:\n" for depth in range(1_200)),
            "".join(f"{' ' * depth}- a/b:\n" for depth in range(1_200)),
            "&a " * (CONFIG_CHARACTERS // 3),
            "*a: *a\n" * (CONFIG_CHARACTERS // 7),
            "\t" + "a: b/c" * (CONFIG_CHARACTERS // 7),
            "\t" + "a" * (CONFIG_CHARACTERS - 1),
            "\t" + "--web-identity-token" + " " * (CONFIG_CHARACTERS - 30),
            "- run: web-identity" + " --web-identity-token " * (CONFIG_CHARACTERS // 30),
            "a: '" + "''" * (CONFIG_CHARACTERS // 2 - 3),
            "orbs:\n" + "  a: b/c@1\n" * (CONFIG_CHARACTERS // 11 - 1),
        ],
        ids=lambda text: repr(text[:12]),
    )
    def test_no_text_of_any_size_or_depth_takes_long(self, text: str) -> None:
        begun = time.process_time()
        use = read_config(text)
        list(config_findings(example_setup(), use, "It"))
        assert time.process_time() - begun < 5

    @given(st.text(alphabet="-:#[]{}'\"&*|>\n\t abr@/.run$_", max_size=200))
    def test_whatever_it_is_it_is_read(self, text: str) -> None:
        for finding in config_findings(example_setup(), read_config(text), "It"):
            assert finding.text.isprintable()

    def test_what_it_holds_is_shown_and_not_obeyed(self) -> None:
        for steps in (setup_step(DEPLOY), ""):
            for finding in config_findings(example_setup(), read_config(config("\x1b[2J", steps)), "a\x1b[2Jb"):
                assert finding.text.isprintable()
                assert finding.fix.isprintable()


@settings(max_examples=15)
@given(setups())
def test_what_this_program_exports_has_nothing_to_be_told(setup: Setup) -> None:
    for file in export_circleci(setup):
        use = read_config(file.text)
        assert not use.unclear
        assert not list(config_findings(setup, use, file.path)), file.path


def test_a_finding_about_trust_points_at_a_line_of_it() -> None:
    for setup, (version, command) in product((example_setup(), everything_setup()), (("3.1.3", V1_SHELL), ("volatile", V1_SHELL))):
        for finding in config_findings(setup, read_config(config(version, setup_step("$X") + run_step(command))), "It"):
            assert finding.document == "trust"
            stages = [stage for stage in setup.stages if stage.branches and finding.stage in {None, stage.name}]
            assert all(finding.anchor in role.trust.text for stage in stages for role in stage_roles(setup, stage))
