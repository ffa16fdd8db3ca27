"""What every template may name."""

from django.conf import settings

from .choices import Theme


def site(request):
    """The product's name, and the appearance that this browser chose."""
    theme = request.COOKIES.get("theme")
    return {"product": settings.PRODUCT, "theme": theme if theme in Theme.values else Theme.SYSTEM.value}
