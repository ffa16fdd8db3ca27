"""What a Reference names, as far as one person may see it. Everything is found by indexes."""

from functools import cached_property

from django.db.models import Q, QuerySet

from .. import rules
from ..choices import Role
from ..database.beginnings import is_text
from ..models import Collection, FormerName, Link, OrganizationMembership, Team, Version
from ..models.registry_queryset import RegistryQuerySet
from .references import AFTER_HEX, Place, Reference


class Targets:
    """What `reference` names in the organization of `membership`, for its person.

    How many queries this takes depends on the text alone, so that none tells what the person can't see.
    """

    def __init__(self, reference: Reference, membership: OrganizationMembership) -> None:
        self.reference, self.membership = reference, membership
        self.visible = membership.registries().order_by()
        organization = membership.organization
        here = {None, organization.slug, rules.name_key(organization.name)}
        self.places = [place for place in reference.places if place.organization in here]

    @cached_property
    def links(self) -> QuerySet[Link]:
        """The links that it names, or whose version it names: the newest first."""
        links = Link.objects.order_by()
        found = [
            links.called(place.alias).filter(collection__in=self._collections(place))
            for place in self.places
            if place.alias is not None
        ]
        found += [links.filter(version__in=ids, collection__registry__in=_ids(self.visible)) for ids in self._versions]
        viewed = self.membership.organization.registries.at_least(Role.VIEWER, self.membership)
        found += [links.filter(version__in=ids, collection__registry__in=_ids(viewed)) for ids in self._kept_at]
        return _any(links, found).order_by("-pk")

    @property
    def collections(self) -> QuerySet[Collection]:
        """The collections that it names."""
        found = [self._collections(place) for place in self.places if place.alias is None]
        return _any(Collection.objects.order_by(), found).order_by("-pk")

    @property
    def versions(self) -> QuerySet[Version]:
        """The source versions that it names, whose own page the person may open, and that no link of `links` shows."""
        versions = Version.objects.filter(artifact__team__organization=self.membership.organization_id)
        if not self.membership.is_admin:
            teams = Team.objects.filter(memberships__user=self.membership.user_id)
            versions = versions.filter(artifact__team__in=teams.order_by().values("pk"))
        found = _any(versions, [Version.objects.filter(pk__in=ids) for ids in [*self._versions, *self._kept_at]])
        return found.exclude(pk__in=self.links.order_by().values("version")).order_by("-pk")

    @cached_property
    def _versions(self) -> list[QuerySet]:
        """Querysets of the ids of versions by what everybody sees of a version: where it comes from, digest, run."""
        reference, found = self.reference, []
        for team, project, name, number in reference.sources:
            of_artifact = Q(artifact__team__name_key=team, artifact__project=project, artifact__name=name)
            found.append(of_artifact & Q(artifact__team__organization=self.membership.organization_id, number=number))
        if reference.digests:
            found.append(Q(digest__in=reference.digests))
        if start := reference.digest_start:
            found.append(Q(digest__gte=start, digest__lt=start + AFTER_HEX))
        if reference.run:
            found.append(Q(run=reference.run))
        return [_ids(Version.objects.filter(condition)) for condition in found]

    @cached_property
    def _kept_at(self) -> list[QuerySet]:
        """The same by their address, which viewers see (§3)."""
        return [_ids(Version.objects.filter(is_text("uri", uri))) for uri in self.reference.uris]

    def _collections(self, place: Place) -> QuerySet[Collection]:
        """The collections that `place` names; a registry may be called by a former name (rule 15)."""
        registries: RegistryQuerySet = self.visible
        if place.registry is not None:
            formers = FormerName.objects.filter(organization=self.membership.organization_id, name_key=place.registry)
            registries = registries.filter(Q(name_key=place.registry) | Q(pk__in=formers.values("registry")))
        return Collection.objects.order_by().filter(name_key=place.collection, registry__in=_ids(registries))


def _ids(rows):
    return rows.order_by().values("pk")


def _any(rows, parts):
    """Those of the queryset `rows` that are in one of `parts`, querysets of the same model."""
    if not parts:
        return rows.none()
    first, *others = map(_ids, parts)
    return rows.filter(pk__in=first.union(*others) if others else first)
