"""What a person can do with each version in the table of a collection."""

from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from ..choices import Action, Permission
from ..models import Collection
from ..permissions import RegistryAccess

NUMBER = "\ue000"  # stands for the number of a version; no name may contain it (rules/characters.py)


class VersionMenus:
    """The menus of versions in `collection` for the person of `access`, which differ in little but a number.

    Versions are compared with `base`, the name of an alias and the number of its version, if there is one.
    """

    def __init__(self, access: RegistryAccess, collection: Collection, base: tuple[str, int] | None) -> None:
        self.allowed, self.collection, self.base = access.allowed, collection, base
        self._made: dict[tuple[bool, bool], str] = {}

    def of(self, number: int, *, is_protected: bool) -> SafeString:
        """The menu of a version, as HTML; each is rendered once for all versions with the same."""
        kind = self.base is not None and number == self.base[1], is_protected
        if kind not in self._made:
            self._made[kind] = self._render(*kind)
        return mark_safe(self._made[kind].replace(NUMBER, str(number)))  # noqa: S308  # a template made it

    def _render(self, is_base, is_protected):
        """The menu of version NUMBER."""
        allowed, is_locked = self.allowed, is_protected and Action.PROTECT not in self.allowed
        here, label = self.collection.get_absolute_url(), f"v{NUMBER}"
        base_name, base = ("", None) if self.base is None or is_base else self.base
        menu = {
            "id": f"m{NUMBER}",
            "label": label,
            "address": f"{here}{label}/",
            "base_name": base_name,
            "compare": f"{here}compare/?v={base}&v={NUMBER}" if base_name else "",
            "reference": f"{self.collection.path}:{label}" if Permission.USE in allowed else "",
            "may_edit": Action.ALIAS_SET in allowed,
            "may_unlink": Action.UNLINK in allowed and not is_locked,
            "is_locked": Action.UNLINK in allowed and is_locked,
        }
        return render_to_string("links/_row_menu.html", {"menu": menu})
