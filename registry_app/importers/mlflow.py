"""The import of an MLflow server into a team's project and a registry; a second import adds what is new."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from django.core.exceptions import ValidationError
from django.db import transaction

from .. import rules
from ..choices import Action, Target
from ..models import Collection, Registry, Team, Version, VersionData, register
from ..models.event import COMMAND_LINE, AuditTarget, canonical_json, record_refusals
from ..models.validation import format_errors
from .mlflow_client import Model, ModelVersion, Server

REASON = "import from MLflow"
TYPE = "model"
KINDS = ("models", "versions", "collections", "links", "aliases", "tags")
OUTCOMES = ("found", "new", "existing", "skipped")


class ImportReport:
    """How many objects were found, are new, existed or were skipped, and the reasons of those that were skipped."""

    def __init__(self) -> None:
        self.counts: dict[str, Counter] = {kind: Counter() for kind in KINDS}
        self.reasons: list[str] = []

    def count(self, kind: str, outcome: str, number: int = 1) -> None:
        """Add `number` objects of `kind`, one of KINDS, with `outcome`, one of OUTCOMES."""
        self.counts[kind][outcome] += number

    def skip(self, kind: str, name: str, reason: str) -> None:
        """Count the object `name` of `kind` as skipped. Its invisible characters are escaped: they could control a
        terminal.
        """
        self.count(kind, "skipped")
        escaped = "".join(char if rules.visible(char) else f"U+{ord(char):04X}" for char in name)
        self.reasons.append(f"{kind}: {escaped!r}: {reason}")

    def lines(self) -> Iterator[str]:
        """The table of counts, and a line for each skipped object."""
        yield f"{'':<12}" + "".join(f"{outcome:>10}" for outcome in OUTCOMES)
        for kind, counted in self.counts.items():
            yield f"{kind:<12}" + "".join(f"{counted[outcome]:>10,}" for outcome in OUTCOMES)
        yield from (f"skipped  {reason}" for reason in self.reasons)


def digest_of(version: ModelVersion) -> str:
    """The digest that identifies a ModelVersion here. It contains the time of creation, because MLflow can use a number
    again.
    """
    identity = canonical_json([version.model, version.number, version.created])
    return f"mlflow:{hashlib.sha256(identity.encode()).hexdigest()}"


def version_data(server: Server, version: ModelVersion) -> VersionData:
    """The VersionData of a ModelVersion; the server is asked for its run and its size."""
    run = server.run(version.run_id) if version.run_id else None
    size, file_count = server.measure(version)
    metadata = {"description": version.description, "tags": version.tags}
    if run:
        metadata |= {"params": run.params, "metrics": run.metrics}
    name = rules.clean_name(run.name) if run else version.run_id
    return VersionData(
        digest=digest_of(version),
        uri=version.source,
        size=size,
        file_count=file_count,
        metadata={key: value for key, value in metadata.items() if value},
        run=version.run_id if rules.refuse_label(name) else name,
        run_url=run.url if run else "",
    )


class MlflowImport:
    """Imports Models into the `project` of a team, and into a registry if there is one; `report` counts the results.

    `data` is {digest: VersionData} of the versions that the project doesn't have.
    """

    def __init__(self, team: Team, project: str, registry: Registry | None, data: Mapping[str, VersionData]) -> None:
        self.team, self.project, self.registry, self.data = team, project, registry, data
        self.report = ImportReport()
        self.refused: list[tuple[Action, str, ValidationError]] = []

    def add_all(self, models: Iterable[Model]) -> None:
        """Add these models, or nothing of them. What the rules refused is logged in either case, afterwards."""
        try:
            with transaction.atomic():
                for model in models:
                    self.add(model)
        finally:
            for action, name, error in self.refused:
                kind = Target(action.partition(".")[0])  # the first word of these actions is what they are about
                record_refusals(COMMAND_LINE, action, error, AuditTarget(kind, None, name, self.team.organization_id))

    def add(self, model: Model) -> None:
        """Import a Model: an artifact with its versions; a collection with links, aliases and tags."""
        self.report.count("models", "found")
        self.report.count("versions", "found", len(model.versions))
        here = {version.digest: version for version in self._stored(model)}
        kind = "existing" if here else "new"
        pairs = [(version, here.get(digest_of(version)) or self._register(version)) for version in model.versions]
        kept = [(version, stored) for version, stored in pairs if stored]
        self.report.count("versions", "existing", sum(digest_of(version) in here for version in model.versions))
        if kept:
            self.report.count("models", kind)
        else:
            self.report.skip("models", model.name, "no version of it is registered")
        if self.registry and (collection := self._collection(self.registry, model)):
            links = {version.number: self._link(collection, version, stored) for version, stored in kept}
            self._set_aliases(model, links)

    def _stored(self, model):
        versions = Version.objects.select_related("artifact__team")
        name = rules.clean_name(model.name)
        if not rules.may_be_stored(name):
            return versions.none()
        return versions.filter(artifact__team=self.team, artifact__project=self.project, artifact__name=name)

    def _register(self, version):
        """The Version, or None if it is skipped."""
        called = f"{version.model} {version.number}"
        if not version.is_ready:
            return self.report.skip("versions", called, "it is not ready there")
        names = (self.project, version.model, TYPE)
        answer = self._do(
            "versions",
            called,
            Action.VERSION_CREATE,
            lambda: register(self.team, COMMAND_LINE, *names, self.data[digest_of(version)], REASON),
        )
        if answer:
            self.report.count("versions", "new" if answer[1] else "existing")
        return answer and answer[0]

    def _collection(self, registry, model):
        """The registry's collection of the model's name, created if missing; None if it is skipped."""
        self.report.count("collections", "found")
        name = rules.clean_name(model.name)
        if stored := registry.collections.filter(name_key=rules.name_key(name)).first():
            self.report.count("collections", "existing")
            return stored
        new = Collection(registry=registry, name=name, type=TYPE, description=model.description)
        made = self._do(
            "collections",
            model.name,
            Action.COLLECTION_CREATE,
            lambda: _created(new),
        )
        if made:
            self.report.count("collections", "new")
        return made

    def _link(self, collection, version, stored):
        """The Link, with the tags of the version; None if it is skipped."""
        self.report.count("links", "found")
        called = f"{version.model} {version.number}"
        answer = self._do("links", called, Action.LINK, lambda: collection.link(COMMAND_LINE, stored, reason=REASON))
        if not answer:
            return None
        link, is_new = answer
        self.report.count("links", "new" if is_new else "existing")
        self._add_tags(version, link)
        return link

    def _add_tags(self, version, link):
        """Add the version's tags: a key and its value make one tag, and MLflow's own tags are left out."""
        existing, new = link.tag_names(), list[str]()
        for key, value in version.tags.items():
            name = rules.clean_name(f"{key} {value}")
            if key.startswith("mlflow."):
                continue
            self.report.count("tags", "found")
            if name in existing:
                self.report.count("tags", "existing")
            elif refusal := rules.refuse_tag(name) or rules.refuse_count([*existing, *new, name], "tags"):
                self.report.skip("tags", f"{version.model} {version.number}: {name}"[:200], refusal.reason)
            else:
                new.append(name)
        if new and self._do("tags", link, Action.LINK_TAG, lambda: [link.set_tags(COMMAND_LINE, existing + new)]):
            self.report.count("tags", "new", len(new))

    def _set_aliases(self, model, links):
        """Rules 24 to 26: set each alias on its version's link; staff import, so protected ones too."""
        for alias, number in model.aliases.items():
            self.report.count("aliases", "found")
            name, link = rules.clean_name(alias), links.get(number)
            refusal = rules.refuse_alias_name(name)
            if refusal or not link:
                reason = refusal.reason if refusal else "its version is not linked"
                self.report.skip("aliases", f"{model.name}: {alias}"[:200], reason)
            elif name in link.alias_names():
                self.report.count("aliases", "existing")
            elif self._do("aliases", alias, Action.ALIAS_SET, lambda link=link, name=name: _put(link, name)):
                self.report.count("aliases", "new")

    def _do(self, kind, called, action, verb):
        """The result of `verb`; None if a rule refuses: the refusal is counted as skipped, and logged later."""
        try:
            return verb()
        except ValidationError as error:
            self.refused.append((action, str(called), error))
            return self.report.skip(kind, str(called), format_errors(error).replace("\n", " "))


def _created(collection):
    collection.create(COMMAND_LINE, reason=REASON)
    return collection


def _put(link, name):
    link.change_aliases(COMMAND_LINE, [name], reason=REASON)
    return True
