"""Template tags and filters."""

import functools
import json
import shlex
from datetime import UTC
from typing import Any

from django import template
from django.template.defaultfilters import pluralize as plural_of_number
from django.template.defaulttags import querystring
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe

from ..listings.base import add_line_breaks
from ..rules import number_text, size_text
from ..search.found import pieces
from . import card_html, devices

register = template.Library()
register.filter("breakable", add_line_breaks)
register.filter("markdown", card_html.render)
register.filter("device", devices.name_of)
_sprite = functools.cache(lambda: static("icons.svg"))


CONTENT = "\ue000"  # stands for what a tag surrounds


class Surrounding(template.Node):
    """A tag whose words all stand in the template: what it puts before and after its content is made just once."""

    def __init__(self, node):
        self.nodelist: Any = getattr(node, "nodelist", template.NodeList())
        words = [word.var for word in node.args], {name: word.var for name, word in node.kwargs.items()}
        around = node.func(*[CONTENT] * hasattr(node, "nodelist"), *words[0], **words[1])
        self.before, _, self.after = around.partition(CONTENT)

    def render(self, context):
        return f"{self.before}{self.nodelist.render(context).strip()}{self.after}"


def made_once(tag):
    """Let `tag`, a simple tag or block tag that knows nothing of the context, be a Surrounding where it can be."""
    compiled = register.tags[tag.__name__]

    def compile_tag(parser, token):
        node = compiled(parser, token)
        words = [*node.args, *node.kwargs.values()]
        stands = all(isinstance(word.var, str | int) and not word.filters for word in words)
        return Surrounding(node) if stands and not node.target_var else node

    register.tags[tag.__name__] = compile_tag
    return tag


@made_once
@register.simple_tag
def icon(name, label=""):
    """The icon `name` of static/icons.svg: hidden from screen readers beside text, named by `label` where alone."""
    if label:
        return format_html(
            '<svg class="i" role="img" aria-label="{}"><use href="{}#{}"/></svg>', label, _sprite(), name
        )
    return mark_safe(f'<svg class="i" aria-hidden="true"><use href="{_sprite()}#{name}"/></svg>')  # noqa: S308


@made_once
@register.simple_tag
def in_dialog(then="stay"):
    """Attributes of a link to a short form: where scripts run, the form opens in the dialog over the page (dialog.js).

    Done, the page below is shown anew; with `then` "leave", that to which the form leads.
    """
    return format_html(
        'data-dialog="{}" hx-boost="true" hx-target="#dialog-part" hx-select="#main > :is(.head, .body)" '
        'hx-swap="innerHTML show:none ignoreTitle:true" hx-sync="this:drop" hx-disinherit="*"',
        then,
    )


@register.simple_tag
def moment(value, style="j M Y, H:i"):
    """The moment `value` in the reader's zone, as `style` says: `date`'s letters, or `ago`. A time of day has its zone.

    In UTC, and to the second, it is the title.
    """
    if style == "ago":
        text = _ago((timezone.now() - value).total_seconds())
    else:
        text = date_format(timezone.localtime(value), f"{style} T" if "H" in style else style)
    utc = value.astimezone(UTC)
    # `date_format` and `format_html` take five times as long, and lists have many moments. Nothing here needs escaping.
    title = f"{utc.day} {utc:%B %Y, %H:%M:%S} UTC"
    return mark_safe(f'<time datetime="{utc.isoformat(timespec="seconds")}" title="{title}">{text}</time>')  # noqa: S308


UNITS = {"year": 31_536_000, "month": 2_592_000, "week": 604_800, "day": 86_400, "hour": 3_600, "minute": 60}


def _ago(seconds):
    """How long ago that is, in its largest unit: a table has room for one."""
    unit, size = next(((unit, size) for unit, size in UNITS.items() if seconds >= size), ("", 0))
    count = size and int(seconds // size)
    return f"{count} {unit}{'' if count == 1 else 's'} ago" if unit else "Just now"


@register.simple_tag
def error_prefix(*forms):
    """How the title of a page begins that shows one of `forms` with errors; a form may be missing."""
    return "Error: " if any(form and form.errors for form in forms) else ""


@register.simple_block_tag(takes_context=True)
def component(context, content, name, **values):
    """The template components/_NAME.html around what stands inside: an include that has a `content`.

    It knows `values` and, for its forms, the request's CSRF token; nothing else of the page.
    """
    template = context.template.engine.get_template(f"components/_{name}.html")
    return template.render(context.new({"csrf_token": context.get("csrf_token"), **values, "content": content}))


# Pages that breadcrumbs go through and no object is: the address's name, what it is called there, and whose it is.
PLACES = {
    "registries:index": ("Registries", "organization"),
    "registries:settings": ("Settings", "registry"),
    "organizations:settings": ("Settings", "organization"),
    "group_mappings:index": ("Groups of the identity provider", "organization"),
    "registry_members:index": ("Access", "registry"),
    "members:index": ("Members and teams", "organization"),
    "invitations:create": ("Invitations", "organization"),
    "teams:index": ("Teams", "organization"),
    "artifacts:index": ("Artifacts", "team"),
    "mfa_index": ("Security", None),
}


@register.inclusion_tag("components/_breadcrumbs.html", takes_context=True)
def breadcrumbs(context, *places, step=""):
    """The way to a page: objects, and names of addresses in PLACES; last the page itself, or what it does as `step`."""
    trail = [_place(context, place) if isinstance(place, str) else _object(place) for place in places]
    return {"trail": [*trail, (step, None)] if step else trail}


def _place(context, name):
    label, owner = PLACES[name]
    slug = [context["organization"].slug] if owner else []
    names = [context[owner].name] if owner in {"registry", "team"} else []
    return label, reverse(name, args=slug + names)


def _object(place):
    label = next(getattr(place, name) for name in ("label", "name", "user") if hasattr(place, name))
    return label, place.get_absolute_url()


# Tables. The style sheets make blocks of their rows where the sheet is narrow, which takes their meaning from screen
# readers: so each part names its role, and each cell its column.


@register.simple_block_tag
def columns(content):
    """The head of a table: its column headers."""
    return format_html('<thead role="rowgroup"><tr role="row">{}</tr></thead>', content)


@register.simple_tag(takes_context=True)
def column_header(context, label, *, link="", sort="", is_default=False, hidden=False, note="", **attributes):
    """The header of a column: hidden from sight, linked, or sorting the list; with a `note` beside its label.

    `sort` is the order that its first click asks for ("-updated"), `is_default` whether the list has that by itself.
    The order of now is the context's `sort`.
    """
    inner = format_html('<span class="sr">{}</span>', label) if hidden else label
    if sort:
        now, reverse = context["sort"], sort[1:] if sort.startswith("-") else f"-{sort}"
        wanted = reverse if now == sort else None if is_default else sort
        link = context["request"].path + querystring(context, sort=wanted, after=None, before=None)
        if now in {sort, reverse}:
            order, arrow = ("descending", "↓") if now.startswith("-") else ("ascending", "↑")
            inner, attributes["aria-sort"] = f"{inner} {arrow}", order
    if link:
        inner = format_html('<a href="{}">{}</a>', link, inner)
    if note:
        inner = format_html('{} <span class="note">{}</span>', inner, note)
    return format_html('<th scope="col" role="columnheader"{}>{}</th>', _attributes(attributes), inner)


@made_once
@register.simple_block_tag
def row_header(content, **attributes):
    """The cell that names its row."""
    return _cell(content, "th", "rowheader", scope="row", **attributes)


@made_once
@register.simple_block_tag
def cell(content, label="", **attributes):
    """A cell in the column `label`; "" where the column's header is hidden from sight."""
    return _cell(content, "td", "cell", **attributes | ({"data-label": label} if label else {}))


NUMBER = '<td role="cell" class="{}" data-label="{}"><span title="{}">{}</span>{}</td>'


@register.simple_tag
def number_cells(cells):
    """The cells of numbers in a row (listings.series.Difference each), all at once: a table has hundreds of them."""
    return format_html_join("", NUMBER, ((each.css, each.label, each.full, each.text, _beside(each)) for each in cells))


def _beside(cell):
    return format_html('<small class="beside">{}</small>', cell.delta) if cell.is_drawn else ""


def _cell(content, tag, role, **attributes):
    """The cell, without the white space that the template is laid out with: an empty one would not be empty else."""
    start = format_html("<{}{}>", tag, _attributes({"role": role, **attributes}))
    return mark_safe(f"{start}{content.strip()}</{tag}>")  # noqa: S308  # both were escaped where they were made


def _attributes(attributes):
    return format_html_join("", ' {}="{}"', attributes.items())


@register.filter
def marked(text, words):
    """`text` as HTML, like `breakable`, with the words of a search marked in it."""
    parts = ((add_line_breaks(piece), is_found) for piece, is_found in pieces(text, words))
    return mark_safe("".join(f"<mark>{part}</mark>" if is_found else part for part, is_found in parts))  # noqa: S308


@register.filter
def pluralize(value, forms="s"):
    """Django's filter, for numbers that are texts already too: "1" alone is one of them, "1,000+" are many."""
    return plural_of_number(int(value != "1") + 1 if isinstance(value, str) else value, forms)


@register.filter
def pairs(value):
    """The (key, value) pairs of a dict, because a template would read a key `items` instead; [] for any other value."""
    return list(value.items()) if isinstance(value, dict) else []


@register.filter(name="json")
def as_json(value):
    """A metadata value as text: a string as it is, any other value as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


@register.filter
def indented(value):
    """A metadata value as JSON in lines."""
    return json.dumps(value, ensure_ascii=False, indent=2)


@register.filter
def shell(value):
    """A text as one word of a shell, so that a command that is copied runs nothing of it."""
    return shlex.quote(value)


@register.filter
def short(value):
    """A metadata value as text, a number with four digits."""
    return number_text(value) if type(value) in (int, float) else as_json(value)


@register.filter
def size(version):
    """The size of a version."""
    return size_text(version.size, version.file_count)
