"""The site's addresses, and two contenders: the Django admin as it comes, and the floor."""

import functools

from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.http import QueryDict
from django.shortcuts import render
from django.urls import include, path

from registry_app.listings.registries import RegistryListing
from registry_app.models import OrganizationMembership, Registry

ROWS = 25


class PlainAdmin(admin.ModelAdmin):
    """The same rows, columns and searched fields as ours, without audit log; triggers and constraints hold."""

    list_per_page = ROWS
    list_display = ("name", "description", "visibility", "accepts_all_types", "updated_at")
    list_filter = ("visibility",)
    search_fields = ("name", "description")
    ordering = ("name_key",)
    fields = ("organization", "name", "description", "visibility", "accepts_all_types")

    def save_model(self, request, obj, form, change):
        """The triggers let no change through that doesn't count up the version."""
        obj.version += change
        obj.save()


plain = admin.AdminSite("plain")
plain.register(Registry, PlainAdmin)
if Registry in admin.site._registry:
    admin.site._registry[Registry].list_per_page = ROWS


@login_not_required
def floor(request):
    """Our table of 25 rows, rendered of what was prepared once: no session, no SQL, no page around it."""
    return render(request, "registries/_table.html", _table())


@functools.cache
def _table():
    membership = OrganizationMembership.objects.select_related("organization").filter(role="admin").earliest("pk")
    listing = RegistryListing(membership, QueryDict())
    return {"rows": listing.rows, "sort": listing.sort}


urlpatterns = [
    path("floor/", floor),
    path("plain/", plain.urls),
    path("", include("config.urls")),
]
