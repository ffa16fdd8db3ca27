"""Rules 18 and 19 on every form of the Django admin that edits or deletes: a mistake makes nobody's save unseen."""

from typing import NamedTuple

import pytest
from django.contrib import admin

from registry_app.choices import OrganizationRole, Role, TeamRole
from registry_app.models import (
    Actor,
    Collection,
    GroupMapping,
    Link,
    Organization,
    OrganizationMembership,
    Registry,
    RegistryMember,
    Team,
    TeamMembership,
    User,
)
from tests.admin.pages import address, sent
from tests.client import state
from tests.factories import COMMAND_LINE, give_role, make_collection, map_group


class Edit(NamedTuple):
    """An object, what another person does to it meanwhile, a mistake and its correction."""

    thing: object
    meanwhile: object
    mistake: dict
    corrected: dict


def registry(golden, ada, **_):
    def save():
        Registry.objects.get(pk=golden.pk).edit(Actor(ada), name=golden.name, description="Theirs")

    return Edit(golden, save, {"name": "a/b"}, {"name": golden.name, "description": "Mine"})


def collection(churn, ada, **_):
    def save():
        Collection.objects.get(pk=churn.pk).edit(Actor(ada), name=churn.name, description="Theirs", tags=[])

    return Edit(churn, save, {"name": "a/b"}, {"name": churn.name, "description": "Mine"})


def link(two_links, **_):
    def mark():
        Link.objects.get(pk=two_links[0].pk).edit_labels(COMMAND_LINE, put=["theirs"])

    return Edit(two_links[0], mark, {"aliases": "v3"}, {"aliases": "mine"})


def role(golden, mel, **_):
    member = give_role(golden, mel, Role.VIEWER)

    def change():
        RegistryMember(registry=golden, user=mel, role=Role.ADMIN).save_by(COMMAND_LINE)

    return Edit(member, change, {"ends_at": "2020-01-01 00:00"}, {"ends_at": "", "role": "member"})


def organization(acme, ada, **_):
    def save():
        Organization.objects.get(pk=acme.pk).edit(Actor(ada), default_role="member", members_create=True)

    return Edit(acme, save, {"default_role": "king"}, {"default_role": "restricted_viewer"})


def membership(mel, **_):
    member = mel.memberships.get()

    def change():
        person = OrganizationMembership.objects.get(pk=member.pk)
        person.role = OrganizationRole.ADMIN
        person.save_by(COMMAND_LINE)

    return Edit(member, change, {"role": "king"}, {"role": "admin"})


def team(vision, **_):
    def save():
        Team.objects.get(pk=vision.pk).edit(COMMAND_LINE, name="Vision", description="Theirs")

    return Edit(vision, save, {"name": "a/b"}, {"name": "Vision", "description": "Mine"})


def team_membership(vision, mel, **_):
    member = vision.memberships.get(user=mel)

    def change():
        TeamMembership(team=vision, user=mel, role=TeamRole.ADMIN).save_by(COMMAND_LINE)

    return Edit(member, change, {"role": "king"}, {"role": "admin"})


def mapping(acme, vision, **_):
    mapped = map_group(acme, "ml", team=vision)

    def change():
        theirs = GroupMapping.objects.get(pk=mapped.pk)
        theirs.role = OrganizationRole.ADMIN
        theirs.save_by(COMMAND_LINE)

    return Edit(mapped, change, {"role": "king"}, {"role": "admin"})


def account(mel, **_):
    def change():
        User.objects.filter(pk=mel.pk).update(first_name="Theirs")

    return Edit(mel, change, {"email": "no address"}, {"email": mel.email, "first_name": "Mine"})


CASES = {
    Registry: registry,
    Collection: collection,
    Link: link,
    RegistryMember: role,
    Organization: organization,
    OrganizationMembership: membership,
    Team: team,
    TeamMembership: team_membership,
    GroupMapping: mapping,
    User: account,
}


@pytest.fixture(params=CASES, ids=lambda model: model.__name__)
def edit(request, acme, ada, mel, golden, vision, churn, two_links):
    """One case."""
    return CASES[request.param](
        acme=acme, ada=ada, mel=mel, golden=golden, vision=vision, churn=churn, two_links=two_links
    )


def test_every_model_that_is_edited_has_a_case(rf, root):
    request = rf.get("/")
    request.user = root
    assert {model for model, page in admin.site._registry.items() if page.has_change_permission(request)} == set(CASES)


def test_rule_19_a_mistake_makes_nobody_s_save_unseen(staff, edit):
    page = address("change", edit.thing)
    data = sent(staff.get(page))
    edit.meanwhile()
    before = state()
    refused = staff.post(page, {**data, **edit.mistake})
    assert refused.status_code in {409, 422}  # 409: the page of this form shows the conflict at once
    if refused.status_code == 422:
        again = staff.post(page, {**sent(refused), **edit.corrected})
        assert again.status_code == 409
    assert state() == before


def test_rules_16_and_18_a_name_typed_wrong_makes_no_change_unseen(staff, golden, churn, ada):
    for thing, kept in ((golden, {"type": "dataset"}), (churn, None)):
        page = address("delete", thing)
        data = sent(staff.get(page))
        if kept:
            make_collection(golden, "New", **kept)
        else:
            Collection.objects.get(pk=churn.pk).edit(Actor(ada), name="Churn", description="", tags=["new"])
        refused = staff.post(page, {**data, "confirmation": "x", "reason": "Because."})
        assert (refused.status_code, sent(refused)["reason"]) == (422, "Because.")
        conflict = staff.post(page, {**sent(refused), "confirmation": thing.name})
        assert conflict.status_code == 409
        assert staff.post(page, {**sent(conflict), "confirmation": thing.name}).status_code == 302
        assert not type(thing).objects.filter(pk=thing.pk).exists()
