"""The app. After every migrate it installs the database triggers and the trigram index."""

from django.apps import AppConfig
from django.core import checks
from django.db.models.signals import post_migrate


class RegistryAppConfig(AppConfig):
    """The configuration of the app."""

    name = "registry_app"
    verbose_name = "Registry App"

    def ready(self):
        from .authentication import signals
        from .database import fulltext, triggers
        from .operations import prefix

        post_migrate.connect(triggers.install_after_migrate, sender=self, dispatch_uid="triggers")
        post_migrate.connect(fulltext.install_after_migrate, sender=self, dispatch_uid="search")
        signals.connect()
        checks.register(triggers.check_triggers, checks.Tags.database)
        checks.register(fulltext.check_search, checks.Tags.database)
        checks.register(prefix.check_prefix, checks.Tags.urls)
