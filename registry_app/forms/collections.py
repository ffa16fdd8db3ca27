"""Forms about collections, and the versions linked in them."""

from collections.abc import Callable, Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict

from .. import rules
from ..database.fulltext import SearchTerm
from ..models import Collection, Link, OrganizationMembership, Registry, Version
from ..models.change import digest_of
from ..models.collection import CollectionQuerySet
from ..models.validation import as_error, raise_reason
from .base import (
    ActionForm,
    CursorForm,
    EtagField,
    FilterForm,
    NamesField,
    ReasonField,
    RuleField,
    ShownField,
    Wanted,
)
from .widgets import Radios, any_field, search_field, text_input

SORTS = {
    "-updated": "Latest change first",
    "updated": "Oldest change first",
    "name": "Name",
    "-name": "Name, from the end",
}


class LabelsField(NamesField):
    """Aliases or tags; `refuse` is a function of the rules, `what` they are."""

    def __init__(self, *, refuse: Callable[[str], rules.Refusal | None], what: str, **kwargs: Any) -> None:
        super().__init__(required=False, help_text="Separated by commas.", **kwargs)
        self.refuse, self.what = refuse, what

    def validate(self, value: list[str]) -> None:
        """Refuse with the rule's code."""
        refusals = [rules.refuse_count(value, self.what), *map(self.refuse, value)]
        raise_reason(next(filter(None, refusals), None))


def aliases_field() -> LabelsField:
    """A field for aliases."""
    return LabelsField(refuse=rules.refuse_alias_name, what="aliases", widget=text_input("mono"))


def tags_field() -> LabelsField:
    """A field for tags."""
    return LabelsField(refuse=rules.refuse_tag, what="tags")


def name_field() -> RuleField:
    """The field for the name of a collection."""
    return RuleField(
        clean_text=rules.clean_name,
        refuse=lambda name: rules.refuse_label(name, "Collections"),
        help_text="Code that loads artifacts uses this name, so pick one that lasts. No / in it.",
    )


def card_field() -> RuleField:
    """The field for the card of a collection."""
    return RuleField(
        label="Card",
        clean_text=rules.clean_description,
        refuse=rules.refuse_description,
        required=False,
        widget=forms.Textarea(attrs={"rows": 12}),
        help_text="Markdown. Its first line is shown in lists.",
    )


def offer_types(field: forms.Field, registry: Registry) -> None:
    """Let `field` be chosen out of the types that `registry` takes, where it doesn't take all."""
    accepted = registry.accepted()
    if accepted is not None:
        none = [("", "Choose a type")] if len(accepted) != 1 else []
        field.widget = forms.Select(choices=[*none, *((name, name) for name in accepted)])


class CreateCollectionForm(ActionForm, forms.ModelForm):
    """A new collection in a registry (rule 20)."""

    name = name_field()
    type = RuleField(clean_text=rules.clean_name, refuse=rules.refuse_type_name)
    tags = tags_field()
    description = card_field()

    class Meta:
        model = Collection
        fields = ("name", "type", "description")

    def __init__(self, *args: Any, instance: Collection, **kwargs: Any) -> None:
        super().__init__(*args, instance=instance, registry=instance.registry, **kwargs)
        offer_types(self.fields["type"], instance.registry)


class EditCollectionForm(ActionForm):
    """Name, card and tags of a collection, as they are edited."""

    name = name_field()
    tags = tags_field()
    description = card_field()
    etag = EtagField()


class LinkForm(ActionForm):
    """A version to publish in a collection, with the aliases it gets."""

    version = forms.ModelChoiceField(
        Version.objects.none(),
        widget=Radios,
        error_messages={"required": "Choose a version.", "invalid_choice": rules.SOURCE_HIDDEN.reason},
    )
    aliases = aliases_field()
    reason = ReasonField()

    def __init__(self, *args: Any, collection: Collection, membership: OrganizationMembership, **kwargs: Any) -> None:
        super().__init__(*args, registry=collection.registry, **kwargs)
        self.fields["aliases"].help_text += " An alias that another version has moves to this one."
        usable = Version.objects.usable_by(membership).select_related("artifact__team")
        self.fields["version"].queryset = usable  # type: ignore[attr-defined]


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
        aliases, tags = facts = link.facts  # read once, so that the etag is of what is shown
        self.initial.update(keep=aliases, tags=", ".join(tags), listed=aliases, etag=digest_of(link.pk, facts))
        others = link.collection.aliases.exclude(link=link).values_list("name", flat=True)
        for field, names in (("keep", aliases), ("move", others)):
            self.fields[field].choices = [(name, name) for name in names]  # type: ignore[attr-defined]

    def tick(self, names: Iterable[str]) -> None:
        """Let the boxes of `names` come back ticked, too: the link has got them, or they were protected, since."""
        data: QueryDict = self.data.copy()  # type: ignore[attr-defined]
        data.setlist("keep", [*data.getlist("keep"), *names])
        self.data = data

    def clean(self) -> dict[str, Any]:
        """What it keeps must be among what it has, and what moves on another version: else it was changed."""
        cleaned = super().clean()
        stale = [field for field in ("keep", "move") if self.errors.pop(field, None)]
        if stale:
            self.add_error(None, as_error(rules.EDIT_CONFLICT))
        return cleaned


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


class AliasFilter(CursorForm):
    """Which alias the board of aliases shows."""

    alias = forms.CharField(label="Alias", required=False, max_length=rules.LABEL_LENGTH, widget=text_input("mono"))


class AliasRequestForm(ActionForm):
    """A protected alias that a member asks to be set on a version, and why (rule 31)."""

    alias = forms.ChoiceField(widget=Radios, error_messages={"required": "Choose an alias."})
    reason = ReasonField(
        required=True,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="The admins of the registry read it, and the audit log keeps it.",
        error_messages={"required": "Say why this version should have it."},
    )

    def __init__(self, *args: Any, names: Iterable[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["alias"].choices = [(name, name) for name in names]  # type: ignore[attr-defined]


class ProtectForm(ActionForm):
    """An alias to protect in a registry (rule 26)."""

    alias = RuleField(
        label="Protect an alias",
        clean_text=rules.clean_name,
        refuse=rules.refuse_alias_name,
        help_text="Without slash or colon. latest, v0, v1, … belong to the system.",
        widget=text_input("mono", placeholder="production"),
    )


class UnprotectForm(ActionForm):
    """An alias to protect no longer. It may be older than the rule of names."""

    alias = forms.CharField(max_length=rules.LABEL_LENGTH)


class CollectionFilter(CursorForm):
    """What the list of a registry's collections is narrowed to, sorted by, and where in it one is."""

    compared = {"q": SearchTerm, "type": rules.clean_name, "tag": rules.clean_name}
    q = search_field("Name, card, alias or tag")
    type = any_field("Type", rules.TYPE_LENGTH, "mono")
    tag = any_field("Tag", rules.LABEL_LENGTH)
    sort = forms.ChoiceField(required=False, choices=list(SORTS.items()), widget=forms.HiddenInput)

    @staticmethod
    def narrow(collections: CollectionQuerySet, wanted: Wanted) -> CollectionQuerySet:
        """`collections`, narrowed to what is `wanted`."""
        if "q" in wanted:
            collections = collections.matching(wanted["q"])
        if "type" in wanted:
            collections = collections.filter(type=wanted["type"])
        if "tag" in wanted:
            collections = collections.tagged(wanted["tag"])
        return collections


class VersionFilter(FilterForm):
    """What the versions to choose from are narrowed to."""

    q = search_field("Artifact, project or team", label="Search versions")
