"""Forms about the links in a collection: a version to link, its aliases and tags, the end of a link."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict

from .. import rules
from ..models import Collection, Link, OrganizationMembership, Version
from ..models.artifact import usable_version
from ..models.change import etag_of
from ..models.validation import as_error
from .base import ActionForm, FilterForm
from .fields import EtagField, ReasonField, RuleField, ShownField, aliases_field, tags_field
from .widgets import Radios, search_field, text_input

ID_DIGITS = 18  # every number of so many digits fits into 64 bits


class UsableVersionField(forms.Field):
    """A version that the person of `membership` may link, by its id."""

    membership: OrganizationMembership
    widget = Radios
    default_error_messages = {"required": "Choose a version.", "invalid_choice": rules.SOURCE_HIDDEN.reason}

    def to_python(self, value: str | None) -> Version | None:
        """The version, with its artifact and team. Refuses with `invalid_choice` any other."""
        if not value:
            return None
        is_id = value.isdecimal() and len(value) <= ID_DIGITS
        version = usable_version.first(self.membership, int(value)) if is_id else None
        if version is None:
            raise ValidationError(self.error_messages["invalid_choice"], code="invalid_choice")
        return version


class LinkForm(ActionForm):
    """A version to publish in a collection, with the aliases it gets."""

    version = UsableVersionField()
    aliases = aliases_field()
    reason = ReasonField()

    def __init__(self, *args: Any, collection: Collection, membership: OrganizationMembership, **kwargs: Any) -> None:
        super().__init__(*args, registry=collection.registry, **kwargs)
        self.fields["aliases"].help_text += " An alias that another version has moves to this one."
        self.fields["version"].membership = membership  # type: ignore[attr-defined]


class LabelsForm(ActionForm):
    """Aliases and tags of a linked version: those that it keeps, those that move to it from other versions, and more.

    `listed` are the aliases of its own that the page listed.
    """

    listed = ShownField(required=False, widget=forms.MultipleHiddenInput)
    keep = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)
    move = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)
    aliases = aliases_field()
    tags = tags_field()
    reason = ReasonField()
    etag = EtagField()

    def __init__(self, *args: Any, link: Link, **kwargs: Any) -> None:
        super().__init__(*args, registry=link.collection.registry, **kwargs)
        self.fields["aliases"].label = "New aliases"
        self.own, tags = facts = link.facts  # read once, so that the etag is of what is shown
        self.initial.update(keep=self.own, tags=", ".join(tags), listed=self.own, etag=etag_of(link, facts=facts))
        for field, names in (("keep", self.own), ("move", link.aliases_elsewhere())):
            self.fields[field].choices = [(name, name) for name in names]  # type: ignore[attr-defined]

    def tick(self, names: Iterable[str]) -> None:
        """Let the boxes of `names` come back ticked, too: the link has got them, or they were protected, since."""
        data: QueryDict = self.data.copy()  # type: ignore[attr-defined]
        data.setlist("keep", [*data.getlist("keep"), *names])
        self.data = data

    def clean(self) -> dict[str, Any]:
        """Which aliases to `put` on it, and which to `take`.

        What it keeps must be among what it has, and what moves on another version: else it was changed.
        """
        cleaned = super().clean()
        stale = [field for field in ("keep", "move") if self.errors.pop(field, None)]
        if stale:
            self.add_error(None, as_error(rules.EDIT_CONFLICT))
        _, keep, move, new = (cleaned.pop(field, []) for field in ("listed", "keep", "move", "aliases"))
        put = list(dict.fromkeys([*move, *new]))
        return {**cleaned, "put": put, "take": [name for name in self.own if name not in (*keep, *put)]}


class PromoteForm(ActionForm):
    """The alias to set on a linked version (rule 25): one of `names`, or one that is typed into `other`.

    After cleaning `alias` holds it. Those in `protected` need a reason. The etag says which versions the aliases named
    when the form was shown. The verb judges a choice that isn't offered any more: it tells why.
    """

    alias = forms.CharField(label="Set alias", required=False, widget=Radios)
    other = RuleField(
        label="Another alias",
        clean_text=rules.clean_name,
        refuse=rules.refuse_alias_name,
        required=False,
        label_suffix=":",
        widget=text_input("mono"),
    )
    reason = ReasonField(
        label_suffix=":",
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Needed for a protected alias. Shown in activity and in the audit log.",
    )
    etag = EtagField()

    def __init__(self, *args: Any, names: Iterable[str], protected: Iterable[str], etag: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.protected = protected
        choices = [*((name, name) for name in names), ("", "Another alias")]
        self.fields["alias"].widget.choices = choices  # type: ignore[attr-defined]
        self.initial.update(alias=choices[0][0], etag=etag)

    def clean(self) -> dict[str, Any]:
        """One alias, and for a protected one a reason."""
        cleaned = super().clean()
        alias = cleaned.get("alias") or cleaned.get("other", "")
        if not alias and not self.errors:
            self.add_error("other", ValidationError("Choose an alias, or write one.", code="required"))
        if rules.protected_among([alias], self.protected) and cleaned.get("reason") == "":
            self.add_error("reason", ValidationError("A protected alias needs a reason.", code="required"))
        return {**cleaned, "alias": alias}

    def type_alias(self, name: str) -> None:
        """Let `name`, which was chosen, come back as if it was typed: it isn't among those to choose any more."""
        data: QueryDict = self.data.copy()  # type: ignore[attr-defined]
        data["alias"], data["other"] = "", name
        self.data = data


class UnlinkForm(ActionForm):
    """The second step of unlinking a version: perhaps with a reason."""

    reason = ReasonField()


class VersionFilter(FilterForm):
    """What the versions to choose from are narrowed to."""

    q = search_field("Artifact, project or team", label="Search versions")
