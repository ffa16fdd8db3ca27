"""Template tags and filters."""

import functools
import json

import nh3
from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import mark_safe
from markdown_it import MarkdownIt

from ..listings.base import add_line_breaks

register = template.Library()
register.filter("breakable", add_line_breaks)
_markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
_sprite = functools.cache(lambda: static("icons.svg"))


@register.simple_tag
def icon(name, label=""):
    """The icon `name` of static/icons.svg: hidden from screen readers beside text, named by `label` where alone."""
    if label:
        return format_html(
            '<svg class="i" role="img" aria-label="{}"><use href="{}#{}"/></svg>', label, _sprite(), name
        )
    return mark_safe(f'<svg class="i" aria-hidden="true"><use href="{_sprite()}#{name}"/></svg>')  # noqa: S308


@register.filter
def pairs(value):
    """The (key, value) pairs of a dict, because a template would read a key `items` instead; [] for any other value."""
    return list(value.items()) if isinstance(value, dict) else []


@register.filter(name="json")
def as_json(value):
    """A metadata value as text: a string as it is, any other value as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


@register.filter
def markdown(text):
    """Markdown as safe HTML: the parser accepts no HTML, and nh3 keeps harmless elements only."""
    tokens = _markdown.parse(text)
    headings = [token for token in tokens if token.type in {"heading_open", "heading_close"}]
    highest, last = min((int(token.tag[1]) for token in headings), default=1), 2  # h1 and h2 belong to the page
    for token in headings:
        last = min(6, int(token.tag[1]) - highest + 3, last + 1) if token.type == "heading_open" else last
        token.tag = f"h{last}"
    html = _markdown.renderer.render(tokens, _markdown.options, {})
    return mark_safe(nh3.clean(html, link_rel="noopener nofollow"))  # noqa: S308


# {word in a User-Agent: browser}. The first match counts, because most browsers name others too.
BROWSERS = {"Edg": "Edge", "OPR/": "Opera", "Firefox/": "Firefox", "Chrome/": "Chrome", "Safari/": "Safari"}
SYSTEMS = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "Windows": "Windows",
    "Mac OS X": "macOS",
    "CrOS": "ChromeOS",
    "Linux": "Linux",
}


@register.filter
def device(user_agent):
    """Browser and system of a User-Agent, as “Firefox on Linux”; its first characters if they aren't known."""
    browser = next((name for word, name in BROWSERS.items() if word in user_agent), None)
    system = next((name for word, name in SYSTEMS.items() if word in user_agent), None)
    if browser and system:
        return f"{browser} on {system}"
    return user_agent[:60] or "Unknown device"
