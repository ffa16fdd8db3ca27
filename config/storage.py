"""Where static files are found."""

import functools

from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticFilesStorage(CompressedManifestStaticFilesStorage):
    """WhiteNoise's storage, which works each address out once: a page names a dozen files, and none of them changes."""

    @functools.cache  # noqa: B019 (there is one storage, as long as the process lives)
    def url(self, name, force=False):
        """The address of the file `name`, with its digest."""
        return super().url(name, force)
