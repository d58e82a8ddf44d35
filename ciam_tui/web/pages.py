"""What a browser gets: the page, the few files it needs, and the headers that say what it may do with them.

The page is our own. The one that textual-serve brings fetches a font from the web, and holds scripts within its text, which a policy would
have to allow everywhere. The files of its terminal are named one by one, since a folder that is served whole serves what is put there later.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from string import Template

_OURS = {"page.js": "text/javascript", "page.css": "text/css"}
_OF_THE_TERMINAL = {
    "static/js/textual.js": "text/javascript",
    "static/css/xterm.css": "text/css",
    "static/fonts/RobotoMono-VariableFont_wght.ttf": "font/ttf",
    "static/fonts/RobotoMono-Italic-VariableFont_wght.ttf": "font/ttf",
}


def headers(host: str) -> dict[str, str]:
    """What every answer says. Styles may be written in by scripts, since the terminal makes its own; nothing else comes from within a text."""
    policy = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self' 'unsafe-inline'",
        "font-src": "'self'",
        "img-src": "'self' data:",
        "connect-src": f"ws://{host}",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    return {
        "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), clipboard-read=(), geolocation=(), microphone=()",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Cache-Control": "no-store",
        "Server": "ciam-tui",
    }


def page(websocket: str) -> str:
    """The wizard's page, which opens `websocket`."""
    return Template(_text("index.html")).substitute(websocket=websocket)


def again() -> str:
    """A page that asks for itself once more, now by itself, so that a browser sends the cookie."""
    return _text("again.html")


@cache
def file(name: str) -> tuple[bytes, str] | None:
    """The file of the page that is called `name`, with its type; None where there is none."""
    if name in _OURS:
        return _text(name).encode(), _OURS[name]
    if name in _OF_THE_TERMINAL:
        return files("textual_serve").joinpath(name).read_bytes(), _OF_THE_TERMINAL[name]
    return None


def _text(name: str) -> str:
    return files("ciam_tui.web").joinpath("page", name).read_text(encoding="utf-8")
