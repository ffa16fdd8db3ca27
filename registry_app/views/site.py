"""Settings of the browser."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from ..choices import Theme

YEAR = 365 * 24 * 3600  # seconds


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
    options = {"path": settings.SESSION_COOKIE_PATH, "secure": settings.HTTPS, "httponly": True, "samesite": "Lax"}
    response.set_cookie("theme", theme, max_age=YEAR, **options)
    return response
