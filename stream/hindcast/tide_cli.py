"""Fit, predict and score the tide of a site's gauges on recorded levels."""

import argparse
import json
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from forewarn.domain.config import load as load_toml
from forewarn.domain.errors import ForewarnError
from forewarn.domain.station import Site, load_site
from stream.hazards.tide import PLAN_FILE, Gauge, StormTide, TidePlan
from stream.hindcast.command_line import parse_date, progress_bar

if TYPE_CHECKING:
    from stream.models.tide.analysis import Fit
    from stream.models.tide.constants import Array

EXAMPLES = """examples:
  forewarn tide fit --site sites/vlissingen --recording rws_vlissingen_hourly_1985_1994.csv \\
      --until 1990-01-01
  forewarn tide score --site sites/vlissingen --recording rws_vlissingen_hourly_1985_1994.csv \\
      --from 1990-01-01
  forewarn tide predict --site sites/yongjiang --from 2026-08-20 --hours 48
  forewarn tide predict --site sites/yongjiang --from 2026-08-20 --hours 48 --step 10
  forewarn tide table ticon4_east_china_sea.json --station Kanmen
"""
SHOWN = 12
"""So many constituents, the largest, are shown."""


class TideCommandError(ForewarnError):
    """A plan, a recording or a model that cannot be used; says which and what would help."""


def main(argv: list[str]) -> int:
    """Exit 0 when done, 2 on a recording, plan or model that cannot be used."""
    args = _parser().parse_args(argv)
    run: Callable[[argparse.Namespace], int] = args.run
    return run(args)


def _parser() -> argparse.ArgumentParser:
    layout = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(
        prog="forewarn tide", description=__doc__, epilog=EXAMPLES, formatter_class=layout
    )
    commands = parser.add_subparsers(required=True, metavar="fit | predict | score | table")
    for name, run, about in (
        ("fit", _fit, "fit harmonic constants and the residual model to recorded levels"),
        ("predict", _predict, "print high and low waters, or the tide at even steps, as CSV"),
        ("score", _score, "forecast a recording hour by hour; compare with persistence and AR48"),
    ):
        command = commands.add_parser(
            name, help=about, description=about, epilog=EXAMPLES, formatter_class=layout
        )
        command.set_defaults(run=run)
        command.add_argument("--site", type=Path, required=True, help="folder with a tide.toml")
        command.add_argument("--gauge", metavar="KEY", help="datastream, if there are several")
        command.add_argument("--from", dest="start", metavar="DATE", help="in the site's zone")
        if name == "predict":
            command.add_argument("--hours", type=float, default=48.0, help="how long (48)")
            command.add_argument(
                "--step", type=float, metavar="MINUTES", help="levels at even steps, not turns"
            )
            continue
        command.add_argument(
            "--recording",
            type=Path,
            action="append",
            required=True,
            metavar="CSV",
            help="table that the site's recording.toml describes; may be given again",
        )
        end = "--until" if name == "fit" else "--to"
        command.add_argument(end, dest="end", metavar="DATE", help="leave out this and later")
        command.add_argument("--json", action="store_true", help="print JSON instead of a table")
        if name == "fit":
            command.add_argument("--out", type=Path, help="file to write, not the plan's own")
            command.add_argument("--robust", action="store_true", help="let surges pull less")
    about = "print published constants (JSON of NOAA or TICON-4) as lines for tide.toml"
    command = commands.add_parser(
        "table", help=about, description=about, epilog=EXAMPLES, formatter_class=layout
    )
    command.set_defaults(run=_table)
    command.add_argument("file", type=Path, metavar="JSON")
    command.add_argument("--station", help="name, if there are several")
    return parser


def _table(args: argparse.Namespace) -> int:
    from stream.hindcast.tide_tables import as_toml

    print(as_toml(args.file, args.station))
    return 0


def _gauge(args: argparse.Namespace) -> tuple[Site, TidePlan, Gauge]:
    site, path = load_site(args.site), args.site / PLAN_FILE
    if not path.is_file():
        raise TideCommandError(
            f"{args.site}: no {PLAN_FILE} there: it says which gauges have tides"
        )
    plan = load_toml(path, TidePlan)
    keys = [gauge.datastream for gauge in plan.gauges]
    if args.gauge is None and len(keys) > 1:
        raise TideCommandError(f"{path} has several gauges; give --gauge, one of {', '.join(keys)}")
    if args.gauge not in (None, *keys):
        raise TideCommandError(f"{path}: no gauge `{args.gauge}`; there are: {', '.join(keys)}")
    return site, plan, plan.gauges[keys.index(args.gauge) if args.gauge else 0]


def _levels(args: argparse.Namespace, site: Site, gauge: Gauge) -> "tuple[Array, Array]":
    """Return times and levels of the recordings, judged by the live quality control."""
    import numpy as np

    from stream.hindcast.record import load_mapping, load_record

    zone, mapping = ZoneInfo(site.timezone), load_mapping(args.site)
    start, end = parse_date(args.start, zone), parse_date(args.end, zone)
    times, levels = [], []
    for path in args.recording:
        record = load_record(path, mapping, site, [gauge.datastream], start=start, end=end)
        known = np.flatnonzero(np.isfinite(record.minutes[0]))
        times.append(record.first_s + 60.0 * known)
        levels.append(record.minutes[0, known])
    joined = np.concatenate(times)
    order = np.unique(joined, return_index=True)[1]
    return joined[order], np.concatenate(levels)[order]


def _fit(args: argparse.Namespace) -> int:
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # many small products
    from stream.models.tide import analysis
    from stream.models.tide.errors import TideError
    from stream.models.tide.stored import write
    from stream.models.tide.surge.fitting import Record, fit

    site, _, gauge = _gauge(args)
    times, levels = _levels(args, site, gauge)
    latitude = next(s.latitude for key, s, _ in site.datastreams() if key == gauge.datastream)
    with progress_bar() as progress:
        try:
            found = analysis.fit(
                times, levels, latitude=latitude, robust=args.robust, extended=True
            )
            model = fit([Record(times, levels, found.constants)], progress=progress)
        except TideError as error:
            raise TideCommandError(f"{args.site}, {gauge.datastream}: {error}") from error
    out = args.out or args.site / gauge.model
    content = write(model, found.constants)
    try:
        out.write_bytes(content)
    except OSError as error:
        raise TideCommandError(f"{out}: {error.strerror or error}") from error
    _print_fit(args, found, len(content), out)
    return 0


def _print_fit(args: argparse.Namespace, found: "Fit", size: int, out: Path) -> None:
    constants = found.constants
    order = sorted(range(len(constants.names)), key=lambda k: -constants.amplitude[k])
    rows = [
        {
            "constituent": constants.names[k],
            "amplitude": round(float(constants.amplitude[k]), 4),
            "amplitude_error": round(float(constants.amplitude_error[k]), 4),
            "lag_deg": round(float(constants.lag_deg[k]), 2),
            "lag_error_deg": round(float(constants.lag_error_deg[k]), 2),
        }
        for k in order
    ]
    if args.json:
        about = {"rmse": found.residual_rmse, "used": found.used, "model_file": str(out)}
        print(json.dumps(about | {"mean": constants.mean, "constituents": rows}))
        return
    print(
        f"{found.used} observations, mean {constants.mean:.3f}, residual {found.residual_rmse:.3f}"
    )
    if found.left_out:
        print(f"too short for {', '.join(found.left_out)}: a year would do")
    print("constituent  amplitude  ±95 %   Greenwich lag  ±95 %")
    for row in rows[:SHOWN]:
        print(
            f"{row['constituent']:11s} {row['amplitude']:10.4f} {row['amplitude_error']:6.4f} "
            f"{row['lag_deg']:14.2f} {row['lag_error_deg']:7.2f}"
        )
    print(f"… {len(rows)} in all, with the residual model in {out} ({size / 1000:.0f} kB)")


def _predict(args: argparse.Namespace) -> int:
    import numpy as np

    from stream.models.tide.highwater import turns
    from stream.models.tide.prediction import predict

    site, plan, gauge = _gauge(args)
    constants = StormTide(args.site, plan, gauge, site).fitted.constants
    start = parse_date(args.start, ZoneInfo(site.timezone)) or datetime.now(UTC)
    first = start.timestamp()
    last = first + timedelta(hours=args.hours).total_seconds()
    if args.step:
        times = np.arange(first, last + 1.0, 60.0 * args.step)
        print("time_utc,tide")
        for time, level in zip(times, predict(constants, times), strict=True):
            print(f"{_utc(time)},{level:.3f}")
        return 0
    print("time_utc,tide,turn")
    for turn in turns(constants, first, last):
        print(f"{_utc(turn.time_s)},{turn.level:.3f},{'high' if turn.high else 'low'}")
    return 0


def _score(args: argparse.Namespace) -> int:
    import numpy as np

    from stream.hindcast.tide_score import score, table
    from stream.models.tide.surge.fitting import Record
    from stream.models.tide.surge.sampling import even

    site, plan, gauge = _gauge(args)
    fitted = StormTide(args.site, plan, gauge, site).fitted
    start = parse_date(args.start, ZoneInfo(site.timezone))
    args.start = None
    times, levels = _levels(args, site, gauge)
    record = Record(times, levels, fitted.constants)
    steps, _ = even(times, levels, fitted.model.step_s)
    test = steps >= (start.timestamp() if start else steps[0])
    train = ~test if not test.all() else np.ones(len(test), bool)
    found = score(fitted.model, record, train=train, test=test)
    if args.json:
        print(json.dumps([one._asdict() | {"gain": one.gain} for one in found]))
        return 0
    first, last = (datetime.fromtimestamp(s, UTC).date() for s in fitted.model.fitted_s)
    print(f"{gauge.datastream}, model fitted on {first} to {last}; RMSE in mm")
    if test.all():
        print("The autoregression is fitted on the scored record itself, which flatters it.")
    print(table(found))
    return 0


def _utc(time_s: float) -> str:
    return f"{datetime.fromtimestamp(round(time_s), UTC):%Y-%m-%dT%H:%M:%SZ}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
