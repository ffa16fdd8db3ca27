"""Rules 1 to 6, 9 and §5 against raw SQL on both databases."""

import pytest
from django.db import IntegrityError, transaction

from registry_app import guards
from registry_app.models import Organization
from tests.guards.attacks import ATTACKS, NEW_TYPE, REGISTRY, TYPE, execute
from tests.models.refusals import refused_by_database, undone


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
