"""`import_mlflow`: brings the model registry of a running MLflow server here, and later what is new in it."""

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from ... import rules
from ...importers.mlflow import MlflowImport, digest_of, version_data
from ...importers.mlflow_client import Server
from ...models import Version
from ...operations.prepare import prepare
from ..cli import organization_named, team_named


class Command(BaseCommand):
    """First all is read, then all is written, in one transaction."""

    help = "Register the model versions of the MLflow server at URL; with --registry, link them too."

    def add_arguments(self, parser):
        parser.add_argument("url", metavar="URL", help="where the server is, as https://mlflow.example.com")
        parser.add_argument("--organization", required=True, metavar="SLUG", help="as its addresses name it")
        parser.add_argument("--team", required=True, help="whose artifacts they become")
        parser.add_argument("--project", required=True, help="in which project of the team")
        parser.add_argument("--registry", help="where each registered model becomes a collection of linked versions")

    def handle(self, *, url, **options):
        prepare(self)
        organization = organization_named(options["organization"])
        team = team_named(organization, options["team"])
        project = rules.clean_name(options["project"])
        if refusal := rules.refuse_label(project, "Projects"):
            raise CommandError(f"{refusal.code}: {refusal.reason}")
        registry = _registry_named(organization, options["registry"]) if options["registry"] else None
        server = Server(url, settings.MLFLOW_CREDENTIALS)
        models = server.models()
        importing = MlflowImport(team, project, registry, _missing(server, models, team, project))
        importing.add_all(models)
        self.stdout.write("\n".join(importing.report.lines()))


def _missing(server, models, team, project):
    """{digest: VersionData} of the versions that the project lacks; the server is asked for these only."""
    stored = Version.objects.filter(artifact__team=team, artifact__project=project, digest__startswith="mlflow:")
    here = set(stored.values_list("digest", flat=True))
    versions = {digest_of(version): version for model in models for version in model.versions}
    return {digest: version_data(server, version) for digest, version in versions.items() if digest not in here}


def _registry_named(organization, name):
    if registry := organization.registries.filter(name_key=rules.name_key(name)).first():
        registry.organization = organization
        return registry
    raise CommandError(f"{organization} has no registry {name}.")
