"""The site's settings, with the benchmark's contenders and its command beside them."""

from config.settings import *  # noqa: F403

INSTALLED_APPS += ["benchmarks"]  # noqa: F405
ROOT_URLCONF = "benchmarks.urls"
