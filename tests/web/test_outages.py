"""A database that is busy, full or out of reach: what is told to people and programs, what is kept, what goes on."""

import psycopg
import pytest
from allauth.account import forms as account_forms
from django import forms
from django.core.management import call_command
from django.db import IntegrityError, InterfaceError, InternalError, OperationalError, ProgrammingError, connection
from django.urls import reverse

from registry_app.database.availability import fault_of
from registry_app.models import AcceptedType
from registry_app.views.errors import SECRET
from tests.client import Page, at, browser, crawl, nothing_happens, of
from tests.factories import PASSWORD, make_token
from tests.outages import full, held, out_of_reach

OUTAGES = pytest.mark.parametrize("outage", [held, full, out_of_reach])
WHILE_READ = pytest.mark.parametrize("outage", [held, full])
LONG = "A description that is too long to fit where there is no room. " * 900
LOGIN = "/accounts/login/"
PEOPLE = {"accept": "text/html,*/*;q=0.8"}

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def _counted(settings):
    """The cache of the site itself, in the database."""
    settings.CACHES = {"default": {"BACKEND": "config.cache.DatabaseCache", "LOCATION": "site_cache"}}
    call_command("createcachetable", verbosity=0)


def person(user=None):
    """A browser of `user` that minds CSRF, as people's do."""
    return browser(user, enforce_csrf_checks=True, headers=PEOPLE)


def filled(client, address, **data):
    """The data of the form on the page at `address`, with `data` written into it."""
    return Page(client.get(address)).form_to(address).data | data


def told(response):
    """See that the page offers to try again; answers the form that it kept."""
    assert (response.status_code, response["Retry-After"]) == (503, "5")
    assert response.context["fault"].code == "database_unavailable"
    assert "Traceback" not in response.text
    assert not Page(response).inline
    return Page(response).form_to(response.wsgi_request.get_full_path())


@OUTAGES
def test_a_form_is_kept_and_can_be_sent_again(golden, ada, outage):
    client, address = person(ada), at("registries:settings", golden)
    data = filled(client, address, name="Silver Datasets", description=LONG)
    with nothing_happens():
        with outage():
            form = told(client.post(address, data))
            form = told(client.post(address, form.data))
        assert form.data == {name: value if isinstance(value, list) else [value] for name, value in data.items()}
    assert client.post(address, form.data).status_code == 302
    golden.refresh_from_db()
    assert (golden.name, golden.description) == ("Silver Datasets", LONG.strip())


@OUTAGES
def test_a_list_of_versions_is_kept_and_can_be_sent_again(vision, mel, outage):
    client, address = person(mel), reverse("imports:create", args=[vision.organization.slug, vision.name])
    text = "project,name,type,uri,digest,metadata\r\n" + "".join(
        f'p,n{number},model,s3://b/{number},etag:{number},"{{""a"": ""{"<&" * 200}""}}"\r\n' for number in range(20)
    )
    shown = client.post(address, filled(client, address, text=text))
    with nothing_happens(), outage():
        form = told(client.post(address, Page(shown).form_to(address).data))
    assert client.post(address, form.data).status_code == 302
    assert vision.artifacts.count() == 20


def _new_registry(golden, collection, version, link):
    choices = {"visibility": "organization", "accepts_all_types": "on"}
    return reverse("registries:create", args=[golden.organization.slug]), {"name": "Shelf", **choices}


def _new_collection(golden, collection, version, link):
    return at("collections:create", collection.registry), {"name": "Forecasts", "type": "model"}


def _new_link(golden, collection, version, link):
    return of("links:create", collection), {"version": version.pk, "aliases": "candidate"}


def _alias(golden, collection, version, link):
    return of("links:edit", collection, link.number), {"aliases": "candidate, best", "tags": "checked"}


def _card(golden, collection, version, link):
    return of("collections:edit", collection), {"description": LONG}


def _version(golden, collection, version, link):
    names = {"project": "p", "name": "n", "type": "model"}
    place = [version.artifact.team.organization.slug, version.artifact.team.name]
    return reverse("artifacts:create", args=place), {**names, "uri": "s3://b/n", "digest": "etag:n"}


@pytest.mark.parametrize("form_of", [_new_registry, _new_collection, _new_link, _alias, _card, _version])
def test_every_form_is_kept_while_another_program_writes(golden, churn, versions, two_links, ada, form_of):
    address, typed = form_of(golden, churn, versions[2], two_links[0])
    client = person(ada)
    data = filled(client, address, **typed)
    with nothing_happens(), held():
        form = told(client.post(address, data))
    assert {name: form.data[name] for name in typed} == {name: [str(value)] for name, value in typed.items()}
    sent = client.post(address, form.data)
    assert (sent.status_code, sent.context) == (302, None)


@OUTAGES
def test_a_form_of_the_admin_is_kept_too(root, golden, outage):
    client, address = person(root), reverse("admin:registry_app_registry_change", args=[golden.pk])
    data = filled(client, address, description=LONG)
    with nothing_happens(), outage():
        form = told(client.post(address, data))
    assert client.post(address, form.data).status_code == 302
    golden.refresh_from_db()
    assert golden.description == LONG.strip()


@pytest.mark.usefixtures("_counted")
@OUTAGES
@pytest.mark.parametrize("password", [PASSWORD, "wrong"])
def test_signing_in_is_neither_counted_as_too_often_nor_a_fault(mel, outage, password):
    client = person()
    data = filled(client, LOGIN, login="mel", password=password)
    with nothing_happens(), outage():
        for _ in range(3):
            response = client.post(LOGIN, data)
            assert password not in response.text
            form = told(response)
    assert "password" not in form.data
    assert form.data["login"] == ["mel"]
    again = client.post(LOGIN, {**form.data, "password": PASSWORD})
    assert (again.status_code, client.get("/").status_code) == (302, 302)
    assert "_auth_user_id" in client.session


@pytest.mark.usefixtures("_counted")
@WHILE_READ
def test_a_session_that_cannot_be_saved_has_not_ended(mel, outage):
    client, address = person(mel), "/accounts/reauthenticate/"
    data = filled(client, address, password=PASSWORD, next="/" + "n" * 3000)
    with outage():
        form = told(client.post(address, data))
    assert client.post(address, {**form.data, "password": PASSWORD}).status_code == 302


@WHILE_READ
def test_all_that_is_read_goes_on(golden, vault, ada, two_links, outage):
    client = browser(ada, headers=PEOPLE)
    session = client.session
    session["seen"] = 0  # so that each page would note that it was seen
    session.save()
    with nothing_happens(), outage():
        answers = {address: answer.status_code for address, answer in crawl(client, "/").items()}
    assert set(answers.values()) <= {200, 302}
    assert len(answers) > 100
    assert client.session["seen"] == 0 or outage is full  # there is always room for as little as that
    client.get("/")
    assert client.session["seen"] > 0


@WHILE_READ
def test_staff_read_on(golden, root, outage):
    client = browser(root, headers=PEOPLE)
    list_of_registries = reverse("admin:registry_app_registry_changelist")
    with outage():
        for address in (list_of_registries, reverse("admin:registry_app_registry_change", args=[golden.pk])):
            assert client.get(address).status_code == 200


@WHILE_READ
def test_programs_read_on(mel, outage):
    token = make_token(mel)
    headers = {"Authorization": f"Bearer {token.secret}"}
    with outage():
        assert browser().get("/api/v1/me", headers=headers).status_code == 200
    token.refresh_from_db()
    assert (token.last_used_at is None) == (outage is held or connection.vendor == "postgresql")
    assert browser().get("/api/v1/me", headers=headers).status_code == 200
    token.refresh_from_db()
    assert token.last_used_at


def test_programs_are_told_in_json_when_to_come_back(mel):
    headers = {"Authorization": f"Bearer {make_token(mel).secret}"}
    with out_of_reach():
        response = browser().get("/api/v1/me", headers=headers)
    assert (response.status_code, response["Retry-After"]) == (503, "5")
    assert response.json()["code"] == "database_unavailable"
    assert browser().get("/api/v1/me", headers=headers).status_code == 200


def test_a_part_of_a_page_that_cannot_be_loaded_is_an_error_for_htmx(ada, acme):
    """static/js/failed.js shows a word of its own for it; nothing is put in the place of what is there."""
    client = browser(ada)
    with out_of_reach():
        response = client.get(reverse("registries:index", args=[acme.slug]), headers={"HX-Request": "true"})
    assert (response.status_code, response["Content-Type"]) == (503, "application/json")


def test_a_page_that_cannot_be_loaded_leads_back_to_itself(ada, acme):
    client, address = browser(ada, headers=PEOPLE), reverse("registries:index", args=[acme.slug])
    with out_of_reach():
        response = client.get(address, {"q": "a&b"})
        assert client.get("/no/such/page").status_code == 503
    assert (response.status_code, f"{address}?q=a%26b" in Page(response).links) == (503, True)
    assert client.get(address).status_code == 200


def _type_twice(registry):
    AcceptedType.objects.create(registry=registry, name=registry.types.first().name)


def _type_of_nothing(registry):
    AcceptedType.objects.create(registry_id=10**9, name="x")


def _type_without_name(registry):
    AcceptedType.objects.create(registry=registry, name=None)


@pytest.mark.parametrize("clash, status", [(_type_twice, 409), (_type_of_nothing, 409), (_type_without_name, 500)])
def test_two_that_meet_on_one_row_are_told_to_try_again(ada, golden, monkeypatch, clash, status):
    """What a constraint refuses that is of no rule's making: a second try meets the rule."""
    monkeypatch.setattr(type(golden), "sides_of_restriction", clash)
    response = browser(ada, headers=PEOPLE).post(
        at("registries:restrict", golden), {"reason": "mine", "csrfmiddlewaretoken": "x"}
    )
    assert response.status_code == status
    if status == 409:
        assert response.context["fault"].code == "changed_at_once"
        assert Page(response).form_to(at("registries:restrict", golden)).data["reason"] == ["mine"]


UNAVAILABLE, AT_ONCE = "database_unavailable", "changed_at_once"
FAULTS = [
    (OperationalError, psycopg.errors.DeadlockDetected, UNAVAILABLE),
    (OperationalError, psycopg.errors.SerializationFailure, UNAVAILABLE),
    (OperationalError, psycopg.errors.LockNotAvailable, UNAVAILABLE),
    (OperationalError, psycopg.errors.QueryCanceled, UNAVAILABLE),
    (OperationalError, psycopg.errors.AdminShutdown, UNAVAILABLE),
    (OperationalError, psycopg.errors.TooManyConnections, UNAVAILABLE),
    (OperationalError, psycopg.errors.DiskFull, UNAVAILABLE),
    (OperationalError, psycopg.errors.ConnectionFailure, UNAVAILABLE),
    (OperationalError, psycopg.OperationalError, UNAVAILABLE),
    (InterfaceError, psycopg.InterfaceError, UNAVAILABLE),
    (InternalError, psycopg.errors.ReadOnlySqlTransaction, UNAVAILABLE),
    (InternalError, psycopg.errors.InFailedSqlTransaction, None),
    (ProgrammingError, psycopg.errors.UndefinedTable, None),
    (IntegrityError, psycopg.errors.UniqueViolation, AT_ONCE),
    (IntegrityError, psycopg.errors.ForeignKeyViolation, AT_ONCE),
    (IntegrityError, psycopg.errors.NotNullViolation, None),
    (RuntimeError, psycopg.errors.DeadlockDetected, None),
]


@pytest.mark.parametrize("error, cause, code", FAULTS, ids=lambda value: getattr(value, "__name__", str(value)))
def test_which_errors_are_the_database_s(error, cause, code):
    try:
        raise error("said") from cause("said")
    except Exception as raised:
        fault = fault_of(raised)
    assert (fault and fault.code) == code


def test_a_statement_that_is_wrong_is_our_mistake():
    with pytest.raises((OperationalError, ProgrammingError)) as raised, connection.cursor() as cursor:
        cursor.execute("SELECT * FROM no_such_table")
    assert fault_of(raised.value) is None
    assert fault_of(None) is None


def test_no_field_for_a_secret_is_shown_again():
    def kinds(kind):
        for below in kind.__subclasses__():
            yield below
            yield from kinds(below)

    secret = {
        name
        for form in kinds(forms.BaseForm)
        for name, field in getattr(form, "base_fields", {}).items()
        if isinstance(field.widget, forms.PasswordInput)
    }
    assert {"password", "password_again", "oldpassword", "password1"} <= secret
    assert account_forms.LoginForm and all(SECRET.search(name) for name in secret | {"code", "credential"})
