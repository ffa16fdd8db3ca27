"""Descriptions and cards in Markdown: their head in YAML, and the sentence that lists show of them."""

import functools
import html
import re

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.footnote import footnote_plugin

CARD_READ = 16 * 1024  # characters of a card that a list reads, for a head may be long
BEGINNING = 1000  # characters below the head, of which the first sentence and the excerpt are taken
EXCERPT = 500  # characters of a card that stand beside versions
MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"]).use(footnote_plugin, inline=False)
MARKDOWN.add_render_rule("footnote_anchor", lambda *_: "")  # a way back that would lead nowhere: cards keep no ids

_FENCES = {"---", "..."}
_KEY = re.compile(r"""["']?\w[\w .-]{0,80}["']? ?:(?:\s|$)""")
_HEADING = re.compile(r"<h([1-6])\b.*?</h\1\s*>", re.DOTALL | re.IGNORECASE)
_SENTENCE = re.compile(r".+?(?:[.!?…]+[”\"')\]]*(?=\s+[^\sa-z])|[。！？])", re.DOTALL)


def split_head(text: str) -> tuple[str, str]:
    """(the head, the body) of a card: the lines of YAML between two lines `---` at its top, and what follows.

    The head is "" where there is none. It is never parsed.
    """
    first, *lines = text.lstrip("\ufeff\n ").split("\n")
    end = next((number for number, line in enumerate(lines) if line.rstrip() in _FENCES), None)
    if first.rstrip() != "---" or end is None or not any(map(_KEY.match, lines[:end])):
        return "", text
    return "\n".join(lines[:end]), "\n".join(lines[end + 1 :])


def first_sentence(text: str) -> str:
    """The first sentence of a card, or of the beginning of one, without markup; "" if it has no text."""
    head, body = split_head(text)
    first, _, second = body.lstrip("\ufeff\n ").partition("\n")
    if not head and first.rstrip() == "---" and _KEY.match(second):
        return ""  # the head is longer than what was read
    return _first_sentence(body[:BEGINNING])


def excerpt(text: str) -> str:
    """The first paragraphs of a card after its first sentence, up to a heading; that sentence if there are none.

    In Markdown, EXCERPT characters at the most.
    """
    summary, body = first_sentence(text), split_head(text)[1].replace("\r\n", "\n")
    *whole, last = body[:BEGINNING].split("\n\n")
    found: list[str] = []
    for part in map(str.strip, [*whole, last] if len(body) <= BEGINNING else whole):
        if part.startswith("#"):
            if found:
                break
            part = part.partition("\n")[2].strip()
        if sum(map(len, [*found, part])) > EXCERPT:
            break
        if part and part != summary:
            found.append(part)
    return "\n\n".join(found) or summary


@functools.lru_cache(maxsize=2000)
def _first_sentence(body):
    tokens = MARKDOWN.parse(body)
    found = []
    for number, token in enumerate(tokens):
        if token.type == "inline" and tokens[number - 1].type == "paragraph_open":
            found.append((token.level > 1, _text_of(token.children or [])))
        elif token.type == "html_block":
            found.append((token.level > 0, _text_of_html(token.content)))
    texts = [(inner, text) for inner, text in found if re.search(r"\w", text)]
    text = min(texts, key=lambda each: each[0])[1] if texts else ""  # paragraphs of lists and quotes come last
    sentence = _SENTENCE.match(text)
    return sentence[0] if sentence else text


def _text_of(tokens: list[Token]) -> str:
    """The text of a paragraph, without its pictures and HTML."""
    parts = [token.content if token.type in {"text", "code_inline"} else "" for token in tokens]
    breaks = {number for number, token in enumerate(tokens) if token.type in {"softbreak", "hardbreak"}}
    return " ".join("".join(" " if number in breaks else part for number, part in enumerate(parts)).split())


def _text_of_html(content: str) -> str:
    """The text of HTML, without its headings."""
    return " ".join(html.unescape(nh3.clean(_HEADING.sub("", content), tags=set())).split())
