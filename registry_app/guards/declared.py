"""What each guard refuses: the tables, the events, and the conditions with the rulebook's codes."""

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


def name_of(table, event):
    """What the guard of `table` for `event` is called in the database."""
    return f"guard_{table.removeprefix('registry_app_')}_{event.lower()}"
