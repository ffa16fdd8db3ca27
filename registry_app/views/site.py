"""Settings of how pages look to one person."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_POST

from ..choices import Theme
from ..forms import TimeZoneForm
from .rendering import form_data, remember


@require_http_methods(["GET", "HEAD", "POST"])
def time_zone(request):
    """The zone in which the user sees times: one of all, or that of the browser."""
    form = TimeZoneForm(form_data(request), initial={"time_zone": request.user.time_zone})
    if form.is_valid() and form.submit(request.user.choose_time_zone, form.cleaned_data["time_zone"]):
        messages.success(request, "Times are shown in this zone from now on.")
        return redirect("site:time_zone")
    return render(request, "site/time_zone.html", {"form": form, "section": "time_zone"}, status=form.status)


@login_not_required
@require_POST
def appearance(request):
    """Store the theme (light, dark, or that of the system) in a cookie."""
    home = reverse("organizations:home")
    theme, target = request.POST.get("theme"), request.POST.get("next", home)
    if theme not in Theme.values:
        raise Http404
    known = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=settings.HTTPS)
    response = HttpResponseRedirect(target if known and target.startswith("/") else home)
    remember(request, response, theme=theme)
    return response
