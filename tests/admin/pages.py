"""How tests use the Django admin: as a browser does, from the form that a page shows to what it sends back."""

from contextlib import contextmanager
from html.parser import HTMLParser

from django.apps import apps
from django.urls import reverse

from registry_app.models import AuditEvent


def address(page, thing):
    """The address of a model's `page` (changelist, add), or an object's (change, delete, history)."""
    name = f"admin:registry_app_{thing._meta.model_name}_{page}"
    return reverse(name) if isinstance(thing, type) else reverse(name, args=[thing.pk])


class Sent(HTMLParser):
    """What a browser sends for the forms of a page, search and log-out apart: {name: value}."""

    def __init__(self, html):
        super().__init__()
        self.data, self._inside, self._select, self._text = {}, False, None, None
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        name, value = attrs.get("name"), attrs.get("value") or ""
        if tag == "form":
            self._inside = attrs.get("method", "get").lower() == "post" and attrs.get("id") != "logout-form"
        elif not self._inside:
            return
        elif tag == "input" and name and attrs.get("type") != "submit":
            if attrs.get("type") not in {"checkbox", "radio"} or "checked" in attrs:
                self.data[name] = attrs.get("value", "on") if attrs.get("type") == "checkbox" else value
        elif tag == "textarea":
            self._text = name
            self.data[name] = ""
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select and "selected" in attrs:
            self.data[self._select] = value

    def handle_endtag(self, tag):
        if tag == "textarea":
            self._text = None
        elif tag == "select":
            self._select = None
        elif tag == "form":
            self._inside = False

    def handle_data(self, data):
        if self._text:
            self.data[self._text] += data.removeprefix("\n")


def sent(response):
    """What the page's form sends as it stands; rows that a script would copy left out."""
    return {name: value for name, value in Sent(response.text).data.items() if "__prefix__" not in name}


def save(client, url, **changes):
    """Open the page at `url`, change some of its fields (None: leave it out), and send it."""
    response = client.get(url)
    assert response.status_code == 200
    data = {**sent(response), **changes}
    return client.post(url, {name: value for name, value in data.items() if value is not None})


def everything():
    """Every row that the app keeps but the audit log, to compare before and after."""
    kept = [
        model for model in apps.get_app_config("registry_app").get_models() if "audit" not in model._meta.model_name
    ]
    return {model.__name__: list(model.objects.order_by("pk").values()) for model in kept}


def logged(since=0):
    """(action, code) of the entries after `since`, oldest first."""
    return list(AuditEvent.objects.filter(seq__gt=since).order_by("seq").values_list("action", "code"))


def last_entry():
    """The newest entry's number, or 0."""
    return AuditEvent.objects.values_list("seq", flat=True).order_by("-seq").first() or 0


@contextmanager
def refused(*attempts):
    """Nothing changes in the block, and the log gets just these (action, code), in any order."""
    before, seq = everything(), last_entry()
    yield
    assert everything() == before
    assert sorted(logged(seq)) == sorted((str(action), code) for action, code in attempts)


def codes(response):
    """The codes of the errors on the page's form."""
    errors = response.context["adminform"].form.errors.as_data().values()
    return {error.code for listed in errors for error in listed} - {None}


def told(response):
    """The messages on the page, as text."""
    return [str(message) for message in response.context["messages"]]
