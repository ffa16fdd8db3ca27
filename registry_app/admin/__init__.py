"""Django admin, for site staff: every model, the same rules, the same verbs, the same audit log."""

from allauth.account import admin as accounts
from allauth.mfa import admin as factors
from allauth.socialaccount import admin as social
from allauth.usersessions import admin as sessions
from django.contrib import admin
from django.contrib.auth.models import Group
from django.shortcuts import redirect
from django.urls import reverse_lazy

from . import artifacts, audit, collections, people, registries, teams, tokens


def _password_change(request, extra_context=None):
    """One's own password is changed on one's own page."""
    return redirect("account_change_password")


admin.site.site_header = admin.site.site_title = "Registry App"
admin.site.index_title = "Installation"
admin.site.site_url = reverse_lazy("organizations:home")  # type: ignore[assignment]
admin.site.password_change = _password_change  # type: ignore[method-assign]
# Registered by their apps; a change there would pass by the audit log.
admin.site.unregister([Group, accounts.EmailAddress, factors.Authenticator, sessions.UserSession])
admin.site.unregister([social.SocialAccount, social.SocialApp, social.SocialToken])
admin.site.register(social.SocialAccount, people.ConnectionAdmin)
