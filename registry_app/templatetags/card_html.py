"""Cards in Markdown as HTML that may stand in our pages."""

import re
from collections import Counter
from collections.abc import Iterable
from html.parser import HTMLParser

import nh3
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from markdown_it.token import Token

from ..rules.cards import MARKDOWN, split_head
from ..rules.front_matter import facts_of

# Elements that a page has of its own, or that hold nothing without their attributes.
OWN = {"area", "article", "aside", "footer", "header", "hgroup", "map", "nav"}
TAGS = nh3.ALLOWED_TAGS - OWN
HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}
ADDRESS = re.compile(r"""(https?://[^\s<>"]*[^\s<>".,:;!?'()\[\]*_~])""")
FACTS, FACT_LENGTH = 30, 200  # how many facts are shown, and how many characters of each
OUTSIDE = re.compile(r"(?:https?://|mailto:)", re.IGNORECASE)


def render(text: str) -> SafeString:
    """The Markdown `text` as safe HTML, below the facts of its head in YAML.

    HTML in it is kept as far as it is harmless. Pictures become links, because a page loads nothing from elsewhere.
    Links lead outside, or nowhere: a relative one means a file beside the card, which isn't here.
    """
    head, body = split_head(text)
    tokens = MARKDOWN.parse(body)
    _tick(tokens)
    page = _Page()
    page.feed(nh3.clean(MARKDOWN.renderer.render(tokens, MARKDOWN.options, {}), tags=TAGS, attribute_filter=_outside))
    html = nh3.clean(
        page.finish(),
        tags=TAGS - {"img"},
        attribute_filter=_outside,
        link_rel="noopener nofollow",
        set_tag_attribute_values={"pre": {"tabindex": "0"}, "table": {"tabindex": "0"}},  # they scroll, by keys too
    )
    return mark_safe(_facts(head) + html)  # noqa: S308


def _facts(head):
    """The facts of the head; where some are cut, or none is found, the whole head is folded below them."""
    facts = facts_of(head)
    shown = [(_label(key), _cut(value)) for key, value in facts[:FACTS]]
    rows = format_html_join("", "<div><dt>{}</dt><dd>{}</dd></div>", shown)
    listed = format_html('<dl class="props cols">{}</dl>', rows) if rows else ""
    is_whole = facts == facts[:FACTS] and all(len(value) <= FACT_LENGTH for _, value in facts)
    return listed if not head or (rows and is_whole) else listed + _folded(head)


def _label(key):
    """A key in words: `base_model` is Base model."""
    words = re.sub("[_-]+", " ", key).strip()
    return words[:1].upper() + words[1:]


def _cut(value):
    """The value; where it has lines of its own, they are kept as they are."""
    value = value if len(value) <= FACT_LENGTH else f"{value[:FACT_LENGTH].rstrip()}…"
    return format_html('<pre tabindex="0">{}</pre>', value) if "\n" in value else value


def _folded(head):
    shown = '<details class="more"><summary>{}</summary><pre tabindex="0"><code>{}</code></pre></details>'
    return format_html(shown, "Card details (YAML)", head)


def _outside(tag: str, attribute: str, value: str) -> str | None:
    """The value of an attribute, or None for an address that doesn't lead outside."""
    if attribute not in {"href", "src", "cite"}:
        return value
    return value.strip() if OUTSIDE.match(value.strip()) else None


def _tick(tokens: list[Token]) -> None:
    """Give the items of task lists, which begin with `[ ]` or `[x]`, their box."""
    for number, token in enumerate(tokens):
        if token.type == "inline" and token.children and tokens[number - 2].type == "list_item_open":
            first = token.children[0]
            if first.type == "text" and (box := re.match(r"\[([ xX])\] ", first.content)):
                first.content = f"{'☐' if box[1] == ' ' else '☑'} {first.content[4:]}"


class _Page(HTMLParser):
    """Takes clean HTML, and writes it anew: headings below those of the page, pictures and bare addresses as links."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.out: list[str] = []
        self.open: Counter[str] = Counter()  # elements
        self.headings: list[tuple[int, int]] = []  # (place in `out`, level; 0 for an end)

    def handle_starttag(self, tag: str, attrs: Iterable[tuple[str, str | None]]) -> None:
        """Write a start tag."""
        values = {name: value or "" for name, value in attrs}
        if tag == "img":
            self.out.append(self._picture(values))
        elif tag != "a" or "href" in values:
            self.open[tag] += 1
            if tag in HEADINGS:
                self.headings.append((len(self.out), int(tag[1])))
            attributes = format_html_join("", ' {}="{}"', values.items()) if values else ""
            self.out.append(f"<{tag}{attributes}>")

    def handle_endtag(self, tag: str) -> None:
        """Write an end tag, if what it ends was written."""
        if self.open[tag]:
            self.open[tag] -= 1
            if tag in HEADINGS:
                self.headings.append((len(self.out), 0))
            self.out.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        """Write text, with links for the addresses in it."""
        inside = self.open["a"] or self.open["code"] or self.open["pre"]
        for number, part in enumerate([data] if inside else ADDRESS.split(data)):
            self.out.append(format_html('<a href="{0}">{0}</a>', part) if number % 2 else escape(part))

    def finish(self) -> str:
        """All that was written. The highest heading is an h3, and none skips a level: h1 and h2 belong to the page."""
        self.close()
        highest, last = min((level for _, level in self.headings if level), default=1), 2
        for place, level in self.headings:
            last = min(6, level - highest + 3, last + 1) if level else last
            self.out[place] = f"<h{last}>" if level else f"</h{last}>"
        return "".join(self.out)

    def _picture(self, values):
        text = values.get("alt") or ("Picture" if "src" in values else "")
        if self.open["a"] or "src" not in values:
            return escape(text or "Picture" if self.open["a"] else text)
        return format_html('<a href="{}">{}</a>', values["src"], text)
