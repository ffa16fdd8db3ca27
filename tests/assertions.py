"""How tests say that something was refused: with which code, and that nothing at all was changed by it."""

from contextlib import contextmanager

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from registry_app.database import triggers


def everything(without=()):
    """Every row that the app keeps, to compare before and after: {model: its rows, as the database has them}."""
    with connection.cursor() as cursor:
        kept = apps.get_app_config("registry_app").get_models()
        return {model.__name__: _rows(cursor, model._meta) for model in kept if model.__name__ not in without}


def _rows(cursor, table):
    cursor.execute(f"SELECT * FROM {table.db_table} ORDER BY {table.pk.column}")
    columns = [column[0] for column in cursor.description]
    return [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]


def code_of(refusal):
    """The code of a Refusal, or None where the rule allows."""
    return refusal and refusal.code


def codes(error):
    """The codes of a ValidationError, in order."""
    return [single.code for errors in error.error_dict.values() for single in errors]


def codes_by_field(form):
    """The codes of a form's errors: {field: its codes}."""
    return {name: [error.code for error in errors] for name, errors in form.errors.as_data().items()}


@contextmanager
def refused(code):
    """The block ends in a ValidationError with just this code, and changes nothing."""
    before = everything()
    with pytest.raises(ValidationError) as caught, transaction.atomic():
        yield
    assert codes(caught.value) == [code]
    assert everything() == before


@contextmanager
def refused_by_database(code):
    """The database ends the block in an IntegrityError that means this code (None: no rule's), and changes nothing."""
    before = everything()
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        yield
        connection.check_constraints()  # foreign keys would speak up at commit only
    refusal = triggers.refusal_of(caught.value)
    assert code_of(refusal) == code
    assert everything() == before


@contextmanager
def refused_at_once(code):
    """As `refused_by_database`, of one statement, which by itself changes all or nothing."""
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        yield
    refusal = triggers.refusal_of(caught.value)
    assert code_of(refusal) == code


@contextmanager
def undone():
    """Whatever the block does, nothing of it stays: for many attempts on one set of rows."""
    try:
        with transaction.atomic():
            yield
            transaction.set_rollback(True)
    finally:
        settle()


def settle():
    """Let deferred foreign keys speak now: PostgreSQL alters no table that still has some waiting."""
    connection.check_constraints()
