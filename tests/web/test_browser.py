"""The wizard in a real browser: what one sees, what one may press, and what a page of somebody else gets, which is nothing."""

from __future__ import annotations

import signal
import subprocess
import sys
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web

from tests.web.browser import CTRL, chromium
from tests.web.serving import served
from tests.web.waiting import PATIENCE_SECONDS, is_running, until, until_it_ended

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from tests.web.browser import Browser, Page


pytestmark = pytest.mark.asyncio(loop_scope="module")


@contextmanager
def serving(*words: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`ciam-tui serve` and its link."""
    with subprocess.Popen(
        [sys.executable, "-m", "ciam_tui", "serve", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            yield process, process.stdout.readline().strip()
            process.send_signal(signal.SIGINT)
            assert process.wait(PATIENCE_SECONDS) == 0
        finally:
            process.kill()


def complaints(page: Page) -> list[Any]:
    """What the browser found wrong with a page: scripts that failed, and whatever its policy forbade."""
    logged = [event["entry"] for event in page.named("Log.entryAdded")]
    return [
        *page.named("Runtime.exceptionThrown"),
        *(entry for entry in logged if entry["level"] == "error" or entry["source"] == "security"),
    ]


async def test_the_demo_begins_by_the_link_and_takes_keys_and_asks_nobody_else_for_anything(browser: Browser) -> None:
    with serving("--demo") as (_, link):
        page = await browser.page()
        assert await page.open(link) == 200
        await page.shows("New set-up", "DEMO", "ctrl+q Leave")
        origin = link.partition("/?")[0]
        assert (await page.evaluate("location.pathname")).startswith("/s/")
        assert await page.evaluate("document.title") == "ciam-tui"
        assert await page.evaluate("document.cookie") == ""
        assert {address for address in page.asked_for() if not address.startswith((origin + "/", "data:"))} == set()
        assert await page.evaluate("document.fonts.check('16px \"Roboto Mono\"')")
        await page.press("Enter")
        await page.shows("1 of 6 · Account")
        await page.press("F1")
        await page.shows("Help")
        await page.press("Escape")
        assert complaints(page) == []


# From the start to what is applied: what shows that the next key may be pressed, and that key.
WALK = [
    ("signed in as", "Enter"),
    ("✓ account 1", "Enter"),
    ("builds.acme.example", "Enter"),
    ("releases/", "Enter"),
    ("Begin with", "Enter"),
    ("published/", "Enter"),
    ("Acme Labs", "Enter"),
    ("Organization Settings", "Tab"),
    ("The projects whose jobs", " "),
    ("1 chosen", "Enter"),
    ("8 steps", "^s"),
    ("cloudformation", "Escape"),
    ("8 steps", "^a"),
    ("Apply this plan?", "Tab"),
    ("Apply this plan?", "Enter"),
]


@pytest.mark.long
async def test_a_set_up_is_answered_reviewed_exported_applied_and_copied_in_a_browser(browser: Browser) -> None:
    with serving("--demo") as (_, link):
        page = await browser.page()
        await page.open(link)
        await page.evaluate("globalThis.copied = []; navigator.clipboard.writeText = async (text) => { copied.push(text); }")
        for shown, key in WALK:
            await page.shows(shown)
            await page.press(key.removeprefix("^"), modifiers=CTRL if key.startswith("^") else 0)
        await page.shows("Verified: everything was read back")
        await page.press("y")
        await page.shows("No clipboard here", "browser")
        (copied,) = await page.evaluate("copied")
        assert copied.startswith("version: 2.1")
        assert complaints(page) == []


async def test_a_link_is_for_one_browser_and_goes_by_one_name(browser: Browser) -> None:
    async with served() as running:
        page = await browser.page()
        assert await page.open(running.server.door.link.replace("127.0.0.1", "rebound.localhost")) == 403
        assert "goes by no other name" in await page.evaluate("document.body.innerText")
        assert await page.open(running.server.door.link) == 200
        await page.shows("pid")
        other = await browser.page()
        assert await other.open(running.server.door.link) == 403
        assert "good once" in await other.evaluate("document.body.innerText")
        assert await other.open(running.room) == 403, "nor does the address that stands in the first one's bar"
        await page.press("a")
        await page.shows("Da")


async def test_a_link_on_another_page_opens_too_though_a_strict_cookie_is_kept_back_at_first(browser: Browser, tmp_path: Path) -> None:
    async with served() as running:
        mail = tmp_path / "mail.html"
        mail.write_text(f'<a id="link" href="{running.server.door.link}">the wizard</a>', encoding="utf-8")
        page = await browser.page()
        await page.send("Page.navigate", url=mail.as_uri())
        await until(lambda: page.named("Page.loadEventFired") != [])
        await page.evaluate("document.querySelector('#link').click()")
        await page.shows("pid")
        assert [answer["status"] for answer in page.responses("Document")][-2:] == [200, 200]


HOSTILE_PAGE = """<!DOCTYPE html><title>evil</title><script>
const room = new URLSearchParams(location.search).get("room");
const tried = (name, promise) => promise.then((value) => [name, value], (error) => [name, "refused"]);
const socket = (url) => new Promise((resolve, reject) => {
  const opened = new WebSocket(url);
  opened.onopen = () => resolve("open");
  opened.onerror = reject;
});
const loaded = (kind, url) => new Promise((resolve, reject) => {
  const element = document.createElement(kind);
  element.onload = () => resolve("loaded");
  element.onerror = reject;
  element[kind === "link" ? "href" : "src"] = url;
  if (kind === "link") element.rel = "stylesheet";
  document.head.append(element);
});
globalThis.answers = Promise.all([
  tried("socket", socket(room.replace("http", "ws") + "ws?width=80&height=24")),
  tried("read", fetch(room, { credentials: "include" }).then((answer) => answer.text())),
  tried("post", fetch(room, { method: "POST", mode: "no-cors", credentials: "include" }).then((answer) => answer.status)),
  tried("script", loaded("script", room + "static/js/textual.js")),
  tried("styles", loaded("link", room + "page.css")),
]).then(Object.fromEntries);
</script><iframe name="framed"></iframe>
"""


@asynccontextmanager
async def hostile_server() -> AsyncIterator[tuple[str, list[web.BaseRequest]]]:
    """A server of another user of this machine, to whose page the person was led; the requests it got."""
    got: list[web.BaseRequest] = []

    async def answer(request: web.BaseRequest) -> web.Response:
        got.append(request)
        return web.Response(text=HOSTILE_PAGE, content_type="text/html")

    runner = web.ServerRunner(web.Server(answer), access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield site.name, got
    finally:
        await runner.cleanup()


async def test_a_page_of_another_server_gets_neither_wizard_nor_cookie_even_if_it_knows_the_path(browser: Browser) -> None:
    """The worst case: another port of 127.0.0.1, which is the same site to a browser, in the browser that has the session."""
    async with served() as running, hostile_server() as (evil, got):
        context = await browser.new_context()
        page = await browser.page(context=context)
        assert await page.open(running.server.door.link) == 200
        await page.shows("pid")
        stranger = await browser.page(context=context)
        for by in (evil, evil.replace("127.0.0.1", "localhost")):
            await stranger.open(f"{by}/?room={running.room}")
            answers = await stranger.evaluate("answers")
            assert answers.pop("post") in (0, "refused")
            assert set(answers.values()) == {"refused"}, answers
        assert all("ciam-tui" not in request.headers.get("Cookie", "") for request in got)
        await stranger.evaluate(f"document.querySelector('iframe').src = {running.room!r}")
        await until(lambda: any("frame" in str(entry) for entry in stranger.named("Log.entryAdded")), lambda: stranger.events)
        await page.press("a")
        await page.shows("Da")
        assert [line for line in running.said if "error" in line.lower()] == []


def pid_in(screen: str) -> int:
    return int("".join(screen.split()).partition('"pid":')[2].partition(",")[0])


async def test_the_life_of_a_page_from_the_link_to_the_end_of_the_server(browser: Browser) -> None:
    async with served() as running:
        page = await browser.page()
        await page.open(running.server.door.link)
        first = pid_in(await page.shows("pid", "}"))

        await page.send("Page.reload")
        await until_it_ended(first)
        second = pid_in(await page.shows("pid", "}"))
        assert second != first, "loaded again, it begins anew"

        await page.press("a")
        await page.shows("Da")
        await page.send("Page.reload")
        await until(lambda: page.named("Page.javascriptDialogOpening") != [], lambda: page.events)
        assert page.named("Page.javascriptDialogOpening")[0]["type"] == "beforeunload"
        assert is_running(second), "a tab in use asks before it closes"
        await page.send("Page.handleJavaScriptDialog", accept=True)
        await until_it_ended(second)
        third = pid_in(await page.shows("pid", "}"))

        await page.type("leave")
        await page.says("You have left the wizard. The draft is saved.")
        assert await page.evaluate("document.activeElement.id") == "again"
        await until_it_ended(third)
        await page.press("Enter")
        await page.shows("pid", "}")

        running.ended.set()
        await page.says("was ended in its terminal. The draft is saved.")


async def test_closing_the_tab_ends_the_wizard(browser: Browser) -> None:
    async with served() as running:
        page = await browser.page()
        await page.open(running.server.door.link)
        wizard = pid_in(await page.shows("pid", "}"))
        await page.close()
        await until_it_ended(wizard)


# What stands in the README as keys that get through a browser, or that have a twin which does.
SENT = [
    ("Enter", 0, "0d"),
    ("Escape", 0, "1b"),
    ("Tab", 0, "09"),
    ("F1", 0, "1b4f50"),
    ("F3", 0, "1b4f52"),
    ("F4", 0, "1b4f53"),
    ("F6", 0, "1b5b31377e"),
    ("p", CTRL, "10"),
    ("s", CTRL, "13"),
    ("f", CTRL, "06"),
    ("g", CTRL, "07"),
    ("k", CTRL, "0b"),
    ("o", CTRL, "0f"),
    ("q", CTRL, "11"),
    ("y", CTRL, "19"),
]


async def test_keys_reach_the_wizard_and_not_the_browser(browser: Browser) -> None:
    async with served("keys") as running:
        page = await browser.page()
        await page.open(running.server.door.link)
        await page.shows("pid")
        for key, modifiers, code in SENT:
            await page.press(key, modifiers=modifiers)
            await page.shows(f"[{code}]")
        assert await page.evaluate("kept.length") == 0, "what is not kept from the browser is also a command of its own"


async def test_the_terminal_fills_the_window_and_80x24_fits_where_it_can(browser: Browser) -> None:
    async with served() as running:
        context = await browser.new_context()
        link = running.server.door.link
        for width, height, columns, rows in [(1280, 800, 120, 30), (820, 480, 80, 24), (300, 200, 20, 5)]:
            page = await browser.page(context=context, width=width, height=height)
            await page.open(link)
            await page.shows("pid")
            seen = await page.evaluate("[watched.cols, watched.rows]")
            assert (seen[0] >= columns, seen[1] >= rows) == (True, True), seen
            await page.close()
            link = running.room


@pytest.mark.long
async def test_a_browser_without_webgl_draws_it_too(tmp_path: Path) -> None:
    async with chromium(tmp_path / "another profile", "--disable-3d-apis") as browser, served() as running:
        page = await browser.page()
        await page.open(running.server.door.link)
        await page.shows("pid")
        assert complaints(page) == []
