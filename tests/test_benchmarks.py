"""The benchmark runs: every operation is answered rightly, and the table is written. How fast is not asked here."""

import os
import subprocess
import sys

from django.conf import settings
from django.db import connection


def table(file):
    """The cells of all rows of all tables in a page."""
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in file.read_text().splitlines()]


def test_quick_run_answers_every_operation_rightly(tmp_path):
    engine = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}[connection.vendor]
    command = [sys.executable, "-m", "benchmarks", "--quick", "--databases", engine, "--folder", str(tmp_path)]
    done = subprocess.run(command, cwd=settings.BASE_DIR, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    rows, links = table(tmp_path / "performance.md"), table(tmp_path / "performance-links.md")
    assert ["met", "wrong answers", "0", "", "0", "all rounds"] in rows
    assert {"list, first page", "one registry", "a version", "create", "edit", "link"} <= {
        row[1] for row in rows if len(row) > 5
    }
    assert {"collections, first page", "search, rare word", "log, an old day"} <= {row[0] for row in links if row}


def test_an_import_and_a_restriction_are_measured(tmp_path):
    kept = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    environment = {**kept, "DJANGO_SETTINGS_MODULE": "benchmarks.settings", "REGISTRY_DATA_DIR": str(tmp_path)}
    command = [sys.executable, "manage.py", "measure_waits", "--rows=20", "--people=5", "--rounds=1"]
    done = subprocess.run(command, cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert [line.split(":")[0] for line in done.stdout.splitlines()[1:]] == ["preview", "import", "restriction"]
