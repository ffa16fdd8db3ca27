"""Migrations: none is missing, and none takes the triggers away, be it whole or broken off in the middle."""

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.models import CharField

from registry_app.database import triggers
from registry_app.models import AcceptedType, Registry
from tests.assertions import refused_by_database


def test_no_migration_is_missing(db):
    call_command("makemigrations", "registry_app", check=True, dry_run=True, verbosity=0)


def test_every_table_is_there_after_all_migrations(db):
    call_command("migrate", check_unapplied=True, verbosity=0)
    assert triggers.missing() == []


def length_in_database(model):
    """How long the database lets `name` be."""
    with connection.cursor() as cursor:
        columns = connection.introspection.get_table_description(cursor, model._meta.db_table)
    return next(column.display_size or column.internal_size for column in columns if column.name == "name")


def alter(editor, model, length):
    """Let the names of `model` be this long in the database: on SQLite the table is built anew."""
    old = model._meta.get_field("name")
    new = CharField(max_length=length)
    new.set_attributes_from_name("name")
    new.model = model
    editor.alter_field(model, old, new, strict=False)


@pytest.fixture(params=[Registry, AcceptedType])
def altered(request, transactional_db):
    """A model of a table with triggers, whose `name` is put back to its length in the end."""
    model = request.param
    yield model
    with connection.schema_editor() as editor:
        old, new = CharField(max_length=500), model._meta.get_field("name")
        old.set_attributes_from_name("name")
        old.model = model
        editor.alter_field(model, old, new)


def assert_triggers_hold(models, vault):
    """No trigger is missing, and those that hold the core and the restricted speak."""
    assert triggers.missing() == []
    with refused_by_database("core_is_fixed"):
        Registry.objects.filter(pk=models.pk).update(description="Mine", version=2)
    with refused_by_database("restricted_stays"):
        Registry.objects.filter(pk=vault.pk).update(visibility="organization", version=2)
    with refused_by_database("core_type_stays"):
        AcceptedType.objects.filter(registry=models).delete()


def test_rules_3_4_and_9_hold_after_a_table_was_built_anew(altered, models, vault):
    with connection.schema_editor() as editor:
        alter(editor, altered, 400)
    assert length_in_database(altered) == 400
    assert_triggers_hold(models, vault)


def test_rules_3_4_and_9_hold_after_a_migration_that_broke_off(altered, models, vault):
    length = length_in_database(altered)
    with pytest.raises(ZeroDivisionError), connection.schema_editor() as editor:
        alter(editor, altered, 400)
        raise ZeroDivisionError
    assert length_in_database(altered) == length
    assert_triggers_hold(models, vault)


def test_rules_3_4_and_9_hold_inside_the_migration(altered, models, vault):
    """A data step after the alteration, in the same transaction."""
    with connection.schema_editor() as editor:
        alter(editor, altered, 400)
        assert_triggers_hold(models, vault)


@pytest.mark.django_db(transaction=True)
def test_migrate_puts_a_lost_trigger_and_a_lost_head_back(models):
    triggers.drop()
    call_command("migrate", verbosity=0)
    assert triggers.missing() == []
    with refused_by_database("core_type_stays"):
        AcceptedType.objects.filter(registry=models).delete()
