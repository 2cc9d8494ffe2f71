"""Counts what becomes of each line of recorded logs: `python -m edge.drivers.nmea.accounting`.

Prints a Markdown table; `decoded + ignored + refused` is the number of lines.
"""

import sys
from collections import Counter
from pathlib import Path

from edge.drivers.nmea.decode import Outcome, Reader
from edge.drivers.nmea.framing import LineBuffer

Counts = Counter[tuple[Outcome, str, str]]
"""(outcome, sentence, why) → lines."""


def account(log: bytes) -> Counts:
    """Return what became of each line of `log`."""
    reader, counts = Reader(), Counts()
    for line in LineBuffer().feed(log + b"\n"):
        heard = reader.read(line)
        counts[heard.outcome, heard.name, heard.why] += 1
    return counts


def table(counts: Counts) -> str:
    """Return `counts` as Markdown: a row for each sentence, and the sums."""
    rows = ["| sentence | decoded | ignored | refused | why |", "|---|---|---|---|---|"]
    for (outcome, name, why), lines in sorted(counts.items(), key=lambda c: (c[0][1], c[0][2])):
        cells = [str(lines) if outcome is column else "" for column in Outcome]
        rows.append(f"| {name} | {' | '.join(cells)} | {why} |")
    sums = [sum(n for key, n in counts.items() if key[0] is column) for column in Outcome]
    rows.append(f"| **{counts.total()} lines** | {' | '.join(map(str, sums))} | |")
    return "\n".join(rows)


def main(paths: list[str]) -> int:
    """Print the table of all logs in `paths`; 1 where one cannot be read."""
    counts = Counts()
    try:
        for path in paths:
            counts += account(Path(path).read_bytes())
    except OSError as error:
        print(f"{error.filename}: {error.strerror}", file=sys.stderr)
        return 1
    print(table(counts))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
