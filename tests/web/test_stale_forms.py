"""Rules 18 and 19 on every form that edits: what was shown comes back with the form until a conflict page shows anew.

Each form that carries what was shown has a case here; a form that carries nothing is in NOTHING_SHOWN. A new form is in
neither, and fails the first test.
"""

from typing import NamedTuple

import pytest
from django.db import connection, transaction
from django.urls import reverse

from registry_app.choices import OrganizationRole, Role, TeamRole
from registry_app.forms.base import ActionForm
from registry_app.forms.fields import EtagField
from registry_app.models import (
    Actor,
    AliasRequest,
    Collection,
    GroupMapping,
    OrganizationMembership,
    Registry,
    RegistryMember,
    TeamMembership,
    follow_groups,
)
from tests.client import Page, at, browser, nothing_changes, of
from tests.factories import (
    COMMAND_LINE,
    give_role,
    make_collection,
    make_link,
    make_member,
    make_registry,
    make_user,
    make_version,
    map_group,
)

# They make something, take something away by its name or ask one question: nothing of an object comes back with them.
NOTHING_SHOWN = {
    "AccountForm",
    "AddAccessForm",
    "AddPeopleForm",
    "AliasRequestForm",
    "AnswerForm",
    "ConfirmForm",
    "ConfirmNameForm",
    "CreateCollectionForm",
    "CreateForm",
    "DeleteVersionForm",
    "GroupMappingForm",
    "GroupRolesForm",
    "ImportForm",
    "InviteForm",
    "JoinForm",
    "LinkForm",
    "ListForm",
    "ProtectForm",
    "PublishForm",
    "RegistryForm",
    "RegistryPublishForm",
    "RequestForm",
    "RoleForm",
    "SecondFactorForm",
    "ServiceForm",
    "SetupForm",
    "TeamForm",
    "TimeZoneForm",
    "TokenForm",
    "UnlinkForm",
    "UnprotectForm",
    "VersionForm",
}


class Edit(NamedTuple):
    """One form: the page that shows it, what another person does meanwhile, a mistake and its correction."""

    page: str
    meanwhile: object
    mistake: dict
    corrected: dict
    address: str = ""  # where the form goes, if not to its page

    @property
    def target(self):
        return self.address or self.page


def subclasses(kind):
    """Every class below `kind`."""
    return {below for one in kind.__subclasses__() for below in (one, *subclasses(one))}


def product_forms():
    """{name: class} of the forms of the pages."""
    found = {form for form in subclasses(ActionForm) if form.__module__.startswith("registry_app.forms")}
    return {form.__name__: form for form in found}


def shows(form):
    """Whether a form carries what was shown. The list to import does only in its second step: see test_imports."""
    return form.__name__ != "ImportForm" and any(isinstance(field, EtagField) for field in form.base_fields.values())


def test_every_form_says_whether_it_carries_what_was_shown():
    found = product_forms()
    carrying = {name for name, form in found.items() if shows(form)}
    assert {name.partition(":")[0] for name in CASES} == carrying
    assert found.keys() - carrying == NOTHING_SHOWN


def details(acme, ada, golden, **_):
    def save():
        Registry.objects.get(pk=golden.pk).edit(Actor(ada), name=golden.name, description="Theirs")

    return Edit(at("registries:settings", golden), save, {"name": "a/b"}, {"name": "Mine"})


def restrict(ada, golden, acme, **_):
    def join():
        make_member(acme, make_user("newcomer"))

    return Edit(at("registries:restrict", golden), join, {"confirmation": "x"}, {"confirmation": golden.name})


def restrict_version(ada, golden, **_):
    def save():
        Registry.objects.get(pk=golden.pk).edit(Actor(ada), name=golden.name, description="Theirs")

    return Edit(at("registries:restrict", golden), save, {"confirmation": "x"}, {"confirmation": golden.name})


def delete(golden, **_):
    def fill():
        make_collection(golden, "New", type="dataset")

    return Edit(at("registries:delete", golden), fill, {"confirmation": "x"}, {"confirmation": golden.name})


def add_types(ada, golden, **_):
    def add():
        Registry.objects.get(pk=golden.pk).add_types(Actor(ada), ["theirs"])

    page, target = at("registries:settings", golden), at("accepted_types:add", golden)
    return Edit(page, add, {"types": "a/b"}, {"types": "mine"}, target)


def add_types_to_core(ada, models, **_):
    def add():
        Registry.objects.get(pk=models.pk).add_types(Actor(ada), ["theirs"])

    page = at("accepted_types:add", models) + "?types=mine"
    return Edit(page, add, {"reason": "x" * 501}, {"reason": ""}, at("accepted_types:add", models))


def remove_type(ada, golden, **_):
    make_collection(golden, "Uses", type="dataset")

    def add():
        Registry.objects.get(pk=golden.pk).add_types(Actor(ada), ["theirs"])

    return Edit(
        at("registries:settings", golden), add, {}, {"types": "eval-suite"}, at("accepted_types:remove", golden)
    )


def accept(ada, vault, **_):
    def save():
        Registry.objects.get(pk=vault.pk).edit(Actor(ada), name=vault.name, description="Theirs")

    page, target = at("registries:settings", vault), at("accepted_types:accept", vault)
    return Edit(page, save, {"types": "a/b"}, {"types": "model"}, target)


def edit_collection(rob, churn, **_):
    def save():
        Collection.objects.get(pk=churn.pk).edit(Actor(rob), name=churn.name, description="Theirs", tags=[])

    return Edit(of("collections:edit", churn), save, {"tags": "a/b"}, {"tags": "mine"})


def key_metrics(rob, churn, vision, **_):
    for auc in (0.8, 0.9):
        make_link(churn, make_version(vision, metadata={"auc": auc}))

    def save():
        Collection.objects.get(pk=churn.pk).choose_metrics(Actor(rob), [["auc", "lower"]])

    return Edit(of("collections:settings", churn), save, {"place:auc": "99"}, {"place:auc": "1"})


def delete_collection(churn, vision, **_):
    def link():
        Collection.objects.get(pk=churn.pk).link(COMMAND_LINE, make_version(vision))

    return Edit(of("collections:delete", churn), link, {"confirmation": "x"}, {"confirmation": churn.name})


def aliases(rob, two_links, churn, **_):
    def mark():
        two_links[0].edit_labels(Actor(rob), put=["theirs"])

    return Edit(of("links:edit", churn, 0), mark, {"aliases": "v3"}, {"aliases": "mine"})


def promote(rob, two_links, churn, **_):
    def move():
        two_links[0].change_aliases(Actor(rob), put=["production"])

    return Edit(of("links:promote", churn, 1), move, {"alias": "", "other": "v3"}, {"alias": "", "other": "mine"})


def role_here(golden, mel, acme, **_):
    member = give_role(golden, mel, Role.VIEWER)

    def change():
        RegistryMember(registry=golden, user=mel, role=Role.ADMIN).save_by(COMMAND_LINE)

    page = reverse("registry_members:change", args=[acme.slug, golden.name, member.pk])
    return Edit(page, change, {"ends_at": "2020-01-01"}, {"ends_at": "", "role": "member"})


def organization_role(acme, mel, **_):
    def change():
        person = OrganizationMembership.objects.get(user=mel)
        person.role = OrganizationRole.ADMIN
        person.save_by(COMMAND_LINE)

    return Edit(reverse("members:role", args=[acme.slug, "mel"]), change, {"role": "king"}, {"role": "member"})


def team_role(acme, vision, mel, **_):
    def change():
        TeamMembership(team=vision, user=mel, role=TeamRole.ADMIN).save_by(COMMAND_LINE)

    page = reverse("teams:role", args=[acme.slug, vision.name, "mel"])
    return Edit(page, change, {"role": "king"}, {"role": "member"})


def team_settings(acme, vision, ada, **_):
    def save():
        type(vision).objects.get(pk=vision.pk).edit(Actor(ada), name="Vision", description="Theirs")

    return Edit(reverse("teams:settings", args=[acme.slug, "Vision"]), save, {"name": "a/b"}, {"name": "Vision"})


def organization_settings(acme, ada, **_):
    def save():
        type(acme).objects.get(pk=acme.pk).edit(Actor(ada), default_role="member", members_create=True)

    page = reverse("organizations:settings", args=[acme.slug])
    return Edit(page, save, {"default_role": "king"}, {"default_role": "viewer"})


def change_mapping(acme, **_):
    mapping = map_group(acme, "ml")

    def change():
        theirs = GroupMapping.objects.get(pk=mapping.pk)
        theirs.role = OrganizationRole.ADMIN
        theirs.save_by(COMMAND_LINE)

    page = reverse("group_mappings:change", args=[acme.slug, mapping.pk])
    return Edit(page, change, {"role": "king"}, {"role": "member"})


def remove_mapping(acme, mel, **_):
    mapping = map_group(acme, "ml", OrganizationRole.ADMIN)

    def join():
        follow_groups(mel, {"ml"}, mapping.provider, COMMAND_LINE)

    return Edit(reverse("group_mappings:remove", args=[acme.slug, mapping.pk]), join, {}, {})


def alias_answer(mel, churn, two_links, **_):
    asked = AliasRequest.objects.create(
        registry=churn.registry, collection=churn, link=two_links[1], alias="champion", user=mel, reason="Better."
    )

    def move():  # past the verbs, which would end the request
        churn.aliases.create(name="champion", link=two_links[0])

    return Edit(
        of("alias_requests:answer", churn, asked.pk), move, {"note": "x" * 100_000}, {"answer": "decline", "note": ""}
    )


CASES = {
    "DetailsForm": details,
    "RestrictForm:counts": restrict,
    "RestrictForm:version": restrict_version,
    "DeleteForm:registry": delete,
    "AddTypesForm": add_types,
    "AddTypesForm:core": add_types_to_core,
    "RemoveTypeForm": remove_type,
    "AcceptForm": accept,
    "EditCollectionForm": edit_collection,
    "KeyMetricsForm": key_metrics,
    "DeleteForm:collection": delete_collection,
    "LabelsForm": aliases,
    "PromoteForm": promote,
    "AliasAnswerForm": alias_answer,
    "ChangeAccessForm": role_here,
    "MemberRoleForm:organization": organization_role,
    "MemberRoleForm:team": team_role,
    "TeamSettingsForm": team_settings,
    "OrganizationForm": organization_settings,
    "ChangeMappingForm": change_mapping,
    "RemoveMappingForm": remove_mapping,
}


@pytest.fixture(params=CASES)
def edit(request, acme, ada, mel, rob, golden, vault, models, vision, churn, versions, two_links):
    """One case, with all that it speaks of."""
    kept = {"acme": acme, "ada": ada, "mel": mel, "rob": rob, "golden": golden, "vault": vault, "models": models}
    return CASES[request.param](**kept, vision=vision, churn=churn, versions=versions, two_links=two_links)


def form_of(response, target):
    """The first form of a page that posts to `target`, as a browser would send it."""
    found = next(form for form in Page(response).forms if form.method == "post" and form.action.startswith(target))
    del found.data["csrfmiddlewaretoken"]  # another one on each page
    return found.pressed


def test_rule_19_a_mistake_makes_nobody_s_save_unseen(ada, edit):
    client = browser(ada)
    data = form_of(client.get(edit.page), edit.target)
    edit.meanwhile()
    if edit.mistake:
        refused = client.post(edit.target, {**data, **edit.mistake})
        assert refused.status_code == 422
        data = form_of(refused, edit.target)
    with nothing_changes():
        assert client.post(edit.target, {**data, **edit.corrected}).status_code == 409


def test_rule_19_what_the_conflict_page_shows_can_be_saved(ada, edit):
    client = browser(ada)
    data = form_of(client.get(edit.page), edit.target)
    edit.meanwhile()
    conflict = client.post(edit.target, {**data, **edit.corrected})
    assert conflict.status_code == 409
    again = {**form_of(conflict, edit.target), **edit.corrected}
    assert client.post(edit.target, again).status_code == 302


def test_rule_19_a_page_never_shows_old_text_with_a_new_version(ada, edit):
    """Somebody's save is slipped in after each query of the page: what is shown and its mark are of one moment."""
    client = browser(ada)
    with transaction.atomic():
        edit.meanwhile()
        fresh = form_of(client.get(edit.page), edit.target)
        transaction.set_rollback(True)
    number, marks = 0, {"etag"} & fresh.keys()
    assert marks
    while _slipped_in(client, edit, number, fresh, marks):
        number += 1
    assert number > 2


def registry_anew(ada, golden, **_):
    golden.delete_by(COMMAND_LINE)
    make_registry(golden.organization, ada, golden.name, types=["dataset", "eval-suite"])


def collection_anew(rob, churn, **_):
    registry, type_ = churn.registry, churn.type
    churn.delete_by(COMMAND_LINE)
    make_collection(registry, churn.name, type=type_)


def member_anew(acme, mel, **_):
    acme.memberships.get(user=mel).delete_by(COMMAND_LINE)
    make_member(acme, mel)


ANEW = {"DetailsForm": registry_anew, "EditCollectionForm": collection_anew, "MemberRoleForm:organization": member_anew}


@pytest.mark.parametrize("case", ANEW)
def test_rule_19_a_form_never_edits_another_row_that_has_the_same_name_now(
    case, acme, ada, mel, rob, golden, churn, vision
):
    people = {"acme": acme, "ada": ada, "mel": mel, "rob": rob}
    edit = CASES[case](**people, golden=golden, churn=churn, vision=vision)
    client = browser(ada)
    data = form_of(client.get(edit.page), edit.target)
    ANEW[case](**people, golden=golden, churn=churn)
    with nothing_changes():
        assert client.post(edit.target, {**data, **edit.corrected}).status_code == 409


def _slipped_in(client, edit, number, fresh, marks):
    """Look at the page while the other save happens after query `number`; False where it has fewer queries."""
    asked = 0

    def after(execute, *args):
        nonlocal asked
        answer, asked = execute(*args), asked + 1
        if asked == number + 1:
            edit.meanwhile()
        return answer

    with transaction.atomic():
        with connection.execute_wrapper(after):
            response = client.get(edit.page)
        if asked > number:
            shown = form_of(response, edit.target)
            if all(shown[mark] == fresh[mark] for mark in marks):
                assert shown == fresh
        transaction.set_rollback(True)
    return asked > number
