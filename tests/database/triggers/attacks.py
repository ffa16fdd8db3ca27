"""SQL that the database must refuse on its own, whoever sends it, with the code of the rule that it would break."""

import re

from django.db import connection

from registry_app.database import triggers
from registry_app.models import Organization

VENDOR = connection.vendor
MAIN = {"sqlite": "main", "postgresql": "public"}[VENDOR]  # the schema of our tables
REGISTRY, TYPE, LINK = triggers.REGISTRY, triggers.TYPE, triggers.LINK
EVENT, HEAD = triggers.EVENT, triggers.HEAD
NOW = "CURRENT_TIMESTAMP"
COLUMNS = (
    "organization_id, kind, name, name_key, description, visibility, accepts_all_types, version, created_at, updated_at"
)
LINK_COLUMNS = "collection_id, version_id, number, linked_at, brought_tags, brought_aliases"
ENTRY = "body, at, action, code, actor_name, target_type, target_name, request_id"
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
WHOLE_ENTRY = f"seq, prev_hash, hash, {ENTRY}"
NEW_EVENT = f"INSERT INTO {EVENT} ({WHOLE_ENTRY}) SELECT {WHOLE_ENTRY} FROM {EVENT} WHERE seq = 2"

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
    "rule_1_preconfigured_more": ("core_is_given", f"{NEW_TYPE} ({{models}}, 'x', {{yes}}, CURRENT_TIMESTAMP)"),
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
    "section_5_edit": ("log_stays", f"UPDATE {EVENT} SET target_name = 'x' WHERE seq = 1"),
    "section_5_nothing_edited": ("log_stays", f"UPDATE {EVENT} SET target_name = target_name"),
    "section_5_delete": ("log_stays", f"DELETE FROM {EVENT} WHERE seq = 3"),
    "section_5_again": ("log_stays", NEW_EVENT),
    "section_5_upsert": ("log_stays", f"{NEW_EVENT} AND 1 = 1 ON CONFLICT (seq) DO UPDATE SET body = 'x'"),
    "section_5_fork": (
        "log_stays",
        f"INSERT INTO {EVENT} ({WHOLE_ENTRY}) SELECT 1000, prev_hash, 'x', {ENTRY} FROM {EVENT} WHERE seq = 2",
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
        ("log_stays", f"UPDATE OR IGNORE {EVENT} SET target_name = 'x'"),
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

# The tables that triggers read or write.
ASKED = sorted(
    set(re.findall(r"registry_app_\w+", str([*triggers.TRIGGERS.values(), *triggers.AFTER_INSERT.values()])))
)
# An empty temporary table in front of each.
SHADOWS = [f"CREATE TEMPORARY TABLE {table} AS SELECT * FROM {MAIN}.{table} WHERE 1 = 0" for table in ASKED]


def qualified(statement):
    """The statement with every table of ours named with its schema, whatever stands in front of it."""
    return re.sub(r"\bregistry_app_", f"{MAIN}.registry_app_", statement)


def execute(*statements):
    """Run SQL as it is."""
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
