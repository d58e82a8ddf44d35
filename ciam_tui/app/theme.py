"""The colours: neutral surfaces, one accent, and a colour each for right, risky and wrong, which words and glyphs always say too.

Every text colour has a contrast of at least 4.5 to 1 on every surface it is drawn on, so that it stays readable when NO_COLOR turns all of
them into greys. A terminal of 256 or 16 colours takes the nearest that it has, which may be far off: what could not be
read there is drawn in another. The person's choice between dark and light is kept by whoever holds the session.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from textual.theme import Theme

if TYPE_CHECKING:
    from ciam_tui.app.app import CiamApp
    from ciam_tui.app.session import Session

THEME = Theme(
    name="ciam",
    primary="#7fb4ca",
    secondary="#8a93a3",
    accent="#7fb4ca",
    foreground="#d8dce3",
    background="#14171c",
    surface="#191d23",
    panel="#232830",
    success="#93c48b",
    warning="#e0b36a",
    error="#ee8d8d",
    dark=True,
    variables={
        "muted": "#98a2b3",
        "line": "#39414d",
        "line-strong": "#7fb4ca",
        "mark": "#2a3a44",
        "input-cursor-background": "#d8dce3",
        "input-cursor-foreground": "#14171c",
        "input-selection-background": "#34505f",
        "block-cursor-background": "#7fb4ca",
        "block-cursor-foreground": "#14171c",
        "border": "#7fb4ca",
        "border-blurred": "#39414d",
        "scrollbar": "#39414d",
        "scrollbar-hover": "#525d6d",
        "scrollbar-active": "#7fb4ca",
        "scrollbar-background": "#191d23",
        "scrollbar-background-hover": "#191d23",
        "scrollbar-background-active": "#191d23",
        "scrollbar-corner-color": "#191d23",
    },
)
LIGHT = Theme(
    name="ciam-light",
    primary="#0f5f80",
    secondary="#5b6573",
    accent="#0f5f80",
    foreground="#1d232b",
    background="#fbfcfd",
    surface="#f4f6f8",
    panel="#e8ecf0",
    success="#23651c",
    warning="#7a4b00",
    error="#a3262a",
    dark=False,
    variables={
        "muted": "#55606e",
        "line": "#b9c2cc",
        "line-strong": "#0f5f80",
        "mark": "#d3e4ec",
        "input-cursor-background": "#1d232b",
        "input-cursor-foreground": "#fbfcfd",
        "input-selection-background": "#c4dbe6",
        "block-cursor-background": "#0f5f80",
        "block-cursor-foreground": "#fbfcfd",
        "border": "#0f5f80",
        "border-blurred": "#b9c2cc",
        "scrollbar": "#b9c2cc",
        "scrollbar-hover": "#98a3af",
        "scrollbar-active": "#0f5f80",
        "scrollbar-background": "#f4f6f8",
        "scrollbar-background-hover": "#f4f6f8",
        "scrollbar-background-active": "#f4f6f8",
        "scrollbar-corner-color": "#f4f6f8",
    },
)
THEMES = (THEME, LIGHT)

# What is drawn in other colours on a terminal of few, by its colours and whether the theme is dark: the nearest that it has to those above could
# not be read. All are colours that it has itself. With 16 there is no readable grey on white, so that what is quiet is black there.
_WITH_FEW_COLOURS: dict[tuple[str, bool], dict[str, str]] = {
    ("256", True): {"mark": "#303030"},
    ("256", False): {"mark": "#eeeeee"},
    ("standard", True): {"mark": "#000080"},
    ("standard", False): {
        "mark": "#ffffff",
        "primary": "#000080",
        "accent": "#000080",
        "success": "#008000",
        "warning": "#800080",
        "error": "#800000",
        "muted": "#000000",
    },
}


def suited(theme: Theme, color_system: str | None) -> Theme:
    """`theme` for a terminal with the colours of `color_system`, as rich calls them; the theme itself where it has all of them."""
    others = _WITH_FEW_COLOURS.get((color_system or "", theme.dark))
    if others is None:
        return theme
    own = {name: color for name, color in others.items() if name not in theme.variables}
    variables = {name: others.get(name, color) for name, color in theme.variables.items()}
    variables["input-selection-background"] = others["mark"]
    return replace(theme, **own, variables=variables)  # type: ignore[arg-type] # the names are those of Theme


def begin_with(app: CiamApp, name: str) -> None:
    """Know both themes, and draw the first frame in the one of that name; in the dark one where there is none of it."""
    from textual.app import App

    for theme in THEMES:
        app.register_theme(suited(theme, app.console.color_system))
    known = {theme.name for theme in THEMES}
    app.set_reactive(
        App.theme, name if name in known else THEME.name
    )  # an assignment would have all styles parsed twice before the first frame


def change(app: CiamApp, session: Session) -> str | None:
    """Draw in the other theme from now on, in the next run too; why that could not be kept, where it could not."""
    app.theme = LIGHT.name if app.theme == THEME.name else THEME.name
    return session.keep_theme(app.theme)
