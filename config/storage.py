"""The storage of static files."""

import functools
import posixpath
import re

from django.core.files.base import ContentFile
from whitenoise.storage import CompressedManifestStaticFilesStorage

BUNDLES = ("css/site.css", "js/site.js")  # what every page loads
IMPORT = re.compile(r'^(?:@import|import) "([^"]+)";$', re.MULTILINE)


class StaticFilesStorage(CompressedManifestStaticFilesStorage):
    """WhiteNoise's storage with cached addresses, and one file in the place of all that a bundle imports."""

    @functools.cache  # noqa: B019 (one storage lives as long as the process)
    def url(self, name, force=False):
        """The address of the file `name`, with its digest."""
        return super().url(name, force)

    def post_process(self, paths, dry_run=False, **options):
        """Bundle, then do as ever: name files by their digests, and compress them."""
        for name in () if dry_run else BUNDLES:
            whole = IMPORT.sub(functools.partial(_imported, paths, posixpath.dirname(name)), _text(*paths[name]))
            self.delete(name)
            self._save(name, ContentFile(whole.encode()))
            paths[name] = self, name
        yield from super().post_process(paths, dry_run, **options)


def _imported(paths, folder, found):
    """The text of the file that an import of a bundle in `folder` names."""
    return _text(*paths[posixpath.normpath(posixpath.join(folder, found[1]))])


def _text(storage, path):
    with storage.open(path) as file:
        return file.read().decode()
