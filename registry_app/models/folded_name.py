"""The column by which search finds a name."""

from typing import Any

from django.db import models

from .. import rules


class FoldedNameField(models.TextField):
    """The `name` of its row as `rules.folded_name` gives it, written with every save."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs | {"editable": False, "blank": True, "db_default": ""})

    def pre_save(self, instance: models.Model, add: bool) -> str:
        """The value that is stored."""
        value = rules.folded_name(instance.name)  # type: ignore[attr-defined]
        setattr(instance, self.attname, value)
        return value
