"""What the form that publishes a version suggests, and what it begins with."""

from functools import cached_property
from typing import Any

from django.db.models import QuerySet
from django.utils.functional import SimpleLazyObject

from ..choices import Role
from ..models import Artifact, Collection, OrganizationMembership, Registry, Team, Version
from ..permissions import RegistryAccess

SHOWN = 50  # suggestions of a kind
REGISTRIES_SHOWN = 200


def teams_to_register_for(membership: OrganizationMembership) -> QuerySet[Team]:
    """The teams for which the membership's person may register versions."""
    teams = membership.organization.teams.all()
    return teams if membership.is_admin else teams.filter(memberships__user=membership.user_id)


def registries_to_publish_in(membership: OrganizationMembership) -> QuerySet[Registry]:
    """The registries in which the membership's person may publish, by name; the first few hundred."""
    return membership.organization.registries.at_least(Role.MEMBER, membership).order_by("name_key")[:REGISTRIES_SHOWN]


def first_version(access: RegistryAccess, collection: Collection) -> dict[str, Any]:
    """What the page of an empty collection says of the way to its first version, for the person of `access`."""
    membership = access.membership
    mine = membership.organization.teams.filter(memberships__user=membership.user_id).order_by("name_key")
    return {
        "own_team": mine.values_list("name", flat=True).first() or "",
        "has_token": membership.user.api_tokens.usable().exists(),
        "has_linkable": Version.objects.usable_by(membership).filter(artifact__type=collection.type).exists(),
        "admins": SimpleLazyObject(access.registry.helpers),  # asked for where the page names them
    }


class PublishingSuggestions:
    """Suggestions for the person of `access`, of what they may know: for `collection`, or for one to be chosen."""

    def __init__(self, access: RegistryAccess, collection: Collection | None = None) -> None:
        membership, self.collection = access.membership, collection
        here = teams_to_register_for(membership)
        mine = membership.organization.teams.filter(memberships__user=membership.user_id)
        self.own = list(mine.order_by("name_key").values_list("name", flat=True)[:SHOWN])
        others = here.exclude(name__in=self.own).order_by("name_key").values_list("name", flat=True)
        self.teams = [*self.own, *others[:SHOWN]]
        self._artifacts = Artifact.objects.filter(team__in=here.order_by().values("pk"))
        self._newest = access.registry.collections.order_by("-updated_at").values_list("name", flat=True)

    @cached_property
    def artifacts(self) -> list[Artifact]:
        """The newest artifacts of these teams, of the collection's type."""
        found = self._artifacts.filter(type=self.collection.type) if self.collection else self._artifacts
        return list(found.select_related("team").order_by("-pk")[:SHOWN])

    def _last(self):
        """The artifact of the collection's newest version among these teams', or None."""
        if self.collection is None:
            return None
        links = self.collection.links.filter(version__artifact__in=self._artifacts.values("pk"))
        link = links.select_related("version__artifact__team").order_by("-number").first()
        return link and link.version.artifact

    @property
    def initial(self) -> dict[str, str]:
        """What the form begins with: as the collection's newest version, else the person's team and its project."""
        if last := self._last():
            return {"team": last.team.name, "project": last.project, "name": last.name}
        team = self.own[0] if self.own else self.teams[0] if len(self.teams) == 1 else ""
        project = next((artifact.project for artifact in self.artifacts if artifact.team.name == team), "")
        return {"team": team, "project": project, "name": self.collection.name if self.collection else ""}

    @property
    def context(self) -> dict[str, Any]:
        """The context of the templates: names, each once."""
        return {
            "teams": self.teams,
            "collections": [] if self.collection else list(self._newest[:SHOWN]),
            "projects": list(dict.fromkeys(artifact.project for artifact in self.artifacts)),
            "artifacts": list(dict.fromkeys(artifact.name for artifact in self.artifacts)),
        }
