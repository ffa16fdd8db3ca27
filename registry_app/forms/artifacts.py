"""Forms about artifacts and their versions."""

from functools import partial

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q

from .. import rules
from ..models import Facts, Version, register
from .base import ConfirmationField, CursorForm, LawField, ReasonField, RuleForm

SORTS = {
    "name": "Name",
    "-name": "Name, from the end",
    "-updated": "Newest version first",
    "updated": "Oldest version first",
}


class ArtifactFilter(CursorForm):
    """What the list of a team's artifacts is narrowed to, and sorted by; `types` are those that they have."""

    q = forms.CharField(label="Search", required=False, max_length=200)
    type = forms.ChoiceField(label="Type", required=False)
    sort = forms.ChoiceField(required=False, choices=list(SORTS.items()), widget=forms.HiddenInput)

    def __init__(self, *args, types, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["type"].choices = [("", "Any type"), *((name, name) for name in types)]  # type: ignore[attr-defined]

    def apply(self, artifacts):
        """`artifacts`, narrowed to what the valid filters ask for."""
        wanted = self.cleaned_data
        if words := wanted["q"]:
            artifacts = artifacts.filter(Q(name__icontains=words) | Q(project__icontains=words))
        return artifacts.filter(type=wanted["type"]) if wanted["type"] else artifacts


class AmountField(forms.IntegerField):
    """A size in bytes, or a number of files. Refuses with `number_invalid`."""

    def __init__(self, **kwargs):
        errors = {"invalid": rules.NUMBER_INVALID.reason}
        super().__init__(required=False, error_messages=errors, widget=forms.TextInput, **kwargs)

    def validate(self, value):
        """Refuse what no database keeps."""
        refusal = None if value is None else rules.refuse_amount(value)
        if refusal:
            raise ValidationError(refusal.reason, code=refusal.code)


class MetadataField(forms.CharField):
    """An object in JSON, as a dict. Refuses with `metadata_invalid`."""

    widget = forms.Textarea(attrs={"rows": 4, "spellcheck": "false"})

    def clean(self, value):
        """The dict; {} of no text."""
        metadata, refusal = rules.parse_metadata(super().clean(value))
        if refusal:
            raise ValidationError(refusal.reason, code=refusal.code)
        return metadata


class DeleteVersionForm(RuleForm):
    """The second step of deleting the version `version`: what it is called typed, as churn:v3."""

    confirmation = ConfirmationField()
    reason = ReasonField()

    def __init__(self, *args, version, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["confirmation"].expected = version.called  # type: ignore[attr-defined]


class VersionForm(RuleForm):
    """A version to register for the team of the TeamDoor `door`: typed in, or a row of a list."""

    project = LawField(
        clean_text=rules.clean_name, refuse=partial(rules.refuse_label, what="Projects"), help_text="Where it was made."
    )
    name = LawField(
        clean_text=rules.clean_name,
        refuse=partial(rules.refuse_label, what="Artifacts"),
        help_text="A name that is there already gets a new version; a new one, a new artifact.",
    )
    type = LawField(
        clean_text=rules.clean_name,
        refuse=rules.refuse_type_name,
        help_text="Such as model or dataset. The artifact keeps it for good.",
    )
    uri = LawField(
        label="Address",
        clean_text=str.strip,
        refuse=rules.refuse_uri,
        help_text="Where it is kept, as s3://bucket/path, hf://… or file://…",
    )
    digest = LawField(
        clean_text=str.strip,
        refuse=rules.refuse_digest,
        help_text="What it is: sha256: and 64 hexadecimal digits, or another kind, a colon and its value.",
    )
    size = AmountField(label="Size in bytes")
    file_count = AmountField(label="Number of files")
    metadata = MetadataField(required=False, help_text='A JSON object: {"name": value, …}.')
    run = LawField(
        required=False,
        clean_text=rules.clean_name,
        refuse=lambda text: rules.refuse_label(text, "Runs") if text else None,
        help_text="What the run that made it is called.",
    )
    run_url = LawField(
        label="Page of the run",
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

    def __init__(self, *args, door, **kwargs):
        super().__init__(*args, **kwargs)
        self.door = door

    def clean_made_from(self):
        """The Versions, as a tuple. Refuses with `source_hidden` or `too_many`."""
        lines = (line.strip() for line in self.cleaned_data["made_from"].splitlines())
        paths = list(dict.fromkeys(filter(None, lines)))
        try:
            return Version.objects.usable_by(self.door.membership).at(paths) if paths else ()
        except ValidationError as error:
            raise error.error_dict["made_from"][0] from error

    def facts(self):
        """What the valid form says of the version; what is left out is as Facts has it."""
        given = {field: self.cleaned_data[field] for field in Facts._fields}
        return Facts(**{field: value for field, value in given.items() if value is not None})

    def register(self, by, reason="", verb=register):
        """(the version, whether it is new), or None where something refuses: `errors` says what.

        `verb` is models.enter where many are registered at once.
        """
        answer: list = []
        if self.is_valid():
            names = {"project": "project", "name": "name", "type_name": "type"}
            wanted = {argument: self.cleaned_data[field] for argument, field in names.items()}
            facts = self.facts()
            self.carry_out(lambda: answer.extend(verb(self.door.team, by, facts=facts, reason=reason, **wanted)))
        return tuple(answer) or None
