"""The import of an MLflow server into a team's project and a registry; a second import brings what changed there."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property, partial
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from .. import rules
from ..choices import Action, Target
from ..database.availability import let_others_write
from ..models import Collection, Link, Registry, Team, Version, register
from ..models.change import Gone
from ..models.event import COMMAND_LINE, AuditTarget, record_refusals
from ..models.validation import format_errors
from .mlflow_client import Model, ModelVersion
from .mlflow_history import REASON, History, deleted_versions, unlinked
from .mlflow_labels import NAME_SHOWN, aliases_of, tags_of
from .mlflow_models import note_gone, with_own_names
from .mlflow_report import ImportReport
from .mlflow_version import Described, digest_of

TYPE = "model"
TURN = 10  # transactions until others get their turn
REMOVED = "it was removed here, and stays so until it changes there"
UNLINKED = "it was unlinked here, and stays so; link it by hand to have it again"
DELETED = "it was deleted here, and stays so"
COLLECTION_DELETED = f"{DELETED}; create it by hand, and the next import fills it"
ELSEWHERE = Described(None, ["another artifact of the project has its digest"])

Kept = list[tuple[ModelVersion, Version]]


class MlflowImport:
    """Imports Models into the `project` of a team, and into a registry if there is one; `report` tells the results.

    `described` is {digest: Described} of the versions to register. Each step is a short transaction
    of its own, and is taken only where something is to be written: an import that breaks off is completed by the next.
    """

    def __init__(self, team: Team, project: str, registry: Registry | None) -> None:
        self.team, self.project = team, project
        self.described: Mapping[str, Described] = {}
        self.history = History(registry) if registry else None
        self.report, self.steps = ImportReport(), 0
        self.removed: dict[str, set[int]] = defaultdict(set)  # {model: numbers of versions that people removed}

    @cached_property
    def deleted(self) -> set[str]:
        """The digests of the versions that people deleted here."""
        return deleted_versions(self.team, self.project)

    def add_all(self, models: Iterable[Model]) -> None:
        """Import these models, which are all that the server has."""
        models = list(models)
        for model in with_own_names(models, self.report):
            self.add(model)
        note_gone(models, self.team, self.project, self.report)

    def add(self, model: Model) -> None:
        """Import a Model: an artifact with its versions; a collection with links, aliases and tags."""
        here = {version.digest: version for version in self._stored(model)}
        left = [version for version in model.versions if digest_of(version) in here or not self._is_deleted(version)]
        pairs = [(version, here.get(digest_of(version)) or self._register(version)) for version in left]
        kept = [(version, stored) for version, stored in pairs if stored]
        self.report.count("versions", "existing", sum(digest_of(version) in here for version in model.versions))
        if not pairs:
            self.report.count("models", "skipped")
            self.report.note("models", model.name, "it has no version to bring")
        elif not kept:
            self.report.skip("models", model.name, "no version of it is registered")
        elif here:
            self.report.count("models", "existing")
        else:
            self.report.did("models", model.name)
        if self.history and pairs:
            self._publish(self.history, model, kept)

    def _stored(self, model):
        versions = Version.objects.select_related("artifact__team")
        name = rules.clean_name(model.name)
        if not rules.may_be_stored(name):
            return versions.none()
        return versions.filter(artifact__team=self.team, artifact__project=self.project, artifact__name=name)

    def _is_deleted(self, version):
        """Whether people deleted the version here, which is told then."""
        if digest_of(version) not in self.deleted:
            return False
        self.removed[version.model].add(version.number)
        self.report.note("versions", f"{version.model} {version.number}", DELETED)
        return True

    def _register(self, version):
        """The Version, or None if it is skipped."""
        called = f"{version.model} {version.number}"
        if not version.is_ready:
            return self.report.skip("versions", called, "it is not ready there")
        described = self.described.get(digest_of(version), ELSEWHERE)
        if described.data is None:
            return self.report.skip("versions", called, *described.left_out)
        names = (self.project, version.model, TYPE)
        verb = lambda: register(self.team, COMMAND_LINE, *names, described.data, REASON)  # noqa: E731
        answer = self._do("versions", called, Action.VERSION_CREATE, verb)
        if not answer:
            return None
        for reason in described.left_out:
            self.report.leave_out("versions", called, reason)
        for reason in described.notes:
            self.report.note("versions", called, reason)
        self.report.did("versions", called)
        return answer[0]

    def _publish(self, history: History, model: Model, kept: Kept) -> None:
        """Link the versions in the registry's collection of the model, with their tags and aliases."""
        self.report.count("collections", "found")
        if not kept:
            self.report.skip("collections", model.name, "no version of it is registered")
            return
        artifact = kept[0][1].artifact_id
        here: dict[int, Link | None] = {}
        if collection := self._existing(history, model, artifact):
            self.report.count("collections", "existing")
            of_artifact = collection.links.filter(version__artifact=artifact).prefetch_related("tags")
            here.update({link.version_id: link for link in of_artifact})
            if any(stored.pk not in here for _, stored in kept):
                here = dict.fromkeys(unlinked(collection)) | here
        elif not (collection := self._new(history, model, kept[0][1])):
            return
        links = {version.number: self._link(collection, version, stored, here) for version, stored in kept}
        self._follow_aliases(model, collection, links, artifact)

    def _existing(self, history: History, model: Model, artifact: int) -> Collection | None:
        """The collection of the model's name, or the one that people renamed since an import made it."""
        key = rules.name_key(rules.clean_name(model.name))
        return history.registry.collections.filter(name_key=key).first() or history.renamed(key, artifact)

    def _new(self, history: History, model: Model, first: Version) -> Collection | None:
        """A new collection of the model, with its first version; None where a rule refuses it, or people deleted it."""
        name = rules.clean_name(model.name)
        if history.is_deleted(rules.name_key(name)):
            self.report.note("collections", model.name, COLLECTION_DELETED)
            return None
        new = Collection(registry=history.registry, name=name, type=TYPE, description=self._card_of(model))
        collection = self._do("collections", model.name, Action.COLLECTION_CREATE, lambda: _created(new, first))
        if collection:
            self.report.did("collections", model.name)
        return collection or None

    def _card_of(self, model: Model) -> str:
        """The description of a model, "" where it can't be kept."""
        if refusal := rules.refuse_description(model.description):
            self.report.leave_out("collections", f"{model.name}: description", refusal.reason)
            return ""
        return model.description

    def _link(self, collection, version, stored, here):
        """The Link, with the tags of the version; None if it is skipped.

        `here` are the links by their versions; None is one that people removed.
        """
        self.report.count("links", "found")
        called = f"{version.model} {version.number}"
        link = here.get(stored.pk)
        if link:
            self.report.count("links", "existing")
        elif stored.pk in here:
            self.removed[version.model].add(version.number)
            return self.report.note("links", called, UNLINKED)
        else:
            verb = lambda: collection.link(COMMAND_LINE, stored, reason=REASON)  # noqa: E731
            if not (answer := self._do("links", called, Action.LINK, verb)):
                return None
            link = answer[0]
            self.report.did("links", called)
        self._follow_tags(version, link)
        return link

    def _follow_tags(self, version: ModelVersion, link: Link) -> None:
        """Let the tags that imports put on the link be those of the version; what people put and removed stays so."""
        here = {tag.name: tag.imported for tag in link.tags.all()}
        there = tags_of(version, [name for name, imported in here.items() if not imported], self.report)
        wanted = link.not_removed(there)
        new = [name for name in wanted if name not in here]
        gone = [name for name, imported in here.items() if imported and name not in there]
        self.report.count("tags", "existing", len(wanted) - len(new))
        for name in there:
            if name not in wanted:
                self.report.note("tags", f"{link}: {name}", REMOVED)
        is_changed = new or gone or not set(link.brought_tags) <= set(there)
        if is_changed and self._do("tags", link, Action.LINK_TAG, partial(_follow, link, there)):
            for outcome, names in (("new", new), ("removed", gone)):
                for name in names:
                    self.report.did("tags", f"{link}: {name}", outcome)

    def _follow_aliases(
        self, model: Model, collection: Collection, links: Mapping[int, Link | None], artifact: int
    ) -> None:
        """Rules 24 to 26: set and remove what imports of the artifact set, as the model has it; what people did stays.

        Staff import, so protected ones too.
        """
        here = {alias.name: alias for alias in collection.aliases.select_related("link__version")}
        for alias in here.values():
            alias.link.collection = collection
        brought: dict[int, set[str]] = defaultdict(set)
        for name, link in aliases_of(model, links, self.removed[model.name], self.report):
            if self._set_alias(model, name, link, here.get(name), artifact):
                brought[link.pk].add(name)
        for each in filter(None, links.values()):
            if brought[each.pk] != set(each.brought_aliases):
                each.brought_aliases_are(brought[each.pk])
        there = {rules.clean_name(alias) for alias in model.aliases}
        for name, held in here.items():
            if not held.follows(artifact) or name in there:
                continue
            if self._do("aliases", name, Action.ALIAS_REMOVE, partial(_follow_alias, held.link, name, is_there=False)):
                self.report.did("aliases", f"{model.name}: {name}", "removed")

    def _set_alias(self, model, name, link, held, artifact):
        """Set the alias on the link, where it may be; `held` is that of the name here. Answers whether an import put it
        there, now or before.
        """
        called, was_brought = f"{model.name}: {name}"[:NAME_SHOWN], name in link.brought_aliases
        if held and held.link_id == link.pk:
            self.report.count("aliases", "existing")
            return was_brought or held.imported
        if held and not held.follows(artifact):
            self.report.note("aliases", called, f"it was set here on {held.link.label}, and stays there")
        elif was_brought and not held:
            self.report.note("aliases", called, REMOVED)
        elif self._do("aliases", name, Action.ALIAS_SET, partial(_follow_alias, link, name, is_there=True)):
            self.report.did("aliases", called)
            return True
        return was_brought

    def _do(self, kind: str, called: object, action: Action, verb: Callable[[], Any]) -> Any:
        """What `verb` answers; None if a rule refuses: the refusal is reported as skipped, and logged.

        None too where people deleted here what it was about; False where what people set here since then stays.
        """
        self.steps += 1
        if self.steps % TURN == 0:
            let_others_write()
        try:
            answer = verb()
        except Gone:
            return self.report.skip(kind, str(called), "it was deleted here meanwhile")
        except ValidationError as error:
            target = Target(action.partition(".")[0])  # the first word of these actions is what they are about
            record_refusals(
                COMMAND_LINE, action, error, AuditTarget(target, None, str(called), self.team.organization_id)
            )
            return self.report.skip(kind, str(called), format_errors(error).replace("\n", " "))
        if answer is False:
            self.report.note(kind, str(called), "it was set here meanwhile, and stays there")
        return answer


def _created(collection: Collection, version: Version) -> Collection:
    """The new Collection, stored together with its first link: none stays empty."""
    with transaction.atomic():
        collection.create(COMMAND_LINE, reason=REASON)
        collection.link(COMMAND_LINE, version, reason=REASON)
    return collection


def _follow_alias(link: Link, name: str, *, is_there: bool) -> bool:
    return link.follow_alias(COMMAND_LINE, name, is_there=is_there, reason=REASON)


def _follow(link: Link, tags: list[str]) -> bool:
    link.follow_tags(COMMAND_LINE, tags, reason=REASON)
    return True
