"""Links as the page of a collection shows them."""

from .collections import mark_protected


def link_rows(links, registry):
    """(link, [(alias, whether it is protected)], whether any is) of each of `links`."""
    protected = registry.protected_names()
    rows = []
    for link in links:
        marks = mark_protected([alias.name for alias in link.aliases.all()], protected)
        rows.append((link, marks, any(is_protected for _, is_protected in marks)))
    return rows
