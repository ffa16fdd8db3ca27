"""How pages of collections, versions, search and the log grow: one table, from a database of each size."""

from benchmarks.report import table

HEAD = """\
# Performance: collections, versions, search, the log

Written by `make bench`. Milliseconds give the scale; only ratios hold on another machine.

{machine}
- Median milliseconds of 15 answers in the process itself, without a server between, for a member without any role of
  her own. *Growth* is the largest database against the smallest: 1.5 at most is the goal. Queries and bytes are those
  of the largest.
- The data: 100 registries, of which a tenth are restricted; a tenth of all links is in one collection, the others hold
  200 each; five entries of the log for each link, in one chain.
- Met by {met} of {all} rows.

## What is in the way

- A word of two letters has no trigram, so all names are read. Of a word, or of two, that very many tags have, the
  collections that carry them are gathered before the first are shown.
- A search of the log for a name made of common parts (`basalt_juniper_000001`): each of its trigrams is in very many
  entries. The activity page of a collection or a registry answers the same from an index.
- The list of a registry's collections, and a search for what is in many of them, sort or count more where more there
  are: with 10,000 links a registry has one collection, with a million 45, and there are 4,500 in all.
"""


def text(results, machine):
    """The whole page. `results` is {(engine, links): what `measure_published` writes}; `machine` a line about it."""
    parts, grown = [], []
    for engine in dict.fromkeys(engine for engine, _ in results):
        sizes = sorted(links for name, links in results if name == engine)
        heads = ["what is asked", *(f"{links:,} links" for links in sizes), "growth", "queries", "bytes"]
        rows = []
        for label in results[engine, sizes[0]]:
            cells = [results[engine, links][label] for links in sizes]
            growth = cells[-1]["ms"] / cells[0]["ms"]
            grown.append(growth)
            times = [f"{cell['ms']:.0f}" for cell in cells]
            rows.append([label, *times, f"{growth:.2f}", str(cells[-1]["queries"]), f"{cells[-1]['bytes']:,}"])
        parts += [f"## {engine}", "", *table(heads, rows), ""]
    head = HEAD.format(machine=machine, met=sum(growth <= 1.5 for growth in grown), all=len(grown))
    return "\n".join([head, *parts])
