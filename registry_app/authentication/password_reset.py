"""allauth's form of a forgotten password."""

from allauth.account.forms import ResetPasswordForm
from django.db.models import Value
from django.db.models.functions import Lower

from ..models import User


class ResetForm(ResetPasswordForm):
    """Whom to mail a link: one query for every address, because its time would tell which ones are known."""

    def clean_email(self) -> str:
        """The address; `users` is whose it is, a list: of nobody who can't sign in with a password."""
        email = self.cleaned_data["email"]
        people = User.objects.alias(email_key=Lower("email")).filter(email_key=Lower(Value(email)))
        self.users = list(people.filter(is_active=True, is_service=False))
        return email
