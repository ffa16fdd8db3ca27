"""Variables of every template."""

from django.conf import settings
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from .choices import Theme
from .listings.sidebar import frame_of, recent_ids
from .models import Organization
from .permissions import last_membership


def site(request):
    """The product's name, theme, time zone, the ways to sign in, and the frame of pages outside organizations.

    Views of an organization's pages give membership, organization and sidebar of their own; these are read from the
    database only where a page shows them.
    """
    theme = request.COOKIES.get("theme")
    frame = SimpleLazyObject(lambda: _frame(request))
    return {
        "product": settings.PRODUCT,
        "theme": theme if theme in Theme.values else Theme.SYSTEM.value,
        "zone": timezone.get_current_timezone_name(),
        "has_mail": settings.HAS_MAIL,
        "single_sign_on": settings.SINGLE_SIGN_ON,
        "membership": SimpleLazyObject(lambda: frame.get("membership")),
        "organization": SimpleLazyObject(lambda: frame.get("organization")),
        "sidebar": SimpleLazyObject(lambda: frame.get("sidebar")),
        "sso_only": settings.SSO_ONLY,
        "is_set_up": SimpleLazyObject(Organization.objects.exists),
    }


def _frame(request):
    """The navigation of the organization that this browser showed last; {} if the user may enter none."""
    user = getattr(request, "user", None)
    if not user or not user.is_authenticated:
        return {}
    membership = last_membership(user, request.COOKIES.get("organization", ""))
    return frame_of(membership, recent_ids(request.COOKIES)) if membership else {}
