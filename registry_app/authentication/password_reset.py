"""allauth's form for a forgotten password."""

from allauth.account.fields import EmailField
from allauth.account.forms import ResetPasswordForm
from django import forms
from django.db.models import Value
from django.db.models.functions import Lower

from ..models import User


class ResetForm(ResetPasswordForm):
    """The address to mail a link to. Every address costs one query, because the time must not tell which are known."""

    email = EmailField(
        help_text="We send a link to it, if an account has it.", widget=forms.EmailInput({"autocomplete": "email"})
    )

    def clean_email(self) -> str:
        """The address. `users` are the accounts with this address that can sign in with a password."""
        email = self.cleaned_data["email"]
        accounts = User.objects.alias(email_key=Lower("email")).filter(email_key=Lower(Value(email)))
        self.users = list(accounts.filter(is_active=True, is_service=False))
        return email
