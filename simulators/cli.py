"""`forewarn simulate`: instruments that speak their real protocols."""

import argparse
from datetime import UTC, datetime
from pathlib import Path

EXAMPLES = """\
examples:
  forewarn simulate run --site sites/yongjiang --devices .forewarn/devices.json
  forewarn simulate run --site sites/yongjiang --devices d.json --fault fenghua:silence:+30m:+1h
  forewarn simulate run --site sites/han --recording han.csv --from 2020-08-05 --to 2020-08-08 \\
      --devices .forewarn/devices.json
  forewarn simulate record --site sites/yongjiang --storms 12 --out storms.csv
  forewarn simulate terrain --site sites/yongjiang

Instruments show the world at the time of FOREWARN_CLOCK. Times without a zone are UTC.
"""


def main(argv: list[str]) -> int:
    """Run one subcommand. Exit 0 when stopped or done; 2 on wrong usage or configuration."""
    args = _parser().parse_args(argv)
    if args.command == "record":
        from simulators.record import record

        return record(args)
    if args.command == "terrain":
        return _terrain(args)
    from simulators.run import run

    return run(args)


def _terrain(args: argparse.Namespace) -> int:
    """Write the invented ground of a site."""
    from forewarn.domain.config import load
    from simulators.world.terrain import Land, write

    out = args.out or args.site / "terrain.tif"
    size = write(load(args.site / "land.toml", Land), out)
    print(f"{out}: {size / 1024:.0f} KiB")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="forewarn simulate",
        description="Instruments that speak their real protocols over a simulated typhoon "
        "or a recording.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(
        dest="command", required=True, metavar="run | record | terrain"
    )
    run = commands.add_parser("run", help="serve all instruments of a site until SIGTERM")
    run.add_argument("--site", type=Path, required=True, help="folder of the site")
    run.add_argument(
        "--devices", type=Path, required=True, help="JSON to write: {device name: url}"
    )
    world = run.add_mutually_exclusive_group()
    world.add_argument("--scenario", type=Path, help="default: scenario.toml of the site")
    world.add_argument("--recording", type=Path, help="CSV that recording.toml of the site maps")
    run.add_argument("--from", dest="start", type=_time, help="begin of the recording, ISO 8601")
    run.add_argument("--to", dest="end", type=_time, help="end of the recording, not included")
    run.add_argument(
        "--fault",
        action="append",
        default=[],
        metavar="STATION:KIND[=AMOUNT]:FROM:TO",
        help="silence, garbage, drift, frozen, duplicates, late or clock; times as +30m or "
        "20240801T0310Z; may be given again",
    )
    record = commands.add_parser("record", help="write simulated storms as a recording")
    record.add_argument("--site", type=Path, required=True, help="folder of the site")
    record.add_argument("--storms", type=int, default=12, help="how many (default 12)")
    record.add_argument("--seed", type=int, default=1000, help="of the first (default 1000)")
    record.add_argument("--out", type=Path, required=True, help="CSV to write")
    terrain = commands.add_parser("terrain", help="write the invented ground of land.toml")
    terrain.add_argument("--site", type=Path, required=True, help="folder of the site")
    terrain.add_argument("--out", type=Path, help="GeoTIFF to write; default: terrain.tif there")
    return parser


def _time(text: str) -> datetime:
    time = datetime.fromisoformat(text)
    return time if time.tzinfo else time.replace(tzinfo=UTC)
