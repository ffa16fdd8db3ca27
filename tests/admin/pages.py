"""How tests use the Django admin: as a browser does, from the form that a page shows to what it sends back."""

from contextlib import contextmanager

from django.urls import reverse

from registry_app import rules
from registry_app.models import AuditEvent
from tests.client import state
from tests.html_forms import read_forms


def address(page, thing):
    """The address of a model's `page` (changelist, add), or an object's (change, delete, history)."""
    name = f"admin:{thing._meta.app_label}_{thing._meta.model_name}_{page}"
    return reverse(name) if isinstance(thing, type) else reverse(name, args=[thing.pk])


def sent(response):
    """What the page's forms send as they stand, search and log-out apart; rows that a script would copy left out."""
    forms = [form for form in read_forms(response.text) if form.method == "post" and form.id != "logout-form"]
    fields = {name: values[-1] for form in forms for name, values in form.data.items()}
    return {name: value for name, value in fields.items() if "__prefix__" not in name}


def save(client, url, **changes):
    """Open the page at `url`, change some of its fields (None: leave it out), and send it."""
    response = client.get(url)
    assert response.status_code == 200
    data = {**sent(response), **changes}
    return client.post(url, {name: value for name, value in data.items() if value is not None})


def logged(since=0):
    """(action, code) of the entries after `since`, oldest first."""
    return list(AuditEvent.objects.filter(seq__gt=since).order_by("seq").values_list("action", "code"))


def last_entry():
    """The newest entry's number, or 0."""
    return AuditEvent.objects.values_list("seq", flat=True).order_by("-seq").first() or 0


@contextmanager
def refused(*attempts):
    """Nothing changes in the block, and the log gets just these (action, code), in any order."""
    before, seq = state(), last_entry()
    yield
    assert state() == before
    told = sorted((str(action), code) for action, code in attempts if rules.forbids(code))
    assert sorted(logged(seq)) == told


def codes(response):
    """The codes of the errors on the page's form."""
    errors = response.context["adminform"].form.errors.as_data().values()
    return {error.code for listed in errors for error in listed} - {None}


def told(response):
    """The messages on the page, as text."""
    return [str(message) for message in response.context["messages"]]
