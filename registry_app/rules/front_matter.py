"""The head of a card, in YAML, as facts for people: what is at its top, as text. It is read, and never evaluated."""

import re
import textwrap

LISTED = 2000  # characters of a list on one line that is taken apart

_FACT = re.compile(r"""(["']?)(\w[\w .-]{0,80})\1 ?:(?:\s+(.*))?$""")
_ITEM = re.compile(r"""-\s+[^-\[{|>&*!]""")
_NESTED = re.compile(r":(?:\s|$)")
_PART = re.compile(r"""\s*("[^"]*"|'[^']*'|[^,]+)""")
_NOTHING = {"~", "null", "[]", "{}"}


def facts_of(head: str) -> list[tuple[str, str]]:
    """[(key, value)] of the top level of `head`, in its order, without keys that have no value.

    Of a list of plain values the value has them with commas between. What is nested is its text, with its line breaks.
    Whatever is no YAML, or odd, is text too: nothing is an error.
    """
    found: list[tuple[str, list[str]]] = []
    for line in map(str.rstrip, head.split("\n")):
        if fact := _FACT.match(line):
            found.append((fact[2].strip(), [fact[3] or ""]))
        elif found and line and not line.startswith("#"):
            found[-1][1].append(line)
    facts = [(key, _value(*lines)) for key, lines in found]
    return [(key, value) for key, value in facts if value]


def _value(first: str, *rest: str) -> str:
    """The value that begins beside its key, and goes on below."""
    first = _plain(first)
    if not first and rest and all(_ITEM.match(line.strip()) and not _NESTED.search(line) for line in rest):
        return ", ".join(filter(None, (_plain(line.strip()[1:]) for line in rest)))
    if not first or first[0] in "|>":
        return textwrap.dedent("\n".join(rest)).strip("\n")
    text = " ".join([first, *map(str.strip, rest)])
    is_list = text[0] == "[" and text[-1] == "]" and len(text) <= LISTED and not set("[]{}") & set(text[1:-1])
    return ", ".join(filter(None, map(_plain, _PART.findall(text[1:-1])))) if is_list else text


def _plain(text: str) -> str:
    """One value without its quotes, or without the comment behind it."""
    text = text.strip()
    if text[:1] in {'"', "'"}:
        quoted = re.match(r"""(["'])(.*)\1(?:\s+#.*)?$""", text)
        return quoted[2].strip() if quoted else text
    text = re.split(r"(?:^|\s)#", text, maxsplit=1)[0].strip()
    return "" if text in _NOTHING else text
