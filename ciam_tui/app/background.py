"""Work behind the screen that never keeps anybody from leaving.

AWS may take a minute to time out. Python joins the threads of a common executor when it ends, so that a person who left would look at a dead
terminal for that minute; these threads are daemons and are left behind.
"""

from __future__ import annotations

import gc
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from importlib import import_module
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from ciam_tui.core.problems import CiamError

if TYPE_CHECKING:
    from collections.abc import Callable

# What the first keys need, and with it every package that imports its own modules: see `load_what_comes_next`.
COMES_NEXT = ("ciam_tui.app.screens.wizard", "ciam_tui.app.jobs", "ciam_tui.opinions")
_loading = threading.Lock()

_P = ParamSpec("_P")
_T = TypeVar("_T")


class DaemonThreads(ThreadPoolExecutor):
    """An executor (asyncio takes only this kind) that starts a daemon thread for each call and waits for none of them."""

    def submit(self, fn: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> Future[_T]:
        """Run `fn` in a thread of its own."""
        future: Future[_T] = Future()

        def run() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                outcome = fn(*args, **kwargs)
            except BaseException as error:  # noqa: BLE001 - it belongs to whoever awaits the future
                future.set_exception(error)
            else:
                future.set_result(outcome)

        threading.Thread(target=run, name="behind-the-screen", daemon=True).start()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002 - the signature of the standard library
        """Wait for nobody."""
        super().shutdown(wait=False, cancel_futures=cancel_futures)


def outcome_of(work: Callable[[], _T]) -> _T | CiamError:
    """What `work` returns, or the CiamError that it raises: a value that a message can carry to the screen."""
    try:
        return work()
    except CiamError as error:
        return error


def load_what_comes_next() -> None:
    """Import what the first frame did without, in one thread at a time. Only for workers, before they do anything else.

    A thread that imports a package and one that imports a module of it can wait for each other. Python ends that by an exception, in whichever
    notices first: the first Enter, say. Once the packages are there, no two threads can come into it, whatever they import later.
    """
    with _loading:
        for name in COMES_NEXT:
            import_module(name)


def collect_garbage_seldom() -> None:
    """Keep the garbage collector from stopping the screen: over all that is loaded, one full pass takes 45 ms, and typing would cause one every few keys.

    What is there now stays (`freeze`), and the rest is looked through a hundred times less often.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 100)
