"""Which tags and aliases of an MLflow server can stand here; the others are told."""

from collections.abc import Container, Iterator, Mapping

from .. import rules
from ..models import Link
from .mlflow_client import Model, ModelVersion
from .mlflow_report import ImportReport

NAME_SHOWN = 200  # characters
REMOVED = "its version was unlinked or deleted here, and stays so"


def tags_of(version: ModelVersion, others: list[str], report: ImportReport) -> list[str]:
    """The tags of a version, beside the `others` that its link has: a key and its value make one, and so does its
    stage. MLflow's own tags are left out.
    """
    pairs = [*version.tags.items(), *([("stage", version.stage)] if version.stage else [])]
    names: list[str] = []
    for key, value in pairs:
        name = rules.clean_name(f"{key} {value}")
        if key.startswith("mlflow."):
            continue
        report.count("tags", "found")
        together = {*others, *names, name}
        if refusal := rules.refuse_tag(name) or rules.refuse_count(together, "tags"):
            report.skip("tags", f"{version.model} {version.number}: {name}"[:NAME_SHOWN], refusal.reason)
        elif name not in names:
            names.append(name)
    return names


def aliases_of(
    model: Model, links: Mapping[int, Link | None], removed: Container[int], report: ImportReport
) -> Iterator[tuple[str, Link]]:
    """(name, the Link that it names) of each alias of the model that can be set here.

    `links` are those of its versions by their numbers, and `removed` the numbers of those that people removed here.
    """
    first: dict[str, str] = {}
    exact_first = sorted(model.aliases.items(), key=lambda each: (each[0] != rules.clean_name(each[0]), each))
    for alias, number in exact_first:
        report.count("aliases", "found")
        name, link = rules.clean_name(alias), links.get(number)
        older = first.setdefault(name, alias)
        refusal, reason = rules.refuse_alias_name(name), ""
        if refusal or not link:
            reason = refusal.reason if refusal else "its version is not linked"
        elif older != alias:
            reason = f"its name is here the same as that of {older!r}"
        if number in removed:
            report.note("aliases", f"{model.name}: {alias}"[:NAME_SHOWN], REMOVED)
        elif reason:
            report.skip("aliases", f"{model.name}: {alias}"[:NAME_SHOWN], reason)
        elif link:
            yield name, link
