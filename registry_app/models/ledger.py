"""The ledger: registries that were restricted, noted beside the database, so that an old backup can't open them again.

Rule 9 holds in a database, but a backup older than a restriction knows nothing of it, and nothing in it can. So each
restriction adds a line to a file in the data folder, and whoever serves asks `Registry.objects.reopened()` first.
"""

import json
import os
from pathlib import Path

from django.conf import settings

from . import audit


def note(registry):
    """Add a line on `registry`, whose restriction is committed."""
    line = audit.canonical({"registry": registry.pk, "born": registry.created_at.isoformat(), "name": registry.name})
    Path(settings.LEDGER).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(settings.LEDGER, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(descriptor, f"{line}\n".encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def restricted():
    """{id: moment of birth, ISO} of the registries ever restricted; the moment tells another database's ids apart."""
    path = Path(settings.LEDGER)
    lines = path.read_text().splitlines() if path.exists() else []
    return {entry["registry"]: entry["born"] for entry in map(json.loads, lines)}
