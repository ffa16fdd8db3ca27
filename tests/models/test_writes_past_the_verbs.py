"""Rules 1 to 9 and §5 where somebody passes the verbs by: save(), update(), bulk_*, delete(), fixtures, `loaddata`."""

import json
from datetime import UTC, datetime

import pytest
from django.core import serializers
from django.core.management import call_command
from django.db.models import F, ProtectedError

from registry_app.choices import Kind, Visibility
from registry_app.models import AcceptedType, Actor, AuditChainHead, AuditEvent, Organization, Registry
from tests.assertions import everything, refused_by_database, undone

DAY = datetime(2020, 2, 29, tzinfo=UTC)

# {rule: (whose row, what is written over it, the code)}. The version steps by one, so that no other trigger refuses.
CHANGES = {
    "rule_2": ("models", {"visibility": Visibility.RESTRICTED}, "core_is_shared"),
    "rule_3_name": ("models", {"name": "Best", "name_key": "best"}, "core_is_fixed"),
    "rule_3_description": ("datasets", {"description": "Mine"}, "core_is_fixed"),
    "rule_4": ("models", {"accepts_all_types": True}, "core_type_stays"),
    "rule_6_core": ("models", {"kind": Kind.CUSTOM}, "kind_stays"),
    "rule_6_custom": ("golden", {"kind": Kind.CORE}, "kind_stays"),
    "rule_6_organization": ("golden", {"organization_id": "globex"}, "organization_stays"),
    "rule_9": ("vault", {"visibility": Visibility.ORGANIZATION}, "restricted_stays"),
    "rule_14": ("golden", {"name": "Vault", "name_key": "vault"}, "name_taken"),
    "rule_19": ("golden", {"version": 1}, "edit_conflict"),
    "rule_19_two_steps": ("golden", {"version": 3}, "edit_conflict"),
    "rule_19_under_a_note": ("golden", {"version": 1, "created_at": DAY, "updated_at": DAY}, "edit_conflict"),
}


def by_save(registry, wanted):
    """The whole row, as a form or a shell would."""
    for field, value in wanted.items():
        setattr(registry, field, value)
    registry.save()


def by_save_of_fields(registry, wanted):
    """The named columns alone."""
    for field, value in wanted.items():
        setattr(registry, field, value)
    registry.save(update_fields=[field.removesuffix("_id") for field in wanted])


def by_update(registry, wanted):
    """One statement."""
    Registry.objects.filter(pk=registry.pk).update(**wanted)


def by_bulk_update(registry, wanted):
    """One statement with a CASE."""
    for field, value in wanted.items():
        setattr(registry, field, value)
    Registry.objects.bulk_update([registry], [field.removesuffix("_id") for field in wanted])


@pytest.mark.parametrize("path", [by_save, by_save_of_fields, by_update, by_bulk_update])
def test_rules_2_to_9_hold_on_every_way_to_update(path, models, datasets, golden, vault, globex, subtests):
    rows = {"models": models, "datasets": datasets, "golden": golden, "vault": vault}
    for rule, (owner, wanted, code) in CHANGES.items():
        registry = Registry.objects.get(pk=rows[owner].pk)
        wanted = {"version": registry.version + 1} | wanted
        if "organization_id" in wanted:
            wanted["organization_id"] = globex.pk
        with subtests.test(rule), undone(), refused_by_database(code):
            path(registry, wanted)


@pytest.mark.parametrize("path", [by_save, by_save_of_fields, by_update, by_bulk_update])
def test_the_same_ways_let_pass_what_no_rule_forbids(path, golden):
    path(golden, {"description": "Fine", "visibility": Visibility.RESTRICTED, "version": 2})
    golden.refresh_from_db()
    assert (golden.description, golden.visibility, golden.version) == ("Fine", "restricted", 2)


@pytest.mark.parametrize(
    "owner, wanted, by_id, by_name",
    [
        pytest.param("models", {"description": "Mine"}, "name_taken", "name_taken", id="rule_3"),
        pytest.param("vault", {"visibility": Visibility.ORGANIZATION}, "name_taken", "name_taken", id="rule_9"),
        pytest.param("golden", {"kind": Kind.CORE}, "kind_stays", "core_is_given", id="rules_1_and_6"),
        pytest.param("golden", {"description": "Mine"}, "kind_stays", "edit_conflict", id="rule_19"),
    ],
)
def test_rules_1_3_6_9_and_19_hold_for_upserts(owner, wanted, by_id, by_name, request):
    registry = request.getfixturevalue(owner)
    for field, value in wanted.items():
        setattr(registry, field, value)
    for code, unique_fields in ((by_id, ["id"]), (by_name, ["organization", "name_key"])):
        with refused_by_database(code):
            Registry.objects.bulk_create(
                [registry], update_conflicts=True, update_fields=list(wanted), unique_fields=unique_fields
            )
        registry.pk = None  # next by name


def test_rule_9_holds_for_all_rows_or_none(golden, vault):
    with refused_by_database("restricted_stays"):
        Registry.objects.custom().update(visibility=Visibility.ORGANIZATION, version=F("version") + 1)


def test_rule_1_no_third_core_registry(acme):
    third = Registry(organization=acme, kind=Kind.CORE, name="Third", name_key="third")
    with refused_by_database("core_is_given"):
        third.save()
    with refused_by_database("core_is_given"):
        Registry.objects.bulk_create([third])


def test_rule_1_no_second_one_of_the_same_name(acme):
    second = Registry(organization=acme, kind=Kind.CORE, name="Models", name_key="models")
    with refused_by_database("name_taken"):
        second.save()


# Rules 4 and 5: rows that stay.


def raw_delete(queryset):
    """The delete that asks no Python."""
    queryset._raw_delete(queryset.db)


@pytest.mark.parametrize(
    "delete, code",
    [
        # Django takes the types away first: their own trigger speaks.
        pytest.param(lambda core: core.delete(), "core_type_stays", id="instance"),
        pytest.param(lambda core: Registry.objects.filter(pk=core.pk).delete(), "core_type_stays", id="queryset"),
        pytest.param(lambda core: Registry.objects.all().delete(), "core_type_stays", id="all"),
        pytest.param(lambda core: raw_delete(Registry.objects.filter(pk=core.pk)), "core_stays", id="raw"),
    ],
)
def test_rule_5_core_stays(models, golden, delete, code):
    with refused_by_database(code):
        delete(models)


def test_rule_5_an_organization_takes_no_registry_with_it(acme, golden):
    before = everything()
    for delete in (acme.delete, Organization.objects.filter(pk=acme.pk).delete):
        with pytest.raises(ProtectedError):
            delete()
    assert everything() == before
    with refused_by_database(None):  # the foreign key
        raw_delete(Organization.objects.filter(pk=acme.pk))


TYPE_CHANGES = {
    "delete": lambda core, _: core.types.all().delete(),
    "raw_delete": lambda core, _: raw_delete(core.types.all()),
    "instance_delete": lambda core, _: core.types.get(name="model").delete(),
    "rename": lambda core, _: core.types.update(name="other"),
    "unmark": lambda core, _: core.types.update(preconfigured=False),
    "move_out": lambda core, custom: core.types.update(registry=custom),
    "move_in": lambda core, custom: custom.types.filter(name="dataset").update(registry=core),
    "key": lambda core, _: core.types.update(id=F("id") + 1000),
    "upsert": lambda core, _: AcceptedType.objects.bulk_create(
        [AcceptedType(registry=core, name="model")],
        update_conflicts=True,
        update_fields=["preconfigured"],
        unique_fields=["registry", "name"],
    ),
}


def test_rule_4_types_of_a_core_registry_stay(models, golden, subtests):
    for name, change in TYPE_CHANGES.items():
        with subtests.test(name), undone(), refused_by_database("core_type_stays"):
            change(models, golden)


def test_rule_4_types_that_were_added_stay_as_well(models, ada):
    models.add_types(Actor(ada), ["adapter"])
    with refused_by_database("core_type_stays"):
        models.types.filter(name="adapter").delete()


def test_rule_1_preconfigured_types_are_core(golden):
    with refused_by_database("core_is_given"):
        AcceptedType.objects.create(registry=golden, name="model", preconfigured=True)
    with refused_by_database("core_is_given"):
        golden.types.update(preconfigured=True)


# §5: the log.


TAMPERINGS = {
    "update": lambda: AuditEvent.objects.update(target_name="Nobody"),
    "delete": lambda: AuditEvent.objects.all().delete(),
    "instance_delete": lambda: AuditEvent.objects.first().delete(),
    "raw_delete": lambda: raw_delete(AuditEvent.objects.filter(seq=1)),
    "save": lambda: AuditEvent.objects.first().save(),
    "bulk_update": lambda: AuditEvent.objects.bulk_update(AuditEvent.objects.all(), ["body"]),
    "upsert": lambda: AuditEvent.objects.bulk_create(
        AuditEvent.objects.all(), update_conflicts=True, update_fields=["body"], unique_fields=["seq"]
    ),
    "head_rewritten": lambda: AuditChainHead.objects.update(hash="0" * 64),
    "head_back": lambda: AuditChainHead.objects.update(seq=F("seq") - 1),
    "head_delete": lambda: AuditChainHead.objects.all().delete(),
    "second_head": lambda: AuditChainHead.objects.create(),
}


def test_section_5_the_log_stays(golden, subtests):
    for name, tamper in TAMPERINGS.items():
        with subtests.test(name), undone(), refused_by_database("log_stays"):
            tamper()


# Fixtures loaded over live rows.


@pytest.mark.parametrize(
    "owner, wanted, code",
    [
        pytest.param("golden", {"description": "As it was"}, "edit_conflict", id="rule_19_as_it_was"),
        pytest.param("models", {"version": 2, "visibility": "restricted"}, "core_is_shared", id="rule_2"),
        pytest.param("models", {"version": 2, "name": "Best"}, "core_is_fixed", id="rule_3"),
        pytest.param("models", {"version": 2, "accepts_all_types": True}, "core_type_stays", id="rule_4"),
        pytest.param("golden", {"version": 2, "kind": "core"}, "kind_stays", id="rule_6"),
        pytest.param("vault", {"version": 2, "visibility": "organization"}, "restricted_stays", id="rule_9"),
    ],
)
def test_rules_2_to_9_hold_for_fixtures(owner, wanted, code, request, tmp_path):
    fixture = tmp_path / "fixture.json"
    rows = json.loads(serializers.serialize("json", [request.getfixturevalue(owner)]))
    rows[0]["fields"] |= wanted
    fixture.write_text(json.dumps(rows))
    with refused_by_database(code):
        call_command("loaddata", fixture, verbosity=0)


def test_rule_1_no_fixture_brings_a_third(models, tmp_path):
    fixture = tmp_path / "fixture.json"
    rows = json.loads(serializers.serialize("json", [models]))
    rows[0]["pk"] += 1000
    rows[0]["fields"] |= {"name": "Third", "name_key": "third"}
    fixture.write_text(json.dumps(rows))
    with refused_by_database("core_is_given"):
        call_command("loaddata", fixture, verbosity=0)


@pytest.mark.parametrize("model, code", [(AcceptedType, "core_type_stays"), (AuditEvent, "log_stays")])
def test_rule_4_and_section_5_hold_for_fixtures(models, model, code, tmp_path):
    fixture = tmp_path / "fixture.json"
    fixture.write_text(serializers.serialize("json", model.objects.all()))
    with refused_by_database(code):
        call_command("loaddata", fixture, verbosity=0)
