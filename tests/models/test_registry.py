"""Rules 1 to 19 through the verbs of the model: what they refuse, and what they do."""

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from registry_app.choices import Kind, Role, Visibility
from registry_app.models import (
    AcceptedType,
    Actor,
    AuditEvent,
    FormerName,
    Registry,
    RegistryMember,
    RestrictionImpact,
    Team,
)
from registry_app.models.change import digest_of, etag_of
from tests.assertions import refused
from tests.factories import COMMAND_LINE, give_role, make_member, make_registry, make_user


def draft(organization, name="Shelf", **fields):
    """A registry that isn't kept yet."""
    return Registry(organization=organization, name=name, **fields)


# Rules 1 to 6: core registries, and what stays.


def test_rule_1_nobody_creates_a_third(acme, ada):
    for by in (Actor(ada), COMMAND_LINE):
        with refused("core_is_given"):
            draft(acme, kind=Kind.CORE).create(by, ["model"])


def test_rule_2_core_is_always_shared(models, ada):
    for by in (Actor(ada), COMMAND_LINE):
        with refused("core_is_shared"):
            models.restrict(by)


def test_rule_2_a_core_form_is_refused_before_it_is_saved(models):
    models.visibility = Visibility.RESTRICTED
    with pytest.raises(ValidationError) as caught:
        models.clean()
    assert caught.value.error_dict["visibility"][0].code == "core_is_shared"


@pytest.mark.parametrize("name, description", [("Best Models", None), (None, "Mine"), ("models", None)])
def test_rule_3_core_metadata_is_fixed(models, ada, name, description):
    for by in (Actor(ada), COMMAND_LINE):
        with refused("core_is_fixed"):
            models.edit(by, name=name or models.name, description=description or models.description)


def test_rule_3_saving_core_metadata_as_it_is_does_nothing(models, ada):
    models.edit(Actor(ada), name=" Models ", description=models.description)
    models.refresh_from_db()
    assert models.version == 1


def test_rule_4_a_core_registry_takes_more_types_and_keeps_all(models, ada):
    models.add_types(Actor(ada), ["adapter", "checkpoint"])
    assert models.type_names() == ["adapter", "checkpoint", "model"]
    for name in ("model", "adapter"):
        for by in (Actor(ada), COMMAND_LINE):
            with refused("core_type_stays"):
                models.remove_type(by, name)


def test_rule_4_a_core_registry_never_accepts_all(models, ada):
    for by in (Actor(ada), COMMAND_LINE):
        with refused("core_type_stays"):
            models.accept_all_types(by)


def test_rule_4_added_types_are_not_preconfigured(models, ada):
    models.add_types(Actor(ada), ["adapter"])
    assert [(kept.name, kept.preconfigured, kept.added_by) for kept in models.types.all()] == [
        ("model", True, None),
        ("adapter", False, ada),
    ]


def test_rule_5_core_stays(models, ada):
    for by in (Actor(ada), COMMAND_LINE):
        with refused("core_stays"):
            models.delete_by(by)


@pytest.mark.parametrize("field, code", [("kind", "kind_stays"), ("organization", "organization_stays")])
def test_rule_6_kind_and_organization_stay(golden, globex, field, code):
    setattr(golden, field, Kind.CORE if field == "kind" else globex)
    with pytest.raises(ValidationError) as caught:
        golden.full_clean()
    assert [error.code for error in caught.value.error_dict[field]] == [code]


def test_rule_6_a_verb_drops_what_it_was_not_told_to_change(golden, globex, ada):
    golden.kind, golden.organization, golden.visibility = Kind.CORE, globex, Visibility.RESTRICTED
    golden.edit(Actor(ada), name="Silver", description="")
    golden.refresh_from_db()
    assert (golden.kind, golden.organization.name, golden.visibility) == ("custom", "Acme ML", "organization")


# Rules 7 to 9: birth and visibility.


def test_rule_7_a_list_needs_a_type(acme, ada):
    with refused("types_missing"):
        draft(acme).create(Actor(ada))


@pytest.mark.parametrize("types", [["a/b"], ["model", ""], ["x" * 129]])
def test_rule_7_each_type_is_a_type(acme, ada, types):
    with refused("type_invalid"):
        draft(acme).create(Actor(ada), types)


def test_rule_7_a_registry_is_born_as_it_was_asked_for(acme, ada):
    listed = draft(acme, "Listed", description=" One\r\ntwo ", visibility=Visibility.RESTRICTED)
    listed.create(Actor(ada), ["model", " eval-suite", "model"])
    everything_goes = draft(acme, "All", accepts_all_types=True)
    everything_goes.create(Actor(ada), ["model"])
    listed.refresh_from_db()
    assert (listed.kind, listed.visibility, listed.description, listed.type_names(), listed.version) == (
        "custom",
        "restricted",
        "One\ntwo",
        ["eval-suite", "model"],
        1,
    )
    assert everything_goes.type_names() == []


def test_a_name_that_is_none_names_nothing(acme, ada, golden, subtests):
    for name in ("", "  ", "a/b", "x" * 114, "a\0b", "a\u202eb", "wandb-registry-x", ".."):
        with subtests.test(ascii(name)):
            with refused("name_invalid"):
                draft(acme, name).create(Actor(ada), ["model"])
            with refused("name_invalid"):
                golden.edit(Actor(ada), name=name, description="")


def test_a_name_is_measured_as_it_will_be_kept(acme, ada):
    registry = make_registry(acme, ada, "  " + "e\u0301" * 113 + "\n")
    registry.refresh_from_db()
    assert registry.name == "é" * 113


def test_a_description_that_is_too_long_describes_nothing(acme, ada, golden):
    for act in (
        lambda: draft(acme, description="é" * 40_000).create(Actor(ada), ["model"]),
        lambda: golden.edit(Actor(ada), name="Golden Datasets", description="a\0b"),
    ):
        with refused("description_invalid"):
            act()


@pytest.mark.parametrize("person", ["ada", "rob"])
def test_rule_8_a_custom_registry_is_restricted_by_its_admins(golden, person, request):
    golden.restrict(Actor(request.getfixturevalue(person)))
    golden.refresh_from_db()
    assert (golden.visibility, golden.version) == ("restricted", 2)


def test_rule_9_restricted_stays(vault, ada):
    for by in (Actor(ada), COMMAND_LINE):
        with refused("restricted_stays"):
            vault.restrict(by)
    vault.visibility = Visibility.ORGANIZATION
    with pytest.raises(ValidationError) as caught:
        vault.full_clean()
    assert [error.code for error in caught.value.error_dict["visibility"]] == ["restricted_stays"]


# Rules 10 to 13: who edits, and types.

VERBS = {
    "edit": lambda registry, by: registry.edit(by, name="Other", description=""),
    "restrict": lambda registry, by: registry.restrict(by),
    "add": lambda registry, by: registry.add_types(by, ["model"]),
    "remove": lambda registry, by: registry.remove_type(by, "dataset"),
    "all": lambda registry, by: registry.accept_all_types(by),
    "list": lambda registry, by: registry.accept_only(by, ["model"]),
    "delete": lambda registry, by: registry.delete_by(by),
}


@pytest.mark.parametrize("role", [None, Role.RESTRICTED_VIEWER, Role.VIEWER, Role.MEMBER])
def test_rule_10_and_section_3_a_role_that_is_too_low(golden, mel, role, subtests):
    if role:
        give_role(golden, mel, role)
    for name, verb in VERBS.items():
        if (role, name) != (Role.MEMBER, "edit"):
            with subtests.test(name), refused("role_too_low"):
                verb(golden, Actor(mel))


def test_rule_10_members_edit(golden, mel):
    give_role(golden, mel, Role.MEMBER)
    golden.edit(Actor(mel), name="Other", description="Hers")
    golden.refresh_from_db()
    assert (golden.name, golden.description) == ("Other", "Hers")


def test_section_3_strangers_and_the_deactivated_may_nothing(golden, ada, sam, globex, subtests):
    RegistryMember.objects.create(registry=golden, user=sam, role=Role.ADMIN)  # counts for nothing outside
    ada.is_active = False
    ada.save()
    for person in (sam, ada):
        for name, verb in VERBS.items():
            with subtests.test(name, person=person.username), refused("role_too_low"):
                verb(golden, Actor(person))


def test_section_3_nobody_creates_in_an_organization_that_is_not_theirs(acme, sam, root):
    for by in (Actor(sam), Actor(root)):
        with refused("role_too_low"):
            draft(acme).create(by, ["model"])


def test_rule_11_a_type_in_use_stays(golden, ada, monkeypatch):
    monkeypatch.setattr(Registry, "types_in_use", lambda self: frozenset({"dataset"}))
    with refused("type_in_use"):
        golden.remove_type(Actor(ada), "dataset")
    golden.remove_type(Actor(ada), "eval-suite")
    assert golden.type_names() == ["dataset"]


def test_rules_7_and_11_the_last_type_stays(golden, ada):
    golden.remove_type(Actor(ada), "dataset")
    with refused("types_missing"):
        golden.remove_type(Actor(ada), "eval-suite")


def test_rule_12_from_all_to_a_list_the_types_in_use_join(vault, ada, monkeypatch):
    monkeypatch.setattr(Registry, "types_in_use", lambda self: frozenset({"dataset"}))
    vault.accept_only(Actor(ada), ["model"])
    vault.refresh_from_db()
    assert (vault.accepts_all_types, vault.type_names()) == (False, ["dataset", "model"])


def test_rules_7_and_12_the_list_names_a_type(vault, ada):
    with refused("types_missing"):
        vault.accept_only(Actor(ada), [])


def test_rule_12_from_a_list_to_all(golden, ada):
    golden.accept_all_types(Actor(ada))
    golden.refresh_from_db()
    assert (golden.accepts_all_types, golden.type_names()) == (True, [])


def test_rule_12_nothing_is_added_to_all(vault, ada):
    with refused("all_types_accepted"):
        vault.add_types(Actor(ada), ["model"])


def test_rule_13_adding_a_type_twice_changes_nothing(golden, ada):
    golden.add_types(Actor(ada), ["dataset", " dataset "])
    golden.refresh_from_db()
    assert (golden.version, golden.type_names()) == (1, ["dataset", "eval-suite"])


@pytest.mark.parametrize("types", [["Dataset"], ["model", "datasets"], ["trace", "traces"]])
def test_rule_13_a_lookalike_is_confirmed_first(golden, ada, types):
    with refused("type_looks_alike"):
        golden.add_types(Actor(ada), types)
    golden.add_types(Actor(ada), types, confirmed=True)
    assert golden.type_names() == sorted(["dataset", "eval-suite", *types])


@pytest.mark.parametrize("types", [["model", "Model"], ["trace", "traces"], ["ｍodel", "model"]])
def test_rule_13_lookalikes_join_no_list_unasked(acme, ada, vault, monkeypatch, types):
    """A new one's list, and the one that takes the place of all types, with what is in use."""
    monkeypatch.setattr(Registry, "types_in_use", lambda self: frozenset(types[:1]))
    with refused("type_looks_alike"):
        Registry(organization=acme, name="Silver").create(Actor(ada), types)
    with refused("type_looks_alike"):
        vault.accept_only(Actor(ada), types[1:])
    silver = Registry(organization=acme, name="Silver")
    silver.create(Actor(ada), types, confirmed=True)
    vault.accept_only(Actor(ada), types[1:], confirmed=True)
    assert silver.type_names() == vault.type_names() == sorted(types)


def test_removing_answers_whether_the_type_was_on_the_list(golden, models, ada):
    assert golden.remove_type(Actor(ada), "dataset") is True
    assert golden.remove_type(Actor(ada), "dataset") is False
    with refused("core_type_stays"):
        models.remove_type(Actor(ada), "no such type")


# Rules 14 and 15: names.


@pytest.mark.parametrize("name", ["golden datasets", "GOLDEN  DATASETS", "Ｇolden Datasets", " Golden Datasets "])
def test_rule_14_a_name_is_one_whatever_its_case(acme, ada, golden, name):
    other = make_registry(acme, ada, "Other")
    with refused("name_taken"):
        draft(acme, name).create(Actor(ada), ["model"])
    with refused("name_taken"):
        other.edit(Actor(ada), name=name, description="")


def test_rule_14_composed_and_decomposed_are_one_name(acme, ada):
    make_registry(acme, ada, "Café")
    with refused("name_taken"):
        draft(acme, "Cafe\u0301").create(Actor(ada), ["model"])


def test_rule_14_another_organization_has_names_of_its_own(golden, globex, sam):
    assert make_registry(globex, sam, "Golden Datasets").name == golden.name


def test_rule_14_the_refusal_tells_nothing_of_an_unseen_registry(acme, golden, vault, mel):
    said = []
    for taken in (golden, vault):
        with pytest.raises(ValidationError) as caught:
            draft(acme, taken.name.upper()).create(Actor(mel), ["model"])
        said.append(caught.value.message_dict)
    assert said[0] == said[1]


def test_rule_15_the_old_name_leads_on_until_another_takes_it(acme, ada, golden):
    golden.edit(Actor(ada), name="Silver", description="")
    golden.edit(Actor(ada), name="Bronze", description="")
    assert set(golden.former_names.values_list("name", flat=True)) == {"Golden Datasets", "Silver"}
    make_registry(acme, ada, "GOLDEN datasets")
    assert set(golden.former_names.values_list("name", flat=True)) == {"Silver"}
    make_registry(acme, ada, "Other").edit(Actor(ada), name="silver", description="")
    assert set(FormerName.objects.values_list("name", "registry__name")) == {("Other", "silver")}


def test_rule_15_a_name_taken_back_is_nobodys_former_name(ada, golden):
    for name in ("Silver", "Golden Datasets", "Silver", "golden datasets", "GOLDEN DATASETS"):
        golden.edit(Actor(ada), name=name, description="")
    assert list(golden.former_names.values_list("name", flat=True)) == ["Silver"]
    golden.refresh_from_db()
    assert (golden.name, golden.version) == ("GOLDEN DATASETS", 6)


# Rules 16 to 19.


def test_rule_16_deleting_takes_what_it_holds_and_no_other(golden, vault, ada):
    golden.edit(Actor(ada), name="Silver", description="")
    pk = golden.pk
    golden.delete_by(Actor(ada))
    for model in (AcceptedType, RegistryMember, FormerName):
        assert not model.objects.filter(registry=pk).exists()
    assert list(Registry.objects.custom()) == [vault]


@pytest.mark.parametrize("person", ["ada", "mel"])
def test_rule_17_whoever_creates_a_registry_is_its_admin(acme, person, request):
    creator = request.getfixturevalue(person)
    registry = make_registry(acme, creator, "Hers")
    assert list(registry.members.values_list("user", "role")) == [(creator.pk, Role.ADMIN)]
    assert registry.created_by == creator


def test_rule_17_staff_from_outside_create_without_joining(acme, root):
    registry = draft(acme)
    registry.create(Actor(root, staff=True), ["model"])
    assert (registry.created_by, registry.members.count()) == (root, 0)


def test_rule_18_a_preview_counts_who_keeps_and_who_loses(golden, mel, vault):
    assert golden.restriction() == RestrictionImpact(keeps=2, loses=1)
    mel.is_active = False
    mel.save()
    assert golden.restriction() == RestrictionImpact(keeps=2, loses=0)


def test_rule_18_counts_that_changed_since_refuse(acme, golden, ada):
    etag = etag_of(golden, golden.restriction())
    make_member(acme, make_user("new"))
    with refused("stale_preview"):
        golden.restrict(Actor(ada), etag=etag)
    golden.restrict(Actor(ada), etag=etag_of(golden, golden.restriction()))
    golden.refresh_from_db()
    assert golden.is_restricted


@pytest.mark.parametrize("verb", ["restrict", "delete", "add_to_core"])
def test_rule_18_a_row_that_changed_since_refuses(golden, models, ada, verb):
    registry = models if verb == "add_to_core" else golden
    registry.add_types(Actor(ada), ["trace"])
    act = {
        "restrict": lambda: registry.restrict(Actor(ada), etag=digest_of(registry.pk, 1, registry.restriction())),
        "delete": lambda: registry.delete_by(Actor(ada), etag=digest_of(registry.pk, 1, (0, 0, 0, 0))),
        "add_to_core": lambda: registry.add_types(Actor(ada), ["adapter"], etag=digest_of(registry.pk, 1)),
    }[verb]
    with refused("stale_preview"):
        act()


@pytest.mark.parametrize("verb", ["edit", "add", "remove", "all"])
def test_rule_19_the_second_of_two_is_told(golden, ada, verb):
    golden.edit(Actor(ada), name="First", description="")
    second = {
        "edit": lambda: golden.edit(Actor(ada), name="Second", description="", etag=digest_of(golden.pk, 1)),
        "add": lambda: golden.add_types(Actor(ada), ["model"], etag=digest_of(golden.pk, 1)),
        "remove": lambda: golden.remove_type(Actor(ada), "dataset", etag=digest_of(golden.pk, 1)),
        "all": lambda: golden.accept_all_types(Actor(ada), etag=digest_of(golden.pk, 1)),
    }[verb]
    with refused("edit_conflict"):
        second()


def test_rule_19_whoever_saw_the_present_version_saves(golden, ada):
    golden.edit(Actor(ada), name="First", description="", etag=digest_of(golden.pk, 1))
    golden.edit(Actor(ada), name="Second", description="", etag=digest_of(golden.pk, 2))
    golden.refresh_from_db()
    assert (golden.name, golden.version) == ("Second", 3)


def test_rule_18_keeping_many_people_costs_what_keeping_one_costs(acme, ada):
    people = [make_user(f"person-{number}") for number in range(30)]
    for person in people:
        make_member(acme, person)
    costs = []
    for kept in ([], people[:1], people):
        registry = make_registry(acme, ada, f"Shelf {len(kept)}")
        with CaptureQueriesContext(connection) as queries:
            registry.restrict(Actor(ada), keep=kept)
        costs.append(len(queries))
        assert set(registry.members.exclude(user=ada).values_list("user", flat=True)) == {each.pk for each in kept}
        event = AuditEvent.objects.first()
        assert {each["id"] for each in event.related.get("kept", [])} == {each.pk for each in kept}
    assert costs[1] == costs[2] <= 25
    assert costs[0] <= 20, costs


def test_a_team_that_was_deleted_meanwhile_gets_no_role(ada, golden, vision):
    member = RegistryMember(registry=golden, team=Team.objects.get(pk=vision.pk), role=Role.VIEWER)
    vision.delete_by(Actor(ada))
    with refused("not_in_organization"):
        member.save_by(Actor(ada))
