"""Migrations: none is missing, and none takes the guards away, be it whole or broken off in the middle."""

from importlib import import_module

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import CharField

from registry_app import guards
from registry_app.choices import Action
from registry_app.models import AcceptedType, AuditEvent, Registry, User
from registry_app.models.audit import record, verify
from registry_app.models.replay import differences
from tests.factories import COMMAND_LINE
from tests.models.refusals import refused_by_database


def test_no_migration_is_missing(db):
    call_command("makemigrations", "registry_app", check=True, dry_run=True, verbosity=0)


def test_every_table_is_there_after_all_migrations(db):
    call_command("migrate", check_unapplied=True, verbosity=0)
    assert guards.missing() == []


def test_an_upgrade_tells_what_the_log_did_not(acme, mel, rob):
    """Accounts of before: made by createsuperuser, made staff at the set-up, renamed since; each is told once."""
    User.objects.create_superuser("old", "old@example.com")
    User.objects.create(username="program", is_service=True)
    User.objects.filter(pk=mel.pk).update(is_staff=True, is_superuser=True, first_name="Mel")
    User.objects.filter(pk=rob.pk).update(username="robert")
    with transaction.atomic():
        record(COMMAND_LINE, Action.USER_EDIT, subject="robert", changes={"username": ["rob", "robert"]})
    tell = import_module("registry_app.migrations.0008_accounts_in_the_log").tell
    seq = AuditEvent.objects.latest("seq").seq
    assert len(list(differences())) == 5
    tell(apps, None)
    entries = AuditEvent.objects.filter(seq__gt=seq).order_by("seq")
    assert [(entry.action, entry.subject) for entry in entries] == [
        (Action.USER_EDIT, "mel"),
        (Action.USER_CREATE, "old"),
        (Action.SERVICE_CREATE, "program"),
    ]
    assert entries[0].changes == {"first_name": ["", "Mel"], "is_staff": [False, True], "is_superuser": [False, True]}
    assert (verify()[1], list(differences())) == ([], [])
    tell(apps, None)
    assert entries.all().count() == 3


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
    """A model of a guarded table, whose `name` is put back to its length in the end."""
    model = request.param
    yield model
    with connection.schema_editor() as editor:
        old, new = CharField(max_length=500), model._meta.get_field("name")
        old.set_attributes_from_name("name")
        old.model = model
        editor.alter_field(model, old, new)


def assert_guarded(models, vault):
    """No guard is missing, and those that hold the core and the restricted speak."""
    assert guards.missing() == []
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
    assert_guarded(models, vault)


def test_rules_3_4_and_9_hold_after_a_migration_that_broke_off(altered, models, vault):
    length = length_in_database(altered)
    with pytest.raises(ZeroDivisionError), connection.schema_editor() as editor:
        alter(editor, altered, 400)
        raise ZeroDivisionError
    assert length_in_database(altered) == length
    assert_guarded(models, vault)


def test_rules_3_4_and_9_hold_inside_the_migration(altered, models, vault):
    """A data step after the alteration, in the same transaction."""
    with connection.schema_editor() as editor:
        alter(editor, altered, 400)
        assert_guarded(models, vault)


@pytest.mark.django_db(transaction=True)
def test_migrate_puts_a_lost_guard_and_a_lost_head_back(models):
    guards.drop()
    call_command("migrate", verbosity=0)
    assert guards.missing() == []
    with refused_by_database("core_type_stays"):
        AcceptedType.objects.filter(registry=models).delete()
