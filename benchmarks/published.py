"""How pages of collections, versions, search and the log grow: one table, from a database of each size."""

import json
import os
import subprocess
import sys


def measure(environment, links, file):
    """Fill the new database of `environment` with `links` links, and time what reads them: {what is asked: facts}."""
    command = [sys.executable, "manage.py", "measure_published", str(links), str(file)]
    subprocess.run(command, env={**os.environ, **environment}, check=True)
    return json.loads(file.read_text())


def section(results):
    """The chapter of the report. `results` is {(engine, links): what `measure` answers}."""
    engines = dict.fromkeys(engine for engine, _ in results)
    lines = [
        "## Collections, versions, search, the log",
        "",
        "Median milliseconds of an answer in the process itself, without a server between, for a member without any",
        "role of their own; five entries of the log for each link, a tenth of all links in one collection. *Growth* is",
        "the largest against the smallest. Queries and bytes are those of the largest.",
    ]
    for engine in engines:
        sizes = [links for name, links in results if name == engine]
        heads = [f"{links:,} links" for links in sizes]
        lines += ["", f"### {engine}", "", f"| what is asked | {' | '.join(heads)} | growth | queries | bytes |"]
        lines += ["|---|" + "---:|" * (len(sizes) + 3)]
        lines += [
            _row(label, [results[engine, links][label] for links in sizes]) for label in results[engine, sizes[0]]
        ]
    return "\n".join(lines) + "\n"


def _row(label, cells):
    times = " | ".join(f"{cell['ms']:.0f}" for cell in cells)
    growth = cells[-1]["ms"] / cells[0]["ms"]
    return f"| {label} | {times} | {growth:.2f} | {cells[-1]['queries']} | {cells[-1]['bytes']:,} |"
