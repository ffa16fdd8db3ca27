"""`import_mlflow`: brings the model registry of a running MLflow server here, and later what changed in it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import Error

from ... import rules
from ...database.availability import fault_of
from ...importers.mlflow import MlflowImport
from ...importers.mlflow_client import Server
from ...importers.mlflow_version import OF_MLFLOW, describe, digest_of
from ...models import Version
from ...operations.prepare import prepare
from ..cli import organization_named, team_named

LEFT_OUT = 2  # exit status where something of the server is not here


class Command(BaseCommand):
    """First all is read. Then what is new or changed is written, in short transactions, so that others can save."""

    help = "Register the model versions of the MLflow server at URL; with --registry, link them too."

    def add_arguments(self, parser):
        parser.add_argument("url", metavar="URL", help="where the server is, as https://mlflow.example.com")
        parser.add_argument("--organization", required=True, metavar="SLUG", help="as its addresses name it")
        parser.add_argument("--team", required=True, help="whose artifacts they become")
        parser.add_argument("--project", required=True, help="in which project of the team")
        parser.add_argument("--registry", help="where each registered model becomes a collection of linked versions")
        parser.add_argument("--report", metavar="FILE", help="where to write, as JSON, what was done and left out")

    def handle(self, *, url, report, **options):
        content = {"url": url} | {name: options[name] for name in ("organization", "team", "project", "registry")}
        with _written_to(report, content):
            importing, server = self._prepared(url, options)
            models = server.models()
            importing.described = _described(server, models, importing)
            try:
                importing.add_all(models)
            except Error as error:
                if not (fault := fault_of(error)):
                    raise
                raise CommandError(f"{fault.message} What is done stays; import again for the rest.") from error
            finally:
                content |= importing.report.content()
                self.stdout.write("\n".join(importing.report.lines()))
            if count := len(importing.report.left_out):
                message = f"Done, but not all of the server is here. Left out, as told above: {count}."
                raise CommandError(message, returncode=LEFT_OUT)

    def _prepared(self, url, options):
        """(the MlflowImport, the Server), before the server is asked for anything."""
        prepare(self)
        organization = organization_named(options["organization"])
        team = team_named(organization, options["team"])
        project = rules.clean_name(options["project"])
        if refusal := rules.refuse_label(project, "Projects"):
            raise CommandError(f"{refusal.code}: {refusal.reason}")
        registry = _registry_named(organization, options["registry"]) if options["registry"] else None
        return MlflowImport(team, project, registry), Server(url, settings.MLFLOW_CREDENTIALS)


@contextmanager
def _written_to(file: str | None, content: dict) -> Iterator[None]:
    """Write `content` as JSON to `file` after the block, with its `error` if it ends in one."""
    _write(file, content)  # a file that can't be written ends it before anything is done
    try:
        yield
    except CommandError as error:
        content["error"] = str(error)
        raise
    finally:
        _write(file, content)


def _write(file, content):
    try:
        if file:
            Path(file).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise CommandError(f"{file} can't be written: {error.strerror}.") from error


def _described(server, models, importing):
    """{digest: Described} of the versions to register; the server is asked for these only."""
    stored = Version.objects.filter(artifact__team=importing.team, artifact__project=importing.project)
    here = {*stored.filter(digest__startswith=OF_MLFLOW).values_list("digest", flat=True), *importing.deleted}
    versions = {digest_of(version): version for model in models for version in model.versions}
    return {digest: describe(server, version) for digest, version in versions.items() if digest not in here}


def _registry_named(organization, name):
    if registry := organization.registries.filter(name_key=rules.name_key(name)).first():
        registry.organization = organization
        return registry
    raise CommandError(f"{organization} has no registry {name}.")
