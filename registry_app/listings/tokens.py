"""The list of one user's API tokens, and that of all tokens in an organization."""

from django.db.models import QuerySet

from ..models import ApiToken, OrganizationMembership, User
from .base import Listing


class TokenListing:
    """The tokens of `user` that aren't revoked."""

    def __init__(self, user: User) -> None:
        self.rows = user.api_tokens.filter(revoked_at__isnull=True)


class OrganizationTokenListing(Listing):
    """The tokens of everybody in an organization, oldest first: what they are, never their secrets."""

    @property
    def of(self) -> tuple:
        """The membership."""
        return (self.membership,)

    @staticmethod
    def query(membership: OrganizationMembership) -> QuerySet:
        """The tokens."""
        return ApiToken.objects.of_organization(membership.organization)
