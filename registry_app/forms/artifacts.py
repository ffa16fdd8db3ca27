"""Forms about artifacts and their versions."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from django import forms
from django.db.models import Q, QuerySet

from .. import rules
from ..models import Artifact, Version, VersionData
from ..models.validation import raise_reason
from ..permissions import RegistryAccess, TeamAccess
from .base import ActionForm, CursorForm, Wanted
from .fields import RuleField
from .widgets import any_field, search_field

SORTS = {
    "name": "Name",
    "-name": "Name, from the end",
    "-updated": "Newest version first",
    "updated": "Oldest version first",
}


class ArtifactFilter(CursorForm):
    """What a list of artifacts is narrowed to, and sorted by."""

    compared = {"q": str, "type": rules.clean_name}
    q = search_field("Name or project")
    type = any_field("Type", rules.TYPE_LENGTH, "mono")
    sort = forms.ChoiceField(required=False, choices=list(SORTS.items()), widget=forms.HiddenInput)

    @staticmethod
    def narrow(artifacts: QuerySet[Artifact], wanted: Wanted) -> QuerySet[Artifact]:
        """`artifacts`, narrowed to what is `wanted`."""
        if "q" in wanted:
            artifacts = artifacts.filter(Q(name__icontains=wanted["q"]) | Q(project__icontains=wanted["q"]))
        return artifacts.filter(type=wanted["type"]) if "type" in wanted else artifacts


class AmountField(forms.IntegerField):
    """A size in bytes, or a number of files. Refuses with `number_invalid`."""

    def __init__(self, **kwargs: Any) -> None:
        errors = {"invalid": rules.NUMBER_INVALID.reason}
        super().__init__(required=False, error_messages=errors, widget=forms.TextInput, **kwargs)

    def validate(self, value: int | None) -> None:
        """Refuse what no database keeps."""
        raise_reason(None if value is None else rules.refuse_amount(value))


class MetadataField(forms.CharField):
    """An object in JSON, as a dict. Refuses with `metadata_invalid`."""

    widget = forms.Textarea(attrs={"rows": 4, "spellcheck": "false"})

    def clean(self, value: Any) -> dict[str, object] | None:
        """The dict; {} of no text."""
        metadata, refusal = rules.parse_metadata(super().clean(value))
        raise_reason(refusal)
        return metadata


class VersionForm(ActionForm):
    """A version to register, by the person of `access`: typed in, or a row of a list."""

    project = RuleField(
        clean_text=rules.clean_name, refuse=partial(rules.refuse_label, what="Projects"), help_text="Where it was made."
    )
    name = RuleField(
        clean_text=rules.clean_name,
        refuse=partial(rules.refuse_label, what="Artifacts"),
        help_text="A name that is there already gets a new version; a new one, a new artifact.",
    )
    type = RuleField(
        clean_text=rules.clean_name,
        refuse=rules.refuse_type_name,
        help_text="Such as model or dataset. The artifact keeps it permanently.",
    )
    uri = RuleField(
        label="Address",
        clean_text=str.strip,
        refuse=rules.refuse_uri,
        help_text="Where it is kept, as s3://bucket/path, hf://… or file://…",
    )
    digest = RuleField(
        clean_text=rules.clean_digest,
        refuse=rules.refuse_digest,
        help_text="What it is: the 64 hexadecimal digits of its SHA-256, or another kind, a colon and its value.",
    )
    size = AmountField(label="Size in bytes")
    file_count = AmountField(label="Number of files")
    metadata = MetadataField(required=False, help_text='A JSON object: {"name": value, …}.')
    run = RuleField(
        required=False,
        clean_text=rules.clean_name,
        refuse=partial(rules.refuse_label, what="Runs"),
        help_text="What the run that made it is called.",
    )
    run_url = RuleField(
        label="Run URL",
        required=False,
        clean_text=str.strip,
        refuse=rules.refuse_run_url,
        help_text="https://…",
    )
    made_from = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        help_text="Versions that you can use, one a line, as team/project/name:v3.",
    )

    def __init__(self, *args: Any, access: TeamAccess | RegistryAccess, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.access = access

    def clean_made_from(self) -> list[str]:
        """The paths, each once."""
        lines = (line.strip() for line in self.cleaned_data["made_from"].splitlines())
        return list(dict.fromkeys(filter(None, lines)))

    def register(
        self, verb: Callable[..., tuple[Version, bool]], new: Mapping[tuple, Version] | None = None
    ) -> tuple[Version, bool] | None:
        """What `verb` answers, which is called as models.register is from `project` on, or None: `errors` says why.

        `new` are versions that are to be registered with this one, by their places: it may be made from them.
        """
        self.is_valid()  # cleaned at the first call
        sources, paths = (), self.cleaned_data.get("made_from")
        if paths and self.submit(Version.objects.usable_by(self.access.membership).at, paths, new):
            sources = self.answer
        if not self.errors and self.submit(lambda: verb(**self._wanted(sources))):
            return self.answer
        return None

    def _wanted(self, sources):
        """The names and the VersionData; what is left out is as VersionData has it."""
        given = {field: self.cleaned_data[field] for field in VersionData._fields} | {"made_from": sources}
        data = VersionData(**{field: value for field, value in given.items() if value is not None})
        names = {"project": "project", "name": "name", "type_name": "type"}
        return {argument: self.cleaned_data.get(field) for argument, field in names.items()} | {"data": data}
