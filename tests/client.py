"""How the tests of the pages browse: as whom, what they find in a page, and how they see that nothing was changed."""

import re
import secrets
import time
from contextlib import contextmanager
from urllib.parse import quote, urlsplit

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from registry_app import rules
from registry_app.authentication.sessions import SessionStore
from registry_app.choices import Kind
from registry_app.models import AcceptedType, AuditChainHead, AuditEvent, Registry
from registry_app.models.change import digest_of
from tests.assertions import everything
from tests.html_forms import FormReader
from tests.site import site

FORMS = ("form", "type_form", "accept_form", "alias_form", "refused")  # what views call the form that was sent
LOG = {"AuditEvent", "AuditChainHead"}


def browser(user=None, **options):
    """A browser in which `user` (None: nobody) is signed in. It shows a 500 as a page, as people see it."""
    client = Client(raise_request_exception=False, **options)
    if not client.handler.enforce_csrf_checks:
        client.handler = site()
    if user:
        sign_in(client, user)
    return client


def registries_of(organization):
    """The address of the list of an organization's registries."""
    return reverse("registries:index", args=[organization.slug])


def sign_in(client, user):
    """Give `client` a session of `user` that was seen just now, so that its first request costs what others do.

    As `force_login` would, with one query.
    """
    session = SessionStore()
    said = {
        SESSION_KEY: str(user.pk),
        BACKEND_SESSION_KEY: settings.AUTHENTICATION_BACKENDS[0],
        HASH_SESSION_KEY: user.get_session_auth_hash(),
        "seen": int(time.time()),
    }
    key, end = secrets.token_hex(16), session.get_expiry_date()
    Session.objects.create(session_key=key, session_data=session.encode(said), expire_date=end)
    client.cookies[settings.SESSION_COOKIE_NAME] = key


def at(page, registry):
    """The address of a registry's page, such as `registries:settings`."""
    return reverse(page, args=[registry.organization.slug, registry.name])


def of(page, collection, *more):
    """The address of a page of a collection."""
    registry = collection.registry
    return reverse(page, args=[registry.organization.slug, registry.name, collection.name, *more])


def send(client, address, **data):
    """What the form on the page at `address` would send, with `data` written into it."""
    form = Page(client.get(address)).form_to(address)
    return client.post(address, {**form.data, **data})


def signed_in(client):
    """Whether somebody is signed in."""
    return client.get(reverse("organizations:index")).status_code == 200


def names(response):
    """The names in the table of a page, in order."""
    return [row["name"] for row in response.context["rows"]]


def codes(response):
    """The codes of all that is wrong with the form that the page shows."""
    forms = [response.context.get(name) for name in FORMS] if response.context else []
    sent = [form for form in forms if form is not None and form.is_bound]
    return {error.code for form in sent for errors in form.errors.as_data().values() for error in errors}


# What is kept.


def state(without=LOG):
    """Every row that the app keeps, tables `without` apart; when somebody signed in last is no matter."""
    rows = everything(without)
    for user in rows["User"]:
        del user["last_login"]
    return rows


@contextmanager
def nothing_changes():
    """The block changes no row; the audit log may grow."""
    before = state()
    yield
    assert state() == before


@contextmanager
def nothing_happens():
    """The block changes no row, and nothing is logged either."""
    before = state(without=())
    yield
    assert state(without=()) == before


@contextmanager
def logging():
    """A list that has, after the block, the entries that it logged, oldest first."""
    events, seq = [], AuditChainHead.objects.get().seq
    yield events
    events += AuditEvent.objects.filter(seq__gt=seq).order_by("seq")


def comparable(response, *own):
    """A page as bytes, without what is the request's own: token, request id, and `own` parts of its address."""
    text = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", response.text)
    for part in (response["X-Request-ID"], *own):
        text = text.replace(part, "")
    headers = {name: value for name, value in response.items() if name != "X-Request-ID"}
    return response.status_code, headers.pop("Location", "").replace(own[0], ""), text, headers


def told(client, method, page, *places, but=""):
    """What `client` is told at the address that `places` make, apart from `but` (else the last of them), and the
    number of queries that this took.
    """
    but = but or places[-1]
    address = reverse(page, args=places)
    with CaptureQueriesContext(connection) as queries:
        response = getattr(client, method.lower())(address, {"name": "x", "etag": digest_of(1), "confirmation": "x"})
    return comparable(response, quote(but), but), len(queries)


def refused(client, address, data, code, status=422, **options):
    """Post `data`, and see it refused: the code in the form and nothing changed. Answers the page.

    And the code in the log, where a rule forbids it (§5).
    """
    with nothing_changes(), logging() as events:
        response = client.post(address, data, **options)
    assert (response.status_code, codes(response)) == (status, {code})
    told = [(event.code, event.request_id) for event in events]
    assert told == ([(code, response["X-Request-ID"])] if rules.forbids(code) else [])
    return response


def many(organization, number, *, types=("model",), **fields):
    """`number` more custom registries, made fast; without `types` they accept all. In the order of their names."""
    names = [f"Shelf {index:04}" for index in range(number)]
    made = Registry.objects.bulk_create(
        Registry(
            organization=organization,
            kind=Kind.CUSTOM,
            name=name,
            name_key=rules.name_key(name),
            accepts_all_types=not types,
            **fields,
        )
        for name in names
    )
    AcceptedType.objects.bulk_create(AcceptedType(registry=each, name=name) for each in made for name in types)
    return made


# What is in a page.


def _runs(attributes):
    """Whether a script element holds a script of its own, not just data for another."""
    return "src" not in attributes and attributes.get("type") != "application/json"


class Page(FormReader):
    """What a browser finds in a page: addresses, forms, its words, and whatever a strict CSP would not run."""

    def __init__(self, response):
        super().__init__(response.wsgi_request.get_full_path())
        self.links, self.inline = [], []
        self.feed(response.text)

    def handle_starttag(self, tag, attributes):
        """Note what the element means."""
        found = dict(attributes)
        self.links += [found["href"]] if tag == "a" else []
        self.links += [found["hx-get"]] if "hx-get" in found else []
        self.inline += [f"{tag} {name}" for name in found if name == "style" or name.startswith(("on", "hx-on"))]
        self.inline += [tag] if tag == "style" or (tag == "script" and _runs(found)) else []
        super().handle_starttag(tag, attributes)

    def form_to(self, address):
        """The one form that posts to `address`, with or without a query. It has the token that the server asks for."""
        (form,) = [form for form in self.forms if form.method == "post" and urlsplit(form.action).path == address]
        assert form.data.get("csrfmiddlewaretoken")
        return form


def crawl(client, start):
    """Every page that links lead to from `start`, the admin apart: {address: response}."""
    found, waiting = {}, [start]
    while waiting:
        address = waiting.pop().partition("#")[0]
        if address in found:
            continue
        response = found[address] = client.get(address)
        if response.status_code == 302:
            waiting.append(response.url)
        elif response["Content-Type"].startswith("text/html"):
            base = urlsplit(address)
            links = [f"{base.path}{link}" if link.startswith("?") else link for link in Page(response).links]
            waiting += [link for link in links if link.startswith("/") and not link.startswith("/admin/")]
    return found
