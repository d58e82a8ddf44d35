"""`evidence.md`: the pack for a reader, with the summary first, then what each control finds here, then the items themselves.

It is one page that can be printed. Whatever is long (a role's whole documents, every call of a run) stays in the items' files and is named here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ciam_tui.core.assurance.controls import Control, Kind, kinds_for
from ciam_tui.core.assurance.items import moment
from ciam_tui.core.assurance.saying import code, prose, rows, sentence
from ciam_tui.core.words import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ciam_tui.core.assurance.items import Item, Pack


# The newest: whoever wants the calls of an older one has its file.
_RUNS_TOLD_WHOLE = 10


def page(pack: Pack, *, with_files: bool) -> str:
    """The page, as Markdown."""
    return "\n".join(_collapsed(_lines(pack, with_files=with_files))) + "\n"


def _collapsed(lines: Iterator[str]) -> Iterator[str]:
    """Never two empty lines after each other, and none at the end."""
    waiting, has_begun = False, False
    for line in lines:
        if not line:
            waiting = has_begun
            continue
        if waiting:
            yield ""
        waiting, has_begun = False, True
        yield line


def _lines(pack: Pack, *, with_files: bool) -> Iterator[str]:
    yield f"# Evidence: access of CircleCI to the bucket {code(pack.about.bucket)}"
    yield ""
    yield from _about(pack)
    yield from ("", "## Summary", "")
    yield from _summary(pack)
    yield from ("", "## Not collected", "")
    yield from _missing(pack)
    yield from ("", "## What it supports, control by control", "")
    yield "Each item supports the controls under which it is named. Whether that is enough is for the auditor to say. The words are this tool's, not"
    yield "the standards'."
    for control in Control:
        yield from _control(pack, control)
    yield from ("", "## The items", "")
    told_whole = pack.of(Kind.RUN)[-_RUNS_TOLD_WHOLE:]
    for number, item in enumerate(pack.items, start=1):
        yield from _item(number, item, with_files=with_files)
        yield from item.lines if item.kind is not Kind.RUN or item in told_whole else ["Each of its calls is in its file."]
    yield from ("", "## How to check that nothing was changed", "")
    yield from _how_to_check(pack, with_files=with_files)


def _about(pack: Pack) -> Iterator[str]:
    about = pack.about
    alias = f" ({code(about.account_alias)})" if about.account_alias else ""
    yield f"- Account: {code(about.account_id)}{alias}"
    if about.is_offline:
        yield "- Made from the Setup file alone: no account was read, and no time is told."
    else:
        yield f"- Collected: {moment(about.at)} by {code(about.operator or '')}, region {code(about.region or '')}"
    yield f"- Setup: {code(about.setup_id)}"
    yield f"- Tool: ciam-tui {about.version}; it read, and changed nothing"
    if pack.masked:
        yield (
            f"- **{counted(pack.masked, 'text')} in these items looked like a secret and {'was' if pack.masked == 1 else 'were'} masked.** "
            "Look at where it came from: a secret does not belong there."
        )


def _summary(pack: Pack) -> Iterator[str]:
    yield from rows(
        ("No.", "Item", "What it shows"),
        ((str(number), prose(item.title), prose(item.headline)) for number, item in enumerate(pack.items, start=1)),
    )
    without = [control for control in Control if not any(item.kind in kinds_for(control) for item in pack.items)]
    if without:
        yield f"**Nothing was gathered for {sentence(without)}.**"


def _missing(pack: Pack) -> Iterator[str]:
    if not pack.missing:
        yield "Everything that was asked for was collected."
        return
    yield from rows(
        ("What", "Why", "Would support"),
        ((prose(each.title), prose(each.why), sentence(each.kind.serves)) for each in pack.missing),
    )


def _control(pack: Pack, control: Control) -> Iterator[str]:
    yield from ("", f"### {control.standard} {control}", "", control.about, "")
    kinds = kinds_for(control)
    mine = [(number, item) for number, item in enumerate(pack.items, start=1) if item.kind in kinds]
    if not mine:
        yield "**Nothing was gathered for it.**"
    by_kind: dict[Kind, list[str]] = {}
    for number, item in mine:
        by_kind.setdefault(item.kind, []).append(str(number))
    yield from (
        f"- {_items(numbers)}, {kind.heading[:1].lower()}{kind.heading[1:]}. {kind.serves[control]}" for kind, numbers in by_kind.items()
    )
    missing = list(dict.fromkeys(each.title for each in pack.missing if each.kind in kinds))
    if missing:
        yield f"- Not collected, for the reasons above: {prose('; '.join(missing))}."


def _items(numbers: list[str]) -> str:
    return f"{'Item' if len(numbers) == 1 else 'Items'} {sentence(numbers)}"


def _item(number: int, item: Item, *, with_files: bool) -> Iterator[str]:
    yield from ("", f"### {number}. {prose(item.title)}", "")
    yield f"- Supports {sentence(item.kind.serves)}"
    where = code(item.file) if with_files else f"{code('evidence.json')}, the item {code(item.name)}"
    yield f"- In {where}, SHA-256 {code(item.sha256)}"
    read = f", read {moment(item.read_at)}" if item.read_at is not None else ""
    yield f"- From {sentence(code(source) for source in item.sources)}{read}"
    if item.headline:
        yield from ("", prose(item.headline), "")


def _how_to_check(pack: Pack, *, with_files: bool) -> Iterator[str]:
    yield f"{code('ciam-tui evidence verify DIR')} reads this folder and tells every file that was changed, added, removed or renamed; it answers 0 where it is whole."
    yield "Without this tool: `evidence.json` lists the size and the SHA-256 of every other file, this page among them, and its own `digest` is the SHA-256 of"
    yield "`evidence.json` with the 64 digits of `digest` written as zeros."
    yield ""
    yield "Whoever rewrites the files and the digest makes another whole pack: nothing within a folder can show that. So the digest was printed when this was"
    yield "made, to be kept where its reader trusts it, in a ticket or a signed commit; `--digest HEX` compares. It stands not on this page, since it covers"
    yield "this page."
    if with_files and not pack.about.is_offline:
        yield ""
        yield "What AWS did by each call is also told by CloudTrail, under the request ids in the runs' items: that record is AWS's, and not this tool's."
