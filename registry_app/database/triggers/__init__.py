"""The rules that the database enforces on every write: triggers, the same on SQLite and PostgreSQL.

A trigger is a table, an event and a list of (code, condition): if a condition on the row is true, the write is refused
with the rulebook's code. Triggers are declared here, not in a migration, and installed after every migrate. `missing`
compares them with the database: a trigger that is missing, disabled or altered is created again by the next migrate. A
change of a trigger comes with a migration, even an empty one, so that an upgrade runs migrate.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from django.apps import AppConfig
from django.core import checks
from django.db import DEFAULT_DB_ALIAS, connections, transaction

from ... import rules
from . import postgresql, sqlite
from .declared import (
    AFTER_INSERT,
    ARTIFACT,
    COLLECTION,
    EVENT,
    HEAD,
    LINK,
    REGISTRY,
    TEAM,
    TRIGGERS,
    TRUNCATE_CODES,
    TYPE,
    VERSION,
    name_of,
)

DATABASES = {"sqlite": sqlite, "postgresql": postgresql}

# {name of a constraint, or SQLite's text about it: the rulebook's Refusal}.
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
# {code that a trigger raises: its Refusal}; of several with one code, the first of the rules.
REFUSALS = {each.code: each for each in reversed(vars(rules).values()) if isinstance(each, rules.Refusal)}


def refusal_of(error: Exception) -> rules.Refusal | None:
    """The Refusal of the rule that raised a database error (an IntegrityError), or None if no rule did."""
    cause = error.__cause__ or error
    if (details := getattr(cause, "diag", None)) is not None:
        name = details.constraint_name or ""
    else:
        name = str(cause).removeprefix("rule:").rsplit("constraint failed: ", 1)[-1]
    return REFUSALS.get(name) or CONSTRAINTS.get(name)


def missing(using: str = DEFAULT_DB_ALIAS) -> list[str]:
    """The names of the triggers that don't exist as declared, sorted."""
    connection = connections[using]
    database = DATABASES[connection.vendor]
    with connection.cursor() as cursor:
        present = database.present(cursor)
        return sorted(name for name, text in database.wanted(cursor).items() if present.get(name) != text)


def install(using: str = DEFAULT_DB_ALIAS) -> None:
    """Create all triggers anew, if one is missing."""
    if missing(using):
        connection = connections[using]
        with transaction.atomic(using=using), connection.cursor() as cursor:
            drop(using)
            for statement in DATABASES[connection.vendor].statements(cursor):
                cursor.execute(statement)


def drop(using: str = DEFAULT_DB_ALIAS) -> None:
    """Drop all triggers, for `disabled`."""
    connection = connections[using]
    with connection.cursor() as cursor:
        for statement in DATABASES[connection.vendor].removals(cursor):
            cursor.execute(statement)


@contextmanager
def disabled(using: str = DEFAULT_DB_ALIAS) -> Iterator[None]:
    """The block without triggers, in one transaction: no other connection sees the tables without them."""
    with transaction.atomic(using=using):
        drop(using)
        yield
        install(using)


def install_after_migrate(sender: AppConfig, using: str, **_: object) -> None:
    """post_migrate: create the triggers, and the one head of the audit chain."""
    if _has_tables(using):
        install(using)
        heads = sender.get_model("AuditChainHead")._default_manager.using(using)
        if not heads.exists():
            heads.create()


def check_triggers(app_configs: object, databases: Iterable[str] | None, **_: object) -> list[checks.CheckMessage]:
    """System check: a Warning while a trigger is missing, because an Error would stop the migrate that creates it."""
    found = [name for using in databases or () if _has_tables(using) for name in missing(using)]
    return (
        [checks.Warning(f"Database triggers are missing: {', '.join(found)}.", id="registry_app.W001")] if found else []
    )


def _has_tables(using: str) -> bool:
    return {table for table, _ in TRIGGERS} <= set(connections[using].introspection.table_names())
