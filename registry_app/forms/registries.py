"""Forms about registries."""

from typing import Any

from django import forms
from django.urls import reverse

from .. import rules
from ..choices import Role, Visibility
from ..database.fulltext import SearchTerm
from ..models import OrganizationMembership, Registry, User
from ..models.change import etag_of
from ..models.registry_queryset import RegistryQuerySet
from ..models.validation import as_error
from .accepted_types import ListForm, types_list_field
from .base import ActionForm, CursorForm, Wanted
from .confirming import DeleteForm
from .fields import EtagField, RuleField
from .principals import PrincipalsField, ask_for, find_users, names_of_people, refuse_unknown
from .widgets import Radios, any_field, search_field, text_input

SORTS = {
    "name": "Name",
    "-name": "Name, from the end",
    "-updated": "Latest change first",
    "updated": "Oldest change first",
}


class RegistryForm(ActionForm, forms.ModelForm):
    """Name and description of a registry, checked by the model itself."""

    name = RuleField(
        clean_text=rules.clean_name,
        refuse=rules.refuse_name,
        help_text="Code that loads artifacts uses this name. After a rename the old one redirects.",
        widget=text_input("short"),
    )
    description = RuleField(
        clean_text=rules.clean_description,
        refuse=rules.refuse_description,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    class Meta:
        model = Registry
        fields = ("name", "description")

    def __init__(self, *args: Any, instance: Registry, **kwargs: Any) -> None:
        super().__init__(*args, instance=instance, registry=instance if instance.pk else None, **kwargs)

    def validate_constraints(self) -> None:
        """Whether the name is free (rule 14), beside other errors. Without one the verb says it, of the locked rows."""
        if self.errors:
            super().validate_constraints()


class CreateForm(ListForm, RegistryForm):
    """A new custom registry (rules 7 and 13)."""

    visibility = forms.ChoiceField(
        label="Who can view it",
        choices=Visibility,
        widget=Radios,
        error_messages={"required": "Choose who can view the registry."},
    )
    accepts_all_types = forms.TypedChoiceField(
        label="Accepted types",
        choices=[("on", "All types"), ("", "Only these types")],
        coerce=bool,
        empty_value=False,  # type: ignore[arg-type]
        required=False,
        widget=Radios,
    )
    types = types_list_field()

    class Meta:
        model = Registry
        fields = ("name", "description", "visibility", "accepts_all_types")

    def __init__(self, *args: Any, instance: Registry, **kwargs: Any) -> None:
        super().__init__(*args, instance=instance, **kwargs)
        self.initial["accepts_all_types"] = "on"
        name, text = self.fields["name"], self.fields["description"]
        name.help_text = (
            "Code that loads artifacts uses this name, so pick one that lasts. Spaces are fine; / \\ # ? % : are not."
        )
        text.help_text = "Markdown. Its first line is shown in lists."
        name.widget.attrs |= {
            "placeholder": "Golden Datasets",
            "hx-get": reverse("registries:name", args=[instance.organization.slug]),
            "hx-trigger": "change",
            "hx-target": "#registries-name",
            "hx-swap": "outerHTML",
            "hx-sync": "this:replace",
        }

    def clean(self) -> dict[str, Any]:
        """Rule 7: all types, or at least one. What stands in the list counts only where the list was chosen."""
        cleaned = super().clean()
        if cleaned.get("accepts_all_types"):
            self.errors.pop("types", None)
        elif "types" not in self.errors and not cleaned.get("types"):
            self.add_error("types", as_error(rules.TYPES_MISSING))
        else:
            self.ask_about(cleaned.get("types", []))
        return cleaned


class DetailsForm(RegistryForm):
    """Name and description, as they are edited (rules 3, 10, 14, 19)."""

    etag = EtagField()

    def __init__(self, *args: Any, instance: Registry, **kwargs: Any) -> None:
        super().__init__(*args, instance=instance, **kwargs)
        self.initial["etag"] = etag_of(instance)


class RestrictForm(DeleteForm):
    """The second step of going restricted (rule 18).

    Also whom to keep of those who would lose access: the usernames that are ticked in `keep`, and `others`, whom the
    membership `looker` names; there are no `others` without one.
    """

    registry: Registry  # this form has one
    keep = forms.ModelMultipleChoiceField(
        User.objects.none(), to_field_name="username", required=False, widget=forms.CheckboxSelectMultiple
    )
    others = PrincipalsField(label="Keep others by name", required=False)

    def __init__(
        self, *args: Any, registry: Registry, looker: OrganizationMembership | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, registry=registry, name=registry.name, **kwargs)
        self.looker = looker
        if looker:
            ask_for(self, "others", looker, names_of_people(looker))
        else:
            del self.fields["others"]
        here = self.registry.organization.memberships.of_active()
        self.fields["keep"].queryset = User.objects.filter(pk__in=here.values("user"))  # type: ignore[attr-defined]

    def clean_others(self) -> list[User]:
        """The users; refuses with `not_in_organization` the names that nobody here has."""
        if not self.looker:
            return []
        names = self.cleaned_data["others"]
        found = find_users(self.looker, names)
        refuse_unknown(self.looker, names, found)
        return list(found.values())


class RegistryFilter(CursorForm):
    """What the list of registries is narrowed to, sorted by, and where in it one is."""

    compared = {"q": lambda words: SearchTerm(words, [Registry._meta.db_table]), "type": rules.clean_name}
    q = search_field("Name or description")
    visibility = forms.ChoiceField(label="Visibility", required=False, choices=[("", "Any"), *Visibility.choices])
    type = any_field("Accepts type", rules.TYPE_LENGTH, "mono")
    role = forms.ChoiceField(label="Your role", required=False, choices=[("", "Any"), *reversed(Role.choices)])
    sort = forms.ChoiceField(required=False, choices=list(SORTS.items()), widget=forms.HiddenInput)

    @staticmethod
    def narrow(membership: OrganizationMembership, wanted: Wanted, *, indexed: bool = True) -> RegistryQuerySet:
        """The registries that the membership's person can see, narrowed to what is `wanted`.

        Not `indexed`, words are looked for without their index: for rows that another condition finds.
        """
        registries = membership.registries()
        if "role" in wanted:
            registries = Registry.objects.with_role(membership, wanted["role"])
        elif wanted.get("visibility") == Visibility.RESTRICTED:
            registries = Registry.objects.restricted_for(membership)
        if "visibility" in wanted:
            registries = registries.filter(visibility=wanted["visibility"])
        if "type" in wanted:
            registries = registries.accepting(wanted["type"])
        if "q" not in wanted:
            return registries
        words: SearchTerm = wanted["q"]
        return registries.matching(words) if indexed else registries.filter(words.condition(Registry))
