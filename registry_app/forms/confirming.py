"""Second steps of what can't be undone."""

from typing import Any

from .base import ActionForm
from .fields import ConfirmationField, EtagField, ReasonField


class ConfirmNameForm(ActionForm):
    """The second step of what is done to a thing called `name`, which is typed to confirm it."""

    confirmation = ConfirmationField()
    field_order = ("reason", "confirmation")

    def __init__(self, *args: Any, name: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["confirmation"].expect(name)  # type: ignore[attr-defined]


class DeleteForm(ConfirmNameForm):
    """The second step of deleting a registry or a collection (rules 16 and 18): what was shown is sent back."""

    reason = ReasonField()
    etag = EtagField()


class DeleteVersionForm(ConfirmNameForm):
    """The second step of deleting a version, whose name is typed as churn:v3."""

    reason = ReasonField()
