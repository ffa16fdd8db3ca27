"""The benchmark runs: every operation is answered rightly, and the table is written. How fast is not asked here."""

import subprocess
import sys

from django.conf import settings
from django.db import connection


def test_quick_run_answers_every_operation_rightly(tmp_path):
    engine = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}[connection.vendor]
    file = tmp_path / "performance.md"
    command = [sys.executable, "-m", "benchmarks", "--quick", "--databases", engine, "--file", str(file)]
    done = subprocess.run(command, cwd=settings.BASE_DIR, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in file.read_text().splitlines()]
    assert ["wrong answers", "0", "0", "all rounds", "met"] in rows
    assert {"list, first page", "one registry", "create", "edit"} <= {row[1] for row in rows if len(row) > 5}
