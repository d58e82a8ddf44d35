"""Which token each version of the orb `circleci/aws-cli` presents to AWS: a role that trusts branches refuses all but CIRCLE_OIDC_TOKEN_V2.

The table comes from the orb's repository, github.com/CircleCI-Public/aws-cli-orb, and says no more than can be read there:
- 3.1.0 (pull request 103, of April 2022) is the first that takes a role by a token at all, and it presents CIRCLE_OIDC_TOKEN;
- pull request 130, "update to oidc token v2", was reviewed on 3 April 2023 and merged, and a user met the change on the next day. 3.1.3 was
  published by September 2022 (aws-ecr-orb, pull request 212), and 3.1.5 was the newest on 17 April 2023 (Renovate, in
  shelfio/ghostscript-lambda-layer, pull request 18): so 3.1.3 is before the change and 3.1.5 after it. When 3.1.4 was published was not found;
- since 5.3.0 (as the titles of pull request 221 and issue 227 have it) it makes a token by `circleci run oidc get` where it finds either variable empty, and presents
  that one. Which form the `sub` of such a token has is not documented;
- 5.4.1 was the newest that was read. What a later major version does is not known.

Other orbs have the version of aws-cli in them that they were published with, which a configuration does not tell. `circleci/gcp-cli` presents
CIRCLE_OIDC_TOKEN, and to Google alone.
"""

from __future__ import annotations

import re

from ciam_tui.core.config.use import Token

AWS_CLI = "circleci/aws-cli"

# The first version of each behaviour, oldest first.
_SINCE: tuple[tuple[tuple[int, int, int], Token], ...] = (
    ((0, 0, 0), Token.NONE),
    ((3, 1, 0), Token.V1),
    ((3, 1, 4), Token.UNKNOWN),
    ((3, 1, 5), Token.V2),
    ((5, 3, 0), Token.MINTED),
    ((6, 0, 0), Token.UNKNOWN),
)
_NEWEST = 999_999  # in place of a number that is left out: `@3.1` is the newest 3.1 that there is
_VERSION = re.compile(r"(\d{1,6})(?:\.(\d{1,6}))?(?:\.(\d{1,6}))?")


def is_aws_cli(reference: str) -> bool:
    """Whether `reference` names the orb, in whichever version."""
    return reference.partition("@")[0] == AWS_CLI


def presented_by(reference: str) -> Token:
    """What the orb of `reference`, such as `circleci/aws-cli@5.4.1`, presents to AWS; UNKNOWN for `volatile`, `dev:` and other orbs."""
    version = _VERSION.fullmatch(reference.partition("@")[2])
    if not is_aws_cli(reference) or version is None:
        return Token.UNKNOWN
    major, minor, patch = (_NEWEST if number is None else int(number) for number in version.groups())
    return [token for since, token in _SINCE if since <= (major, minor, patch)][-1]
