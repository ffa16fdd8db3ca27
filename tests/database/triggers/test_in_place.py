"""The triggers themselves: seen to be there, and mended."""

import pytest
from django.core import checks
from django.core.management import CommandError, call_command

from registry_app.database import triggers
from registry_app.management.commands import flush
from tests.assertions import everything, refused_by_database, settle, undone
from tests.client import browser
from tests.database.triggers.attacks import HEAD, MAIN, PLAIN, REGISTRY, SHADOWS, VENDOR, execute, qualified

NAME, TABLE = "rule_registry_update", f"{MAIN}.{REGISTRY}"
DROP = {"sqlite": f"DROP TRIGGER {MAIN}.{NAME}", "postgresql": f"DROP TRIGGER {NAME} ON {TABLE}"}[VENDOR]

# SQLite alters no trigger: it is dropped, and another made.
MAKE = f"CREATE TRIGGER {MAIN}.{NAME} BEFORE"
RAISE = "BEGIN SELECT RAISE(ABORT, 'x'); END"
ON_SQLITE = {
    "dropped": [DROP],
    "emptied": [DROP, f"{MAKE} UPDATE ON {REGISTRY} BEGIN SELECT 1; END"],
    "never_when": [DROP, f"{MAKE} UPDATE ON {REGISTRY} WHEN 1 = 0 {RAISE}"],
    "one_column": [DROP, f"{MAKE} UPDATE OF version ON {REGISTRY} {RAISE}"],
    "other_event": [DROP, f"{MAKE} DELETE ON {REGISTRY} {RAISE}"],
    "other_table": [DROP, f"{MAKE} UPDATE ON {HEAD} {RAISE}"],
}

FUNCTION, REPLACE = f"FUNCTION {MAIN}.{NAME}()", f"CREATE OR REPLACE TRIGGER {NAME}"
CALL, ALWAYS = f"FOR EACH ROW EXECUTE {FUNCTION}", f"ALTER TABLE {TABLE} ENABLE ALWAYS TRIGGER {NAME}"
LET_PASS = "RETURNS trigger LANGUAGE plpgsql AS $body$ BEGIN RETURN NEW; END $body$"
ON_POSTGRESQL = {
    "dropped": [DROP],
    "emptied": [f"CREATE OR REPLACE {FUNCTION} {LET_PASS}"],
    "never_when": [f"{REPLACE} BEFORE UPDATE ON {TABLE} FOR EACH ROW WHEN (false) EXECUTE {FUNCTION}", ALWAYS],
    "one_column": [f"{REPLACE} BEFORE UPDATE OF created_at ON {TABLE} {CALL}", ALWAYS],
    "other_event": [f"{REPLACE} BEFORE INSERT ON {TABLE} {CALL}", ALWAYS],
    "other_time": [f"{REPLACE} AFTER UPDATE ON {TABLE} {CALL}", ALWAYS],
    "other_table": [DROP, f"CREATE TRIGGER {NAME} BEFORE UPDATE ON {MAIN}.{HEAD} {CALL}"],
    "other_function": [
        f"CREATE FUNCTION {MAIN}.let_pass() {LET_PASS}",
        f"{REPLACE} BEFORE UPDATE ON {TABLE} FOR EACH ROW EXECUTE FUNCTION {MAIN}.let_pass()",
        ALWAYS,
    ],
    "function_of_the_session": [
        f"CREATE FUNCTION pg_temp.{NAME}() {LET_PASS}",
        f"{REPLACE} BEFORE UPDATE ON {TABLE} FOR EACH ROW EXECUTE FUNCTION pg_temp.{NAME}()",
        ALWAYS,
    ],
    "disabled": [f"ALTER TABLE {TABLE} DISABLE TRIGGER {NAME}"],
    "not_always": [f"ALTER TABLE {TABLE} ENABLE TRIGGER {NAME}"],
    "in_replicas_alone": [f"ALTER TABLE {TABLE} ENABLE REPLICA TRIGGER {NAME}"],
    "other_search_path": [f"ALTER {FUNCTION} SET search_path = pg_temp, {MAIN}"],
    "search_path_without_temporary_last": [f"ALTER {FUNCTION} SET search_path = {MAIN}"],
    "search_path_of_the_session": [f"ALTER {FUNCTION} RESET search_path"],
    "another_setting": [f"ALTER {FUNCTION} SET session_replication_role = replica"],
    "as_its_owner": [f"ALTER {FUNCTION} SECURITY DEFINER"],
    "blind_to_its_own_statement": [f"ALTER {FUNCTION} STABLE"],
}
SPOILINGS = {"sqlite": ON_SQLITE, "postgresql": ON_POSTGRESQL}[VENDOR]


@pytest.mark.parametrize("shadows", [[], SHADOWS], ids=["plain", "behind_temporary_tables"])
def test_a_spoiled_trigger_is_seen_and_mended(names, subtests, shadows):
    execute(*shadows)
    for spoiling, statements in SPOILINGS.items():
        with subtests.test(spoiling), undone():
            assert triggers.missing() == []
            execute(*statements)
            assert triggers.missing() == [NAME]
            triggers.install()
            assert triggers.missing() == []
            with refused_by_database("core_is_fixed"):
                execute(qualified(PLAIN["rule_3_name"][1].format_map(names)))


def test_what_has_triggers_has_one_against_being_emptied():
    assert {table for table, _ in triggers.TRIGGERS} <= set(triggers.TRUNCATE_CODES)


def test_every_trigger_is_missed(names):
    triggers.drop()
    wanted = {triggers.name_of(*key) for key in triggers.TRIGGERS}
    wanted |= {triggers.name_of(table, "after") for table in triggers.AFTER_INSERT}
    truncating = {triggers.name_of(table, "TRUNCATE") for table in triggers.TRUNCATE_CODES}
    assert set(triggers.missing()) == (wanted if VENDOR == "sqlite" else wanted | truncating)
    triggers.install()
    assert triggers.missing() == []


def warnings():
    """The system check's warnings about triggers."""
    found = checks.run_checks(tags=[checks.Tags.database], databases=["default"])
    return [(warning.id, warning.level) for warning in found if warning.id == "registry_app.W001"]


def test_the_system_check_warns_while_a_trigger_is_missing(names):
    assert warnings() == []
    execute(DROP)
    assert warnings() == [("registry_app.W001", checks.WARNING)]
    triggers.install()
    assert warnings() == []


def test_whoever_asks_is_told_of_a_spoiled_trigger(names, capsys, subtests):
    """The probe of readiness, the system check (which `serve` asks first) and `verify_audit` put the same question."""
    for spoiling, statements in SPOILINGS.items():
        with subtests.test(spoiling), undone():
            execute(*statements)
            assert browser().get("/readyz").status_code == 503
            assert warnings() == [("registry_app.W001", checks.WARNING)]
            with pytest.raises(CommandError):
                call_command("verify_audit")
            assert NAME in capsys.readouterr().err


def test_triggers_are_off_inside_the_block_alone(names, models):
    with triggers.disabled():
        models.types.filter(name="adapter").delete()
        settle()
    assert triggers.missing() == []
    assert models.type_names() == ["model"]
    with refused_by_database("core_type_stays"):
        models.types.all().delete()


def test_triggers_are_back_after_a_failure_inside_the_block(names, models):
    with pytest.raises(ZeroDivisionError), triggers.disabled():
        models.types.all().delete()
        raise ZeroDivisionError
    assert triggers.missing() == []
    assert models.type_names() == ["adapter", "model"]


def test_triggers_may_be_lifted_around_new_rows(names, models, acme):
    """Rows with foreign keys wait for the end of the transaction on PostgreSQL, and hold their table meanwhile."""
    models.types.create(name="before")
    with triggers.disabled():
        models.types.create(name="within")
    assert triggers.missing() == []


def test_section_5_flush_is_refused(names):
    before = everything()
    with pytest.raises(CommandError):
        call_command(flush.Command(), interactive=False, verbosity=0)
    assert everything() == before
    assert triggers.missing() == []


@pytest.mark.django_db(transaction=True)
def test_flush_in_tests_leaves_triggers_and_a_chain_that_begins_anew(golden):
    call_command("flush", interactive=False, verbosity=0)
    assert triggers.missing() == []
    assert {name: len(rows) for name, rows in everything().items() if rows} == {"AuditChainHead": 1}
    assert everything()["AuditChainHead"][0]["seq"] == 0
