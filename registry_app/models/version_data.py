"""What is known of a version when it is registered."""

from typing import NamedTuple

from .. import rules
from .validation import raise_refusal


class VersionData(NamedTuple):
    """What is known of a version when it is registered: all that never changes, and what it was made from.

    `size` in bytes, `file_count` in files, `metadata` as JSON gives it, `made_from` a tuple of Versions.
    """

    digest: str
    uri: str
    size: int = 0
    file_count: int = 1
    metadata: dict = {}
    run: str = ""
    run_url: str = ""
    made_from: tuple = ()

    def check(self) -> None:
        """Refuse what may not be kept, on the field that holds it."""
        raise_refusal(rules.refuse_digest(self.digest), "digest")
        raise_refusal(rules.refuse_uri(self.uri), "uri")
        raise_refusal(rules.refuse_amount(self.size), "size")
        raise_refusal(rules.refuse_amount(self.file_count), "file_count")
        raise_refusal(rules.refuse_version_metadata(self.metadata), "metadata")
        raise_refusal(rules.refuse_label(self.run, "Runs") if self.run else None, "run")
        raise_refusal(rules.refuse_run_url(self.run_url), "run_url")
