"""A real Chromium, driven over its DevTools protocol: pages in contexts of their own, the terminal's text, keys, and what the page asked for.

The terminal keeps its screen to itself, so that a page is watched from its first line on: whatever makes a terminal gives it away.
"""

from __future__ import annotations

import asyncio
import base64
import json
import re
import shutil
import time
from contextlib import asynccontextmanager
from itertools import count
from typing import TYPE_CHECKING, Any, Self

import aiohttp

from tests.web.waiting import PATIENCE_SECONDS, until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

CHROMIUM = next((found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None)
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--no-default-browser-check",
    "--remote-debugging-port=0",
)
WATCH = """
Object.defineProperty(Object.prototype, "terminal", {
  configurable: true,
  set(value) {
    Object.defineProperty(this, "terminal", { value, writable: true, configurable: true, enumerable: true });
    if (value && value.buffer && value.onData) globalThis.watched = value;
  },
});
globalThis.kept = [];
addEventListener("keydown", (event) => setTimeout(() => { if (!event.defaultPrevented) kept.push(event.key); }), true);
"""
SCREEN = """
globalThis.watched
  ? Array.from({ length: watched.rows }, (_, y) => watched.buffer.active.getLine(watched.buffer.active.viewportY + y)?.translateToString(true)).join("\\n")
  : ""
"""
# What the protocol wants of a key beside its name: its code of old, and the text that it types, where it types one.
KEYS = {
    "Enter": (13, "\r"),
    "Escape": (27, ""),
    "Tab": (9, ""),
    "ArrowDown": (40, ""),
    "F1": (112, ""),
    "F3": (114, ""),
    "F4": (115, ""),
    "F6": (117, ""),
}
CTRL = 2
LISTENS = re.compile(r"(?P<port>\d+)\n(?P<path>/devtools/browser/[\w-]+)\n?")


class BrowserDoesNotStart(Exception):
    """There is a Chromium, and it does not run on this machine."""


class Page:
    """One tab."""

    def __init__(self, browser: Browser, target: str, session: str) -> None:
        self.target = target
        self._browser = browser
        self._session = session
        self.events: list[dict[str, Any]] = []

    async def send(self, method: str, **parameters: Any) -> dict[str, Any]:
        """What Chromium answers to `method`."""
        return await self._browser.send(method, parameters, self._session)

    async def open(self, url: str) -> int:
        """Go to `url`; the status of the document that one ends at."""
        self.events.clear()
        await self.send("Page.navigate", url=url)
        await until(lambda: self.responses("Document") != [] and self.named("Page.loadEventFired") != [], lambda: self.events)
        return int(self.responses("Document")[-1]["status"])

    def named(self, method: str) -> list[dict[str, Any]]:
        """The events of this name, as they came."""
        return [event["params"] for event in self.events if event["method"] == method]

    def responses(self, kind: str) -> list[dict[str, Any]]:
        return [event["response"] for event in self.named("Network.responseReceived") if event["type"] == kind]

    def asked_for(self) -> set[str]:
        """Every address that the page asked for."""
        return {event["request"]["url"] for event in self.named("Network.requestWillBeSent")}

    async def evaluate(self, expression: str) -> Any:
        """The value of a JavaScript expression, waited for."""
        answer = await self.send("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    async def screen(self) -> str:
        """What the terminal shows."""
        return str(await self.evaluate(SCREEN))

    async def shows(self, *texts: str) -> str:
        """The screen, once all of `texts` are on it."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not _holds(screen := await self.screen(), texts):
            assert time.monotonic() < deadline, f"never showed {texts}:\n{screen}\n{await self.evaluate('document.body.innerText')}"
            await asyncio.sleep(0.05)
        return screen

    async def says(self, text: str) -> None:
        """Wait until the page itself says `text`."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while text not in (said := str(await self.evaluate("document.body.innerText"))):
            assert time.monotonic() < deadline, f"never said {text!r}: {said}"
            await asyncio.sleep(0.05)

    async def press(self, key: str, *, modifiers: int = 0) -> None:
        """Press and let go of a named key, or of the key of a character."""
        code, text = KEYS[key] if key in KEYS else (ord(key.upper()), key)
        what = {"key": key, "windowsVirtualKeyCode": code, "modifiers": modifiers}
        if text and not modifiers:
            await self.send("Input.dispatchKeyEvent", type="keyDown", text=text, **what)
        else:
            await self.send("Input.dispatchKeyEvent", type="rawKeyDown", **what)
        await self.send("Input.dispatchKeyEvent", type="keyUp", **what)

    async def type(self, text: str) -> None:
        """Put `text` in at once, as pasting does."""
        await self.send("Input.insertText", text=text)

    async def picture(self) -> bytes:
        """A PNG of what one would see."""
        return base64.b64decode((await self.send("Page.captureScreenshot", format="png"))["data"])

    async def close(self) -> None:
        await self._browser.send("Target.closeTarget", {"targetId": self.target})


def _holds(screen: str, texts: tuple[str, ...]) -> bool:
    return all(text in screen for text in texts)


class Browser:
    """A Chromium and the one connection to it."""

    def __init__(self, connection: aiohttp.ClientWebSocketResponse) -> None:
        self._connection = connection
        self._numbers = count(1)
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._pages: dict[str, Page] = {}
        self._listening = asyncio.create_task(self._listen())

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._listening.cancel()

    async def send(self, method: str, parameters: dict[str, Any] | None = None, session: str | None = None) -> dict[str, Any]:
        number = next(self._numbers)
        answer = self._waiting[number] = asyncio.get_running_loop().create_future()
        said = {"id": number, "method": method, "params": parameters or {}} | ({"sessionId": session} if session else {})
        await self._connection.send_json(said)
        return await asyncio.wait_for(answer, PATIENCE_SECONDS)

    async def page(self, *, context: str | None = None, width: int = 1280, height: int = 800) -> Page:
        """A new tab, in a context that shares no cookie with any other unless one is given."""
        context = context or await self.new_context()
        wanted = {"url": "about:blank", "browserContextId": context, "newWindow": True, "width": width, "height": height}
        target = (await self.send("Target.createTarget", wanted))["targetId"]
        session = (await self.send("Target.attachToTarget", {"targetId": target, "flatten": True}))["sessionId"]
        page = self._pages[session] = Page(self, target, session)
        for domain in ("Page", "Network", "Runtime", "Log"):
            await page.send(f"{domain}.enable")
        await page.send("Page.addScriptToEvaluateOnNewDocument", source=WATCH)
        return page

    async def new_context(self) -> str:
        return str((await self.send("Target.createBrowserContext"))["browserContextId"])

    async def _listen(self) -> None:
        async for message in self._connection:
            said = json.loads(message.data)
            waiting = self._waiting.pop(said.get("id", 0), None)
            if waiting is not None:
                if "error" in said:
                    waiting.set_exception(AssertionError(said["error"]))
                else:
                    waiting.set_result(said["result"])
            elif (page := self._pages.get(said.get("sessionId", ""))) is not None:
                page.events.append(said)


@asynccontextmanager
async def chromium(profile: Path, *flags: str) -> AsyncIterator[Browser]:
    """A Chromium of its own, with nothing in its profile."""
    assert CHROMIUM is not None
    nowhere = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(
        CHROMIUM, *FLAGS, *flags, f"--user-data-dir={profile}", "about:blank", stdout=nowhere, stderr=nowhere, start_new_session=True
    )
    try:
        told = profile / "DevToolsActivePort"
        deadline = time.monotonic() + PATIENCE_SECONDS
        while (address := LISTENS.fullmatch(told.read_text(encoding="utf-8") if told.exists() else "")) is None:
            if process.returncode is not None or time.monotonic() > deadline:
                raise BrowserDoesNotStart(f"{CHROMIUM} does not start here (exit code {process.returncode})")
            await asyncio.sleep(0.05)
        debugger = f"ws://127.0.0.1:{address['port']}{address['path']}"
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(debugger, max_msg_size=0) as connection,
            Browser(connection) as browser,
        ):
            yield browser
            await browser.send("Browser.close")
    finally:
        if process.returncode is None:
            try:
                await asyncio.wait_for(process.wait(), 30)
            except TimeoutError:
                process.kill()
                await process.wait()
