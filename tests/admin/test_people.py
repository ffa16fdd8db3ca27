"""Accounts, organizations and who is in them, changed in the Django admin by staff."""

import pytest
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from registry_app.choices import Action, OrganizationRole
from registry_app.models import AuditEvent, OrganizationMembership, User
from tests.admin.pages import address, codes, last_entry, logged, refused, save, sent, told
from tests.client import Page, logging, state
from tests.factories import COMMAND_LINE, PASSWORD, make_member, make_user

ADD = reverse("admin:registry_app_user_add")
SECRET = "a new and quite long secret"


def password_page(user):
    """The address of the page that sets a user's password."""
    return reverse("admin:auth_user_password_change", args=[user.pk])


def logs_in(client, login, password=PASSWORD):
    """Whether one gets in so, at the site's own login page."""
    client = Client()
    client.post(reverse("account_login"), {"login": login, "password": password})
    return "_auth_user_id" in client.session


# Accounts.


def test_an_account_is_made_and_logged_without_its_password(staff, root):
    response = save(staff, ADD, username="new", email="new@example.com", password1=SECRET, password2=SECRET)
    entry, user = AuditEvent.objects.first(), User.objects.get(username="new")
    assert (entry.action, entry.target_name, entry.actor_id) == (Action.USER_CREATE, "new", root.pk)
    assert (entry.changes, entry.request_id) == ({"email": [None, "new@example.com"]}, response["X-Request-ID"])
    assert SECRET not in entry.body and user.password not in entry.body
    assert (user.is_staff, user.is_superuser, logs_in(staff, "new", SECRET)) == (False, False, True)


def test_an_account_is_not_made_with_more_rights_than_its_form_shows(staff):
    forged = {"is_staff": "on", "is_superuser": "on", "last_name": "Forged"}
    save(staff, ADD, username="new", email="new@example.com", password1=SECRET, password2=SECRET, **forged)
    user = User.objects.get(username="new")
    assert (user.is_staff, user.is_superuser, user.last_name) == (False, False, "")


@pytest.mark.parametrize(
    "changed, code",
    [
        ({"email": "MEL@example.com"}, "email_taken"),
        ({"username": "mel"}, "unique"),
        ({"password2": "other"}, "password_mismatch"),
    ],
)
def test_an_account_that_is_taken_or_mistyped_is_not_made(changed, code, staff, mel):
    before = state()
    data = {"username": "new", "email": "new@example.com", "password1": SECRET, "password2": SECRET, **changed}
    response = save(staff, ADD, **data)
    assert (response.status_code, state()) == (422, before)
    assert code in codes(response)
    assert not AuditEvent.objects.filter(body__contains=SECRET).exists()


def test_an_edit_of_an_account_is_logged_by_field(staff, root, mel):
    response = save(staff, address("change", mel), first_name="Mel", is_staff="on")
    entry = AuditEvent.objects.first()
    assert (entry.action, entry.target_name, entry.actor_id) == (Action.USER_EDIT, "mel", root.pk)
    assert entry.changes == {"first_name": ["", "Mel"], "is_staff": [False, True]}
    assert entry.request_id == response["X-Request-ID"]


def test_saving_an_account_without_a_change_logs_nothing(staff, mel):
    with refused():
        assert save(staff, address("change", mel)).status_code == 302


def test_a_new_password_is_logged_as_changed_and_no_more(staff, root, mel):
    hashed = mel.password
    assert save(staff, password_page(mel), password1=SECRET, password2=SECRET).status_code == 302
    entry = AuditEvent.objects.first()
    mel.refresh_from_db()
    assert (entry.action, entry.actor_id, entry.changes) == (Action.USER_EDIT, root.pk, {"password": [None, "changed"]})
    assert not {SECRET, hashed, mel.password} & set(entry.body.split('"'))
    assert logs_in(staff, "mel", SECRET)


def test_a_refused_password_changes_nothing_and_is_not_kept(staff, mel):
    with refused():
        assert save(staff, password_page(mel), password1="short", password2="short").status_code == 422


def test_a_forged_password_field_changes_nothing(staff, mel):
    with refused():
        save(staff, address("change", mel), password="pbkdf2_sha256$1$x$y", user_permissions="1", groups="1")


def test_a_changed_email_address_no_longer_lets_the_old_one_in(staff, mel):
    assert logs_in(staff, "mel@example.com")
    staff.force_login(User.objects.get(username="root"))
    assert save(staff, address("change", mel), email="melanie@example.com").status_code == 302
    assert (logs_in(staff, "mel@example.com"), logs_in(staff, "melanie@example.com")) == (False, True)


def test_accounts_are_never_deleted(staff, mel):
    assert "Deactivate" in staff.get(address("change", mel)).text
    assert staff.get(address("delete", mel)).status_code == 403
    with refused((Action.USER_EDIT, "account_stays")):
        assert staff.post(address("delete", mel), {"post": "yes"}).status_code == 403
    with refused():
        action = {"action": "delete_selected", "_selected_action": mel.pk, "post": "yes"}
        staff.post(address("changelist", User), action)


def test_a_deactivated_account_is_out_at_once(staff, client, mel, golden):
    assert save(staff, address("change", mel), is_active=None).status_code == 302
    assert AuditEvent.objects.first().changes == {"is_active": [True, False]}
    assert not logs_in(staff, "mel")


def test_rights_that_are_given_and_taken_are_logged(staff, root, mel):
    seq = last_entry()
    assert save(staff, address("change", mel), is_staff="on", is_superuser="on").status_code == 302
    assert save(staff, address("change", mel), is_staff=None).status_code == 302
    entries = AuditEvent.objects.filter(seq__gt=seq).order_by("seq")
    assert [(entry.action, entry.actor_id, entry.target_name) for entry in entries] == [
        (Action.USER_EDIT, root.pk, "mel")
    ] * 2
    assert [entry.changes for entry in entries] == [
        {"is_staff": [False, True], "is_superuser": [False, True]},
        {"is_staff": [True, False]},
    ]


def test_the_last_admin_is_not_deactivated(staff, ada, acme, mel):
    page = staff.get(address("change", ada))
    assert page.context["adminform"].form.immutable["is_active"].code == "last_admin"
    with refused((Action.USER_EDIT, "last_admin")):
        save(staff, address("change", ada), is_active="")


def test_the_last_admin_is_not_deactivated_by_who_saw_another(staff, ada, acme, mel):
    other = OrganizationMembership.objects.get(user=mel)
    other.role = OrganizationRole.ADMIN
    other.save_by(COMMAND_LINE)
    url = address("change", ada)
    data = {name: value for name, value in sent(staff.get(url)).items() if name != "is_active"}
    other.role = OrganizationRole.MEMBER
    other.save_by(COMMAND_LINE)
    with refused((Action.USER_EDIT, "edit_conflict")):
        assert staff.post(url, data).status_code == 409


def test_the_last_admin_is_asked_for_again_when_saving(staff, ada, acme, mel, monkeypatch):
    monkeypatch.setattr("registry_app.admin.people.UserAdmin.immutable", lambda self, obj: {})
    with refused((Action.USER_EDIT, "last_admin")):
        response = save(staff, address("change", ada), is_active=None)
    assert response.context["adminform"].form.has_error("is_active", "last_admin")


def test_an_account_edited_meanwhile_is_a_conflict(staff, mel):
    url = address("change", mel)
    data = {**sent(staff.get(url)), "first_name": "Mel"}
    User.objects.filter(pk=mel.pk).update(is_staff=True)
    with refused((Action.USER_EDIT, "edit_conflict")):
        shown = staff.post(url, data)
    assert (shown.status_code, shown.context["adminform"].form.has_error("is_staff")) == (409, True)


def test_the_connections_of_superusers_are_for_superusers(client, root, mel):
    """By no page, and not by the action of the list."""
    helper = make_user("helper", is_staff=True)
    helper.user_permissions.set(Permission.objects.filter(codename__in=["view_user", "change_user"]))
    rows = [SocialAccount.objects.create(user=user, provider="sso", uid=f"uid-{user}") for user in (root, mel)]
    client.force_login(helper)
    page = client.get(address("changelist", SocialAccount))
    assert ("uid-mel" in page.text, "uid-root" in page.text) == (True, False)
    client.post(address("delete", rows[0]), {"post": "yes"})
    ticked = {"action": "delete_selected", "_selected_action": [row.pk for row in rows], "post": "yes"}
    client.post(address("changelist", SocialAccount), ticked)
    assert [account.user for account in SocialAccount.objects.all()] == [root]


@pytest.mark.parametrize("identities", [[], ["uid-1"], ["uid-1", "uid-2"], ["<b>", "a&b"], ["é" * 191]])
def test_an_account_leads_to_its_connections_each_of_which_staff_can_end(identities, staff, root, mel):
    for number, uid in enumerate(identities):
        SocialAccount.objects.create(user=mel, provider=f"issuer-{number}", uid=uid)
    response = staff.get(address("change", mel))
    assert ("Not connected." in response.text) == (not identities)
    page = Page(response)
    found = [SocialAccount.objects.get(uid=uid) for uid in identities]
    links = [link for link in page.links if "/socialaccount/" in link and link.endswith("/change/")]
    assert links == [address("change", row) for row in found]
    for row in found:
        assert address("delete", row) in Page(staff.get(address("change", row))).links
        with logging() as events:
            staff.post(address("delete", row), {"post": "yes"})
        assert [(event.action, event.actor_name, event.target_name) for event in events] == [
            (Action.SSO_DISCONNECT, "root", "mel")
        ]
    assert not SocialAccount.objects.exists()


def test_the_account_of_a_superuser_shows_its_connections_to_superusers_alone(client, root):
    SocialAccount.objects.create(user=root, provider="issuer", uid="uid-root")
    helper = make_user("helper", is_staff=True)
    helper.user_permissions.set(Permission.objects.filter(codename__in=["view_user", "change_user"]))
    client.force_login(helper)
    assert "uid-root" not in client.get(address("change", root)).text
    client.force_login(root)
    assert "uid-root" in client.get(address("change", root)).text


def test_the_action_of_a_list_asks_for_permission_on_each_row(client, root, mel, monkeypatch):
    """As the page of each does, whatever the list shows."""
    monkeypatch.delattr("registry_app.admin.people.ConnectionAdmin.get_queryset")
    helper = make_user("helper", is_staff=True)
    helper.user_permissions.set(Permission.objects.filter(codename__in=["view_user", "change_user"]))
    rows = [SocialAccount.objects.create(user=user, provider="sso", uid=f"uid-{user}") for user in (mel, root)]
    client.force_login(helper)
    ticked = {"action": "delete_selected", "_selected_action": [row.pk for row in rows], "post": "yes"}
    assert client.post(address("changelist", SocialAccount), ticked).status_code == 403
    assert SocialAccount.objects.count() == 2


@pytest.mark.parametrize("person, status", [("root", 403), ("mel", 302)])
def test_staff_who_are_no_superusers_give_no_rights(person, status, client, root, mel):
    helper = make_user("helper", is_staff=True)
    helper.user_permissions.set(Permission.objects.filter(codename__in=["view_user", "change_user"]))
    client.force_login(helper)
    user = User.objects.get(username=person)
    forged = {"username": person, "email": user.email, "is_superuser": "on", "is_staff": "on", "is_active": "on"}
    etag = sent(client.get(address("change", user))).get("etag", "")
    response = client.post(address("change", user), {**forged, "etag": etag, "first_name": "F"})
    assert response.status_code == status
    user.refresh_from_db()
    assert (user.is_superuser, user.is_staff) == (person == "root", person == "root")
    assert user.first_name == ("" if person == "root" else "F")
    assert client.get(password_page(root)).status_code == 403


# Organizations.


@pytest.mark.parametrize("name", ["", "a/b", "..", "x" * 114])
def test_an_organization_of_a_wrong_name_is_not_founded(name, staff, sam):
    with refused((Action.ORGANIZATION_CREATE, "name_invalid")):
        save(staff, reverse("admin:registry_app_organization_add"), name=name, admin=sam.pk)


@pytest.mark.parametrize("admin", ["", "0", "-1", "x", "9" * 30, "\x00", "²"])
def test_an_organization_without_an_admin_is_not_founded(admin, staff, sam):
    before = state()
    response = save(staff, reverse("admin:registry_app_organization_add"), name="Initech", admin=admin)
    assert (response.status_code, state()) == (422, before)


def test_an_organization_is_neither_renamed_nor_deleted(staff, acme):
    page = staff.get(address("change", acme)).text
    assert "core registries stay" in page
    with refused():
        assert save(staff, address("change", acme), name="Other", slug="other").status_code == 302
        assert staff.post(address("delete", acme), {"post": "yes"}).status_code == 403


def test_the_settings_of_an_organization_are_changed_and_logged(staff, root, acme):
    assert save(staff, address("change", acme), default_role="member", members_create=None).status_code == 302
    acme.refresh_from_db()
    entry = AuditEvent.objects.first()
    assert (acme.default_role, acme.members_create, acme.version) == ("member", False, 2)
    assert (entry.action, entry.actor_id, entry.organization_id) == (Action.ORGANIZATION_EDIT, root.pk, acme.pk)
    with refused((Action.ORGANIZATION_EDIT, "invalid_choice")):
        assert save(staff, address("change", acme), default_role="admin").status_code == 422


def test_rule_19_settings_changed_meanwhile_are_a_conflict(staff, acme):
    data = {**sent(staff.get(address("change", acme))), "default_role": "restricted_viewer"}
    acme.edit(COMMAND_LINE, default_role="member", members_create=True)
    with refused((Action.ORGANIZATION_EDIT, "edit_conflict")):
        assert staff.post(address("change", acme), data).status_code == 409


# Who is in an organization.


def test_a_person_is_brought_in_changed_and_taken_out(staff, root, acme, sam):
    seq = last_entry()
    add = reverse("admin:registry_app_organizationmembership_add")
    assert save(staff, add, organization=acme.pk, user=sam.pk, role="member").status_code == 302
    membership = sam.memberships.get()
    assert save(staff, address("change", membership), role="admin").status_code == 302
    assert staff.post(address("delete", membership), {"post": "yes"}).status_code == 302
    assert logged(seq) == [(Action.PERSON_ADD, ""), (Action.PERSON_CHANGE, ""), (Action.PERSON_REMOVE, "")]
    entries = AuditEvent.objects.filter(seq__gt=seq)
    assert [entry.changes["role"] for entry in entries] == [["admin", None], ["member", "admin"], [None, "member"]]
    assert {(entry.actor_id, entry.target_name, entry.organization_id) for entry in entries} == {
        (root.pk, "sam", acme.pk)
    }


def test_nobody_is_in_an_organization_twice(staff, acme, mel):
    add = reverse("admin:registry_app_organizationmembership_add")
    with refused((Action.PERSON_ADD, "already_in")):
        assert save(staff, add, organization=acme.pk, user=mel.pk, role="admin").status_code == 422


def test_a_membership_stays_with_its_person_and_organization(staff, acme, globex, mel, sam):
    before, seq = state(), last_entry()
    membership = mel.memberships.get()
    assert save(staff, address("change", membership), organization=globex.pk, user=sam.pk).status_code == 302
    assert (state(), logged(seq)) == (before, [])


def test_the_last_admin_is_not_demoted(staff, ada, acme, mel):
    membership = ada.memberships.get()
    page = staff.get(address("change", membership))
    assert page.context["adminform"].form.immutable["role"].code == "last_admin"
    assert "deletelink" not in page.text
    with refused((Action.PERSON_CHANGE, "last_admin")):
        save(staff, address("change", membership), role="member")


def test_the_last_admin_is_not_taken_out(staff, ada, acme, mel):
    membership = ada.memberships.get()
    with refused((Action.PERSON_REMOVE, "last_admin")):
        assert staff.post(address("delete", membership), {"post": "yes"}).status_code == 403


def test_the_last_admin_stays_when_all_are_taken_out_in_bulk(staff, ada, acme, mel, rob):
    rows = [membership.pk for membership in acme.memberships.all()]
    action = {"action": "delete_selected", "_selected_action": rows}
    assert staff.post(address("changelist", OrganizationMembership), action).status_code == 200
    seq = last_entry()
    done = staff.post(address("changelist", OrganizationMembership), {**action, "post": "yes"}, follow=True)
    assert [membership.user for membership in acme.memberships.all()] == [ada]
    assert sorted(logged(seq)) == [
        (Action.PERSON_REMOVE, ""),
        (Action.PERSON_REMOVE, ""),
        (Action.PERSON_REMOVE, "last_admin"),
    ]
    assert len(told(done)) == 2


def test_a_refusal_in_the_last_moment_is_told_on_the_same_page(staff, ada, acme, mel, monkeypatch):
    monkeypatch.setattr("registry_app.admin.people.OrganizationMembershipAdmin.refuse_deletion", lambda self, obj: None)
    membership = ada.memberships.get()
    with refused((Action.PERSON_REMOVE, "last_admin")):
        response = staff.post(address("delete", membership), {"post": "yes"}, follow=True)
    assert (response.redirect_chain[0][0], len(told(response))) == (address("delete", membership), 1)
    with refused((Action.PERSON_CHANGE, "last_admin")):
        response = save(staff, address("change", membership), role="member")
    assert response.context["adminform"].form.has_error("role", "last_admin")


def test_rule_19_an_organization_role_changed_meanwhile_is_a_conflict(staff, acme):
    membership = make_member(acme, make_user("nora"))
    url = address("change", membership)
    data = {**sent(staff.get(url)), "role": "admin"}
    membership.role = OrganizationRole.ADMIN
    membership.save_by(COMMAND_LINE)
    with refused((Action.PERSON_CHANGE, "edit_conflict")):
        conflict = staff.post(url, data)
    assert conflict.status_code == 409
    assert staff.post(url, {**sent(conflict), "role": "member"}).status_code == 302
