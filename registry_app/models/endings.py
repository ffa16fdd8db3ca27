"""What ends with a role: nothing that the Admin role, a membership or an account made possible outlives it.

The one home of this rule; docs/roles.md says it in words, "What ends when". The verb that takes the role calls it in
its transaction, with the organization held and its own change saved. Rows end first and entries come last, because the
end of the log stays locked until commit.
"""

from typing import TYPE_CHECKING, Any

from allauth.usersessions.models import UserSession
from django.db.models import Q, QuerySet
from django.utils import timezone

from ..choices import Action
from .event import Actor, record

if TYPE_CHECKING:
    from .organization import Organization
    from .organization_membership import OrganizationMembership
    from .user import User


def end_of_admin_role(membership: "OrganizationMembership", by: Actor, reason: str) -> None:
    """End what the Admin role of the organization made possible: the open invitations that its person made."""
    made = membership.organization.invitations.unused().filter(created_by=membership.user_id)
    _end(by, reason, invitations=made)


def end_of_membership(membership: "OrganizationMembership", by: Actor, reason: str) -> None:
    """End what being in the organization made possible, beside roles and teams: the rows `of_membership`."""
    _end(by, reason, membership.organization, **of_membership(membership))


def end_of_account(user: "User", by: Actor, reason: str, organization: "Organization | None" = None) -> None:
    """End what signing in made possible: sessions, tokens, and in every organization what end_of_membership ends.

    `organization` is the one whose admin does it, None for site staff.
    """
    memberships = user.memberships.select_related("organization", "user")
    invitations = [invitation for membership in memberships for invitation in _invitations(membership)]
    sessions = list(UserSession.objects.filter(user=user))
    for session in sessions:
        session.end()
    ended = {"requests": _requests(user), "alias_requests": _alias_requests(user), "tokens": _tokens(user)}
    _end(by, reason, organization, invitations=invitations, **ended)
    if sessions:
        target = user.audit_target._replace(organization=organization.pk if organization else None)
        record(by, Action.SESSION_END, target, {"sessions": [len(sessions), 0]}, reason=reason)


def of_membership(membership: "OrganizationMembership") -> dict[str, QuerySet[Any]]:
    """What ends with the membership, as querysets: open invitations, open requests, a service account's tokens.

    Those tokens belong to the organization; a person's belong to the person, and stay.
    """
    tokens = _tokens(membership.user)
    return {
        "invitations": _invitations(membership),
        "requests": _requests(membership.user).filter(registry__organization=membership.organization_id),
        "alias_requests": _alias_requests(membership.user).filter(registry__organization=membership.organization_id),
        "tokens": tokens if membership.user.is_service else tokens.none(),
    }


def _invitations(membership):
    """The open ones that the membership's person made, and those meant for the person's address."""
    user = membership.user
    made, meant = Q(created_by=user), Q(email__iexact=user.email)
    return membership.organization.invitations.unused().filter(made | meant if user.email else made)


def _requests(user):
    return user.access_requests.unanswered()


def _alias_requests(user):
    return user.alias_requests.unanswered()


def _tokens(user):
    return user.api_tokens.filter(revoked_at=None).select_for_update()


def _end(by, reason, organization=None, *, invitations=(), requests=None, alias_requests=None, tokens=()):
    invitations, tokens = list(invitations), list(tokens)
    requests = [asked for kind in (requests, alias_requests) if kind is not None for asked in kind.end(by, reason)]
    for row in (*invitations, *tokens):
        row.revoked_at = timezone.now()
        row.save(update_fields=["revoked_at"])
    for invitation in invitations:
        record(by, Action.INVITE_REVOKE, invitation, {"role": [invitation.role, None]}, reason=reason)
    for request in requests:
        request.record_decline(by, reason)
    for token in tokens:
        token.record(by, Action.TOKEN_REVOKE, {}, organization, reason)
