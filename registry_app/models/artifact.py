"""Artifacts: what teams own, wherever it is kept, and the versions of them that registries publish."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils import timezone

from .. import rules
from ..choices import Action, Role, Target
from ..database.beginnings import Beginning
from .change import changing, locked
from .event import Actor, AuditTarget, record, reference, references
from .folded_name import FoldedNameField
from .organization import OrganizationMembership
from .team import Team
from .user import User
from .validation import raise_refusal
from .version_data import VersionData

if TYPE_CHECKING:
    from .link import LinkQuerySet


def _teams_of(membership):
    """The ids of the teams of the membership's person."""
    return Team.objects.filter(memberships__user=membership.user_id).order_by().values("pk")


class ArtifactQuerySet(models.QuerySet["Artifact"]):
    """Artifacts as pages ask for them."""

    def visible_to(self, membership: OrganizationMembership) -> Self:
        """Those that the membership's person may see: of their teams, for an organization admin of all its teams."""
        here = self.filter(team__organization=membership.organization_id)
        return here if membership.is_admin else here.filter(team__in=_teams_of(membership))


class Artifact(models.Model):
    """A named thing of one type that a team owns in a project. It is kept elsewhere; its versions say where."""

    team = models.ForeignKey(Team, models.PROTECT, related_name="artifacts")
    project = models.CharField(max_length=rules.LABEL_LENGTH)
    name = models.CharField(max_length=rules.LABEL_LENGTH)
    name_folded = FoldedNameField()
    type = models.CharField(max_length=rules.TYPE_LENGTH)
    next_number = models.PositiveIntegerField(default=0, editable=False)
    created_by = models.ForeignKey(User, models.PROTECT, null=True, editable=False, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = ArtifactQuerySet.as_manager()

    class Meta:
        ordering = ["team", "project", "name"]
        constraints = [models.UniqueConstraint(fields=["team", "project", "name"], name="artifact_name_is_unique")]
        indexes = [models.Index(fields=["type", "name"], name="artifact_by_type")]

    def __str__(self) -> str:
        return f"{self.team.name}/{self.project}/{self.name}"

    def get_absolute_url(self) -> str:
        return reverse("artifacts:detail", args=[self.team.organization.slug, self.team.name, self.project, self.name])


def _of_teams(membership):
    """The condition that a version is one of the teams of the membership's person."""
    return Q(artifact__team__in=_teams_of(membership))


def _linked_in(registries):
    """The condition that a version is linked in one of `registries`."""
    places = registries.order_by().values("pk")
    return Exists(Version.objects.filter(pk=OuterRef("pk"), links__collection__registry__in=places))


class VersionQuerySet(models.QuerySet["Version"]):
    """Versions as pages ask for them."""

    def known_to(self, membership: OrganizationMembership) -> Self:
        """Those that the membership's person may know of: of their teams, or linked in a registry that they see."""
        here = self.filter(artifact__team__organization=membership.organization_id)
        if membership.is_admin:
            return here
        return here.filter(_of_teams(membership) | _linked_in(membership.registries()))

    def usable_by(self, membership: OrganizationMembership) -> Self:
        """Those that the membership's person may link: of their teams, or linked where they are viewer or more."""
        here = self.filter(artifact__team__organization=membership.organization_id)
        if membership.is_admin:
            return here
        return here.filter(
            _of_teams(membership) | _linked_in(membership.organization.registries.at_least(Role.VIEWER, membership))
        )

    def at(self, paths: Sequence[str], new: Mapping[tuple, "Version"] | None = None) -> tuple["Version", ...]:
        """Those at these paths (team/project/name:v3), as a tuple in their order; `new` has more, by their places.

        Refuses, on `made_from`, with `too_many`, or with `source_hidden` where one of them is not among these.
        """
        raise_refusal(rules.refuse_inputs(paths, ()), "made_from")
        places = {path: rules.parse_path(path) for path in paths}
        asked, wanted = dict.fromkeys(filter(None, places.values())), Q(pk__in=[])
        for team, project, name, number in asked:
            of_artifact = Q(artifact__team__name_key=team, artifact__project=project, artifact__name=name)
            wanted |= of_artifact & Q(number=number)
        here = self.filter(wanted).select_related("artifact__team")
        found: dict[tuple, Version] = {version.place: version for version in here}
        found |= {place: new[place] for place in asked if new and place in new}
        raise_refusal(rules.refuse_inputs(paths, [path for path in paths if places[path] not in found]), "made_from")
        return tuple(found[place] for place in asked)


class Version(models.Model):
    """One immutable state of an artifact (rule 28): what it is by its digest, and where it is kept."""

    artifact = models.ForeignKey(Artifact, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField(editable=False)
    digest = models.CharField(max_length=rules.DIGEST_LENGTH)
    uri = models.CharField("address", max_length=rules.URI_LENGTH)
    size = models.BigIntegerField(help_text="In bytes.")
    file_count = models.BigIntegerField("number of files", default=1)
    metadata = models.JSONField(default=dict, blank=True)
    numbers = models.JSONField(default=dict, editable=False)  # of the metadata: what can be a metric, by path
    run = models.CharField(max_length=rules.LABEL_LENGTH, blank=True)
    run_url = models.CharField("page of the run", max_length=rules.URI_LENGTH, blank=True)
    made_from = models.ManyToManyField("self", symmetrical=False, related_name="made_into", blank=True)
    created_by = models.ForeignKey(User, models.PROTECT, null=True, editable=False, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = VersionQuerySet.as_manager()

    class Meta:
        ordering = ["artifact", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["artifact", "number"], name="version_number_is_unique"),
            models.UniqueConstraint(fields=["artifact", "digest"], name="version_digest_is_unique"),
        ]
        indexes = [  # by which a search finds what it names
            models.Index(fields=["digest"], name="version_by_digest"),
            models.Index(fields=["run"], name="version_by_run"),
            models.Index(Beginning("uri"), name="version_by_uri"),
        ]

    def __str__(self) -> str:
        return f"{self.artifact}:{self.label}"

    def get_absolute_url(self) -> str:
        artifact, team = self.artifact, self.artifact.team
        names = [team.organization.slug, team.name, artifact.project, artifact.name]
        return reverse("versions:detail", args=[*names, self.number])

    @property
    def audit_target(self) -> AuditTarget:
        """How the log speaks of it."""
        return AuditTarget(Target.VERSION, self.pk, str(self), self.artifact.team.organization_id)

    @property
    def called(self) -> str:
        """The artifact's name and the label, without the team and the project."""
        return f"{self.artifact.name}:{self.label}"

    @property
    def place(self) -> tuple[str, str, str, int]:
        """Where it is, as `rules.parse_path` reads its path."""
        artifact = self.artifact
        return artifact.team.name_key, artifact.project, artifact.name, self.number

    @property
    def label(self) -> str:
        """Its number as people say it: v0, v1, …"""
        return f"v{self.number}"

    def places(self, membership: OrganizationMembership | None) -> "LinkQuerySet":
        """Its links in registries that the membership's person sees; all for None, site staff."""
        links = self.links.select_related("collection__registry").order_by("collection__registry__name_key", "pk")
        if membership is None:
            return links
        return links.filter(collection__registry__in=membership.registries().order_by().values("pk"))

    def refuse_deletion(self, membership: OrganizationMembership | None) -> rules.Refusal | None:
        """Rule 27: why it may not be deleted, in words for the membership's person, or for staff as of `places`."""
        names = [str(link) for link in self.places(membership)]
        return rules.refuse_version_deletion(names, self.links.count() - len(names))

    def delete_by(self, by: Actor, reason: str = "") -> None:
        """Delete it, and log it; the last of an artifact takes that along. Rule 27: refuses with `version_linked`.

        Also with `role_too_low`, as `register` does. Gone where it was deleted meanwhile.
        """
        with changing(self, by, Action.VERSION_DELETE, reason=reason) as change:
            version, artifact = change.row, change.row.artifact
            here = artifact.team.organization.memberships.select_related("organization", "user")
            raise_refusal(version.refuse_deletion(here.filter(user=by.user).first()))
            change.record(Action.VERSION_DELETE, version, {"digest": [self.digest, None], "uri": [self.uri, None]})
            Version.objects.filter(pk=version.pk).delete()
            if not artifact.versions.exists():
                artifact.delete()

    def lock_for_change(self, by: Actor, action: Action) -> tuple["Version", str | None]:
        """Lock its team's organization until commit. Answers (the row anew, the team role of `by`)."""
        team, role = self.artifact.team.lock_for_change(by, action)
        version = locked(Version.objects.select_related("artifact"), self.pk)
        version.artifact.team = team
        return version, role


def clean_names(project: str, name: str, type_name: str) -> tuple[str, str, str]:
    """The three as they are kept. Refuses with `name_invalid` or `type_invalid`, on the field that holds it."""
    project, name, type_name = map(rules.clean_name, (project, name, type_name))
    raise_refusal(rules.refuse_label(project, "Projects"), "project")
    raise_refusal(rules.refuse_label(name, "Artifacts"), "name")
    raise_refusal(rules.refuse_type_name(type_name), "type")
    return project, name, type_name


def register(
    team: Team, by: Actor, project: str, name: str, type_name: str, facts: VersionData, reason: str = ""
) -> tuple[Version, bool]:
    """Register a version with these data of the team's artifact `name` in `project`, which is made where it is new.

    Answers (the version, whether it is new): the same digest once more answers the version that has it. Raises
    ValidationError with `role_too_low`, `name_invalid`, `type_invalid`, `type_stays`, or what `check` refuses.
    """
    with changing(team, by, Action.VERSION_CREATE, reason=reason) as change:
        batch = Batch(change.row, by, [name])
        answer = batch.add(project, name, type_name, facts)
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

    def add(self, project: str, name: str, type_name: str, facts: VersionData) -> tuple[Version, bool]:
        """(the version, whether it is new), which is unsaved if it is. Raises ValidationError as `register` says."""
        project, name, type_name = clean_names(project, name, type_name)
        facts = facts._replace(digest=rules.clean_digest(facts.digest))
        facts.check()
        artifact = self._artifact(project, name, type_name)
        raise_refusal(rules.refuse_artifact_type(artifact.type, type_name), "type")
        if stored := self._stored(artifact, facts.digest):
            return stored, False
        columns = {**facts._asdict(), "numbers": rules.numbers_of(facts.metadata)}
        sources = columns.pop("made_from")
        version = Version(artifact=artifact, number=artifact.next_number, created_by=self.by.user, **columns)
        artifact.next_number += 1
        self.new[version.place] = self.digests[project, name, facts.digest] = version
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
        new = Artifact(project=project, name=name, type=type_name, created_by=self.by.user)
        artifact = self.artifacts.setdefault((project, name), new)
        artifact.team = self.team
        return artifact

    def _stored(self, artifact, digest):
        """The version of it that has the digest, or None."""
        if new := self.digests.get((artifact.project, artifact.name, digest)):
            return new
        return artifact.versions.filter(digest=digest).first() if artifact.pk else None
