"""Outside text within Terraform's language, and that language laid out as `terraform fmt` lays it out, so that formatting changes no line.

Equals signs stand below each other in lines that follow one another. In a string `${` and `%{` open a template, and are doubled; what is not
ASCII is escaped, so that lines are as long as they look. A document is a text of its own lines, in which no backslash means anything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ciam_tui.core.export.escaped import escaped

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ciam_tui.core.document import Document


def text(value: str) -> str:
    """`value` as a string that Terraform reads as that very text."""
    return _without_templates(escaped(value))


def _without_templates(value: str) -> str:
    return value.replace("${", "$${").replace("%{", "%%{")


def document(name: str, policy: Document) -> str:
    """The attribute `name` that is the JSON of `policy`, line by line; the smallest indentation is taken off by Terraform."""
    return f"{name} = <<-JSON\n{_indented(_without_templates(policy.text))}\nJSON\n"


def attributes(values: Mapping[str, str]) -> str:
    """A paragraph of attributes with their expressions, the equals signs below each other."""
    width = max(map(len, values), default=0)
    return "".join(f"{name:<{width}} = {value}\n" for name, value in values.items())


def block(head: str, *paragraphs: str) -> str:
    """A block whose paragraphs have an empty line between them; an empty one is none."""
    return f"{head} {{\n" + "\n".join(_indented(each.removesuffix("\n")) + "\n" for each in paragraphs if each) + "}\n"


def listed(values: Iterable[str]) -> str:
    """A list of strings on one line."""
    return f"[{', '.join(map(text, values))}]"


def _indented(lines: str) -> str:
    return "\n".join(f"  {line}" if line else "" for line in lines.split("\n"))
