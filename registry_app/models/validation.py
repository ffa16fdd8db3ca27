"""Between rules and models: a Refusal raised as Django's own kind of error."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError

from .. import rules

if TYPE_CHECKING:
    from .user import User


def as_error(refusal: rules.Refusal) -> ValidationError:
    """A ValidationError of the code and reason of `refusal`, without its way out: a page says that, and no log."""
    return ValidationError(refusal.reason, code=refusal.code)


def raise_reason(refusal: rules.Refusal | None) -> None:
    """Raise `refusal` (None: nothing to raise) as a ValidationError of the field that Django judges just now."""
    if refusal is not None:
        raise as_error(refusal)


def raise_refusal(refusal: rules.Refusal | None, field: str = NON_FIELD_ERRORS) -> None:
    """Raise `refusal` (None: nothing to raise) as a ValidationError with its code, on `field`."""
    if refusal is not None:
        raise ValidationError({field: ValidationError(refusal.message, code=refusal.code)})


@contextmanager
def refused_on(homes: Mapping[str, str]) -> Iterator[None]:
    """What the block refuses on a field in `homes` is refused on another one: {the field there: the field here}."""
    try:
        yield
    except ValidationError as error:
        moved: dict[str, list[ValidationError]] = {}
        for field, errors in error.error_dict.items():
            moved.setdefault(homes.get(field, field), []).extend(errors)
        raise ValidationError(moved) from error  # type: ignore[arg-type]


def refused_as(refusal: rules.Refusal) -> dict[str, Any]:
    """What a constraint says where it is violated: the code and the reason of `refusal`, as keyword arguments."""
    return {"violation_error_code": refusal.code, "violation_error_message": refusal.reason}


def check_password_rules(password: str, user: "User") -> None:
    """Raise what Django's validators say of `password`, for `user`, as a ValidationError on `password`."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise ValidationError({"password": error.error_list}) from error


def validate_name(text: str) -> None:
    """Model field validator: `name_invalid`."""
    raise_reason(rules.refuse_name(text))


def validate_type_name(text: str) -> None:
    """Model field validator: `type_invalid`."""
    raise_reason(rules.refuse_type_name(text))


def validate_description(text: str) -> None:
    """Model field validator: `description_invalid`."""
    raise_reason(rules.refuse_description(text))


def format_errors(error: ValidationError) -> str:
    """A ValidationError in words: a line for each error, with its code, the field, and what is wrong."""
    lines = []
    for field, errors in error.error_dict.items():
        where = "" if field == NON_FIELD_ERRORS else f"{field}: "
        lines += [f"{single.code}: {where}{' '.join(single.messages)}" for single in errors]
    return "\n".join(lines)
