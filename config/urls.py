"""The site's addresses."""

from allauth.account.decorators import secure_admin_login
from allauth.account.urls import urlpatterns as allauth_patterns
from django.contrib import admin
from django.urls import include, path

admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

handler400 = "registry_app.views.errors.bad_request"
handler403 = "registry_app.views.errors.permission_denied"
handler404 = "registry_app.views.errors.not_found"
handler500 = "registry_app.views.errors.server_error"

# Of allauth's pages those that need no mail; it asks for the address of sign-up, which is closed, and of inactive.
ACCOUNT_PAGES = {
    "account_login",
    "account_logout",
    "account_change_password",
    "account_set_password",
    "account_reauthenticate",
    "account_signup",
    "account_inactive",
}

urlpatterns = [
    path("", include("registry_app.urls")),
    path("accounts/2fa/", include("allauth.mfa.urls")),
    path("accounts/sessions/", include("allauth.usersessions.urls")),
    path("accounts/", include([page for page in allauth_patterns if page.name in ACCOUNT_PAGES])),
    path("admin/", admin.site.urls),
]
