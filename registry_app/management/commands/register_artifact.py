"""`register_artifact`: hashes a file or folder, and registers it as a version of a team's artifact. Links nothing."""

import os
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from ... import rules
from ...choices import Action
from ...importers.digests import clear, hash_path
from ...importers.texts import decode
from ...models import Version, VersionData, clean_names, register
from ...models.event import COMMAND_LINE
from ...operations.prepare import prepare
from ..cli import organization_named, refusals_as_command_errors, team_named

UNKNOWN = f"sha256:{0:064}"  # in the place of the digest until it is known


class Command(BaseCommand):
    """All that can be refused is refused before hashing; an interrupted run goes on where it was."""

    help = "Hash the file or folder PATH, and register it as a version of a team's artifact."

    def add_arguments(self, parser):
        parser.add_argument("path", help="a file or folder")
        parser.add_argument(
            "--follow-links", action="store_true", help="read what symbolic links lead to; else they are left out"
        )
        parser.add_argument("--organization", required=True, metavar="SLUG", help="as its addresses name it")
        parser.add_argument("--team", required=True, help="whose artifact it is")
        parser.add_argument("--project", required=True, help="where it was made")
        parser.add_argument("--name", required=True, help="of the artifact; made where it is new")
        parser.add_argument("--type", required=True, help="of the artifact, such as model or dataset")
        parser.add_argument("--uri", help="where it is kept; the file:// address of PATH unless this says otherwise")
        parser.add_argument("--metadata", metavar="FILE", help="a file with a JSON object")
        parser.add_argument("--run", default="", help="the run that made it")
        parser.add_argument("--run-url", default="", metavar="URL", help="the page of that run")
        parser.add_argument(
            "--made-from",
            action="append",
            default=[],
            metavar="VERSION",
            help="a version that it was made from, as team/project/name:v3; may be repeated",
        )

    def handle(self, *, path, **options):
        prepare(self)
        organization = organization_named(options["organization"])
        team = team_named(organization, options["team"])
        path = os.path.abspath(path)  # noqa: PTH100, for a path that is a link must stay one
        with refusals_as_command_errors(Action.VERSION_CREATE, team):
            project, name, type_name = clean_names(options["project"], options["name"], options["type"])
            data = self._data(path, organization, options)
            data.check()
            try:
                data = data._replace(**hash_path(path, self.stderr, follow=options["follow_links"])._asdict())
            except KeyboardInterrupt:
                raise CommandError("Interrupted. The next run reads only files that this one didn't finish.") from None
            version, is_new = register(team, COMMAND_LINE, project, name, type_name, data)
        clear(path)
        self.stdout.write(f"{version} is registered." if is_new else f"{version} has this digest already.")
        self.stdout.write(f"{version.digest}\n{settings.PUBLIC_URL}{version.get_absolute_url()}")

    def _data(self, path, organization, options):
        here = Version.objects.filter(artifact__team__organization=organization)
        return VersionData(
            digest=UNKNOWN,
            uri=options["uri"] or Path(path).as_uri(),
            metadata=_metadata(options["metadata"]),
            run=options["run"],
            run_url=options["run_url"],
            made_from=here.at(options["made_from"]),
        )


def _metadata(file):
    """What the file says, {} where there is none; CommandError where it can't be read or kept."""
    if file is None:
        return {}
    try:
        with Path(file).open("rb") as opened:
            text, refusal = decode(opened.read(8 * rules.METADATA_BYTES))
    except OSError as error:
        raise CommandError(f"{file} can't be read: {error.strerror}.") from error
    metadata = None
    if text is not None:
        metadata, refusal = rules.parse_metadata(text)
    if refusal:
        raise CommandError(f"{refusal.code}: {file}: {refusal.reason}")
    return metadata
