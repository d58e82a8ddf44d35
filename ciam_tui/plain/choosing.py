"""Lists to choose from by ear: numbered, a page at a time, and searched by typing a part of a name.

The numbers stay those of the whole list, however little of it was read out, so that an answer written down today means the same tomorrow.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ciam_tui.core.asking.entries import split_entries

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from ciam_tui.plain.talk import Answer, Talk

PAGE = 20
MORE = "more"
LIST = "list"
NOTHING = "none"


@dataclass(frozen=True, slots=True)
class Option:
    """`key` is what is chosen, `name` what it is called, and `about` what is read out after it."""

    key: str
    name: str
    about: str = ""

    def is_called(self, text: str) -> bool:
        """Whether `text` names it, in whatever case, and a folder without its slash."""
        key = self.key.lower()
        return text.lower() in (key, key.removesuffix("/"), self.name.lower())


@dataclass(frozen=True, slots=True)
class Opened:
    """An option that was not chosen but is to be looked into."""

    option: Option


@dataclass(slots=True)
class Listing:
    """Options while they are chosen from: how many have been read out so far."""

    talk: Talk
    options: Sequence[Option]
    chosen: frozenset[str] = frozenset()
    told: int = 0

    def tell_page(self) -> None:
        """Read the next ones out."""
        page = self.options[self.told : self.told + PAGE]
        self._tell(enumerate(page, start=self.told + 1))
        self.told += len(page)
        left = len(self.options) - self.told
        if left:
            self.talk.say(f"{left} more. {MORE} reads them out; a part of a name finds those that hold it.")

    def _tell(self, numbered: Iterable[tuple[int, Option]]) -> None:
        for number, option in numbered:
            about = f": {option.about}" if option.about else ""
            self.talk.say(f"{number}. {option.name}{about}{', chosen' if option.key in self.chosen else ''}")

    def was_read_out(self, text: str) -> bool:
        """Whether `text` wants the list read out, on or again; it then is. What is called so is meant instead."""
        if text.lower() not in (MORE, LIST) or self.named(text) is not None:
            return False
        if text.lower() == LIST:
            self.told = 0
        elif self.told >= len(self.options):
            self.talk.say(f"That was the whole list. {LIST} reads it again.")
        self.tell_page()
        return True

    def named(self, text: str) -> Option | None:
        """The option of that number or name."""
        called = next((option for option in self.options if option.is_called(text)), None)
        if called is not None:
            return called
        # Looked up as it was read out: 04 is a part of a name, and no 4.
        return next((option for number, option in enumerate(self.options, 1) if str(number) == text), None)

    def tell_matches(self, text: str) -> bool:
        """Read out the options whose names hold `text`; whether there is any."""
        wanted = text.lower()
        found = [(number, option) for number, option in enumerate(self.options, 1) if wanted in f"{option.name} {option.about}".lower()]
        if not found:
            return False
        self.talk.say(f"{len(found)} hold {text!r}:" if len(found) > 1 else f"1 holds {text!r}:")
        self._tell(found[:PAGE])
        if len(found) > PAGE:
            self.talk.say(f"{len(found) - PAGE} more hold it: type more of the name.")
        return True


def _accepts_all(_: str) -> bool:
    return True


def choose(
    talk: Talk,
    question: str,
    options: Sequence[Option],
    *,
    default: str = "",
    about: str = "",
    accepts: Callable[[str], bool] = _accepts_all,
    typed: bool = False,
    opens: bool = False,
    is_known: bool = False,
) -> Option | Opened | str:
    """The option that is chosen; with `typed` also a text that is none of them, and with `opens` one that is to be looked into.

    `accepts` is asked about the key or the text, says itself what is wrong with it, and has it asked for again. Options that are known
    already are not read out, unless that is asked for.

    Raises:
        Back, Quit, NoMoreAnswers: in place of an answer.
    """
    listing = Listing(talk, options)
    if is_known:
        question = f"{question} ({LIST} reads the choices out)"
    else:
        listing.tell_page()
    while True:
        answer = talk.ask(question, default=default, about=about)
        word, _, rest = answer.text.partition(" ")
        found = listing.named(answer.text)
        if not answer.as_it_stands and listing.was_read_out(answer.text):
            continue
        if opens and word.lower() == "open" and (opened := listing.named(rest.strip())) is not None:
            return Opened(opened)
        if found is not None and not (answer.as_it_stands and typed and not found.is_called(answer.text)):
            if accepts(found.key):
                return found
        elif typed and answer.text and (answer.as_it_stands or not _is_searched(listing, answer)):
            if accepts(answer.text):
                return answer.text
        elif not answer.text:
            talk.say("An answer is needed here.")
        elif not typed and not listing.tell_matches(answer.text):
            talk.say(f"Nothing in the list is called {answer.text!r}. Type a number, or a part of a name.")


def _is_searched(listing: Listing, answer: Answer) -> bool:
    """Whether a part of a name was typed, which was then searched for. How a text that is also a name is given is said."""
    if not listing.tell_matches(answer.text):
        return False
    listing.talk.say(f"Type a number; or ={answer.text} to answer with just that.")
    return True


def choose_one(talk: Talk, question: str, options: Sequence[Option], *, default: str = "", about: str = "", is_known: bool = False) -> str:
    """The key of the one option that is chosen.

    Raises:
        Back, Quit, NoMoreAnswers: in place of an answer.
    """
    found = choose(talk, question, options, default=default, about=about, is_known=is_known)
    return found.key if isinstance(found, Option) else ""


def choose_many(
    talk: Talk, question: str, options: Sequence[Option], chosen: Sequence[str], *, about: str = "", empty: str = NOTHING
) -> tuple[str, ...]:
    """The keys of all options that are chosen; an empty answer keeps those that are.

    Raises:
        Back, Quit, NoMoreAnswers: in place of an answer.
    """
    listing = Listing(talk, options, frozenset(chosen))
    listing.tell_page()
    kept = ", ".join(next((option.name for option in options if option.key == key), key) for key in chosen)
    while True:
        answer = talk.ask(f"{question}, numbers or names separated by commas", empty=kept or empty, about=about)
        text = answer.text.lower()
        if not answer.text:
            return tuple(chosen)
        if not answer.as_it_stands and listing.was_read_out(text):
            continue
        if text == NOTHING and not answer.as_it_stands:
            return ()
        wanted = {entry: listing.named(entry) for entry in split_entries(answer.text)}
        unknown = [entry for entry, option in wanted.items() if option is None]
        if not unknown:
            return tuple(dict.fromkeys(option.key for option in wanted.values() if option is not None))
        if len(wanted) > 1 or not listing.tell_matches(unknown[0]):
            talk.say(f"Nothing in the list is called {unknown[0]!r}. Type numbers or names, separated by commas, or {NOTHING}.")
