"""Links to choose a new password, and what ends them early."""

from django.contrib.auth.tokens import PasswordResetTokenGenerator

from ..models import User


class ResetLinks(PasswordResetTokenGenerator):
    """The tokens of such links. A new password, a sign-in or the end of access makes a token invalid."""

    def check_token(self, user: User | None, token: str | None) -> bool:
        """Whether the link works: of nobody whose password lets nobody in."""
        return user is not None and user.may_use_password and super().check_token(user, token)

    def _make_hash_value(self, user: User, timestamp: int) -> str:
        return f"{super()._make_hash_value(user, timestamp)}{user.access_ended_at or ''}"
