"""Artifacts: what teams own, wherever it is kept, and the versions of them that registries publish."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils import timezone

from .. import rules
from ..choices import Action, Role, Target
from ..database.beginnings import Beginning
from ..database.compiled import Compiled
from .change import changing, current_row
from .event import Actor, AuditTarget
from .folded_name import FoldedNameField
from .organization import Organization
from .organization_membership import OrganizationMembership
from .team import Team
from .user import User
from .validation import raise_refusal

if TYPE_CHECKING:
    from .link import LinkQuerySet


def _teams_of(membership):
    """The ids of the teams of the membership's person."""
    return Team.objects.filter(memberships__user=membership.user_id).order_by().values("pk")


class ArtifactQuerySet(models.QuerySet["Artifact"]):
    """Artifacts as pages ask for them."""

    def visible_to(self, membership: OrganizationMembership) -> Self:
        """Those that the membership's person may see: of their teams, for an organization admin of all its teams."""
        here = self.filter(organization=membership.organization_id)
        return here if membership.is_admin else here.filter(team__in=_teams_of(membership))


class Artifact(models.Model):
    """A named thing of one type that a team owns in a project. It is kept elsewhere; its versions say where.

    Its organization is that of its team: the list of all teams' artifacts is read from an index that begins with it.
    """

    organization = models.ForeignKey(Organization, models.PROTECT, editable=False, related_name="+")
    team = models.ForeignKey(Team, models.PROTECT, related_name="artifacts")
    project = models.CharField(max_length=rules.LABEL_LENGTH)
    name = models.CharField(max_length=rules.LABEL_LENGTH)
    name_folded = FoldedNameField()
    type = models.CharField(max_length=rules.TYPE_LENGTH)
    next_number = models.PositiveIntegerField(default=0, editable=False)
    created_by = models.ForeignKey(User, models.PROTECT, null=True, editable=False, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField("last registered", default=timezone.now, editable=False)  # the database keeps it

    objects = ArtifactQuerySet.as_manager()

    class Meta:
        ordering = ["team", "project", "name"]
        constraints = [models.UniqueConstraint(fields=["team", "project", "name"], name="artifact_name_is_unique")]
        indexes = [
            models.Index(fields=["type", "name"], name="artifact_by_type"),
            models.Index(fields=["organization", "name", "project", "id"], name="artifact_by_name"),
            models.Index(fields=["organization", "updated_at", "id"], name="artifact_by_update"),
        ]

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


@Compiled
def usable_version(membership: OrganizationMembership, version: int) -> VersionQuerySet:
    """The version of this id, with artifact and team, where the membership's person may link it."""
    usable = Version.objects.usable_by(membership).select_related("artifact__team")
    return usable.filter(pk=version).order_by()


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
        # Asked of each link: a list of all registries that an admin sees would be made for a few links.
        return links.filter(Exists(membership.registries().order_by().filter(pk=OuterRef("collection__registry"))))

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
        version = current_row(Version, "artifact", pk=self.pk)
        version.artifact.team = team
        return version, role
