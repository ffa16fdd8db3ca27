"""The questions that are asked of the audit log."""

import json
import re
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models import Q, Subquery

from ..choices import Action, Target, Visibility
from ..database import fulltext

if TYPE_CHECKING:
    from .collection import Collection
    from .event import Audited, AuditTarget
    from .organization_membership import OrganizationMembership
    from .registry import Registry

MANY = 5000  # entries that search's index may name; where there are more, a page of them is soon found by reading


def canonical_json(content: object) -> str:
    """The one way to write `content` as text: sorted keys, no spaces, ASCII."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


class AuditEventQuerySet(models.QuerySet):
    """Entries as pages ask for them."""

    def of_registry(self, registry: "Registry") -> Self:
        """Those about this registry and what is in it."""
        return self.filter(registry_id=registry.pk)

    def of_collection(self, collection: "Collection") -> Self:
        """Those about this collection and what is in it."""
        return self.filter(collection_id=collection.pk)

    def newest(self, action: Action, thing: "Audited") -> Any:
        """The newest entry that `action` was done to `thing`, or None: who saved meanwhile (rule 19)."""
        target = thing.audit_target
        return self.filter(target_type=target.type, target_id=target.id, action=action, code="").first()

    def restricting(self) -> Self:
        """Those by which a registry became restricted, also at its creation."""
        told = Q()
        for before in (None, str(Visibility.ORGANIZATION)):
            told |= Q(body__contains=f'"visibility":{canonical_json([before, str(Visibility.RESTRICTED)])}')
        return self.filter(told, code="", action__in=(Action.CREATE, Action.RESTRICT))

    def creations(self, registries: Iterable[int | None]) -> dict[int, datetime]:
        """{id: moment} of those of these registries (ids) whose creation is in the log."""
        made = self.filter(code="", action=Action.CREATE, registry_id__in=registries)
        return dict(made.values_list("registry_id", "at"))

    def for_alias(self, name: str) -> Self:
        """Those that set, moved or removed the alias `name`, upper and lower case told apart everywhere."""
        quoted = re.escape(canonical_json(name))
        of_alias = Q(action__in=(Action.ALIAS_SET, Action.ALIAS_REMOVE), body__regex=rf'"name":{quoted},"type":"alias"')
        unlinked = rf'"aliases":\[\[("([^"\\]|\\.)*",)*{quoted}'
        return self.filter(of_alias | Q(action=Action.UNLINK, body__regex=unlinked))

    def search(self, words: str, named_now: Iterable["AuditTarget"] = ()) -> Self:
        """Those of the request `words`; where there is none, those with `words` in the name of the actor or target.

        And those about `named_now`, the AuditTargets that have this name today: under each name that they had (§5).
        """
        of_request = self.filter(request_id=words.lower()).exclude(request_id="")
        if of_request.exists():
            return of_request
        found = fulltext.SearchTerm(words, [fulltext.LOG], MANY).condition(self.model)
        for target in named_now:
            if target.type == Target.REGISTRY:
                found |= Q(registry_id=target.id)
            else:
                found |= Q(target_type=target.type, target_id=target.id)
        return self.filter(found)

    def between(self, start: datetime | None, end: datetime | None) -> Self:
        """Those from the moment `start` to before the moment `end`; None is no limit.

        Numbers grow with time: an index says at which numbers the time begins and ends, however long ago it was.
        """
        events, everything = self, self.model._default_manager.all()
        if start:
            number = everything.filter(at__gte=start).order_by("at", "seq").values("seq")[:1]
            events = events.filter(at__gte=start, seq__gte=Subquery(number))
        if end:
            number = everything.filter(at__lt=end).order_by("-at", "-seq").values("seq")[:1]
            events = events.filter(at__lt=end, seq__lte=Subquery(number))
        return events

    def readable_by(self, membership: "OrganizationMembership") -> Self:
        """§5: all of the organization for its admins; for others those of the registries that they can see."""
        events = self.filter(organization_id=membership.organization_id)
        if membership.is_admin:
            return events
        return events.filter(registry_id__in=membership.registries().values("pk"))
