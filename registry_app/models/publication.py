"""Publishing: registering a version and linking it in a collection, in one step."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.core.exceptions import NON_FIELD_ERRORS
from django.db import transaction

from ..choices import Action, TeamRole
from .collection import Collection
from .event import Actor
from .link import Link
from .registration import register
from .team import Team, TeamMembership
from .validation import refused_on
from .version_data import VersionData


@dataclass
class Publication:
    """A version to publish in `collection` for `team`; either is new where it is unsaved."""

    collection: Collection
    team: Team
    project: str
    name: str
    data: VersionData
    aliases: Iterable[str] = ()
    tags: Iterable[str] = ()
    reason: str = ""

    def publish(self, by: Actor) -> tuple[Link, bool]:
        """Create what is new, register the version and link it: all or nothing (rules 20 to 25).

        Answers (the Link, whether it is new). Where the collection has a version of this digest, it answers the link
        of that, and changes nothing. What the verbs refuse is on the field of the form that it speaks of: `team` or
        `new_team`, `collection`, `type`, `name` (of the artifact), or the version's own.
        """
        with transaction.atomic():
            self.collection.registry.lock_for_change(by, Action.LINK)  # first of all, for locks are taken in one order
            if stored := self._stored():
                return stored, False
            self._create_team(by)
            self._create_collection(by)
            with refused_on({NON_FIELD_ERRORS: "team" if self.team.pk else "new_team", "type": "name"}):
                type_name = self.collection.type
                version, _ = register(self.team, by, self.project, self.name, type_name, self.data, self.reason)
            link, _ = self.collection.link(by, version, self.aliases, self.reason, tags=self.tags)
        return link, True

    def _stored(self) -> Link | None:
        """The collection's link of a version with this digest, the newest."""
        if self.collection.pk is None:
            return None
        links = self.collection.links.select_related("collection__registry__organization")
        return links.filter(version__digest=self.data.digest).first()

    def _create_team(self, by: Actor) -> None:
        """The new team, and `by` as its admin."""
        if self.team.pk is None:
            with refused_on(dict.fromkeys([NON_FIELD_ERRORS, "name"], "new_team")):
                self.team.create(by)
                TeamMembership(team=self.team, user=by.user, role=TeamRole.ADMIN).save_by(by)

    def _create_collection(self, by: Actor) -> None:
        if self.collection.pk is None:
            with refused_on(dict.fromkeys([NON_FIELD_ERRORS, "name"], "collection")):
                self.collection.create(by, reason=self.reason)
