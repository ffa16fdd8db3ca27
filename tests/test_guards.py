"""Rules 1 to 6, 9 and §5 against raw SQL on both databases, and the guards themselves: seen to be there, and mended."""

import pytest
from django.core import checks
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction

from registry_app import guards
from registry_app.models import Actor, Organization
from tests.models.refusals import everything, refused_by_database, settle, undone

VENDOR = connection.vendor
REGISTRY, TYPE, EVENT, HEAD = guards.REGISTRY, guards.TYPE, guards.EVENT, guards.HEAD
COLUMNS = (
    "organization_id, kind, name, name_key, description, visibility, accepts_all_types, version, created_at, updated_at"
)
SHARED_ROW = "'organization', {no}, 1, CURRENT_TIMESTAMP, CURRENT_TIMESTAMP"
TAKE_MODELS = (
    f"INSERT INTO {REGISTRY} (id, {COLUMNS}) VALUES ({{models}}, {{acme}}, 'custom', 'X', 'x', '', {SHARED_ROW})"
)
TAKE_VAULT = (
    f"INSERT INTO {REGISTRY} (id, {COLUMNS}) VALUES ({{vault}}, {{acme}}, 'custom', 'X', 'x', '', {SHARED_ROW})"
)
TAKE_GOLDEN = (
    f"INSERT INTO {REGISTRY} (id, {COLUMNS}) VALUES ({{golden}}, {{globex}}, 'custom', 'X', 'x', '', {SHARED_ROW})"
)
TAKE_VAULT_BY_NAME = (
    f"INSERT INTO {REGISTRY} ({COLUMNS}) VALUES ({{acme}}, 'custom', 'Vault', 'vault', '', {SHARED_ROW})"
)
NEW_TYPE = f"INSERT INTO {TYPE} (registry_id, name, preconfigured, added_at) VALUES"
TAKE_TYPE = f"{NEW_TYPE} ({{models}}, 'model', {{no}}, CURRENT_TIMESTAMP)"
NEW_EVENT = f"INSERT INTO {EVENT} SELECT * FROM {EVENT} WHERE seq = 2"

# The same statement on both databases: {id: (code, statement)}.
PLAIN = {
    "rule_1_third": (
        "core_is_given",
        f"INSERT INTO {REGISTRY} ({COLUMNS}) VALUES ({{acme}}, 'core', 'Third', 'third', '', {SHARED_ROW})",
    ),
    "rule_1_twin": (
        "name_taken",
        f"INSERT INTO {REGISTRY} ({COLUMNS}) VALUES ({{acme}}, 'core', 'Models', 'models', '', {SHARED_ROW})",
    ),
    "rule_1_preconfigured": ("core_is_given", f"{NEW_TYPE} ({{golden}}, 'model', {{yes}}, CURRENT_TIMESTAMP)"),
    "rule_1_preconfigured_later": (
        "core_is_given",
        f"UPDATE {TYPE} SET preconfigured = {{yes}} WHERE registry_id = {{golden}}",
    ),
    "rule_2": (
        "core_is_shared",
        f"UPDATE {REGISTRY} SET visibility = 'restricted', version = version + 1 WHERE id = {{models}}",
    ),
    "rule_2_other_case": (
        "core_is_shared",
        f"UPDATE {REGISTRY} SET visibility = 'Organization', version = version + 1 WHERE id = {{models}}",
    ),
    "rule_2_null": ("core_is_shared", f"UPDATE {REGISTRY} SET visibility = NULL WHERE id = {{models}}"),
    "rule_3_name": ("core_is_fixed", f"UPDATE {REGISTRY} SET name = 'X', version = version + 1 WHERE id = {{models}}"),
    "rule_3_case": (
        "core_is_fixed",
        f"UPDATE {REGISTRY} SET name = 'MODELS', version = version + 1 WHERE id = {{models}}",
    ),
    "rule_3_key": ("core_is_fixed", f"UPDATE {REGISTRY} SET name_key = 'x' WHERE kind = 'core'"),
    "rule_3_description": (
        "core_is_fixed",
        f"UPDATE {REGISTRY} SET description = '', version = version + 1 WHERE id = {{datasets}}",
    ),
    "rule_4_all": (
        "core_type_stays",
        f"UPDATE {REGISTRY} SET accepts_all_types = {{yes}}, version = version + 1 WHERE id = {{models}}",
    ),
    "rule_4_delete": ("core_type_stays", f"DELETE FROM {TYPE} WHERE registry_id = {{models}} AND preconfigured"),
    "rule_4_delete_added": ("core_type_stays", f"DELETE FROM {TYPE} WHERE name = 'adapter'"),
    "rule_4_rename": ("core_type_stays", f"UPDATE {TYPE} SET name = 'x' WHERE registry_id = {{models}}"),
    "rule_4_unmark": ("core_type_stays", f"UPDATE {TYPE} SET preconfigured = {{no}} WHERE registry_id = {{models}}"),
    "rule_4_move_out": (
        "core_type_stays",
        f"UPDATE {TYPE} SET registry_id = {{golden}} WHERE registry_id = {{models}}",
    ),
    "rule_4_move_in": (
        "core_type_stays",
        f"UPDATE {TYPE} SET registry_id = {{models}} WHERE registry_id = {{golden}}",
    ),
    "rule_4_key": ("core_type_stays", f"UPDATE {TYPE} SET id = id + 1000 WHERE registry_id = {{models}}"),
    "rule_4_upsert": ("core_type_stays", f"{TAKE_TYPE} ON CONFLICT (registry_id, name) DO UPDATE SET name = 'x'"),
    "rule_5": ("core_stays", f"DELETE FROM {REGISTRY} WHERE id = {{models}}"),
    "rule_5_all": ("core_stays", f"DELETE FROM {REGISTRY} WHERE kind <> 'custom'"),
    "rule_6_kind": (
        "kind_stays",
        f"UPDATE {REGISTRY} SET kind = 'custom', version = version + 1 WHERE id = {{models}}",
    ),
    "rule_6_to_core": (
        "kind_stays",
        f"UPDATE {REGISTRY} SET kind = 'core', version = version + 1 WHERE id = {{golden}}",
    ),
    "rule_6_kind_null": ("kind_stays", f"UPDATE {REGISTRY} SET kind = NULL WHERE id = {{golden}}"),
    "rule_6_key": ("kind_stays", f"UPDATE {REGISTRY} SET id = id + 1000, version = version + 1 WHERE id = {{golden}}"),
    "rule_6_organization": (
        "organization_stays",
        f"UPDATE {REGISTRY} SET organization_id = {{globex}}, version = version + 1 WHERE id = {{golden}}",
    ),
    "rule_9": (
        "restricted_stays",
        f"UPDATE {REGISTRY} SET visibility = 'organization', version = version + 1 WHERE id = {{vault}}",
    ),
    "rule_9_all": ("restricted_stays", f"UPDATE {REGISTRY} SET visibility = 'organization', version = version + 1"),
    "rule_9_null": ("restricted_stays", f"UPDATE {REGISTRY} SET visibility = NULL WHERE id = {{vault}}"),
    "rule_9_case": (
        "restricted_stays",
        f"UPDATE {REGISTRY} SET visibility = 'Restricted', version = version + 1 WHERE id = {{vault}}",
    ),
    "rule_9_upsert": (
        "name_taken",
        f"{TAKE_VAULT} ON CONFLICT (id) DO UPDATE SET visibility = 'organization', version = 2",
    ),
    "rule_9_upsert_by_name": (
        "name_taken",
        f"{TAKE_VAULT_BY_NAME} ON CONFLICT (organization_id, name_key) DO UPDATE SET visibility = 'organization'",
    ),
    "rule_9_upsert_to_nothing": ("name_taken", f"{TAKE_VAULT} ON CONFLICT DO NOTHING"),
    "rule_19": ("edit_conflict", f"UPDATE {REGISTRY} SET description = 'x' WHERE id = {{golden}}"),
    "rule_19_back": ("edit_conflict", f"UPDATE {REGISTRY} SET version = version - 1 WHERE id = {{golden}}"),
    "section_5_edit": ("log_stays", f"UPDATE {EVENT} SET subject = 'x' WHERE seq = 1"),
    "section_5_nothing_edited": ("log_stays", f"UPDATE {EVENT} SET subject = subject"),
    "section_5_delete": ("log_stays", f"DELETE FROM {EVENT} WHERE seq = 3"),
    "section_5_again": ("log_stays", NEW_EVENT),
    "section_5_upsert": ("log_stays", f"{NEW_EVENT} AND 1 = 1 ON CONFLICT (seq) DO UPDATE SET body = 'x'"),
    "section_5_fork": (
        "log_stays",
        f"INSERT INTO {EVENT} (seq, prev_hash, hash, body, at, action, code, actor_name, subject, request_id)"
        f" SELECT 1000, prev_hash, 'x', body, at, action, code, actor_name, subject, request_id FROM {EVENT}"
        " WHERE seq = 2",
    ),
    "section_5_head_rewritten": ("log_stays", f"UPDATE {HEAD} SET hash = 'x'"),
    "section_5_head_back": ("log_stays", f"UPDATE {HEAD} SET seq = seq - 1"),
    "section_5_head_key": ("log_stays", f"UPDATE {HEAD} SET id = id + 1, seq = seq + 1"),
    "section_5_head_deleted": ("log_stays", f"DELETE FROM {HEAD}"),
    "section_5_second_head": ("log_stays", f"INSERT INTO {HEAD} (seq, hash) VALUES (0, 'x')"),
}

# What only one of the two can say, beside what comes nearest on the other: {id: (code, SQLite, PostgreSQL)}.
MERGE = f"MERGE INTO {REGISTRY} r USING (SELECT 1) s ON r.id = {{}} WHEN MATCHED THEN"
PARTICULAR = {
    "rule_5_replaced": (
        ("name_taken", TAKE_MODELS.replace("INSERT", "REPLACE")),
        ("core_stays", "{merge_models} DELETE"),
    ),
    "rule_3_replaced": (
        ("name_taken", TAKE_MODELS.replace("INSERT", "INSERT OR REPLACE")),
        ("core_is_fixed", "{merge_models} UPDATE SET name = 'X', version = version + 1"),
    ),
    "rule_6_replaced": (
        ("kind_stays", TAKE_GOLDEN.replace("INSERT", "INSERT OR REPLACE")),
        ("organization_stays", "{merge_golden} UPDATE SET organization_id = {globex}, version = version + 1"),
    ),
    "rule_9_replaced": (
        ("name_taken", TAKE_VAULT.replace("INSERT", "INSERT OR REPLACE")),
        ("restricted_stays", "{merge_vault} UPDATE SET visibility = 'organization', version = version + 1"),
    ),
    "rule_9_replaced_by_name": (
        ("name_taken", TAKE_VAULT_BY_NAME.replace("INSERT", "REPLACE")),
        (
            "restricted_stays",
            f"WITH opened AS (UPDATE {REGISTRY} SET visibility = 'organization', version = version + 1"
            " WHERE id = {vault} RETURNING id) SELECT * FROM opened",
        ),
    ),
    "rule_9_or_ignore": (
        (
            "restricted_stays",
            f"UPDATE OR IGNORE {REGISTRY} SET visibility = 'organization', version = version + 1 WHERE id = {{vault}}",
        ),
        (
            "restricted_stays",
            f"WITH held AS (SELECT id FROM {REGISTRY} WHERE id = {{vault}} FOR UPDATE) UPDATE {REGISTRY} r"
            " SET visibility = 'organization', version = version + 1 FROM held WHERE r.id = held.id",
        ),
    ),
    "rule_9_or_replace": (
        (
            "restricted_stays",
            f"UPDATE OR REPLACE {REGISTRY} SET visibility = 'organization', version = version + 1 WHERE id = {{vault}}",
        ),
        (
            "restricted_stays",
            f"UPDATE ONLY {REGISTRY} SET (visibility, version) = (SELECT 'organization', version + 1)"
            " WHERE id = {vault}",
        ),
    ),
    "rule_9_pushed_out": (
        (
            "name_taken",
            f"UPDATE OR REPLACE {REGISTRY} SET name_key = 'vault', version = version + 1 WHERE id = {{golden}}",
        ),
        ("core_stays", f"TRUNCATE {REGISTRY} CASCADE"),
    ),
    "rule_5_pushed_out": (
        (
            "name_taken",
            f"UPDATE OR REPLACE {REGISTRY} SET name_key = 'models', version = version + 1 WHERE id = {{golden}}",
        ),
        ("core_stays", f"TRUNCATE {Organization._meta.db_table} CASCADE"),
    ),
    "rule_5_emptied": (
        ("core_stays", f"DELETE FROM {REGISTRY}"),
        ("core_stays", f"TRUNCATE {REGISTRY}, {TYPE} CASCADE"),
    ),
    "rule_4_replaced": (
        ("core_type_stays", TAKE_TYPE.replace("INSERT", "REPLACE")),
        (
            "core_type_stays",
            f"WITH gone AS (DELETE FROM {TYPE} WHERE registry_id = {{models}} RETURNING id) SELECT * FROM gone",
        ),
    ),
    "rule_4_pushed_out": (
        (
            "core_type_stays",
            f"UPDATE OR REPLACE {TYPE} SET registry_id = {{datasets}} WHERE registry_id = {{golden}}",
        ),
        (
            "core_type_stays",
            f"MERGE INTO {TYPE} t USING (SELECT 1) s ON t.registry_id = {{models}} WHEN MATCHED THEN DELETE",
        ),
    ),
    "rule_4_emptied": (("core_type_stays", f"DELETE FROM {TYPE}"), ("core_type_stays", f"TRUNCATE {TYPE}")),
    "section_5_replaced": (
        ("log_stays", NEW_EVENT.replace("INSERT", "REPLACE")),
        ("log_stays", f"WITH gone AS (DELETE FROM {EVENT} RETURNING *) SELECT * FROM gone"),
    ),
    "section_5_or_ignore": (
        ("log_stays", f"UPDATE OR IGNORE {EVENT} SET subject = 'x'"),
        ("log_stays", f"MERGE INTO {EVENT} e USING (SELECT 1) s ON e.seq = 2 WHEN MATCHED THEN DELETE"),
    ),
    "section_5_emptied": (("log_stays", f"DELETE FROM {EVENT}"), ("log_stays", f"TRUNCATE {EVENT}")),
    "section_5_head_emptied": (
        ("log_stays", f"REPLACE INTO {HEAD} SELECT id, 0, 'x' FROM {HEAD}"),
        ("log_stays", f"TRUNCATE {HEAD}"),
    ),
}
ATTACKS = PLAIN | {name: pair[VENDOR == "postgresql"] for name, pair in PARTICULAR.items()}

# Sessions in which the database is told to look away.
SESSIONS = {
    "as_served": {"sqlite": [], "postgresql": []},
    "lenient": {
        "sqlite": ["PRAGMA recursive_triggers = OFF", "PRAGMA ignore_check_constraints = ON"],
        "postgresql": ["SET LOCAL session_replication_role = replica"],
    },
}
BACK = {
    "sqlite": ["PRAGMA recursive_triggers = ON", "PRAGMA ignore_check_constraints = OFF"],
    "postgresql": ["SET LOCAL session_replication_role = origin"],
}


def execute(*statements):
    """Run SQL as it is."""
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


@pytest.fixture
def names(acme, globex, models, datasets, golden, vault, ada):
    """What stands in the statements for rows and for words of the engine."""
    models.add_types(Actor(ada), ["adapter"])
    settle()
    yes, no = ("1", "0") if VENDOR == "sqlite" else ("true", "false")
    return {
        "acme": acme.pk,
        "globex": globex.pk,
        "models": models.pk,
        "datasets": datasets.pk,
        "golden": golden.pk,
        "vault": vault.pk,
        "merge_models": MERGE.format(models.pk),
        "merge_golden": MERGE.format(golden.pk),
        "merge_vault": MERGE.format(vault.pk),
        "yes": yes,
        "no": no,
    }


@pytest.fixture(params=SESSIONS)
def session(request, names):
    """The statements above as the site runs them, and with the session loosened as far as it goes."""
    execute(*SESSIONS[request.param][VENDOR])
    yield
    execute(*BACK[VENDOR])


def test_the_database_refuses_on_its_own(names, session, subtests):
    for attack, (code, statement) in ATTACKS.items():
        with subtests.test(attack), undone(), refused_by_database(code):
            execute(statement.format_map(names))


def test_the_database_lets_pass_what_no_rule_forbids(names, session, golden):
    execute(
        f"UPDATE {REGISTRY} SET visibility = 'restricted', version = version + 1 WHERE id = {golden.pk}",
        f"UPDATE {TYPE} SET name = 'trace' WHERE registry_id = {golden.pk} AND name = 'dataset'",
        f"{NEW_TYPE} ({{models}}, 'trace', {{no}}, CURRENT_TIMESTAMP)".format_map(names),
        f"DELETE FROM {TYPE} WHERE registry_id = {golden.pk}",
    )
    golden.refresh_from_db()
    assert (golden.visibility, golden.version, golden.type_names()) == ("restricted", 2, [])


@pytest.mark.parametrize("column, value", [("visibility", "'organization'"), ("organization_id", "{globex}")])
def test_rules_6_and_9_are_not_passed_by_taking_a_row_out_and_putting_it_back(names, session, column, value, vault):
    """In one transaction, so that whatever belongs to the row belongs to it again."""
    with refused_by_database("kind_stays"):
        execute(
            f"CREATE TEMPORARY TABLE aside AS SELECT * FROM {REGISTRY} WHERE id = {vault.pk}",
            f"UPDATE aside SET {column} = {value.format_map(names)}",
            f"DELETE FROM {REGISTRY} WHERE id = {vault.pk}",
            f"INSERT INTO {REGISTRY} SELECT * FROM aside",
        )


# What a database error means.


def test_an_error_of_no_rules_making_has_no_refusal(ada, acme):
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        execute(f"INSERT INTO {Organization._meta.db_table} (name, slug, created_at) VALUES ('x', NULL, NULL)")
    assert guards.refusal_of(caught.value) is None
    assert guards.refusal_of(IntegrityError("anything")) is None


def test_every_code_that_a_guard_raises_is_a_refusal():
    raised = {code for conditions in guards.GUARDS.values() for code, _ in conditions}
    assert raised | set(guards.TRUNCATE_CODES.values()) <= set(guards.REFUSALS)


# The guards themselves.

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
