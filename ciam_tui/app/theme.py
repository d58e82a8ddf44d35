"""The colours: neutral surfaces, one accent, and a colour each for right, risky and wrong, which words and glyphs always say too.

Every text colour has a contrast of at least 4.5 to 1 on every surface it is drawn on, so that it stays readable when NO_COLOR turns all of
them into greys.
"""

from __future__ import annotations

from textual.theme import Theme

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
