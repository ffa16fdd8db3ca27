"""What the database refuses on its own, whoever writes: triggers, the same on SQLite and PostgreSQL.

Each guard is a table, an event and a list of (code, condition): where a condition on the row holds, the write is
refused under the rulebook's code. They are declared here, not in a migration, put in place after every migrate, and
compared with what the database tells: one that is missing, disabled or altered is found by `missing` and mended by the
next migrate. So that an upgrade migrates, a change of them comes with a migration, be it one without operations.
"""

from contextlib import contextmanager

from django.core import checks
from django.db import DEFAULT_DB_ALIAS, connections, transaction

from ... import rules
from . import postgresql, sqlite
from .declared import (
    AFTER_INSERT,
    ARTIFACT,
    COLLECTION,
    EVENT,
    GUARDS,
    HEAD,
    LINK,
    REGISTRY,
    TEAM,
    TRUNCATE_CODES,
    TYPE,
    VERSION,
    name_of,
)

__all__ = [
    "AFTER_INSERT",
    "ARTIFACT",
    "COLLECTION",
    "EVENT",
    "GUARDS",
    "HEAD",
    "LINK",
    "REGISTRY",
    "TEAM",
    "TRUNCATE_CODES",
    "TYPE",
    "VERSION",
    "check_guards",
    "drop",
    "install",
    "install_after_migrate",
    "missing",
    "name_of",
    "off",
    "refusal_of",
]

DATABASES = {"sqlite": sqlite, "postgresql": postgresql}

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
        rules.ALIAS_PROTECTED,
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
    database = DATABASES[connection.vendor]
    with connection.cursor() as cursor:
        present = database.present(cursor)
        return sorted(name for name, facts in database.wanted(cursor).items() if present.get(name) != facts)


def install(using=DEFAULT_DB_ALIAS):
    """Put every guard in place; nothing happens where all are."""
    if missing(using):
        connection = connections[using]
        with transaction.atomic(using=using), connection.cursor() as cursor:
            drop(using)
            for statement in DATABASES[connection.vendor].statements(cursor):
                cursor.execute(statement)


def drop(using=DEFAULT_DB_ALIAS):
    """Take every guard away."""
    connection = connections[using]
    with connection.cursor() as cursor:
        for statement in DATABASES[connection.vendor].removals(cursor):
            cursor.execute(statement)


@contextmanager
def disabled(using=DEFAULT_DB_ALIAS):
    """Lift the guards for the block, in one transaction: nobody else sees the tables without them."""
    with transaction.atomic(using=using):
        drop(using)
        yield
        install(using)


def install_after_migrate(sender, using, **_):
    """post_migrate: guards in place, and the audit chain's one head."""
    if _has_tables(using):
        install(using)
        heads = sender.get_model("AuditChainHead").objects.using(using)
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
