"""Registering versions: one, or many for a team at once."""

from collections.abc import Iterable
from typing import Any

from .. import rules
from ..choices import Action
from .artifact import Artifact, Version
from .change import changing
from .event import Actor, record, reference, references
from .team import Team
from .validation import raise_refusal
from .version_data import VersionData


def clean_names(project: str, name: str, type_name: str) -> tuple[str, str, str]:
    """The three as they are kept. Refuses with `name_invalid` or `type_invalid`, on the field that holds it."""
    project, name, type_name = map(rules.clean_name, (project, name, type_name))
    raise_refusal(rules.refuse_label(project, "Projects"), "project")
    raise_refusal(rules.refuse_label(name, "Artifacts"), "name")
    raise_refusal(rules.refuse_type_name(type_name), "type")
    return project, name, type_name


def register(
    team: Team, by: Actor, project: str, name: str, type_name: str, data: VersionData, reason: str = ""
) -> tuple[Version, bool]:
    """Register a version with these data of the team's artifact `name` in `project`, which is made where it is new.

    Answers (the version, whether it is new): the same digest once more answers the version that has it. Raises
    ValidationError with `role_too_low`, `name_invalid`, `type_invalid`, `type_stays`, or what `check` refuses.
    """
    with changing(team, by, Action.VERSION_CREATE, reason=reason) as change:
        batch = Batch(change.row, by, [name])
        answer = batch.add(project, name, type_name, data)
        batch.save(reason)
    return answer


class Batch:
    """Versions to register for a team: each is judged as if those before it were registered, then all are written.

    Judging only reads; `save` stands inside a Change of the team. `names` are those of the artifacts that versions
    will be added to.
    """

    def __init__(self, team: Team, by: Actor, names: Iterable[str]) -> None:
        self.team, self.by = team, by
        self.new: dict[tuple, Version] = {}  # by their places, in order
        self.sources: dict[tuple, tuple] = {}  # what those were made from
        self.digests: dict[tuple, Version] = {}  # the new ones by project, name and digest
        found = Artifact.objects.filter(team=team, name__in=set(map(rules.clean_name, names)))
        self.artifacts = {(artifact.project, artifact.name): artifact for artifact in found}  # as they will be

    def add(self, project: str, name: str, type_name: str, data: VersionData) -> tuple[Version, bool]:
        """(the version, whether it is new), which is unsaved if it is. Raises ValidationError as `register` says."""
        project, name, type_name = clean_names(project, name, type_name)
        data = data._replace(digest=rules.clean_digest(data.digest))
        data.check()
        artifact = self._artifact(project, name, type_name)
        raise_refusal(rules.refuse_artifact_type(artifact.type, type_name), "type")
        if stored := self._stored(artifact, data.digest):
            return stored, False
        columns = {**data._asdict(), "numbers": rules.numbers_of(data.metadata)}
        sources = columns.pop("made_from")
        version = Version(artifact=artifact, number=artifact.next_number, created_by=self.by.user, **columns)
        artifact.next_number += 1
        self.new[version.place] = self.digests[project, name, data.digest] = version
        self.sources[version.place] = sources
        return version, True

    def save(self, reason: str = "") -> None:
        """Write and log what is new."""
        for version in self.new.values():  # one by one: the database gives each number when the one before is stored
            if version.artifact.pk is None:
                next_number, version.artifact.next_number = version.artifact.next_number, version.number
                version.artifact.save()
                version.artifact.next_number = next_number
            version.artifact_id = version.artifact.pk
            version.save(force_insert=True)
        through = Version.made_from.through
        pairs = [(version, source) for place, version in self.new.items() for source in self.sources[place]]
        through.objects.bulk_create(through(from_version=version, to_version=source) for version, source in pairs)
        for place, version in self.new.items():
            changes: dict[str, list] = {
                "type": [None, version.artifact.type],
                "digest": [None, version.digest],
                "uri": [None, version.uri],
            }
            sources = self.sources[place]
            related: dict[str, Any] = {"team": reference(self.team)}
            related |= {"made_from": references(sources)} if sources else {}
            record(self.by, Action.VERSION_CREATE, version, changes, related, reason=reason)

    def _artifact(self, project, name, type_name):
        """The artifact as it is after what was added before, or a new one, unsaved."""
        new = Artifact(
            organization=self.team.organization, project=project, name=name, type=type_name, created_by=self.by.user
        )
        artifact = self.artifacts.setdefault((project, name), new)
        artifact.team = self.team
        return artifact

    def _stored(self, artifact, digest):
        """The version of it that has the digest, or None."""
        if new := self.digests.get((artifact.project, artifact.name, digest)):
            return new
        return artifact.versions.filter(digest=digest).first() if artifact.pk else None
