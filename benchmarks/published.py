"""How pages of collections, versions, search and the log grow: one table, from a database of each size."""

HEAD = """\
# Performance: collections, versions, search, the log

Written by `make bench`. Milliseconds give the scale; only ratios hold on another machine.

{machine}
- Median milliseconds of 15 answers in the process itself, without a server between, for a member without any role of
  her own. *Growth* is the largest database against the smallest: 1.5 at most is the goal. Queries and bytes are those
  of the largest.
- The data: 100 registries, of which a tenth are restricted; a tenth of all links is in one collection, the others hold
  200 each; five entries of the log for each link, in one chain.
"""


def text(results, machine):
    """The whole page. `results` is {(engine, links): what `measure_published` writes}; `machine` a line about it."""
    parts = [HEAD.format(machine=machine)]
    for engine in dict.fromkeys(engine for engine, _ in results):
        sizes = sorted(links for name, links in results if name == engine)
        heads = [f"{links:,} links" for links in sizes]
        rows = [_row(label, [results[engine, links][label] for links in sizes]) for label in results[engine, sizes[0]]]
        parts += [
            f"## {engine}\n",
            f"| what is asked | {' | '.join(heads)} | growth | queries | bytes |",
            "|---|" + "---:|" * (len(sizes) + 3),
            *rows,
            "",
        ]
    return "\n".join(parts)


def _row(label, cells):
    times = " | ".join(f"{cell['ms']:.0f}" for cell in cells)
    growth = cells[-1]["ms"] / cells[0]["ms"]
    return f"| {label} | {times} | {growth:.2f} | {cells[-1]['queries']} | {cells[-1]['bytes']:,} |"
