"""Fit and score the models of a site on recorded data, offline, by the live system's own code."""

import argparse
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from forewarn.domain.station import Site, load_site
from stream.hindcast.command_line import parse_date, progress_bar

if TYPE_CHECKING:
    from stream.hindcast.score import Hindcast
    from stream.models.flood.gauges.fit import Record
    from stream.models.flood.gauges.model import GaugeModel
    from stream.models.flood.gauges.plan import FloodPlan

MODEL_FILE, PLAN_FILE = "flood.npz", "flood.toml"

EXAMPLES = """examples:
  forewarn hindcast fit --site sites/han --recording han_river_seoul_10min_2020.csv
  forewarn hindcast fit   --site sites/swindale --recording swindale_cumbria_15min_nov2009.csv
  forewarn hindcast score --site sites/han --recording han_river_seoul_10min_2021.csv
  forewarn hindcast run --site sites/han --recording han_river_seoul_10min_2021.csv --out han.html
  forewarn hindcast run --site sites/swindale --recording swindale_cumbria_15min_nov2009.csv
"""


def main(argv: list[str]) -> int:
    """Exit 0 when done, 2 on a recording, plan or model that cannot be used."""
    args = _parser().parse_args(argv)
    run: Callable[[argparse.Namespace], int] = args.run
    return run(args)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="forewarn hindcast",
        description=__doc__,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="fit | score | run")
    for name, run, about in (
        ("fit", _fit, "fit the gauge model (flood.toml) to flood.npz, or the runoff of basin.toml"),
        ("score", _score, "forecast a recording step by step and compare with what came"),
        ("run", _run, "the same, written as one HTML report: events, lead times, skill, pictures"),
    ):
        command = commands.add_parser(
            name,
            help=about,
            description=about,
            epilog=EXAMPLES,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        command.set_defaults(run=run)
        command.add_argument("--site", type=Path, required=True, help="folder, e.g. sites/han")
        command.add_argument(
            "--recording",
            type=Path,
            action="append",
            required=True,
            metavar="CSV",
            help="table that the site's recording.toml describes; may be given again",
        )
        command.add_argument(
            "--from", dest="start", metavar="DATE", help="leave out what is before"
        )
        command.add_argument(
            "--until" if name == "fit" else "--to",
            dest="end",
            metavar="DATE",
            help="leave out this date and later; dates are in the site's time zone",
        )
        command.add_argument("--json", action="store_true", help="print JSON instead of a table")
        if name == "fit":
            command.add_argument("--out", type=Path, help="file to write, not the site's own")
            command.add_argument(
                "--basin",
                action="store_true",
                help="fit the runoff of basin.toml; without a flood.toml that is done anyway",
            )
        else:
            command.add_argument("--model", type=Path, help="model to score, not SITE/flood.npz")
        if name == "run":
            command.add_argument(
                "--basin",
                action="store_true",
                help="run the chain of basin.toml; without a flood.toml that is done anyway",
            )
            command.add_argument(
                "--out", type=Path, metavar="FILE", help="report to write (hindcast-<site>.html)"
            )
    return parser


def _fit(args: argparse.Namespace) -> int:
    from stream.hindcast.basin_fit import BASIN_FILE

    without = not (args.site / PLAN_FILE).is_file()
    if args.basin or (without and (args.site / BASIN_FILE).is_file()):
        return _fit_basin(args)
    return _fit_gauges(args)


def _fit_basin(args: argparse.Namespace) -> int:
    from stream.hindcast.basin_fit import command

    zone = ZoneInfo(load_site(args.site).timezone)
    start, end = parse_date(args.start, zone), parse_date(args.end, zone)
    with progress_bar() as progress:
        return command(
            args.site,
            args.recording,
            start=start,
            end=end,
            out=args.out,
            as_json=args.json,
            progress=progress,
        )


def _fit_gauges(args: argparse.Namespace) -> int:
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # many small products: four times as fast
    from stream.hindcast.record import HindcastError, intervals, load_plan
    from stream.hindcast.report import fit_text, summary
    from stream.models.flood.gauges.fit import FitError, fit

    site = load_site(args.site)
    plan = load_plan(args.site, site)
    records = _records(args, site, plan)
    began = time.perf_counter()
    with progress_bar() as progress:
        try:
            fitted = fit(plan, records, intervals(plan, site), progress=progress)
        except FitError as error:
            raise HindcastError(f"{args.site}: {error}") from error
    seconds = time.perf_counter() - began
    content = fitted.model.to_bytes()
    out = args.out or args.site / MODEL_FILE
    try:
        out.write_bytes(content)
    except OSError as error:
        raise HindcastError(f"{out}: {error.strerror or error}") from error
    found = summary(fitted, len(content), seconds)
    print(json.dumps(found | {"model_file": str(out)}) if args.json else fit_text(found, out))
    return 0


def _score(args: argparse.Namespace) -> int:
    from stream.hindcast.report import score_text
    from stream.hindcast.score import hindcast, scores

    site = load_site(args.site)
    model = _load_model(args.model or args.site / MODEL_FILE)
    records = _records(args, site, model.plan)
    began = time.perf_counter()
    past = _joined([hindcast(model, record) for record in records])
    seconds = time.perf_counter() - began
    found = scores(model, past)
    if args.json:
        import msgspec

        rows = [msgspec.to_builtins(score) for score in found]
        print(json.dumps({"site": site.id, "model": model.name, "scores": rows}))
    else:
        print(score_text(model, found))
        print(f"\n{len(past.issue_s)} issue times in {seconds:.1f} s")
    return 0


def _run(args: argparse.Namespace) -> int:
    from stream.hindcast.basin_fit import BASIN_FILE

    without = not (args.site / PLAN_FILE).is_file()
    if args.basin or (without and (args.site / BASIN_FILE).is_file()):
        return _run_chain(args)
    return _run_gauges(args)


def _run_chain(args: argparse.Namespace) -> int:
    from stream.hindcast.basin_fit import load_basin
    from stream.hindcast.chain_past import run_chain
    from stream.hindcast.record import HindcastError, load_mapping, load_record
    from stream.hindcast.run import report

    if len(args.recording) > 1:
        raise HindcastError("the chain runs through one recording; give --recording once")
    site, basin = load_site(args.site), load_basin(args.site)
    zone = ZoneInfo(site.timezone)
    start, end = parse_date(args.start, zone), parse_date(args.end, zone)
    mapping, path = load_mapping(args.site), args.recording[0]
    record = load_record(path, mapping, site, basin.inputs, start=start, end=end)
    slowest = max(d.interval for key, _, d in site.datastreams() if key in set(basin.inputs))
    with progress_bar() as progress:
        found = run_chain(basin, record, slowest.total_seconds(), progress)
    return report(
        args,
        site,
        found.past,
        command=_command(args),
        more=found.others,
        notes=["Where basin.toml was fitted on this very recording, its errors are flattered."],
    )


def _command(args: argparse.Namespace) -> str:
    names = " ".join(f"--recording {path.name}" for path in args.recording)
    return f"forewarn hindcast run --site {args.site} {names}"


def _run_gauges(args: argparse.Namespace) -> int:
    from stream.hindcast.run import gauge_past, report
    from stream.hindcast.score import hindcast

    site = load_site(args.site)
    model = _load_model(args.model or args.site / MODEL_FILE)
    records = _records(args, site, model.plan)
    found = _joined([hindcast(model, record) for record in records])
    return report(args, site, gauge_past(model, found), command=_command(args))


def _records(args: argparse.Namespace, site: Site, plan: "FloodPlan") -> list["Record"]:
    from stream.hindcast.record import load_mapping, load_record

    zone = ZoneInfo(site.timezone)
    start, end = parse_date(args.start, zone), parse_date(args.end, zone)
    mapping = load_mapping(args.site)
    return [
        load_record(path, mapping, site, plan.keys, start=start, end=end) for path in args.recording
    ]


def _load_model(path: Path) -> "GaugeModel":
    from stream.hindcast.record import HindcastError
    from stream.models.flood.gauges.model import GaugeModel
    from stream.models.flood.gauges.stored import ModelFileError

    try:
        return GaugeModel.from_bytes(path.read_bytes())
    except OSError as error:
        raise HindcastError(
            f"{path}: {error.strerror or error}; fit it with `forewarn hindcast fit`"
        ) from error
    except ModelFileError as error:
        raise HindcastError(f"{path}: {error}") from error


def _joined(parts: list["Hindcast"]) -> "Hindcast":
    import numpy as np

    from stream.hindcast.score import Hindcast

    return Hindcast(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))
