"""The way in and what holds for every page: set-up, sign-in, appearance, error pages, headers, cookies."""

import json
import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.core.cache import cache
from django.db import transaction
from django.urls import reverse

from registry_app.audit.reconcile import find_drift
from registry_app.choices import Action, OrganizationRole
from registry_app.models import AuditEvent, Organization, User, set_up, setup_token
from registry_app.models.change import digest_of, etag_of
from registry_app.views import organizations as views
from tests.client import (
    Page,
    at,
    browser,
    codes,
    crawl,
    logging,
    nothing_changes,
    nothing_happens,
    registries_of,
    signed_in,
)
from tests.factories import PASSWORD, make_member, make_organization, make_registry, make_user

ROOT = Path(__file__).resolve().parents[2]
ELSEWHERE = [
    "https://evil.example/",
    "//evil.example/",
    "https:evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "http:///evil.example",
    "javascript:alert(1)",
    " //evil.example",
    "\t//evil.example",
]


# Set-up.

FOUNDER = {
    "name": "Acme ML",
    "username": "ada",
    "email": "ada@example.com",
    "password": PASSWORD,
    "password_again": PASSWORD,
}


def test_the_sign_in_page_says_what_comes_first_until_there_is_an_organization(db):
    page = browser().get(reverse("account_login"))
    assert not page.context["is_set_up"]
    browser().post(setup_address(), FOUNDER)
    later = browser().get(reverse("account_login"))
    assert later.context["is_set_up"] and len(later.content) < len(page.content)


def setup_address(token=None):
    """The address of the set-up link."""
    return reverse("organizations:setup", args=[token or setup_token()])


@pytest.mark.django_db
def test_rules_1_and_17_the_set_up_link_founds_the_organization_and_signs_its_admin_in():
    client = browser()
    form = Page(client.get(setup_address())).form_to(setup_address())
    assert {*form.data} == {*FOUNDER, "csrfmiddlewaretoken"}
    response = client.post(setup_address(), FOUNDER)
    assert (response.status_code, response.url) == (302, "/")
    organization, ada = Organization.objects.get(), User.objects.get()
    assert [registry.name for registry in organization.registries.core()] == ["Models", "Datasets"]
    assert (ada.username, ada.email, ada.is_staff, ada.is_superuser) == ("ada", "ada@example.com", True, True)
    assert ada.check_password(PASSWORD)
    assert [membership.user for membership in organization.memberships.admins()] == [ada]
    assert client.get("/", follow=True).redirect_chain == [(organization.get_absolute_url(), 302)]
    assert set(AuditEvent.objects.values_list("request_id", flat=True)) == {response["X-Request-ID"]}
    assert set(AuditEvent.objects.values_list("action", flat=True)) == {
        Action.ORGANIZATION_CREATE,
        Action.USER_CREATE,
        Action.USER_EDIT,
        Action.CREATE,
        Action.PERSON_ADD,
        Action.SIGN_IN,
    }
    assert list(find_drift()) == []


@pytest.mark.django_db
def test_the_set_up_link_works_once():
    first, second = browser(), browser()
    assert second.get(setup_address()).status_code == 200
    assert first.post(setup_address(), FOUNDER).status_code == 302
    with nothing_happens():
        assert second.post(setup_address(), {**FOUNDER, "username": "eve", "email": "e@example.com"}).status_code == 404
        assert second.get(setup_address()).status_code == 404
        assert first.get(setup_address()).status_code == 404


@pytest.mark.django_db
def test_of_two_that_found_at_once_one_does(monkeypatch):
    def slower(**facts):
        set_up("Globex", "sam", "sam@example.com", PASSWORD)
        set_up(**facts)

    monkeypatch.setattr(views, "set_up", slower)
    response = browser().post(setup_address(), FOUNDER)
    assert (response.status_code, codes(response)) == (422, {"already_set_up"})
    assert [organization.name for organization in Organization.objects.all()] == ["Globex"]
    assert [user.username for user in User.objects.all()] == ["sam"]
    assert "_auth_user_id" not in response.client.session


@pytest.mark.django_db
def test_a_wrong_set_up_link_leads_nowhere():
    right = setup_token()
    for token in ("x", "0" * 40, "é", "x" * 10_000, right[:-1], f"{right[:-1]}x", f"{right}0"):
        with nothing_happens():
            assert browser().get(setup_address(token)).status_code == 404
            assert browser().post(setup_address(token), FOUNDER).status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize(
    "changes, field, code",
    [
        ({"password": "short", "password_again": "short"}, "password", "password_too_short"),
        ({"password": "password123", "password_again": "password123"}, "password", "password_too_common"),
        ({"password": "9471038562", "password_again": "9471038562"}, "password", "password_entirely_numeric"),
        (
            {"username": "adalovelace", "password": "adalovelace1", "password_again": "adalovelace1"},
            "password",
            "password_too_similar",
        ),
        ({"password_again": "something else"}, "password_again", "password_mismatch"),
        ({"password": ""}, "password", "required"),
        ({"password_again": ""}, "password_again", "required"),
        ({"name": "a/b"}, "name", "name_invalid"),
        ({"name": "a\u202eb"}, "name", "name_invalid"),
        ({"name": "x" * 114}, "name", "max_length"),
        ({"name": ""}, "name", "required"),
        ({"username": "not a name"}, "username", "invalid"),
        ({"username": "x" * 151}, "username", "max_length"),
        ({"username": ""}, "username", "required"),
        ({"email": "not an address"}, "email", "invalid"),
        ({"email": ""}, "email", "required"),
        ({"name": "a\0b"}, "name", "null_characters_not_allowed"),
        ({"is_staff": "on"}, "__all__", "unknown_field"),
    ],
)
def test_an_organization_is_not_founded_on_less(changes, field, code):
    with nothing_happens():
        response = browser().post(setup_address(), {**FOUNDER, **changes})
    assert response.status_code == 422
    errors = response.context["form"].errors.as_data()
    assert code in {error.code for error in errors[field]}
    assert not [form for form in Page(response).forms if any(form.data.get("password", []))]
    assert browser().post(setup_address(), FOUNDER).status_code == 302


# Whose organization.


def test_home_is_the_one_organization(acme, mel):
    assert browser(mel).get("/").url == acme.get_absolute_url()
    assert browser(mel).get(acme.get_absolute_url()).status_code == 200


def test_home_lets_choose_between_several(acme, globex, mel):
    make_member(globex, mel, OrganizationRole.ADMIN)
    make_organization("Initech", make_user("bill"))
    for address in ("/", reverse("organizations:index")):
        response = browser(mel).get(address)
        assert [(one.organization, one.role) for one in response.context["memberships"]] == [
            (acme, "member"),
            (globex, "admin"),
        ]
        assert {acme.get_absolute_url(), globex.get_absolute_url()} <= set(Page(response).links)


def test_home_of_somebody_in_no_organization(acme, root):
    response = browser(root).get("/")
    assert (response.status_code, list(response.context["memberships"])) == (200, [])


# Sign-in.


def sign_in(client, login="ada", password=PASSWORD, **data):
    """Post the form."""
    return client.post(reverse("account_login"), {"login": login, "password": password, **data})


@pytest.mark.parametrize("login", ["ada", "ada@example.com"])
def test_one_signs_in_by_name_or_address(ada, login):
    client = browser()
    response = sign_in(client, login)
    assert (response.status_code, response.url) == (302, "/")
    assert signed_in(client)


def test_a_wrong_password_and_an_unknown_name_are_answered_alike(ada):
    client = browser()
    answers = [sign_in(client, "ada", "wrong"), sign_in(client, "eve", "wrong")]
    assert not signed_in(client)
    assert {answer.status_code for answer in answers} == {422}
    assert answers[0].context["form"].errors.as_json() == answers[1].context["form"].errors.as_json()
    assert answers[0].context["form"].errors


def test_the_deactivated_do_not_get_in(ada):
    ada.is_active = False
    ada.save()
    client = browser()
    sign_in(client)
    assert not signed_in(client)


def test_attempts_are_limited(ada, mel):
    client = browser()
    for _ in range(5):
        assert sign_in(client, password="wrong").status_code == 422
    assert sign_in(client).context["form"].errors
    assert not signed_in(client)
    assert not signed_in(browser()) and sign_in(browser()).context["form"].errors  # nor from elsewhere
    assert sign_in(browser(), "mel").status_code == 302  # others are not kept out
    cache.clear()
    assert sign_in(client).status_code == 302


def test_signing_in_leads_to_no_other_site(ada):
    address = reverse("account_login")
    for target in ELSEWHERE:
        client = browser()
        form = Page(client.get(address, {"next": target})).form_to(address)
        assert client.post(form.action, {**form.data, "login": "ada", "password": PASSWORD}).url == "/"
        assert sign_in(browser(), next=target).url == "/"
        assert browser(ada).get(address, {"next": target}).url == "/"


def test_signing_in_leads_on_to_where_one_was_going(acme, ada):
    client, wanted = browser(), f"{registries_of(acme)}?q=a+b&sort=-name"
    response = client.get(wanted, follow=True)
    form = Page(response).form_to(reverse("account_login"))
    assert client.post(form.action, {**form.data, "login": "ada", "password": PASSWORD}).url == wanted


def test_after_signing_in_nobody_meets_an_address_that_only_takes_forms(acme, ada, golden):
    """A session ended while a settings page was open; then its button “Remove” was pressed."""
    settings = f"http://testserver{at('registries:settings', golden)}"
    response = browser().post(at("accepted_types:remove", golden), {"types": "dataset"}, headers={"referer": settings})
    form = Page(browser().get(response.url)).form_to(reverse("account_login"))
    client = browser()
    led = client.post(form.action, {**form.data, "login": "ada", "password": PASSWORD})
    assert client.get(led.url, follow=True).status_code == 200


def test_htmx_without_a_session_loads_the_sign_in_page_whole(acme, ada):
    address = f"{registries_of(acme)}?q=a"
    headers = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{address}"}
    response = browser().get(address, headers=headers)
    assert response.text == ""
    client = browser()
    form = Page(client.get(response["HX-Redirect"])).form_to(reverse("account_login"))
    assert client.post(form.action, {**form.data, "login": "ada", "password": PASSWORD}).url == address


def test_htmx_without_a_session_leads_back_to_the_page_not_to_a_part_of_it(acme, ada):
    page = reverse("registries:create", args=[acme.slug])
    headers = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{page}"}
    response = browser().get(reverse("registries:name", args=[acme.slug]), {"name": "x"}, headers=headers)
    client = browser()
    form = Page(client.get(response["HX-Redirect"])).form_to(reverse("account_login"))
    assert client.post(form.action, {**form.data, "login": "ada", "password": PASSWORD}).url == page


def test_nobody_makes_an_account_by_themselves(db):
    address = reverse("account_signup")
    for answer in (
        browser().get(address),
        browser().post(
            address, {"username": "eve", "email": "eve@example.com", "password1": PASSWORD, "password2": PASSWORD}
        ),
    ):
        assert answer.status_code == 200
        assert not [form for form in Page(answer).forms if form.action == address]
    assert not User.objects.exists()


def test_signing_out_takes_a_form(ada):
    client, address = browser(ada), reverse("account_logout")
    assert client.get(address).status_code == 200
    assert address in {form.action for form in Page(client.get(address)).forms if form.method == "post"}
    assert signed_in(client)
    assert client.post(address).url == reverse("account_login")
    assert not signed_in(client)


def test_a_changed_password_ends_the_other_sessions(ada):
    here, there, address = browser(ada), browser(ada), reverse("account_change_password")
    new = {"password1": "another horse battery", "password2": "another horse battery"}
    assert here.post(address, {"oldpassword": "wrong", **new}).status_code == 422
    assert here.post(address, {"oldpassword": PASSWORD, "password1": "1234", "password2": "1234"}).status_code == 422
    assert signed_in(there)
    assert here.post(address, {"oldpassword": PASSWORD, **new}).status_code == 302
    assert (signed_in(here), signed_in(there)) == (True, False)
    ada.refresh_from_db()
    assert ada.check_password("another horse battery")


# Appearance.


@pytest.mark.parametrize("theme", ["light", "dark", "system"])
def test_an_appearance_is_kept_by_the_browser(acme, ada, theme):
    client, here = browser(ada), registries_of(acme)
    (form,) = [form for form in Page(client.get(here)).forms if form.action == reverse("site:appearance")]
    assert ("theme", theme) in form.buttons
    response = client.post(form.action, {**form.data, "theme": theme})
    assert (response.status_code, response.url) == (302, here)
    assert (f'data-theme="{theme}"' in client.get(here).text) == (theme != "system")


def test_an_appearance_needs_no_account(db):
    assert browser().post(reverse("site:appearance"), {"theme": "dark"}).url == "/"


@pytest.mark.parametrize("theme", ["", "purple", 'dark" onload="x', "DARK", "a\0b"])
def test_there_are_no_other_appearances(ada, theme):
    client = browser(ada)
    assert client.post(reverse("site:appearance"), {"theme": theme}).status_code == 404
    assert "theme" not in client.cookies
    client.cookies["theme"] = "purple"
    assert "data-theme" not in client.get(reverse("organizations:index")).text


@pytest.mark.parametrize("target", [*ELSEWHERE, "", "no-such-name", "registries:index", "http://[", "//[", "a\nb"])
def test_an_appearance_leads_to_no_other_site(db, target):
    response = browser().post(reverse("site:appearance"), {"theme": "dark", "next": target})
    assert response.status_code == 302
    assert urlsplit(response.url)[:2] == ("", "")
    assert not response.url.startswith(("/\\", "\\"))


# Error pages.


def broken(*args, **kwargs):
    """What no view should do."""
    raise RuntimeError("a secret of the machine")


@pytest.fixture
def error_pages(acme, ada, mel, golden, models, monkeypatch):
    """A page of each kind that says no: {status: response}."""
    answers = [
        browser(ada).get(registries_of(acme), {"visibility": "nowhere"}),
        browser(mel).get(at("registries:delete", golden)),
        browser(mel).get("/no/such/page"),
        browser().get("/no/such/page"),
        browser(ada).post(at("registries:settings", models), {"name": "x", "etag": etag_of(models)}),
        browser(ada).post(at("registries:settings", golden), {"name": "x", "etag": digest_of(golden.pk, 7)}),
        browser(ada, enforce_csrf_checks=True).post(at("registries:delete", golden)),
        browser().get("/", headers={"host": "evil.example"}),
    ]
    monkeypatch.setattr(views, "render", broken)
    answers.append(browser(ada).get(reverse("organizations:index")))
    return answers


def test_errors_have_pages_of_our_own(error_pages):
    names = [
        "400.html",
        "403.html",
        "404.html",
        "404.html",
        "registries/settings.html",
        "registries/settings.html",
        "403_csrf.html",
        "400.html",
        "500.html",
    ]
    assert [response.templates[0].name for response in error_pages] == names
    assert [response.status_code for response in error_pages] == [400, 403, 404, 404, 422, 409, 403, 400, 500]
    for response in error_pages:
        assert response.text.count("<h1") == 1
        assert "Registry App" in response.text
        assert "Traceback" not in response.text and "secret" not in response.text


def test_a_500_names_the_request(error_pages):
    response = error_pages[-1]
    assert f"<code>{response['X-Request-ID']}</code>" in response.text


def test_what_the_database_refuses_is_a_conflict_and_in_the_log(ada, golden, monkeypatch):
    """A view that goes by no verb still meets the triggers, and its page says which rule it was."""

    def quietly(registry):
        with transaction.atomic():
            type(registry).objects.filter(pk=registry.pk).update(kind="core", version=2)

    monkeypatch.setattr(type(golden), "sides_of_restriction", quietly)
    response = browser(ada).get(at("registries:restrict", golden))
    golden.refresh_from_db()
    assert (response.status_code, response.context["refusal"].code, golden.kind) == (409, "kind_stays", "custom")
    event = AuditEvent.objects.first()
    assert (event.code, event.actor_name, event.target_type) == ("kind_stays", "ada", "site")
    assert event.request_id == response["X-Request-ID"]


def test_section_5_a_refusal_by_a_trigger_is_logged_as_what_was_tried(ada, models, monkeypatch):
    """The rule of the verb is blind here, so that the trigger has the last word."""
    monkeypatch.setattr("registry_app.rules.refuse_type_removal", lambda *args, **kwargs: None)
    data = {"types": "model", "etag": etag_of(models)}
    with nothing_changes(), logging() as events:
        response = browser(ada).post(at("accepted_types:remove", models), data)
    assert (response.status_code, codes(response)) == (422, {"core_type_stays"})
    assert [(event.action, event.code, event.target_type, event.target_id, event.target_name) for event in events] == [
        (Action.TYPE_REMOVE, "core_type_stays", "registry", models.pk, "Models")
    ]


def test_an_unknown_database_error_is_an_error(ada, golden, monkeypatch):
    monkeypatch.setattr(type(golden), "sides_of_restriction", broken)
    assert browser(ada).get(at("registries:restrict", golden)).status_code == 500


# Forms come from our own pages.


def test_a_form_without_its_token_is_refused(acme, ada):
    client, address = browser(ada, enforce_csrf_checks=True), reverse("registries:create", args=[acme.slug])
    data = {"name": "Silver", "visibility": "organization", "types": "model"}
    with nothing_happens():
        assert client.post(address, data).status_code == 403
        assert client.post(address, {**data, "csrfmiddlewaretoken": "x" * 64}).status_code == 403
    token = Page(client.get(address)).form_to(address).data["csrfmiddlewaretoken"]
    with nothing_happens():
        foreign = {"origin": "https://evil.example"}
        assert client.post(address, {**data, "csrfmiddlewaretoken": token}, headers=foreign).status_code == 403
    assert client.post(address, {**data, "csrfmiddlewaretoken": token}).status_code == 302


def test_the_host_header_is_not_trusted(acme, ada):
    client = browser(ada)
    for host in ("evil.example", "testserver.evil.example", "testserver@evil.example", "a b", "evil.example:80"):
        for address in ("/", "/accounts/login/", "/no/such/page"):
            response = client.get(address, headers={"host": host})
            assert (host, address, response.status_code) == (host, address, 400)
            assert "evil" not in response.text


def test_forwarded_hosts_are_not_trusted(ada):
    response = browser().get("/", headers={"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"})
    assert response.url == "/accounts/login/?next=/"


# Every page.

POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "base-uri": "'none'",
}


def check_headers(response):
    """The headers that every answer has."""
    directives = [part.strip().partition(" ") for part in response["Content-Security-Policy"].split(";")]
    assert {name: value for name, _, value in directives} == POLICY
    assert response["X-Frame-Options"] == "DENY"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Referrer-Policy"] == "same-origin"
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "no-store" in response["Cache-Control"]
    assert len(response["X-Request-ID"]) == 16


def check_page(response):
    """A whole page: nothing inline, a language, one heading, and a name for the browser's tab."""
    page = Page(response)
    assert page.inline == []
    assert '<html lang="en"' in response.text
    assert response.text.count("<h1") == 1
    assert response.text.count("<title>") == 1 and "<title> ·" not in response.text
    for form in page.forms:
        assert ("csrfmiddlewaretoken" in form.data) == (form.method == "post")


@pytest.mark.parametrize("person", ["ada", "mel", "root"])
def test_every_page_is_safe_under_a_strict_policy(acme, golden, vault, person, request):
    make_registry(acme, request.getfixturevalue("ada"), "<i>'\"&amp;", types=None, description="# <script>x</script>")
    answers = crawl(browser(request.getfixturevalue(person)), "/")
    for response in answers.values():
        check_headers(response)
        if (
            response.status_code == 200
            and response["Content-Type"].startswith("text/html")
            and "<html" in response.text
        ):
            check_page(response)
    assert len(answers) >= 3


@pytest.mark.django_db
def test_every_page_before_sign_in_is_safe_under_a_strict_policy():
    client = browser()
    for address in (reverse("account_login"), reverse("account_signup"), reverse("account_inactive"), setup_address()):
        check_headers(client.get(address))
        check_page(client.get(address))
    check_headers(client.get("/healthz"))
    check_headers(client.get("/readyz"))
    check_headers(client.post(reverse("site:appearance"), {"theme": "dark"}))


def test_error_pages_are_safe_under_a_strict_policy(error_pages):
    for response in error_pages:
        check_headers(response)
        check_page(response)


def test_a_page_kept_for_htmx_is_kept_apart(acme, ada):
    response = browser(ada).get(registries_of(acme))
    assert {"HX-Request", "Cookie"} <= {name.strip() for name in response["Vary"].split(",")}


def test_every_answer_has_a_request_id_of_its_own(db):
    client = browser()
    answers = [client.get("/healthz", headers={"X-Request-ID": "mine"}) for _ in range(3)]
    assert len({answer["X-Request-ID"] for answer in answers} - {"mine"}) == 3


# Cookies, and the site behind HTTPS.


def test_cookies_are_out_of_the_reach_of_scripts(ada):
    client = browser()
    client.get(reverse("account_login"))
    sign_in(client)
    client.post(reverse("site:appearance"), {"theme": "dark"})
    cookies = {name: client.cookies[name] for name in ("session", "csrf", "theme")}
    assert {cookie["httponly"] for cookie in cookies.values()} == {True}
    assert {cookie["samesite"] for cookie in cookies.values()} == {"Lax"}
    assert {cookie["domain"] for cookie in cookies.values()} == {""}
    assert cookies["session"]["max-age"] == 14 * 24 * 3600


def manage(folder, *words, code=None, **more):
    """Run manage.py (or `code`) with the settings of a site behind HTTPS and `more`, in a process of its own."""
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("REGISTRY_", "DATABASE", "DJANGO_"))
    }
    environment |= {
        "REGISTRY_URL": "https://registry.example",
        "REGISTRY_SECRET_KEY": "only-for-tests-but-long-enough-and-with-many-5-different-letters",
        "REGISTRY_DATA_DIR": str(folder),
        "DJANGO_SETTINGS_MODULE": "config.settings",
        **more,
    }
    command = [sys.executable, "-c", code] if code else [sys.executable, "manage.py", *words]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("hsts", ["host", "preload"])
def test_check_deploy_finds_nothing_behind_https(tmp_path, hsts):
    ran = manage(tmp_path, "check", "--deploy", "--fail-level", "WARNING", REGISTRY_HSTS=hsts)
    assert ran.returncode == 0, ran.stderr
    assert "no issues" in ran.stdout


SECURE_SITE = """
import json, django
from django.conf import settings
settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
django.setup()
from django.test import Client
far = Client(headers={"host": "registry.example"})
near = Client(headers={"host": "registry.example", "X-Forwarded-Proto": "https"})
plain = far.get("/accounts/login/")
probe = Client(headers={"host": "10.0.0.7"}).get("/healthz")
dark = near.post("/appearance/", {"theme": "dark", "next": "http://registry.example/orgs/"})
wrong = Client(headers={"host": "127.0.0.1", "X-Forwarded-Proto": "https"}).get("/accounts/login/")
print(json.dumps({
    "plain": [plain.status_code, plain["Location"]],
    "probe": probe.status_code,
    "hsts": dark["Strict-Transport-Security"],
    "theme": [dark.cookies["theme"]["secure"], dark["Location"]],
    "wrong": wrong.status_code,
    "names": [settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME],
    "secure": [settings.SESSION_COOKIE_SECURE, settings.CSRF_COOKIE_SECURE, settings.SESSION_COOKIE_HTTPONLY],
    "paths": [settings.SESSION_COOKIE_PATH, settings.SESSION_COOKIE_DOMAIN, settings.CSRF_COOKIE_PATH],
}))
"""


def test_behind_https_everything_is_secure(tmp_path):
    ran = manage(tmp_path, code=SECURE_SITE)
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout) == {
        "plain": [301, "https://registry.example/accounts/login/"],
        "probe": 200,
        "hsts": "max-age=31536000",
        "theme": [True, "/"],
        "wrong": 400,
        "names": ["__Host-session", "__Host-csrf"],
        "secure": [True, True, True],
        "paths": ["/", None, "/"],
    }


@pytest.mark.parametrize(
    "hsts, header",
    [
        ("host", "max-age=31536000"),
        ("subdomains", "max-age=31536000; includeSubDomains"),
        ("preload", "max-age=31536000; includeSubDomains; preload"),
    ],
)
def test_what_hsts_says_of_other_hosts_is_a_setting(tmp_path, hsts, header):
    ran = manage(tmp_path, code=SECURE_SITE, REGISTRY_HSTS=hsts)
    assert json.loads(ran.stdout)["hsts"] == header


def test_an_unknown_hsts_is_told(tmp_path):
    ran = manage(tmp_path, "check", REGISTRY_HSTS="everywhere")
    assert (ran.returncode, "REGISTRY_HSTS" in ran.stderr) == (1, True)
