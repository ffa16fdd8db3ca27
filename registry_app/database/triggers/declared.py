"""The declared triggers: tables, events, and the conditions with the rulebook's codes."""

REGISTRY, TYPE = "registry_app_registry", "registry_app_acceptedtype"
COLLECTION, LINK = "registry_app_collection", "registry_app_link"
ALIAS, TAG, PROTECTED = "registry_app_alias", "registry_app_tag", "registry_app_protectedalias"
ARTIFACT, VERSION = "registry_app_artifact", "registry_app_version"
SOURCES = "registry_app_version_made_from"
TEAM = "registry_app_team"
EVENT, HEAD = "registry_app_auditevent", "registry_app_auditchainhead"

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
_HAS_TYPES = "EXISTS (SELECT 1 FROM registry_app_acceptedtype t WHERE t.registry_id = NEW.registry_id)"


def _changed(*columns):
    return "(" + " OR ".join(f"NEW.{name} IS DISTINCT FROM OLD.{name}" for name in columns) + ")"


# Whether an update of a registry is more than a note of what it holds: only such a note steps no version.
_COLUMNS = (
    *("kind", "name", "name_key", "name_folded", "description", "visibility", "accepts_all_types", "version"),
    *("organization_id", "created_by_id", "created_at"),
)
_COUNTS = ("updated_at", "last_subject", "collection_count", "link_count", "byte_count")
_IS_NO_NOTE = f"({_changed(*_COLUMNS)} OR NOT {_changed(*_COUNTS)})"


def _belongs(table, column):
    """The condition that a row of `table` refers to the new row's id already: another row had this id before."""
    return f"EXISTS (SELECT 1 FROM {table} x WHERE x.{column} = NEW.id)"  # noqa: S608


def _is_not_next(table, column):
    """The condition that the new row's number is not the next one of its row of `table`."""
    return f"NEW.number IS DISTINCT FROM (SELECT next_number FROM {table} WHERE id = NEW.{column})"  # noqa: S608


# "INSERT" triggers stop SQLite's REPLACE, which removes a row without firing the DELETE trigger. They also refuse a row
# that was deleted and is inserted again as another one.
TRIGGERS = {
    (REGISTRY, "INSERT"): [
        ("name_taken", _TWIN.format(own="-1")),
        # Refuse an id that the audit log has seen: a deleted registry can't be inserted again as another one.
        ("kind_stays", f"{_belongs(EVENT, 'registry_id')} OR {_belongs(COLLECTION, 'registry_id')}"),
        # Constraints refuse this too, but SQLite can be told to ignore constraints.
        ("core_is_given", "NEW.kind = 'core' AND NEW.name_key NOT IN ('models', 'datasets')"),
        ("core_is_shared", "NEW.kind = 'core' AND NEW.visibility <> 'organization'"),
        ("core_type_stays", "NEW.kind = 'core' AND NEW.accepts_all_types"),
    ],
    (REGISTRY, "UPDATE"): [
        ("kind_stays", _changed("id", "kind")),
        ("organization_stays", _changed("organization_id")),
        ("core_is_shared", "OLD.kind = 'core' AND " + _changed("visibility")),
        ("core_is_fixed", "OLD.kind = 'core' AND " + _changed("name", "name_key", "description")),
        ("core_type_stays", "OLD.kind = 'core' AND " + _changed("accepts_all_types")),
        ("restricted_stays", "OLD.visibility <> 'organization' AND " + _changed("visibility")),
        ("name_taken", _TWIN.format(own="OLD.id")),
        ("edit_conflict", f"{_IS_NO_NOTE} AND NEW.version IS DISTINCT FROM OLD.version + 1"),
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
        # Only the first type of a core registry is preconfigured.
        ("core_is_given", f"NEW.preconfigured AND (NOT {_NEW_IS_CORE} OR {_HAS_TYPES})"),
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
        ("type_stays", f"{_belongs(LINK, 'collection_id')} OR {_belongs(EVENT, 'collection_id')}"),
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
            " (l.number = NEW.number OR l.version_id = NEW.version_id)))",
        ),
        ("link_stays", f"{_belongs(ALIAS, 'link_id')} OR {_belongs(TAG, 'link_id')}"),
        ("link_stays", _is_not_next(COLLECTION, "collection_id")),
    ],
    (LINK, "UPDATE"): [("link_stays", _changed("id", "collection_id", "version_id", "number"))],
    (TEAM, "INSERT"): [
        ("organization_stays", f"{_belongs(TEAM, 'id')} OR {_belongs(ARTIFACT, 'team_id')}"),
    ],
    (TEAM, "UPDATE"): [("organization_stays", _changed("id", "organization_id"))],
    (ARTIFACT, "INSERT"): [
        (
            "version_is_fixed",
            "EXISTS (SELECT 1 FROM registry_app_artifact a WHERE a.id = NEW.id OR (a.team_id = NEW.team_id AND"
            " a.project = NEW.project AND a.name = NEW.name))",
        ),
        ("version_is_fixed", _belongs(VERSION, "artifact_id")),
        (
            "other_organization",
            "NEW.organization_id IS DISTINCT FROM (SELECT organization_id FROM registry_app_team"
            " WHERE id = NEW.team_id)",
        ),
    ],
    (ARTIFACT, "UPDATE"): [
        ("version_is_fixed", _changed("id", "organization_id", "team_id", "type")),
        ("link_stays", "NEW.next_number < OLD.next_number"),
    ],
    (VERSION, "INSERT"): [
        (
            "version_is_fixed",
            "EXISTS (SELECT 1 FROM registry_app_version v WHERE v.id = NEW.id OR (v.artifact_id = NEW.artifact_id AND"
            " (v.number = NEW.number OR v.digest = NEW.digest)))",
        ),
        ("version_is_fixed", _belongs(LINK, "version_id")),
        ("version_is_fixed", f"{_belongs(SOURCES, 'from_version_id')} OR {_belongs(SOURCES, 'to_version_id')}"),
        ("version_is_fixed", _is_not_next(ARTIFACT, "artifact_id")),
    ],
    (VERSION, "UPDATE"): [
        ("version_is_fixed", _changed("id", "artifact_id", "number", "digest", "uri", "size", "file_count")),
        ("version_is_fixed", _changed("run", "run_url", "created_at")),
        # Compared as text, because 1 and 1.0 are the same JSON number in PostgreSQL.
        ("version_is_fixed", "CAST(NEW.metadata AS text) IS DISTINCT FROM CAST(OLD.metadata AS text)"),
        ("version_is_fixed", "CAST(NEW.numbers AS text) IS DISTINCT FROM CAST(OLD.numbers AS text)"),
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
        # An entry follows the head of the chain.
        ("log_stays", "NEW.seq IS DISTINCT FROM (SELECT seq + 1 FROM registry_app_auditchainhead)"),
        ("log_stays", "NEW.prev_hash IS DISTINCT FROM (SELECT hash FROM registry_app_auditchainhead)"),
    ],
    (EVENT, "UPDATE"): [("log_stays", _ALWAYS)],
    (EVENT, "DELETE"): [("log_stays", _ALWAYS)],
    (HEAD, "INSERT"): [("log_stays", "EXISTS (SELECT 1 FROM registry_app_auditchainhead)")],
    (HEAD, "UPDATE"): [
        ("log_stays", _changed("id")),
        # The head moves by one, to an entry that exists.
        (
            "log_stays",
            "NEW.seq IS DISTINCT FROM OLD.seq + 1 OR NOT EXISTS (SELECT 1 FROM registry_app_auditevent e"
            " WHERE e.seq = NEW.seq AND e.hash = NEW.hash AND e.prev_hash = OLD.hash)",
        ),
    ],
    (HEAD, "DELETE"): [("log_stays", _ALWAYS)],
}
# What the database changes after an INSERT: the next number, because a number that a row has had is never used again
# (rule 24), when an artifact got its last version, and the head of the chain.
AFTER_INSERT = {
    LINK: "UPDATE registry_app_collection SET next_number = NEW.number + 1 WHERE id = NEW.collection_id",
    VERSION: "UPDATE registry_app_artifact SET next_number = NEW.number + 1, updated_at = NEW.created_at"
    " WHERE id = NEW.artifact_id",
    EVENT: "UPDATE registry_app_auditchainhead SET seq = NEW.seq, hash = NEW.hash",
}
# Row triggers don't fire on TRUNCATE, so PostgreSQL gets statement triggers with these codes.
TRUNCATE_CODES = {
    REGISTRY: "core_stays",
    TYPE: "core_type_stays",
    COLLECTION: "type_stays",
    LINK: "link_stays",
    ALIAS: "alias_protected",
    PROTECTED: "alias_protected",
    TEAM: "organization_stays",
    ARTIFACT: "version_is_fixed",
    VERSION: "version_is_fixed",
    EVENT: "log_stays",
    HEAD: "log_stays",
}


def name_of(table: str, event: str) -> str:
    """The name in the database of the trigger of `table` for `event`."""
    return f"rule_{table.removeprefix('registry_app_')}_{event.lower()}"
