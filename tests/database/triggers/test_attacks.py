"""Rules 1 to 6, 9 and §5 against raw SQL on both databases."""

from contextlib import suppress

import pytest
from django.db import IntegrityError, transaction

from registry_app import rules
from registry_app.database import triggers
from registry_app.models import Organization
from tests.assertions import refused_by_database, undone
from tests.database.triggers.attacks import (
    ATTACKS,
    COLUMNS,
    LINK,
    LINK_COLUMNS,
    MAIN,
    NEW_TYPE,
    NOW,
    REGISTRY,
    SHADOWS,
    TYPE,
    execute,
    qualified,
)


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


BORN = {
    "core_is_given": ("'core', 'Third', 'third'", "'organization', {no}"),
    "core_is_shared": ("'core', 'Models', 'models'", "'restricted', {no}"),
    "core_type_stays": ("'core', 'Models', 'models'", "'organization', {yes}"),
}


@pytest.mark.parametrize("code", BORN)
def test_rules_1_2_and_4_a_core_registry_is_born_as_it_must_be(names, session, code):
    """In an organization that somebody made without its core registries."""
    names["acme"] = Organization.objects.create(name="New", slug="new").pk
    called, open_to = BORN[code]
    values = f"{{acme}}, {called}, '', {open_to}, 1, CURRENT_TIMESTAMP, CURRENT_TIMESTAMP"
    with refused_by_database(code):
        execute(f"INSERT INTO {REGISTRY} ({COLUMNS}) VALUES ({values})".format_map(names))


@pytest.mark.parametrize("word", ["Restricted", "RESTRICTED", "restricted ", "", "secret"])
def test_rule_9_no_other_word_leads_back(names, session, golden, word):
    """SQLite can be told to take a word that no constraint allows."""
    step = f"UPDATE {REGISTRY} SET visibility = '{{}}', version = version + 1 WHERE id = {golden.pk}"
    with suppress(IntegrityError), transaction.atomic():
        execute(step.format(word))
        with refused_by_database("restricted_stays"):
            execute(step.format("organization"))


# A row taken out and put back as another in one transaction, so that whatever belongs to it belongs to it again.
PUT_BACK = [
    f"CREATE TEMPORARY TABLE aside AS SELECT * FROM {REGISTRY} WHERE id = {{vault}}",
    "UPDATE aside SET {column} = {value}",
    f"DELETE FROM {REGISTRY} WHERE id = {{vault}}",
    f"INSERT INTO {REGISTRY} SELECT * FROM aside",
]
AS_ANOTHER = [("visibility", "'organization'"), ("organization_id", "{globex}")]


@pytest.mark.parametrize("column, value", AS_ANOTHER)
def test_rules_6_and_9_are_not_passed_by_taking_a_row_out_and_putting_it_back(names, session, column, value):
    names |= {"column": column, "value": value.format_map(names)}
    with refused_by_database("kind_stays"):
        execute(*(statement.format_map(names) for statement in PUT_BACK))


def test_the_database_refuses_as_much_behind_temporary_tables(names, subtests):
    """A trigger that found those of the session would see no core registry, and no entry of the log."""
    execute(*SHADOWS)
    for attack, (code, statement) in ATTACKS.items():
        with subtests.test(attack), undone(), refused_by_database(code):
            execute(qualified(statement.format_map(names)))
    for column, value in AS_ANOTHER:
        names |= {"column": column, "value": value.format_map(names)}
        with subtests.test(column), undone(), refused_by_database("kind_stays"):
            execute(*(qualified(statement.format_map(names)) for statement in PUT_BACK))


def test_rule_24_a_number_is_used_behind_temporary_tables(churn, versions):
    execute(*SHADOWS)
    link = f"INSERT INTO {MAIN}.{LINK} ({LINK_COLUMNS}) VALUES ({churn.pk}, {{}}, 0, {NOW}, '[]', '[]')"
    execute(link.format(versions[0].pk), f"DELETE FROM {MAIN}.{LINK}")
    with refused_by_database("link_stays"):
        execute(link.format(versions[1].pk))


# What a database error means.


def test_an_error_of_no_rules_making_has_no_refusal(ada, acme):
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        execute(f"INSERT INTO {Organization._meta.db_table} (name, slug, created_at) VALUES ('x', NULL, NULL)")
    assert triggers.refusal_of(caught.value) is None
    assert triggers.refusal_of(IntegrityError("anything")) is None


def test_every_code_that_a_trigger_raises_is_a_refusal():
    raised = {code for conditions in triggers.TRIGGERS.values() for code, _ in conditions}
    raised |= set(triggers.TRUNCATE_CODES.values())
    assert raised <= set(triggers.REFUSALS)
    # Two people at once are no attempt at what is forbidden (§5); all else stands in the log.
    assert {code for code in raised if not rules.forbids(code)} == {"edit_conflict", "name_taken"}
