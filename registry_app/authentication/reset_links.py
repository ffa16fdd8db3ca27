"""Links to choose a new password: what makes one end before its time."""

from django.contrib.auth.tokens import PasswordResetTokenGenerator

from ..models import User


class ResetLinks(PasswordResetTokenGenerator):
    """The keys of such links. They end with the password and the sign-in that they knew, and with the access."""

    def _make_hash_value(self, user: User, timestamp: int) -> str:
        return f"{super()._make_hash_value(user, timestamp)}{user.access_ended_at or ''}"
