"""How a run begins and ends: the session from flags, the first frame before anything slow, and a terminal that is always given back.

boto3, pydantic and the demo's account come behind the first frame, in workers. However the app ends, by a key, a signal or a crash, the
draft is saved, the demo's account is ended, and where the draft is kept is said on the terminal that one gets back.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from ciam_tui.app.app import CiamApp
from ciam_tui.app.session import Mode, Session
from ciam_tui.core.shown import shown
from ciam_tui.ports.sandbox import account
from ciam_tui.ports.sandbox.demo import DemoAccount, demo_state_dir

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator

    from ciam_tui.ports.api import AwsAccess, CircleCi
    from ciam_tui.ports.circleci.secret import Secret


def run_wizard(args: argparse.Namespace) -> int:
    """The wizard on the account that the AWS settings lead to; the exit code."""
    session = _session(args, Mode.LIVE, _shared_config, args.state_dir)
    session.open_circleci = lambda token: _found_circleci(token, args.circleci_host)
    return _run(session)


def run_demo(args: argparse.Namespace) -> int:
    """The wizard on the demo's account, which begins behind the first frame and ends with the app; the exit code."""
    with demo_session(args) as session:
        return _run(session)


@contextmanager
def demo_session(args: argparse.Namespace) -> Iterator[Session]:
    """What a wizard on the demo's account works with. The account ends with it, and so do the journals of its runs: the next is another."""
    demo = DemoAccount()
    with TemporaryDirectory(prefix="ciam-tui-demo-") as runs:
        session = _session(args, Mode.DEMO, demo.open_access, args.state_dir or demo_state_dir(), runs=args.state_dir or Path(runs))
        session.open_circleci = demo.open_circleci
        session.profile, session.region = None, session.region or account.REGION
        try:
            yield session
        finally:
            demo.stop()


def _session(
    args: argparse.Namespace, mode: Mode, open_access: Callable[[], AwsAccess], state_dir: Path | None, *, runs: Path | None = None
) -> Session:
    """`runs` is where journals, retirements and snapshots are kept, where that is not the state directory."""
    from ciam_tui.ports.audit_snapshots import DiskSnapshots
    from ciam_tui.ports.clipboard import SystemClipboard
    from ciam_tui.ports.clock import SystemClock
    from ciam_tui.ports.disk import DiskDrafts, DiskJournals, StateDir
    from ciam_tui.ports.migrations import DiskMigrations
    from ciam_tui.ports.settings import DiskSettings

    state = StateDir.of(state_dir)
    kept, settings = StateDir.of(runs) if runs else state, DiskSettings(state)
    return Session(
        Mode.READ_ONLY if args.read_only else mode,
        DiskDrafts(state),
        DiskJournals(kept),
        SystemClipboard(),
        SystemClock(),
        open_access,
        profile=args.profile,
        region=args.region,
        migrations=DiskMigrations(kept),
        snapshots=DiskSnapshots(kept),
        theme=settings.theme(),
        keep_theme=settings.keep_theme,
    )


def _run(session: Session) -> int:
    app = CiamApp(session)
    try:
        app.run()
    finally:
        saved = app.flush()
        session.close_circleci()
    _say_where_the_draft_is(session, saved=saved, kept=app.kept_a_draft)
    if app.failure is not None and app.return_code:
        raise app.failure  # told in one line by whoever called, and kept with --debug
    return app.return_code or 0


def _say_where_the_draft_is(session: Session, *, saved: bool, kept: bool) -> None:
    if not kept:
        return
    where = shown(session.drafts.where())
    told = f"The draft is saved in {where}; start again to go on with it." if saved else f"The draft could not be saved in {where}."
    with suppress(OSError):  # the terminal may be gone: SIGHUP says just that
        print(told, file=sys.stderr, flush=True)  # noqa: T201 - the screen is gone, and this is what remains


def _shared_config() -> AwsAccess:
    from ciam_tui.ports.aws import SharedConfigAccess

    return SharedConfigAccess()


def _found_circleci(token: Secret | None, host: str | None) -> CircleCi:
    import os

    from ciam_tui.ports.circleci.client import HttpCircleCi
    from ciam_tui.ports.circleci.sources import found_access

    return HttpCircleCi(found_access(os.environ, host=host, token=token))
