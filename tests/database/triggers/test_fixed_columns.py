"""What never changes, against every kind of UPDATE on both databases: rules 2 to 6, 9, 20, 22, 24, 28 and §5."""

from registry_app.database import triggers
from tests.assertions import refused_at_once
from tests.database.triggers.attacks import EVENT, HEAD, LINK, REGISTRY, TYPE, VENDOR, execute

AWAY, THEN = "1000000", "'2001-01-01 00:00:00+00:00'"  # an id that no row has, and another time
VERSION = {
    "id": AWAY,
    "artifact_id": "{other_artifact}",
    "number": "7",
    "digest": "'md5:other'",
    "uri": "'s3://other/place'",
    "size": "0",
    "file_count": "9",
    "metadata": """'{{"auc": 1.0}}'""",  # where 1 stands: the same number, but other bytes
    "run": "'another'",
    "run_url": "'https://other.example'",
    "created_at": THEN,
}
ENTRY = {
    "seq": AWAY,
    "prev_hash": "'x'",
    "hash": "'x'",
    "body": "body",
    "at": THEN,
    "action": "'edit'",
    "code": "'core_stays'",
    "actor_id": "NULL",
    "actor_name": "'x'",
    "organization_id": "NULL",
    "registry_id": "NULL",
    "collection_id": "NULL",
    "target_name": "'x'",
    "request_id": "'x'",
}
# {(table, key, value of the key): {column: (code, what is written over it)}}
FIXED = {
    (REGISTRY, "id", "{models}"): {
        "id": ("kind_stays", AWAY),
        "kind": ("kind_stays", "'custom'"),
        "organization_id": ("organization_stays", "{globex}"),
        "visibility": ("core_is_shared", "'restricted'"),
        "name": ("core_is_fixed", "'MODELS'"),
        "name_key": ("core_is_fixed", "'m'"),
        "description": ("core_is_fixed", "''"),
        "accepts_all_types": ("core_type_stays", "{yes}"),
    },
    (REGISTRY, "id", "{vault}"): {
        "id": ("kind_stays", AWAY),
        "kind": ("kind_stays", "'core'"),
        "organization_id": ("organization_stays", "{globex}"),
        "visibility": ("restricted_stays", "'organization'"),
        "version": ("edit_conflict", "1"),
    },
    (TYPE, "registry_id", "{models}"): {
        "id": ("core_type_stays", AWAY),
        "name": ("core_type_stays", "'MODEL'"),
        "registry_id": ("core_type_stays", "{golden}"),
        "preconfigured": ("core_type_stays", "{no}"),
    },
    (triggers.COLLECTION, "id", "{collection}"): {
        "id": ("type_stays", AWAY),
        "type": ("type_stays", "'dataset'"),
        "registry_id": ("type_stays", "{vault}"),
        "next_number": ("link_stays", "0"),
    },
    (LINK, "id", "{link}"): {
        "id": ("link_stays", AWAY),
        "number": ("link_stays", "7"),
        "version_id": ("link_stays", "{unlinked}"),
        "collection_id": ("link_stays", "{other_collection}"),
    },
    (triggers.TEAM, "id", "{team}"): {
        "id": ("organization_stays", AWAY),
        "organization_id": ("organization_stays", "{globex}"),
    },
    (triggers.ARTIFACT, "id", "{artifact}"): {
        "id": ("version_is_fixed", AWAY),
        "type": ("version_is_fixed", "'dataset'"),
        "organization_id": ("version_is_fixed", "{globex}"),
        "team_id": ("version_is_fixed", "{other_team}"),
        "next_number": ("link_stays", "0"),
    },
    (triggers.VERSION, "id", "{linked}"): {name: ("version_is_fixed", value) for name, value in VERSION.items()},
    (triggers.VERSION, "id", "{unlinked}"): {name: ("version_is_fixed", value) for name, value in VERSION.items()},
    (EVENT, "seq", "2"): {name: ("log_stays", value) for name, value in ENTRY.items()},
    (HEAD, "seq", "{end}"): {
        "id": ("log_stays", AWAY),
        "seq": ("log_stays", "seq + 1"),
        "hash": ("log_stays", "'x'"),
    },
}
if VENDOR == "sqlite":  # which has more names for the key
    for columns in FIXED.values():
        columns |= dict.fromkeys(("rowid", "oid", "_rowid_"), columns.get("id") or columns["seq"])

# Every way to write one over: {name: statement}.
PLAIN = "UPDATE {table} SET {column} = {value} WHERE {key} = {row}"
WAYS = {
    "plain": PLAIN,
    "returning": f"{PLAIN} RETURNING {{key}}",
    "from": "UPDATE {table} SET {column} = {value} FROM (SELECT 1 AS one) s WHERE {table}.{key} = {row}",
} | {
    "sqlite": {
        "or_replace": PLAIN.replace("UPDATE", "UPDATE OR REPLACE"),
        "or_ignore": PLAIN.replace("UPDATE", "UPDATE OR IGNORE"),
        "or_fail": PLAIN.replace("UPDATE", "UPDATE OR FAIL"),
        "indexed": PLAIN.replace(" SET", " NOT INDEXED SET"),
    },
    "postgresql": {
        "only": PLAIN.replace("UPDATE", "UPDATE ONLY"),
        "expression": f"WITH done AS ({PLAIN} RETURNING 1) SELECT * FROM done",
        "merge": (
            "MERGE INTO {table} USING (SELECT 1) s ON {key} = {row} WHEN MATCHED THEN UPDATE SET {column} = {value}"
        ),
        "view": (
            "CREATE TEMPORARY VIEW seen AS SELECT * FROM {table};"
            " UPDATE seen SET {column} = {value} WHERE {key} = {row}"
        ),
    },
}[VENDOR]


def test_what_is_fixed_is_changed_in_no_way(rows, session, subtests):
    for (table, key, row), columns in FIXED.items():
        for column, (code, value) in columns.items():
            for way, statement in WAYS.items():
                told = statement.format(table=table, key=key, row=row, column=column, value=value)
                with subtests.test(f"{table} {row} {column} {way}"), refused_at_once(code):
                    execute(told.format_map(rows))
