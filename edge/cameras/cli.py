"""`forewarn edge camera`: tools of who installs a camera, all on the gateway itself."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from edge import EdgeError
from forewarn.domain.errors import ForewarnError

EXAMPLES = """\
examples:
  forewarn edge camera show --config gateway.toml --station quay-plaza --out seen.png
  forewarn edge camera reference --config gateway.toml --station quay-plaza --out plaza.png
  forewarn edge camera calibrate --config gateway.toml --station east-carpark \\
      --empty night1.jpg night2.jpg --out carpark.json
  forewarn edge camera calibrate --pklot labelled/ --out carpark.json
  forewarn edge camera keep --config gateway.toml --station quay-plaza --seconds 60 \\
      --folder evidence --limit-mb 50

Pictures are written on this machine alone, and only by these commands.
"""


def main(argv: list[str]) -> int:
    """Run one subcommand; exit 0 when done, 2 where something has to be mended."""
    if argv == ["watch"]:
        from edge.cameras.watch import main as watch

        return _guarded(watch)
    args = _parser().parse_args(argv)
    from edge.cameras import tools

    commands = {
        "show": tools.show,
        "reference": tools.reference,
        "calibrate": tools.calibrate,
        "keep": tools.keep,
    }
    return _guarded(lambda: commands[args.command](args))


def _guarded(command: Callable[[], int]) -> int:
    try:
        return command()
    except (EdgeError, ForewarnError) as error:
        print(f"forewarn edge camera: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="forewarn edge camera",
        description=__doc__,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True)
    show = commands.add_parser("show", help="write a picture with what is seen drawn into it")
    _add_camera(show)
    show.add_argument("--out", type=Path, required=True, help="picture to write")
    reference = commands.add_parser("reference", help="learn how the picture should look")
    _add_camera(reference)
    reference.add_argument("--out", type=Path, required=True, help="gray .png to write")
    keep = commands.add_parser("keep", help="keep pictures as evidence, for a limited time")
    _add_camera(keep)
    keep.add_argument("--folder", type=Path, required=True, help="where to keep them")
    keep.add_argument("--seconds", type=float, default=60.0, help="for how long (default 60)")
    keep.add_argument("--limit-mb", type=float, default=50.0, help="of the folder (default 50)")
    calibrate = commands.add_parser("calibrate", help="fit the bays of a lot")
    _add_camera(calibrate, required=False)
    calibrate.add_argument("--empty", type=Path, nargs="+", help="pictures of the empty lot")
    calibrate.add_argument("--pklot", type=Path, help="folder of pictures with PKLot's XML")
    calibrate.add_argument("--out", type=Path, required=True, help="model .json to write")
    return parser


def _add_camera(parser: argparse.ArgumentParser, *, required: bool = True) -> None:
    parser.add_argument("--config", type=Path, required=required, help="gateway.toml")
    parser.add_argument("--devices", type=Path, help="JSON {device: url} that overrides it")
    parser.add_argument("--station", required=required, help="station of the camera")
