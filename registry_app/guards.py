"""What the database refuses on its own, whoever writes: triggers, the same on SQLite and PostgreSQL.

Each guard is a table, an event and a list of (code, condition): where a condition on the row holds, the write is
refused under the rulebook's code. They are declared here, not in a migration, put in place after every migrate, and
known by a digest: one that is missing, disabled or altered is found by `missing` and mended by the next migrate. So
that an upgrade migrates, a change of them comes with a migration, be it one without operations.
"""

import hashlib
from contextlib import contextmanager

from django.core import checks
from django.db import DEFAULT_DB_ALIAS, connections, transaction

from . import rules

REGISTRY, TYPE = "registry_app_registry", "registry_app_acceptedtype"
COLLECTION, LINK = "registry_app_collection", "registry_app_link"
ARTIFACT, VERSION = "registry_app_artifact", "registry_app_version"
TEAM = "registry_app_team"
EVENT, HEAD = "registry_app_auditevent", "registry_app_audithead"

_TWIN = (
    "EXISTS (SELECT 1 FROM registry_app_registry other WHERE other.id <> {own} AND (other.id = NEW.id OR"
    " (other.organization_id = NEW.organization_id AND other.name_key = NEW.name_key))"
    " AND (other.kind = 'core' OR other.visibility = 'restricted'))"
)
_OLD_IS_CORE = "EXISTS (SELECT 1 FROM registry_app_registry r WHERE r.id = OLD.registry_id AND r.kind = 'core')"
_NEW_IS_CORE = "EXISTS (SELECT 1 FROM registry_app_registry r WHERE r.id = NEW.registry_id AND r.kind = 'core')"
_OF_LINK = (
    "EXISTS (SELECT 1 FROM registry_app_version v JOIN registry_app_artifact a ON a.id = v.artifact_id"
    " JOIN registry_app_team t ON t.id = a.team_id, registry_app_collection c"
    " JOIN registry_app_registry r ON r.id = c.registry_id"
    " WHERE v.id = NEW.version_id AND c.id = NEW.collection_id AND {})"
)
_ALWAYS = "1 = 1"


def _changed(*columns):
    return "(" + " OR ".join(f"NEW.{name} IS DISTINCT FROM OLD.{name}" for name in columns) + ")"


# "INSERT" guards stop SQLite's REPLACE, which removes a row without asking the DELETE guard.
GUARDS = {
    (REGISTRY, "INSERT"): [
        ("name_taken", _TWIN.format(own="-1")),
        # An id that the log knows was a registry's once: none is taken out and put back as another.
        ("kind_stays", "EXISTS (SELECT 1 FROM registry_app_auditevent e WHERE e.registry_id = NEW.id)"),
        # The constraints say so too, but SQLite can be told to ignore them.
        ("core_is_given", "NEW.kind = 'core' AND NEW.name_key NOT IN ('models', 'datasets')"),
        ("core_is_shared", "NEW.kind = 'core' AND NEW.visibility <> 'organization'"),
    ],
    (REGISTRY, "UPDATE"): [
        ("kind_stays", _changed("id", "kind")),
        ("organization_stays", _changed("organization_id")),
        ("core_is_shared", "OLD.kind = 'core' AND " + _changed("visibility")),
        ("core_is_fixed", "OLD.kind = 'core' AND " + _changed("name", "name_key", "description")),
        ("core_type_stays", "OLD.kind = 'core' AND " + _changed("accepts_all_types")),
        ("restricted_stays", "OLD.visibility = 'restricted' AND " + _changed("visibility")),
        ("name_taken", _TWIN.format(own="OLD.id")),
        ("edit_conflict", "NEW.version IS DISTINCT FROM OLD.version + 1"),
    ],
    (REGISTRY, "DELETE"): [
        ("core_stays", "OLD.kind = 'core'"),
    ],
    (TYPE, "INSERT"): [
        (
            "core_type_stays",
            "EXISTS (SELECT 1 FROM registry_app_acceptedtype t JOIN registry_app_registry r ON r.id = t.registry_id"
            " WHERE r.kind = 'core' AND (t.id = NEW.id OR (t.registry_id = NEW.registry_id AND t.name = NEW.name)))",
        ),
        ("core_is_given", "NEW.preconfigured AND NOT " + _NEW_IS_CORE),
    ],
    (TYPE, "UPDATE"): [
        ("core_type_stays", f"NEW.id <> OLD.id OR {_OLD_IS_CORE} OR {_NEW_IS_CORE}"),
        ("core_is_given", "NEW.preconfigured"),
    ],
    (TYPE, "DELETE"): [
        ("core_type_stays", _OLD_IS_CORE),
    ],
    (COLLECTION, "INSERT"): [
        (
            "name_taken",
            "EXISTS (SELECT 1 FROM registry_app_collection c WHERE c.id = NEW.id"
            " OR (c.registry_id = NEW.registry_id AND c.name_key = NEW.name_key))",
        ),
        # As with registries: none is taken out and put back as another, with another type or numbers anew.
        (
            "type_stays",
            "EXISTS (SELECT 1 FROM registry_app_link l WHERE l.collection_id = NEW.id)"
            " OR EXISTS (SELECT 1 FROM registry_app_auditevent e WHERE e.collection_id = NEW.id)",
        ),
    ],
    (COLLECTION, "UPDATE"): [
        ("type_stays", _changed("id", "registry_id", "type")),
        ("link_stays", "NEW.next_number < OLD.next_number"),
    ],
    (LINK, "INSERT"): [
        ("type_not_accepted", _OF_LINK.format("a.type <> c.type")),
        ("other_organization", _OF_LINK.format("t.organization_id <> r.organization_id")),
        (
            "link_stays",
            "EXISTS (SELECT 1 FROM registry_app_link l WHERE l.id = NEW.id OR (l.collection_id = NEW.collection_id AND"
            " (l.number = NEW.number OR l.version_id = NEW.version_id))) OR NEW.number <>"
            " (SELECT next_number FROM registry_app_collection WHERE id = NEW.collection_id)",
        ),
    ],
    (LINK, "UPDATE"): [("link_stays", _changed("id", "collection_id", "version_id", "number"))],
    (TEAM, "UPDATE"): [("organization_stays", _changed("id", "organization_id"))],
    (ARTIFACT, "INSERT"): [
        (
            "version_is_fixed",
            "EXISTS (SELECT 1 FROM registry_app_artifact a WHERE a.id = NEW.id OR (a.team_id = NEW.team_id AND"
            " a.project = NEW.project AND a.name = NEW.name))"
            " OR EXISTS (SELECT 1 FROM registry_app_version v WHERE v.artifact_id = NEW.id)",
        ),
    ],
    (ARTIFACT, "UPDATE"): [
        ("version_is_fixed", _changed("id", "team_id", "type")),
        ("link_stays", "NEW.next_number < OLD.next_number"),
    ],
    (VERSION, "INSERT"): [
        (
            "version_is_fixed",
            "EXISTS (SELECT 1 FROM registry_app_version v WHERE v.id = NEW.id OR (v.artifact_id = NEW.artifact_id AND"
            " (v.number = NEW.number OR v.digest = NEW.digest)))",
        ),
    ],
    (VERSION, "UPDATE"): [
        (
            "version_is_fixed",
            _changed(
                "id",
                "artifact_id",
                "number",
                "digest",
                "uri",
                "size",
                "file_count",
                "metadata",
                "run",
                "run_url",
                "created_at",
            ),
        )
    ],
    (VERSION, "DELETE"): [
        ("version_linked", "EXISTS (SELECT 1 FROM registry_app_link l WHERE l.version_id = OLD.id)"),
    ],
    (EVENT, "INSERT"): [
        (
            "log_stays",
            "EXISTS (SELECT 1 FROM registry_app_auditevent e"
            " WHERE e.seq = NEW.seq OR e.hash = NEW.hash OR e.prev_hash = NEW.prev_hash)",
        ),
    ],
    (EVENT, "UPDATE"): [("log_stays", _ALWAYS)],
    (EVENT, "DELETE"): [("log_stays", _ALWAYS)],
    (HEAD, "INSERT"): [("log_stays", "EXISTS (SELECT 1 FROM registry_app_audithead)")],
    (HEAD, "UPDATE"): [("log_stays", "NEW.id <> OLD.id OR NEW.seq <> OLD.seq + 1")],
    (HEAD, "DELETE"): [("log_stays", _ALWAYS)],
}
# What a new row brings along: a number is used from the moment that a link has it, whoever wrote it (rule 24).
AFTER_INSERT = {
    LINK: "UPDATE registry_app_collection SET next_number = NEW.number + 1"
    " WHERE id = NEW.collection_id AND next_number = NEW.number",
}
# TRUNCATE passes by row triggers: it has its own, on PostgreSQL alone.
TRUNCATE_CODES = {
    REGISTRY: "core_stays",
    TYPE: "core_type_stays",
    VERSION: "version_is_fixed",
    EVENT: "log_stays",
    HEAD: "log_stays",
}

# What constraints say, in the rulebook's words.
CONSTRAINTS = {
    "registry_name_is_unique": rules.NAME_TAKEN,
    "registry_app_registry.organization_id, registry_app_registry.name_key": rules.NAME_TAKEN,
    "registry_app_user_username_key": rules.USERNAME_TAKEN,
    "registry_app_user.username": rules.USERNAME_TAKEN,
    "user_email_is_unique": rules.EMAIL_TAKEN,
    "index 'user_email_is_unique'": rules.EMAIL_TAKEN,
    "collection_name_is_unique": rules.NAME_TAKEN,
    "registry_app_collection.registry_id, registry_app_collection.name_key": rules.NAME_TAKEN,
    "registry_core_is_shared": rules.CORE_IS_SHARED,
    "registry_core_keeps_a_list": rules.CORE_KEEPS_A_LIST,
    "registry_core_is_given": rules.CORE_IS_GIVEN,
}
REFUSALS = {
    refusal.code: refusal
    for refusal in (
        rules.NAME_TAKEN,
        rules.KIND_STAYS,
        rules.ORGANIZATION_STAYS,
        rules.CORE_IS_SHARED,
        rules.CORE_IS_FIXED,
        rules.CORE_IS_GIVEN,
        rules.CORE_TYPE_STAYS,
        rules.CORE_STAYS,
        rules.RESTRICTED_STAYS,
        rules.EDIT_CONFLICT,
        rules.TYPE_STAYS,
        rules.TYPE_NOT_ACCEPTED,
        rules.OTHER_ORGANIZATION,
        rules.LINK_STAYS,
        rules.VERSION_IS_FIXED,
        rules.VERSION_LINKED,
        rules.LOG_STAYS,
    )
}


def refusal_of(error):
    """The Refusal behind a database error (an IntegrityError), or None where it is of no rule's making."""
    cause = error.__cause__ or error
    if (details := getattr(cause, "diag", None)) is not None:
        name = details.constraint_name or ""
    else:
        name = str(cause).removeprefix("guard:").rsplit("constraint failed: ", 1)[-1]
    return REFUSALS.get(name) or CONSTRAINTS.get(name)


def missing(using=DEFAULT_DB_ALIAS):
    """The names of the guards that are not in place as declared, sorted."""
    connection = connections[using]
    present = {name: digest for name, (_, digest) in _present(connection).items()}
    return sorted(name for name, digest in _wanted(connection.vendor).items() if present.get(name) != digest)


def install(using=DEFAULT_DB_ALIAS):
    """Put every guard in place; nothing happens where all are."""
    if missing(using):
        with transaction.atomic(using=using):
            drop(using)
            with connections[using].cursor() as cursor:
                for statement in _statements(connections[using].vendor):
                    cursor.execute(statement)


def drop(using=DEFAULT_DB_ALIAS):
    """Take every guard away: for `off`, and for the tests' flush."""
    connection = connections[using]
    with connection.cursor() as cursor:
        for name, (table, _) in _present(connection).items():
            cursor.execute(f"DROP TRIGGER {name}" + ("" if connection.vendor == "sqlite" else f" ON {table}"))


@contextmanager
def off(using=DEFAULT_DB_ALIAS):
    """Lift the guards for the block, in one transaction: nobody else sees the tables without them."""
    with transaction.atomic(using=using):
        drop(using)
        yield
        install(using)


def install_after_migrate(sender, using, **_):
    """post_migrate: guards in place, and the audit chain's one head."""
    if _has_tables(using):
        install(using)
        heads = sender.get_model("AuditHead").objects.using(using)
        if not heads.exists():
            heads.create()


def check_guards(app_configs, databases, **_):
    """System check: a warning while a guard is missing, for an error would stop the migrate that mends it."""
    found = [name for using in databases or () if _has_tables(using) for name in missing(using)]
    return (
        [checks.Warning(f"Database guards are missing: {', '.join(found)}.", id="registry_app.W001")] if found else []
    )


def _has_tables(using):
    return {table for table, _ in GUARDS} <= set(connections[using].introspection.table_names())


# How guards are written.


def _name(table, event):
    return f"guard_{table.removeprefix('registry_app_')}_{event.lower()}"


def _sqlite(table, event, conditions):
    cases = " ".join(f"WHEN {condition} THEN RAISE(ABORT, 'guard:{code}')" for code, condition in conditions)
    return f"CREATE TRIGGER {_name(table, event)} BEFORE {event} ON {table} BEGIN SELECT CASE {cases} END; END"


def _sqlite_guards():
    """{name: statement}"""
    after = {
        _name(table, "after"): f"CREATE TRIGGER {_name(table, 'after')} AFTER INSERT ON {table} BEGIN {change}; END"
        for table, change in AFTER_INSERT.items()
    }
    return {_name(*key): _sqlite(*key, conditions) for key, conditions in GUARDS.items()} | after


def _raise(code):
    return f"RAISE EXCEPTION 'guard:{code}' USING ERRCODE = '23514', CONSTRAINT = '{code}';"


def _postgresql(table, event, conditions):
    """(source of the function, definition of the trigger), just as the database tells them again.

    No WHEN and no column list: both would stop a later change of a column's type.
    """
    name = _name(table, event)
    tests = " ".join(f"IF {condition} THEN {_raise(code)} END IF;" for code, condition in conditions)
    row = {"DELETE": "OLD", "TRUNCATE": "NULL"}.get(event, "NEW")
    scope = "STATEMENT" if event == "TRUNCATE" else "ROW"
    return (
        f" BEGIN {tests} RETURN {row}; END ",
        f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH {scope} EXECUTE FUNCTION {name}()",
    )


def _postgresql_after(table, change):
    name = _name(table, "after")
    return (
        f" BEGIN {change}; RETURN NULL; END ",
        f"CREATE TRIGGER {name} AFTER INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()",
    )


def _postgresql_guards():
    """{(table, event): (source of the function, definition of the trigger)}"""
    truncates = {(table, "TRUNCATE"): [(code, "TRUE")] for table, code in TRUNCATE_CODES.items()}
    after = {(table, "after"): _postgresql_after(table, change) for table, change in AFTER_INSERT.items()}
    return {key: _postgresql(*key, conditions) for key, conditions in {**GUARDS, **truncates}.items()} | after


def _statements(vendor):
    """What puts the guards in place.

    PostgreSQL alters no table whose rows wait for a foreign key's check, so those are checked first. The search path is
    pinned, for a restore runs with an empty one; ALWAYS holds under session_replication_role too.
    """
    if vendor == "sqlite":
        return list(_sqlite_guards().values())
    statements = ["SET CONSTRAINTS ALL IMMEDIATE", "SET CONSTRAINTS ALL DEFERRED"]
    for (table, event), (source, definition) in _postgresql_guards().items():
        name = _name(table, event)
        statements += [
            f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT"
            f" AS $guard${source}$guard$",
            definition,
            f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}",
        ]
    return statements


def _digest(*texts):
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()


def _wanted(vendor):
    if vendor == "sqlite":
        return {name: _digest(statement) for name, statement in _sqlite_guards().items()}
    return {_name(*key): _digest("A", *texts) for key, texts in _postgresql_guards().items()}


def _present(connection):
    """{name: (table, digest)} of the guards in the database; A says that one is enabled ALWAYS."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(
                "SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'trigger' AND substr(name, 1, 6) = 'guard_'"
            )
        else:
            cursor.execute(
                "SELECT t.tgname, t.tgrelid::regclass::text, t.tgenabled, p.prosrc, pg_get_triggerdef(t.oid, true)"
                " FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid"
                " WHERE substr(t.tgname, 1, 6) = 'guard_' AND NOT t.tgisinternal AND pg_table_is_visible(t.tgrelid)"
            )
        return {name: (table, _digest(*texts)) for name, table, *texts in cursor.fetchall()}
