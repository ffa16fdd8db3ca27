"""Every page of the Django admin: who gets in, what it costs, what its documents hold."""

import re

import pytest
from allauth.socialaccount.models import SocialAccount
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from registry_app.choices import Role
from registry_app.models import (
    AccessRequest,
    AliasRequest,
    AuditChainHead,
    AuditEvent,
    FormerName,
    Registry,
)
from registry_app.models.change import etag_of
from tests.admin.contents import ADDABLE, CHANGEABLE, MODELS, fill
from tests.admin.pages import address, last_entry, logged
from tests.client import browser, state
from tests.factories import (
    COMMAND_LINE,
    give_role,
    make_member,
    make_user,
)


def queries(client, url):
    """How many queries the page at `url` takes."""
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url).status_code == 200
    return len(captured)


def pages():
    """The address of every page that takes no object, and of every object's pages for the newest of each model."""
    found = [reverse("admin:index"), reverse("admin:app_list", args=["registry_app"]), reverse("admin:jsi18n")]
    for model in MODELS:
        newest = model.objects.order_by("pk").last()
        found += [address("changelist", model), address("add", model)]
        found += [address(page, newest) for page in ("change", "delete", "history")]
    return [*found, reverse("admin:auth_user_password_change", args=[newest.pk])]


def test_the_admin_lets_nobody_in_but_staff(ada, rob, mel, sam, globex, root, golden):
    for url in (reverse("admin:index"), address("changelist", Registry), address("change", golden)):
        assert browser().get(url, follow=True).redirect_chain[-1][0].startswith(reverse("account_login"))
        assert browser(root).get(url).status_code == 200
        for user in (ada, rob, mel, sam):
            assert browser(user).get(url, follow=True).status_code == 403


def test_every_model_is_there_and_nothing_else():
    assert set(admin.site._registry) == set(MODELS)


@pytest.mark.parametrize("person", [None, "ada", "mel"])
def test_only_staff_get_in(person, client, golden, vault, request):
    if person:
        client.force_login(request.getfixturevalue(person))
    fill(golden.organization, range(1))
    before, seq = state(), last_entry()
    for url in pages():
        for answer in (client.get(url), client.post(url, {"post": "yes", "name": "Taken over"})):
            assert answer.status_code == 302
            assert answer.url.startswith("/admin/login/" if person else ("/accounts/login/", "/admin/login/"))
    assert client.get(reverse("admin:login")).status_code == (403 if person else 302)
    assert (state(), logged(seq)) == (before, [])


def test_staff_without_rights_see_nothing(client, golden):
    client.force_login(make_user("helper", is_staff=True))
    fill(golden.organization, range(1))
    for model in MODELS:
        for url in (address("changelist", model), address("change", model.objects.order_by("pk").last())):
            assert client.get(url).status_code == 403


def test_staff_without_rights_leave_no_refusal_in_the_log(client, golden, models):
    client.force_login(make_user("helper", is_staff=True))
    seq = last_entry()
    for row in (models, models.types.first(), golden.organization.memberships.first()):
        assert client.post(address("delete", row), {"post": "yes"}).status_code == 403
    assert logged(seq) == []


def test_staff_who_may_only_look_see_every_object_and_no_form(client, acme, golden):
    helper = make_user("helper", is_staff=True)
    helper.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    client.force_login(helper)
    fill(acme, range(1))
    for model in set(MODELS) - {SocialAccount}:  # for who may change accounts
        page = client.get(address("change", model.objects.order_by("pk").last()))
        assert (page.status_code, "field-etag" in page.text) == (200, False), model
        assert client.post(page.request["PATH_INFO"], {}).status_code == 403


def test_every_page_answers(staff, acme, golden):
    fill(acme, range(2))
    for model in MODELS:
        newest = model.objects.order_by("pk").last()
        assert staff.get(address("changelist", model)).status_code == 200
        assert staff.get(address("changelist", model) + "?q=o").status_code == 200
        assert staff.get(address("add", model)).status_code == (200 if model in ADDABLE else 403)
        assert staff.get(address("change", newest)).status_code == 200
        assert staff.get(address("history", newest)).status_code == 200
        form_data = staff.post(address("change", newest), {}).status_code
        assert form_data in ({302, 409, 422} if model in CHANGEABLE else {403})


def test_lists_take_the_same_queries_for_3_rows_and_for_30(staff, acme):
    fill(acme, range(3))
    few = {model: queries(staff, address("changelist", model)) for model in MODELS}
    fill(acme, range(3, 30))
    assert {model: queries(staff, address("changelist", model)) for model in MODELS} == few


def test_a_registry_takes_the_same_queries_with_3_rows_and_with_30(staff, acme, golden):
    def grow(numbers):
        golden.add_types(COMMAND_LINE, [f"kind{number}" for number in numbers])
        for number in numbers:
            user = make_user(f"person{number}")
            make_member(acme, user)
            give_role(golden, user, Role.MEMBER)

    grow(range(3))
    few = [queries(staff, address(page, golden)) for page in ("change", "delete")]
    grow(range(3, 30))
    assert [queries(staff, address(page, golden)) for page in ("change", "delete")] == few


@pytest.mark.parametrize("query", ["p=x", "p=-1", "p=1000000000", "o=x.y", "nothing=1", "pk=x", "q=%00", "e=1", "all="])
def test_unknown_parameters_are_no_error_of_ours(query, staff, golden):
    for model in MODELS:
        assert staff.get(f"{address('changelist', model)}?{query}").status_code in {200, 302, 400}


@pytest.mark.parametrize("pk", ["0", "x", "-1", "9" * 30, "_00", "%00"])
def test_unknown_objects_lead_away(pk, staff, golden):
    for model in MODELS:
        for page in ("change", "delete", "history"):
            url = address("changelist", model) + f"{pk}/{page}/"
            assert {staff.get(url).status_code, staff.post(url).status_code} <= {302, 403, 404}


def test_documents_obey_the_content_policy(staff, golden):
    fill(golden.organization, range(1))
    inline = re.compile(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son[a-z]+=|javascript:", re.IGNORECASE)
    seen = 0
    for url in pages():
        response = staff.get(url)
        if response.status_code == 200 and response["Content-Type"].startswith("text/html"):
            assert not inline.search(response.text), url
            assert "'unsafe" not in response["Content-Security-Policy"]
            seen += 1
    assert seen > 25


@pytest.mark.parametrize("theme", ["light", "dark", "system"])
def test_the_appearance_is_the_one_chosen_on_the_site(theme, staff):
    staff.cookies["theme"] = theme
    response = staff.get(reverse("admin:index"))
    assert f'class="theme-{theme} ' in response.text
    assert "theme.js" not in response.text
    assert "css/admin.css" in response.text


def test_the_own_password_is_changed_on_the_own_page(staff):
    response = staff.get(reverse("admin:password_change"))
    assert (response.status_code, response.url) == (302, reverse("account_change_password"))


def test_lists_are_not_edited_in_place(staff, golden):
    assert not any(model_admin.list_editable for model_admin in admin.site._registry.values())
    forged = {
        "form-TOTAL_FORMS": 1,
        "form-INITIAL_FORMS": 1,
        "form-0-id": golden.pk,
        "form-0-visibility": "restricted",
        "form-0-name": "Other",
        "_save": "Save",
    }
    before, seq = state(), last_entry()
    staff.post(address("changelist", Registry), forged)
    assert (state(), logged(seq)) == (before, [])


@pytest.mark.parametrize("model", [AuditEvent, AuditChainHead, FormerName, AccessRequest, AliasRequest])
def test_section_5_what_is_read_only_takes_no_post(model, staff, acme):
    fill(acme, range(1))
    newest = model.objects.order_by("pk").last()
    before, rows, seq = state(), list(model.objects.values()), last_entry()
    forged = {"seq": 1, "hash": "0", "body": "{}", "name": "x", "post": "yes"}
    for url in (address("add", model), address("change", newest), address("delete", newest)):
        assert staff.post(url, forged).status_code == 403
    action = {"action": "delete_selected", "_selected_action": newest.pk, "post": "yes"}
    staff.post(address("changelist", model), action)
    assert (state(), list(model.objects.values()), last_entry()) == (before, rows, seq)


def test_section_5_the_log_shows_what_was_refused_and_by_whom(staff, root, golden):
    core = golden.organization.registries.core().first()
    staff.post(address("change", core), {"name": "Mine", "etag": etag_of(core)})
    entry = AuditEvent.objects.first()
    page = staff.get(address("change", entry)).text
    assert entry.code == "core_is_fixed" and entry.actor_name == "root" and entry.content["staff"]
    assert "core_is_fixed" in page and entry.hash in page
    lists = [staff.get(address("changelist", AuditEvent) + f"?outcome={outcome}") for outcome in ("done", "refused")]
    assert [entry in response.context["cl"].result_list for response in lists] == [False, True]


def test_section_5_the_log_is_narrowed_to_an_organization_and_an_action(staff, golden, globex):
    url = address("changelist", AuditEvent)
    found = staff.get(f"{url}?organization={globex.pk}&action=registry.create").context["cl"].result_list
    assert {(event.organization_id, event.action) for event in found} == {(globex.pk, "registry.create")}
