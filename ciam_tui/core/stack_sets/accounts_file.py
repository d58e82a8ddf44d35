"""The file of accounts: which parameters of the template an account has for itself, in JSON that a pull request reviews.

It is `{"111122223333": {"BucketName": "acme-dev-builds"}, ...}`, read so strictly that nothing in it is silently without effect.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ciam_tui.core.problems import CiamError
from ciam_tui.core.stack_sets.parameters import invalid, setup_in
from ciam_tui.core.strict_json import load_json, quoted
from ciam_tui.core.validate.bucket import ACCOUNT_ID_PATTERN

if TYPE_CHECKING:
    from ciam_tui.core.setup import Setup

FILE_BYTES = 1_000_000
_EXAMPLE = 'Write {"111122223333": {"BucketName": "acme-dev-builds"}}.'
Overrides = dict[str, dict[str, str]]


def read_accounts(text: str, setup: Setup, *, bucket_per_account: bool = False) -> Overrides:
    """The parameters that each account has for itself, by its id.

    Raises:
        CiamError: the text is no such file, or what it gives an account makes no valid Setup there: `stack-set-invalid`.
    """
    what = "the accounts file"
    found = load_json(text, what=what, limit_bytes=FILE_BYTES, code="stack-set-invalid")
    if not isinstance(found, dict):
        raise invalid("The accounts file is no object of accounts.", _EXAMPLE)
    if not found:
        raise invalid("The accounts file names no account.", _EXAMPLE)
    return {account: _values(account, given, setup, bucket_per_account) for account, given in sorted(found.items())}


def _values(account: str, given: object, setup: Setup, bucket_per_account: bool) -> dict[str, str]:  # noqa: FBT001 - of this module alone
    if not re.fullmatch(ACCOUNT_ID_PATTERN, account):
        raise invalid(f"The accounts file has {quoted(account)}, which is no account's id.", "Write its 12 digits.")
    if not isinstance(given, dict):
        raise invalid(f"The accounts file gives account {account} no object of parameters.", "Write {} for an account without its own.")
    for name, value in given.items():
        if not isinstance(value, str):
            fix = f'Write "{str(value).lower()}" in quotes.' if isinstance(value, bool | int) else "Write a text."
            raise invalid(f"The accounts file gives account {account} a {quoted(name)} that is no text.", fix)
    try:
        setup_in(setup, account, given, bucket_per_account=bucket_per_account)
    except CiamError as error:
        raise invalid(f"In the accounts file, account {account}: {error.message}", *error.suggestions[:1]) from None
    return dict(given)
