"""Variables of every template."""

from django.conf import settings

from .choices import Theme


def site(request):
    """The product's name, the theme of this browser, and the ways to sign in."""
    theme = request.COOKIES.get("theme")
    return {
        "product": settings.PRODUCT,
        "theme": theme if theme in Theme.values else Theme.SYSTEM.value,
        "has_mail": settings.HAS_MAIL,
        "single_sign_on": settings.SINGLE_SIGN_ON,
        "sso_only": settings.SSO_ONLY,
    }
