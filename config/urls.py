"""The site's addresses."""

from allauth.account import views as account
from allauth.account.decorators import secure_admin_login
from allauth.account.urls import urlpatterns as allauth_patterns
from allauth.socialaccount import views as social
from django.conf import settings
from django.contrib import admin
from django.urls import include, path

admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
admin.site.logout = account.logout  # type: ignore[method-assign]  # it ends the session at a provider too

handler400 = "registry_app.views.errors.bad_request"
handler403 = "registry_app.views.errors.permission_denied"
handler404 = "registry_app.views.errors.not_found"
handler429 = "registry_app.views.errors.too_many"  # allauth uses it
handler500 = "registry_app.views.errors.server_error"

# The pages of allauth that we use. Sign-up is closed, but allauth reverses its name. `manage.py reset_password` makes
# reset links too; sending one needs a mail server.
ACCOUNT_PAGES = {
    "account_login",
    "account_logout",
    "account_change_password",
    "account_set_password",
    "account_reauthenticate",
    "account_signup",
    "account_inactive",
    "account_reset_password_from_key",
    "account_reset_password_from_key_done",
}
MAIL_PAGES = {"account_reset_password", "account_reset_password_done"} if settings.HAS_MAIL else set()
SINGLE_SIGN_ON = [
    path("accounts/sso/cancelled/", social.login_cancelled, name="socialaccount_login_cancelled"),
    path(
        "accounts/sso/signup/", account.signup, name="socialaccount_signup"
    ),  # sign-up is closed, but allauth reverses this name
]

urlpatterns = [
    path("", include("registry_app.urls")),
    path("accounts/2fa/", include("allauth.mfa.urls")),
    path("accounts/sessions/", include("allauth.usersessions.urls")),
    path("accounts/", include([page for page in allauth_patterns if page.name in ACCOUNT_PAGES | MAIL_PAGES])),
    *(SINGLE_SIGN_ON if settings.SINGLE_SIGN_ON else []),
    path("admin/", admin.site.urls),
]
