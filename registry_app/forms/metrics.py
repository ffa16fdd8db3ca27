"""Forms about the versions of a collection as a table: its columns, its order, and which versions are compared."""

from collections.abc import Callable, Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, Q, QuerySet

from .. import rules
from ..choices import Direction, Side
from ..models import Collection, Link, Tag
from ..models.change import etag_of
from ..rules import Metric
from .base import ActionForm, CursorForm, FilterForm, Wanted
from .fields import EtagField
from .widgets import any_field, search_field

FEWEST, MOST = 2, 6  # versions that are compared
NAMES_READ = 50  # names of versions in an address
DIGEST_FROM = 6  # characters: fewer are in too many digests


class LinkFilter(CursorForm):
    """What the versions of a collection are narrowed to, and sorted by (a metric's path, with - from the highest).

    And which metric is drawn, and where in the list one is.
    """

    place = CursorForm.place | {"metric"}
    compared = {"q": str, "tag": rules.clean_name, "by": str}
    q = search_field("Version, run, author or digest", label="Find")
    tag = any_field("Tag", rules.LABEL_LENGTH)
    by = any_field("Published by", rules.USERNAME_LENGTH)
    metric = forms.CharField(required=False, strip=False, max_length=rules.PATH_LENGTH, widget=forms.HiddenInput)
    sort = forms.CharField(required=False, strip=False, max_length=rules.PATH_LENGTH + 1, widget=forms.HiddenInput)

    @staticmethod
    def narrow(links: QuerySet[Link], wanted: Wanted) -> QuerySet[Link]:
        """`links`, narrowed to what is `wanted`."""
        if "q" in wanted:
            text = wanted["q"]
            number = rules.number_called(f"v{text.lower().removeprefix('v')}")
            found = Q(version__run__icontains=text) | Q(linked_by__username__icontains=text)
            if len(text) >= DIGEST_FROM:
                found |= Q(version__digest__icontains=rules.clean_digest(text))
            links = links.filter(found if number is None else found | Q(number=number))
        if "tag" in wanted:
            links = links.filter(Exists(Tag.objects.filter(link=OuterRef("pk"), name=wanted["tag"])))
        return links.filter(linked_by__username__iexact=wanted["by"]) if "by" in wanted else links


class LineageFilter(CursorForm):
    """Which side of a version's lineage is listed, and where in it one is."""

    side = forms.ChoiceField(required=False, choices=Side)


class KeyMetricsForm(ActionForm):
    """The key metrics of a collection: for each of `metrics` its column, or none, and its direction."""

    etag = EtagField()

    def __init__(self, *args: Any, collection: Collection, metrics: Iterable[Metric], **kwargs: Any) -> None:
        initial: dict[str, Any] = {"etag": etag_of(collection)}
        for place, (path, direction) in enumerate(collection.key_metrics, 1):
            initial |= {f"place:{path}": str(place), f"better:{path}": direction}
        super().__init__(*args, registry=collection.registry, initial=initial, auto_id=False, **kwargs)
        self.metrics = list(metrics)
        places = [("", "None"), *((str(place), str(place)) for place in range(1, rules.KEY_METRICS + 1))]
        for metric in self.metrics:
            self._add(f"place:{metric.path}", f"Column of {metric.label}", places)
            self._add(f"better:{metric.path}", f"Direction of {metric.label}", [("", "Not said"), *Direction.choices])

    def _add(self, name, label, choices):
        named = {"id": f"id_choice_{len(self.fields)}"}  # by number: a path may hold what no id of an element does
        widget = forms.Select(attrs={"aria-label": label, "class": "input", **named})
        self.fields[name] = forms.ChoiceField(label=label, required=False, choices=choices, widget=widget)

    @property
    def rows(self) -> list[tuple[Metric, forms.BoundField, forms.BoundField]]:
        """(metric, the field of its column, that of its direction) of each metric."""
        return [(each, self[f"place:{each.path}"], self[f"better:{each.path}"]) for each in self.metrics]

    @property
    def keys(self) -> list[list[str]]:
        """The chosen key metrics of a valid form, in the order of their columns."""
        wanted = self.cleaned_data
        chosen = [metric.path for metric in self.metrics if wanted[f"place:{metric.path}"]]
        chosen.sort(key=lambda path: int(wanted[f"place:{path}"]))
        return [[path, wanted[f"better:{path}"]] for path in chosen]


class NamesOfVersions(forms.Field):
    """Names of versions, each a parameter of its own: v3, 3, or an alias. Empty ones don't count."""

    widget = forms.MultipleHiddenInput

    def clean(self, value: Any) -> list[str]:
        """Each once."""
        return list(dict.fromkeys(name for name in value or () if name))


class CompareForm(FilterForm):
    """Versions of a collection to compare, the base among them; `number_called` answers what number a name stands for.

    Refuses with `version_unknown`, `too_few` or `too_many`.
    """

    repeatable = frozenset({"v"})
    v = NamesOfVersions(required=False, label="Versions")
    base = forms.CharField(required=False)
    only = forms.BooleanField(required=False, label="Only differences")
    format = forms.ChoiceField(required=False, choices=[("csv", "CSV")])

    def __init__(self, *args: Any, number_called: Callable[[str], int | None], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.number_called = number_called

    def clean_v(self) -> list[int]:
        """The numbers of the versions, each once, in their order."""
        names = self.cleaned_data["v"]
        if len(names) > NAMES_READ:
            raise ValidationError(_too_many(len(names)), code="too_many")
        numbers = list(dict.fromkeys(map(self._number, names)))
        if len(numbers) > MOST:
            raise ValidationError(_too_many(len(numbers)), code="too_many")
        if len(numbers) < FEWEST:
            raise ValidationError("Choose a second version." if numbers else "Choose two versions.", code="too_few")
        return numbers

    def clean_base(self) -> int | None:
        """The number of the base, or None where none is named. It is one of the compared versions."""
        name = self.cleaned_data["base"]
        number = self._number(name) if name else None
        if number is not None and number not in self.cleaned_data.get("v", [number]):
            raise ValidationError(f"{name[:60]} is not among the compared versions.", code="version_unknown")
        return number

    def _number(self, name):
        number = self.number_called(f"v{name}" if name.isdecimal() else name)
        if number is None:
            raise ValidationError(f"No version here is called {name[:60]}.", code="version_unknown")
        return number


def _too_many(count):
    return f"Compare at most {MOST} versions; these are {count}."
