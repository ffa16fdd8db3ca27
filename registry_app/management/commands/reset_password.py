"""`reset_password`: a link for a person who forgot their password."""

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.urls import reverse

from ...choices import Action
from ...models.event import COMMAND_LINE, record
from ...operations.prepare import prepare
from ..cli import account_named


class Command(BaseCommand):
    """Makes a link that works once, for a day, and until the password changes otherwise."""

    help = "Print a link with which USERNAME can choose a new password, once and within 24 hours."

    def add_arguments(self, parser):
        parser.add_argument("username", help="whose password it is")

    def handle(self, *, username, **options):
        prepare(self)
        user = account_named(username)
        if not user.is_active:
            raise CommandError(f"{username} is deactivated. Nothing was done.")
        if user.is_service:
            raise CommandError(f"{username} is a service account and has no password, only tokens.")
        if not user.may_use_password:
            raise CommandError(f"Only staff have passwords here (REGISTRY_SSO_ONLY), and {username} is none of them.")
        with transaction.atomic():
            key = {"uidb36": user_pk_to_url_str(user), "key": default_token_generator.make_token(user)}
            record(COMMAND_LINE, Action.PASSWORD_LINK, user)
        self.stdout.write(f"Works once, within 24 hours. Hand it to {username} alone:")
        self.stdout.write(settings.PUBLIC_URL + reverse("account_reset_password_from_key", kwargs=key))
