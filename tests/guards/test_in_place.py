"""The guards themselves: seen to be there, and mended."""

import pytest
from django.core import checks
from django.core.management import CommandError, call_command
from django.db import connection

from registry_app import guards
from tests.guards.attacks import HEAD, PLAIN, REGISTRY, VENDOR, execute
from tests.models.refusals import everything, refused_by_database, settle, undone

NAME, TABLE = "guard_registry_update", REGISTRY
DROP = {"sqlite": f"DROP TRIGGER {NAME}", "postgresql": f"DROP TRIGGER {NAME} ON {TABLE}"}[VENDOR]
SPOILINGS = {
    "dropped": ([DROP], [DROP]),
    "emptied": (
        [DROP, f"CREATE TRIGGER {NAME} BEFORE UPDATE ON {TABLE} BEGIN SELECT 1; END"],
        [
            f"CREATE OR REPLACE FUNCTION {NAME}() RETURNS trigger LANGUAGE plpgsql AS"
            " $guard$ BEGIN RETURN NEW; END $guard$"
        ],
    ),
    "never_when": (
        [DROP, f"CREATE TRIGGER {NAME} BEFORE UPDATE ON {TABLE} WHEN 1 = 0 BEGIN SELECT RAISE(ABORT, 'x'); END"],
        [
            f"CREATE OR REPLACE TRIGGER {NAME} BEFORE UPDATE ON {TABLE} FOR EACH ROW WHEN (false)"
            f" EXECUTE FUNCTION {NAME}()",
            f"ALTER TABLE {TABLE} ENABLE ALWAYS TRIGGER {NAME}",
        ],
    ),
    "one_column": (
        [DROP, f"CREATE TRIGGER {NAME} BEFORE UPDATE OF version ON {TABLE} BEGIN SELECT RAISE(ABORT, 'x'); END"],
        [
            f"CREATE OR REPLACE TRIGGER {NAME} BEFORE UPDATE OF created_at ON {TABLE} FOR EACH ROW"
            f" EXECUTE FUNCTION {NAME}()",
            f"ALTER TABLE {TABLE} ENABLE ALWAYS TRIGGER {NAME}",
        ],
    ),
    "other_event": (
        [DROP, f"CREATE TRIGGER {NAME} BEFORE DELETE ON {TABLE} BEGIN SELECT RAISE(ABORT, 'x'); END"],
        [
            f"CREATE OR REPLACE TRIGGER {NAME} BEFORE INSERT ON {TABLE} FOR EACH ROW EXECUTE FUNCTION {NAME}()",
            f"ALTER TABLE {TABLE} ENABLE ALWAYS TRIGGER {NAME}",
        ],
    ),
    "other_table": (
        [DROP, f"CREATE TRIGGER {NAME} BEFORE UPDATE ON {HEAD} BEGIN SELECT RAISE(ABORT, 'x'); END"],
        [DROP, f"CREATE TRIGGER {NAME} BEFORE UPDATE ON {HEAD} FOR EACH ROW EXECUTE FUNCTION {NAME}()"],
    ),
    "disabled": ([DROP], [f"ALTER TABLE {TABLE} DISABLE TRIGGER {NAME}"]),
    "not_always": ([DROP], [f"ALTER TABLE {TABLE} ENABLE TRIGGER {NAME}"]),
    "in_replicas_alone": ([DROP], [f"ALTER TABLE {TABLE} ENABLE REPLICA TRIGGER {NAME}"]),
}


def test_a_spoiled_guard_is_seen_and_mended(names, subtests):
    for spoiling, statements in SPOILINGS.items():
        with subtests.test(spoiling), undone():
            assert guards.missing() == []
            execute(*statements[VENDOR == "postgresql"])
            assert guards.missing() == [NAME]
            guards.install()
            assert guards.missing() == []
            with refused_by_database("core_is_fixed"):
                execute(PLAIN["rule_3_name"][1].format_map(names))


def test_every_guard_is_missed(names):
    guards.drop()
    wanted = {guards.name_of(*key) for key in guards.GUARDS}
    wanted |= {guards.name_of(table, "after") for table in guards.AFTER_INSERT}
    truncating = {guards.name_of(table, "TRUNCATE") for table in guards.TRUNCATE_CODES}
    assert set(guards.missing()) == (wanted if VENDOR == "sqlite" else wanted | truncating)
    guards.install()
    assert guards.missing() == []


def warnings():
    """The system check's warnings about guards."""
    found = checks.run_checks(tags=[checks.Tags.database], databases=["default"])
    return [(warning.id, warning.level) for warning in found if warning.id == "registry_app.W001"]


def test_the_system_check_warns_while_a_guard_is_missing(names):
    assert warnings() == []
    execute(DROP)
    assert warnings() == [("registry_app.W001", checks.WARNING)]
    guards.install()
    assert warnings() == []


def test_guards_are_off_inside_the_block_alone(names, models):
    with guards.off():
        models.types.filter(name="adapter").delete()
        settle()
    assert guards.missing() == []
    assert models.type_names() == ["model"]
    with refused_by_database("core_type_stays"):
        models.types.all().delete()


def test_guards_are_back_after_a_failure_inside_the_block(names, models):
    with pytest.raises(ZeroDivisionError), guards.off():
        models.types.all().delete()
        raise ZeroDivisionError
    assert guards.missing() == []
    assert models.type_names() == ["adapter", "model"]


def test_guards_may_be_lifted_around_new_rows(names, models, acme):
    """Rows with foreign keys wait for the end of the transaction on PostgreSQL, and hold their table meanwhile."""
    models.types.create(name="before")
    with guards.off():
        models.types.create(name="within")
    assert guards.missing() == []


def test_section_5_flush_is_refused_outside_tests(names, monkeypatch, subtests):
    before = everything()
    for name in ("registry", "/srv/registry.sqlite3", "/srv/latest_data/registry.sqlite3", "latest_models", "memory"):
        with subtests.test(name), monkeypatch.context() as patched:
            patched.setitem(connection.settings_dict, "NAME", name)
            with pytest.raises(CommandError):
                call_command("flush", interactive=False, verbosity=0)
    assert everything() == before
    assert guards.missing() == []


@pytest.mark.django_db(transaction=True)
def test_flush_in_tests_leaves_guards_and_a_chain_that_begins_anew(golden):
    call_command("flush", interactive=False, verbosity=0)
    assert guards.missing() == []
    assert {name: len(rows) for name, rows in everything().items() if rows} == {"AuditHead": 1}
    assert everything()["AuditHead"][0]["seq"] == 0
