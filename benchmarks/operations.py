"""What is asked of the server: by whom, where, and how a right answer is told from a wrong one."""

import gzip
import itertools
import secrets
import time
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import urlencode, urljoin

from tests.html_forms import read_forms

RARE_TYPE, RARE_WORD, COMMON_WORD, NO_WORD = "transcript", "zirconium", "golden", "xylophone"
CSRF = "c" * 32
LINKS = 25  # of each collection
FILLED = {"description", "aliases"}  # fields, one of which every form has that is filled in
BARE = "a page without a list"
IN_TEAMS = {"list, first page", "list, deep page", "list, by own role", "search, common hit", "one registry"}


class Operation(NamedTuple):
    """One kind of request. With `fill`, the form at the path is filled in and sent; its answer is a redirect."""

    contender: str
    label: str
    paths: list
    marker: str
    fill: Callable | None = None
    person: str = "ada"
    htmx: bool = False
    rival: str = ""  # the label of what the plain admin does instead

    @property
    def key(self):
        """What no other operation is called."""
        return f"{self.contender}: {self.label}"

    def is_right(self, answer):
        """Whether `answer` is what was asked for."""
        if self.fill:
            return answer.status == 302 and self.marker in answer.location
        return answer.status == 200 and self.marker in answer.text

    def prepared(self, facts, send, count):
        """`count` requests of it, as arguments of `send`; forms are asked for first and filled in."""
        headers = {
            "Accept-Encoding": "gzip",
            "Cookie": f"session={facts['sessions'][self.person]}; csrf={CSRF}" if self is not FLOOR else "",
        }
        if self.htmx:
            headers["HX-Request"] = "true"
        paths = list(itertools.islice(itertools.cycle(self.paths), count))
        if not self.fill:
            return [("GET", path, headers) for path in paths]
        return [self._filled_in(path, headers, send) for path in paths]

    def _filled_in(self, path, headers, send):
        found = read_forms(send("GET", path, headers).text)
        form = next(form for form in found if FILLED & set(form.data))
        body = urlencode({**form.data, **self.fill()}, doseq=True).encode()
        headers = {**headers, "Content-Type": "application/x-www-form-urlencoded"}
        return "POST", urljoin(path, form.action), headers, body


class Answer(NamedTuple):
    """What came back."""

    status: int
    location: str
    encoding: str | None
    body: bytes

    @property
    def text(self):
        """The body, unpacked."""
        return (gzip.decompress(self.body) if self.encoding == "gzip" else self.body).decode()


def operations(facts):
    """Every Operation on a database of which `facts` are known."""
    tims = [operation for operation in _ours("tim", facts) if operation.label in IN_TEAMS]
    return [
        *_ours("ada", facts),
        *_ours("mel", facts),
        *tims,
        *_admins("plain", facts),
        *_admins("admin", facts),
        FLOOR,
    ]


FLOOR = Operation("floor", "25 rows rendered", ["/floor/"], "</table>")


def _ours(person, facts):
    home = f"/orgs/{facts['organization']}/"
    role = "admin" if person == "ada" else "viewer"
    listed = {  # label: (query, what the plain admin does instead)
        "list, first page": ("", "first page"),
        "list, deep page": (f"?after={facts['cursor']}", "deep page"),
        "list, sorted by update": ("?sort=-updated", "first page"),
        "list, by visibility": ("?visibility=restricted", "by visibility"),
        "list, by common type": ("?type=dataset", "first page"),
        "list, by rare type": (f"?type={RARE_TYPE}", "first page"),
        "list, by own role": (f"?role={role}", "first page"),
        "search, rare hit": (f"?q={RARE_WORD}", "search, rare hit"),
        "search, common hit": (f"?q={COMMON_WORD}", "search, common hit"),
        "search, no hit": (f"?q={NO_WORD}", "search, no hit"),
    }
    for label, (query, rival) in listed.items():
        marker = 'id="registries-results"'
        yield Operation(person, label, [f"{home}registries/{query}"], marker, person=person, rival=rival)
    marker = 'id="registries-results"'
    yield Operation(person, BARE, ["/orgs/"], 'href="/orgs/', person=person)
    yield Operation(person, "htmx fragment", [f"{home}registries/?sort=-name"], marker, person=person, htmx=True)
    names = [name for name, _ in facts["mine" if person == "mel" else "others"]]
    names = names[: len(names) // 2]
    details = [f"{home}registry/{name}/" for name in names]
    yield Operation(person, "one registry", details, 'class="props"', person=person, rival="change page")
    settings = [f"{address}settings/" for address in details]
    yield Operation(person, "its settings", settings, 'id="id_name"', person=person, rival="change page")
    yield Operation(person, "create", [f"{home}registries/new/"], "/registry/new-", _new, person, rival="create")
    yield Operation(person, "edit", settings, "/settings/", _edited, person, rival="edit")
    yield from _published(person, facts, f"{home}registry/Models/collection/churn-{person}/")


def _published(person, facts, collection):
    numbers = [f"{collection}v{number}/" for number in range(LINKS)]
    yield Operation(person, "a collection", [collection], 'id="versions-results"', person=person, rival="change page")
    yield Operation(person, "a version", numbers, 'class="props"', person=person, rival="change page")
    link = lambda: {"version": secrets.choice(facts["versions"])}  # noqa: E731
    yield Operation(person, "link", [f"{collection}link/"], collection, link, person, rival="edit")
    alias = lambda: {"aliases": f"new-{secrets.token_hex(6)}"}  # noqa: E731
    edits = [f"{number}edit/" for number in numbers]
    yield Operation(person, "set an alias", edits, collection, alias, person, rival="edit")


def _admins(site, facts):
    home = f"/{site}/registry_app/registry/"
    pages = {
        "first page": "",
        "deep page": f"?p={facts['page']}",
        "by visibility": "?visibility__exact=restricted",
        "search, rare hit": f"?q={RARE_WORD}",
        "search, common hit": f"?q={COMMON_WORD}",
        "search, no hit": f"?q={NO_WORD}",
    }
    half = len(facts["others"]) // 2
    changed = facts["others"][half:]
    changed = changed[::2] if site == "plain" else changed[1::2]
    changes = [f"{home}{pk}/change/" for _, pk in changed]
    for label, query in pages.items():
        yield Operation(site, label, [home + query], 'id="changelist-form"')
    yield Operation(site, "change page", changes, 'id="registry_form"')
    organization = {"organization": facts["organization_id"]}
    yield Operation(site, "create", [f"{home}add/"], home, lambda: _new() | organization)
    yield Operation(site, "edit", changes, home, _edited)


def _new():
    return {"name": f"new-{secrets.token_hex(6)}", "visibility": "organization", "accepts_all_types": "on"}


def _edited():
    return {"description": f"Edited at {time.time_ns()}, and still read by everybody."}
