"""The storage of static files."""

import functools

from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticFilesStorage(CompressedManifestStaticFilesStorage):
    """WhiteNoise's storage with cached addresses: a page has a dozen of them, and none changes."""

    @functools.cache  # noqa: B019 (one storage lives as long as the process)
    def url(self, name, force=False):
        """The address of the file `name`, with its digest."""
        return super().url(name, force)
