"""The conversation: what is said goes out line by line, wrapped, and what is answered comes in line by line, from a person or from a file.

It knows the few words that mean the same at every question, and nothing of what is asked. What is said passes through `shown`, so that no
name from outside steers a terminal or a screen reader.
"""

from __future__ import annotations

import shutil
import textwrap
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TextIO

from ciam_tui.core.asking.help_texts import help_for
from ciam_tui.core.shown import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

WIDTH = 80  # where nobody says how wide the reader's screen is
_LONGEST_ANSWER = 20_000  # far beyond any answer: the rest of such a line is passed over
HOW_TO_ANSWER = (
    "An empty answer takes what stands in brackets.",
    "? explains the question, help also says this again. back goes back. quit leaves, with the answers saved.",
    "To answer with one of these words, or with a name as it stands, put = before it: =back.",
)


class Back(Exception):
    """The person wants to go one step back."""


class Quit(Exception):
    """The person wants to leave."""


class NoMoreAnswers(Exception):
    """The input has ended."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered. `as_it_stands` where it was marked as no word of this program, number or part of a name."""

    text: str
    as_it_stands: bool = False


@dataclass(slots=True)
class Talk:
    """One conversation. `read_secret` asks for what nobody may see, None where there is no terminal that could hide it."""

    source: TextIO | None
    out: TextIO
    is_terminal: bool = False
    read_secret: Callable[[str], str] | None = None
    width: int | None = None
    _columns: int = field(init=False)

    def __post_init__(self) -> None:
        self._columns = max(20, self.width or (shutil.get_terminal_size((WIDTH, 24)).columns if self.out.isatty() else WIDTH))

    # What is said

    def say(self, *sentences: str, indent: int = 0) -> None:
        """Each sentence from the beginning of a line."""
        for sentence in sentences:
            self._write_wrapped(shown(sentence), indent)
        self.out.flush()

    def heading(self, text: str) -> None:
        """What the next lines are about."""
        self.say("", text)

    def verbatim(self, text: str) -> None:
        """A document, line by line as it is: it can be copied."""
        self.out.write(f"{shown(text, keep_newlines=True)}\n")
        self.out.flush()

    def _write_wrapped(self, text: str, indent: int) -> None:
        lead = " " * (indent + len(text) - len(text.lstrip(" ")))
        lines = textwrap.wrap(
            text.strip(),
            self._columns,
            initial_indent=lead,
            subsequent_indent=f"{lead}  ",
            break_on_hyphens=False,
            break_long_words=False,  # an ARN in two pieces can be neither read nor copied
        )
        self.out.write("\n".join(lines or [""]) + "\n")

    def told(self, sentences: Iterable[str]) -> None:
        """What an answer has changed besides."""
        self.say(*(f"Note: {sentence}" for sentence in sentences))

    # What is asked

    def ask(self, question: str, *, default: str = "", about: str = "", empty: str = "") -> Answer:
        """The answer to `question`; `default` where it is empty. `about` is the path of what `?` explains, `empty` says what nothing means.

        Raises:
            Back, Quit, NoMoreAnswers: in place of an answer.
        """
        offered = default or empty
        while True:
            self.out.write(f"{shown(question)}{f' [{shown(offered)}]' if offered else ''}: ")
            self.out.flush()
            text = self._line()
            if text.startswith("="):
                return Answer(text[1:].strip(), as_it_stands=True)
            match text.lower():
                case "?":
                    self._explain(about)
                case "help":
                    self._explain(about)
                    self.say(*HOW_TO_ANSWER)
                case "back":
                    raise Back
                case "quit" | "exit":
                    raise Quit
                case "":
                    return Answer(default, as_it_stands=True)
                case _:
                    return Answer(text)

    def _line(self) -> str:
        """One line of the input, without what surrounds it. Where nobody typed it, it is written out, so that the record can be read."""
        line = self.source.readline(_LONGEST_ANSWER) if self.source is not None else ""
        if not line:
            self.out.write("\n")
            self.out.flush()
            raise NoMoreAnswers
        if self.source is not None and not line.endswith("\n"):
            while (rest := self.source.readline(_LONGEST_ANSWER)) and not rest.endswith("\n"):
                pass
        text = line.strip()
        if not self.is_terminal:
            self.out.write(f"{shown(text)}\n")
        return text

    def _explain(self, about: str) -> None:
        text = help_for(about)
        self.say(f"{text.title}. {text.short}", *([text.long] if text.long else []))

    def ask_yes(self, question: str, *, default: bool = False, about: str = "") -> bool:
        """Whether the answer is yes; any other answer than a yes or a no is asked for again."""
        while True:
            answer = self.ask(f"{question} yes or no", default="yes" if default else "no", about=about).text.lower()
            if answer in ("y", "yes", "n", "no"):
                return answer.startswith("y")
            self.say("Answer yes or no.")

    def ask_secret(self, question: str) -> str:
        """What is typed where nobody sees it; empty where it cannot be hidden, since it is then not asked."""
        return self.read_secret(f"{question}: ").strip() if self.read_secret is not None else ""
