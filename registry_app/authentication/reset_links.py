"""Links to choose a new password, and what ends them early."""

from django.contrib.auth.tokens import PasswordResetTokenGenerator

from ..models import User


class ResetLinks(PasswordResetTokenGenerator):
    """The tokens of such links. A new password, a sign-in or the end of access makes a token invalid."""

    def _make_hash_value(self, user: User, timestamp: int) -> str:
        return f"{super()._make_hash_value(user, timestamp)}{user.access_ended_at or ''}"
