"""What all listings share."""

from urllib.parse import quote

from django.urls import reverse
from django.utils.html import conditional_escape
from django.utils.safestring import mark_safe


def add_line_breaks(name):
    """A name that may break after underscores, and after the slashes of a path, and nowhere else."""
    return mark_safe(conditional_escape(name).replace("_", "_<wbr>").replace("/", "/<wbr>"))  # noqa: S308


def registry_addresses(membership):
    """A function from a registry's name to its address; reversing each would be a tenth of a list's cost."""
    start = reverse("registries:detail", args=[membership.organization.slug, "-"]).removesuffix("-/")
    return lambda name: f"{start}{quote(name)}/"
