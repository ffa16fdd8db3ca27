"""The form that takes a list of versions."""

import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from .. import rules
from ..importers.rows import IMPORT_BYTES, parse_rows
from ..importers.texts import decode
from .base import ActionForm
from .fields import EtagField


class ImportForm(ActionForm):
    """A list of versions, as a file or as text; `etag` is that of the outcomes that were shown (rule 18)."""

    # One of the two is needed, so neither is called optional: that is what a suffix of their labels says.
    file = forms.FileField(required=False, label_suffix=":", help_text="JSON or CSV, at most 1 MiB and 1,000 rows.")
    text = forms.CharField(
        label="Or paste the list",
        required=False,
        label_suffix=":",
        strip=False,
        widget=forms.Textarea({"class": "input mono", "rows": 12}),
    )
    etag = EtagField()

    def clean(self) -> dict[str, Any]:
        """The list as `text`, whichever way it came, its `rows` and their `numbers`.

        Refuses with `import_invalid` or `too_many`.
        """
        cleaned = super().clean()
        if "file" in self.errors or "text" in self.errors:
            return cleaned
        if not cleaned["file"] and not cleaned["text"].strip():
            self.add_error("text", ValidationError("Choose a file, or paste a list.", code="import_invalid"))
            return cleaned
        text, refusal = _text_of(cleaned["file"]) if cleaned["file"] else (cleaned["text"], None)
        if not refusal:
            cleaned["text"] = re.sub("\r\n?", "\n", text).removeprefix("\ufeff")
            rows, refusal = parse_rows(cleaned["text"])
            cleaned["rows"] = [row.cells for row in rows or ()]
            cleaned["numbers"] = [row.number for row in rows or ()]
        if refusal:
            home = "file" if cleaned["file"] else "text"
            self.add_error(home, ValidationError(refusal.message, code=refusal.code))
        return cleaned

    def refuse_rows(self, outcomes: Iterable[Any]) -> None:
        """Take over what refuses some of the rows: the first refusal of each code, and how many rows have it."""
        outcomes = list(outcomes)
        rows = Counter(code for outcome in outcomes for code in {code for _, code, _ in outcome.refusals})
        for outcome in outcomes:
            for field, code, reason in outcome.refusals:
                if code not in self.codes:
                    where = f"Row {outcome.row}" + (f" and {rows[code] - 1:,} more" if rows[code] > 1 else "")
                    where = f"{where}, {field}" if field else where
                    self.add_error(None, ValidationError(f"{where}: {reason}", code=code))

    def refuse_rest(self, stopped: rules.Refusal | None, registered: int, new: int) -> None:
        """Say what `stopped` it, if anything did, and how many of the `new` rows are `registered` nevertheless."""
        if not stopped:
            return
        reason = stopped.message
        if registered:
            why = "Something changed meanwhile." if stopped == rules.STALE_PREVIEW else stopped.reason
            reason = (
                f"The first {registered:,} new rows are registered and stay, the other {new - registered:,} are not."
            )
            reason = f"{reason} {why}"
            if not rules.forbids(stopped.code):
                reason += " Register the list again for the others."
        self.add_error(None, ValidationError(reason, code=stopped.code))


def _text_of(file):
    """(the text, None), or (None, the Refusal)."""
    if file.size > IMPORT_BYTES:
        return None, rules.IMPORT_TOO_LONG
    return decode(file.read())
