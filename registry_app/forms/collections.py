"""Forms about collections."""

from typing import Any

from django import forms

from .. import rules
from ..database.fulltext import SearchTerm
from ..models import Collection, Registry
from ..models.collection import CollectionQuerySet
from .base import ActionForm, CursorForm, Wanted
from .fields import EtagField, RuleField, tags_field
from .widgets import any_field, search_field

SORTS = {
    "-updated": "Latest change first",
    "updated": "Oldest change first",
    "name": "Name",
    "-name": "Name, from the end",
}


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
