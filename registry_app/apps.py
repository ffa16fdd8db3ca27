"""The app: after every migrate the database guards and the index of search are put in place."""

from django.apps import AppConfig
from django.core import checks
from django.db.models.signals import post_migrate


class RegistryAppConfig(AppConfig):
    """Registry App, as Django knows it."""

    name = "registry_app"
    verbose_name = "Registry App"

    def ready(self):
        from . import accounts, guards, search

        post_migrate.connect(guards.install_after_migrate, sender=self, dispatch_uid="guards")
        post_migrate.connect(search.install_after_migrate, sender=self, dispatch_uid="search")
        accounts.connect()
        checks.register(guards.check_guards, checks.Tags.database)
        checks.register(search.check_search, checks.Tags.database)
