"""What every template may name."""

from django.conf import settings

THEMES = ("system", "light", "dark")


def site(request):
    """The product's name, and the appearance that this browser chose."""
    theme = request.COOKIES.get("theme")
    return {"product": settings.PRODUCT, "theme": theme if theme in THEMES else "system"}
