"""The form that publishes a version: where it belongs, what it is, and how it is found."""

from functools import partial
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError

from .. import rules
from ..models import Actor, Collection, Link, Publication, Registry, Team, VersionData
from ..models.validation import as_error
from ..permissions import RegistryAccess
from .artifacts import VersionForm
from .collections import offer_types
from .fields import ReasonField, RuleField, aliases_field, tags_field
from .principals import find_teams
from .widgets import text_input

LABELS = {
    "name": "Artifact",
    "uri": "Where the files are stored (URI)",
    "run_url": "Run URL",
    "made_from": "Inputs (parents)",
    "metadata": "Metadata (JSON)",
}
HELP = {
    "project": "",
    "uri": "A URI that the people who load it can read: s3, gs, hf or https. file is a path on one machine.",
    "digest": "sha256: and 64 hexadecimal digits, or another kind, a colon and its value.",
    "run": "The name of the run that made it.",
}
MORE = ("aliases", "tags", "metadata", "run", "run_url", "made_from")  # the fields that are folded away at first


class PublishForm(VersionForm):
    """A version to publish in `collection`, by the person of the RegistryAccess `access`."""

    type: Any = None  # the collection says it
    team = RuleField(
        required=False,
        label_suffix=":",
        clean_text=rules.clean_name,
        refuse=rules.refuse_name,
        widget=text_input(list="publishing-teams"),
    )
    new_team = RuleField(
        label="New team",
        required=False,
        label_suffix=":",
        help_text="You become admin of it.",
        clean_text=rules.clean_name,
        refuse=rules.refuse_name,
        widget=text_input(),
    )
    name = RuleField(
        required=False,
        clean_text=rules.clean_name,
        refuse=partial(rules.refuse_label, what="Artifacts"),
        help_text="An existing name adds a version to it, a new one creates an artifact. Empty: the collection's name.",
        widget=text_input("mono short", list="publishing-artifacts"),
    )
    aliases = aliases_field()
    tags = tags_field()
    reason = ReasonField(label="Note", widget=forms.Textarea(attrs={"rows": 2, "placeholder": "What changed"}))
    field_order = ("collection", "type", "team", "new_team", "project", "name", "digest", "size", "file_count", "uri")

    def __init__(
        self, *args: Any, access: RegistryAccess, collection: Collection | None = None, has_teams: bool, **kwargs: Any
    ) -> None:
        super().__init__(*args, access=access, **kwargs)
        self.registry = access.registry
        self.chosen_collection: Any = collection
        for texts, attribute in ((LABELS, "label"), (HELP, "help_text")):
            for name, text in texts.items():
                setattr(self.fields[name], attribute, text)
        self.fields["project"].widget = text_input(list="publishing-projects")
        self.fields["uri"].widget = text_input("mono", placeholder="s3://bucket/path")
        self.fields["digest"].widget = text_input("mono", **self._digest_check())
        self.fields["aliases"].help_text += " latest follows the newest version by itself."
        if not access.membership.is_admin:  # only organization admins create teams
            del self.fields["new_team"]
        elif not has_teams:
            del self.fields["team"]
            self.fields["new_team"].label = "Team"

    def _digest_check(self):
        """The attributes with which the digest's input asks whether the collection has that version already."""
        if self.chosen_collection is None:
            return {}
        return {
            "hx-get": f"{self.chosen_collection.get_absolute_url()}publish/",
            "hx-trigger": "change",
            "hx-target": "#publishing-stored",
            "hx-swap": "outerHTML",
            "hx-sync": "this:queue last",
        }

    @property
    def opens_more(self) -> bool:
        """Whether a field that is folded away at first has something to read: an error, or what was typed."""
        return any(self[name].errors or self[name].value() for name in MORE)

    def clean(self) -> dict[str, Any]:
        """And `chosen_team`, unsaved where it is new. Refuses with `required`, `team_unknown` or `team_ambiguous`."""
        cleaned = super().clean()
        if "digest" in self.errors and not self.data.get("digest", "").strip():
            del self.errors["digest"]
            self.add_error("digest", ValidationError("Choose the files, or enter their digest.", code="digest_invalid"))
        if not self.errors.keys() & {"team", "new_team"}:
            self._choose_team(cleaned.get("team", ""), cleaned.get("new_team", ""))
        return cleaned

    def _choose_team(self, name, new_name):
        organization = self.access.membership.organization
        if name and new_name:
            error = "Choose a team or create one, not both."
            self.add_error("new_team", ValidationError(error, code="team_ambiguous"))
        elif new_name:
            self.chosen_team = Team(organization=organization, name=new_name)
        elif not name:
            field = "team" if "team" in self.fields else "new_team"
            self.add_error(field, ValidationError("Name the team that owns the artifact.", code="required"))
        elif found := find_teams(organization, [name]):
            self.chosen_team = found[name]
        else:
            self.add_error("team", ValidationError(f"No team is called {name[:60]}.", code="team_unknown"))

    def publish(self, by: Actor) -> tuple[Link, bool] | None:
        """Publish it: (the Link, whether it is new), or None: `errors` says why."""
        return self.register(partial(self._publish, by))  # type: ignore[arg-type, return-value]

    def _publish(self, by: Actor, project: str, name: str, type_name: str, data: VersionData) -> tuple[Link, bool]:
        wanted, collection = self.cleaned_data, self.chosen_collection
        labels = {"aliases": wanted["aliases"], "tags": wanted["tags"], "reason": wanted["reason"]}
        return Publication(collection, self.chosen_team, project, name or collection.name, data, **labels).publish(by)


class RegistryPublishForm(PublishForm):
    """The same in a registry: the collection is chosen by its name, or created with a type."""

    collection = RuleField(
        clean_text=rules.clean_name,
        refuse=partial(rules.refuse_label, what="Collections"),
        help_text="Choose one, or enter a new name. Code that loads artifacts uses this name.",
        widget=text_input(list="publishing-collections"),
    )
    type = RuleField(
        label="Type of a new collection",
        required=False,
        clean_text=rules.clean_name,
        refuse=rules.refuse_type_name,
    )

    def __init__(self, *args: Any, access: RegistryAccess, **kwargs: Any) -> None:
        super().__init__(*args, access=access, **kwargs)
        offer_types(self.fields["type"], access.registry)

    def clean(self) -> dict[str, Any]:
        """And the `chosen_collection`, unsaved where it is new. Refuses with `type_invalid` or `type_stays`."""
        cleaned = super().clean()
        if "collection" in self.errors or "type" in self.errors:
            return cleaned
        name, type_name = cleaned["collection"], cleaned["type"]
        registry = cast(Registry, self.registry)
        stored = registry.collections.filter(name_key=rules.name_key(name)).first()
        self.chosen_collection = stored or Collection(name=name, type=type_name)
        self.chosen_collection.registry = registry
        if stored and type_name:
            refusal = rules.refuse_collection_change(stored.type, type_name)
        else:
            refusal = None if stored else rules.refuse_type_name(type_name)
        if refusal:
            self.add_error("type", as_error(refusal))
        return cleaned
