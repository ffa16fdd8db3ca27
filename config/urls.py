"""The site's addresses."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path

admin.site.login = secure_admin_login(admin.site.login)

handler400 = "registry_app.views.errors.bad_request"
handler403 = "registry_app.views.errors.permission_denied"
handler404 = "registry_app.views.errors.not_found"
handler500 = "registry_app.views.errors.server_error"

urlpatterns = [
    path("", include("registry_app.urls")),
    path("accounts/", include("allauth.account.urls")),
    path("admin/", admin.site.urls),
]
