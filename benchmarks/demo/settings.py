"""The site's settings, with the demo's command beside them."""

from config.settings import *  # noqa: F403

INSTALLED_APPS += ["benchmarks.demo"]  # noqa: F405
