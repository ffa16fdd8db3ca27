"""Which models of an MLflow server an import brings, and which versions that it brought are gone there."""

from collections import defaultdict
from collections.abc import Iterator

from .. import rules
from ..models import Team, Version
from .mlflow_client import Model
from .mlflow_report import ImportReport
from .mlflow_version import OF_MLFLOW, digest_of


def with_own_names(models: list[Model], report: ImportReport) -> Iterator[Model]:
    """The models, the oldest first, without those whose name is here the same as that of an older one."""
    first: dict[str, Model] = {}
    for model in sorted(models, key=lambda model: (model.created, model.name)):
        report.count("models", "found")
        report.count("versions", "found", len(model.versions))
        name = rules.clean_name(model.name)
        older = first.setdefault(rules.name_key(name), model) if rules.may_be_stored(name) else model
        if older is model:
            yield model
            continue
        report.count("versions", "skipped", len(model.versions))
        reason = f"its name is here the same as that of {older.name!r}, which is older. Rename one of them there"
        report.skip("models", model.name, f"{reason}; its versions: {len(model.versions)}")


def note_gone(models: list[Model], team: Team, project: str, report: ImportReport) -> None:
    """Tell of the versions in the project that came from there and aren't there any more."""
    there = {digest_of(version) for model in models for version in model.versions}
    stored = Version.objects.filter(artifact__team=team, artifact__project=project)
    gone = defaultdict(list)
    rows = stored.filter(digest__startswith=OF_MLFLOW).order_by("artifact__name", "number")
    for name, number, digest in rows.values_list("artifact__name", "number", "digest"):
        if digest not in there:
            gone[name].append(f"v{number}")
    for name, labels in gone.items():
        listed = ", ".join(labels[:10]) + (", …" if len(labels) > 10 else "")
        report.note("models", name, f"{listed} came from there and are not there any more; they stay here")
