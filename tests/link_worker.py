"""`python -m tests.link_worker DATABASE COLLECTION VERSION…`: links versions, in another process than the tests'."""

import os
import sys

import django
from django.conf import settings

os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
database, collection, *versions = sys.argv[1:]
settings.DATABASES["default"]["NAME"] = database
django.setup()

from registry_app.models import Actor, Collection, Version  # noqa: E402 (models are there now)

for version in versions:
    Collection.objects.get(pk=collection).link(Actor(None, staff=True), Version.objects.get(pk=version))
