"""What `forewarn edge camera` does: show, learn a reference, calibrate bays, keep evidence."""

import argparse
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import msgspec
import numpy as np

from edge.cameras import CameraError
from edge.cameras.bays import SHIPPED, BayModel, features, load_model
from edge.cameras.bays_fit import cross_validate, empty_offsets, fit
from edge.cameras.detector import Picture
from edge.cameras.drawing import draw
from edge.cameras.evidence import Evidence
from edge.cameras.picture import Health
from edge.cameras.pklot import read_lot
from edge.cameras.scene import Scene
from edge.cameras.sources import open_source
from edge.drivers.camera.config import CameraConfig
from edge.lines import Lines
from edge.settings import load_gateway
from forewarn.domain.clock import clock_from

REFERENCE_WITHIN_S = 120.0
SETTLE_PICTURES = 20
"""Pictures shown to background subtraction before `show` draws."""


def show(args: argparse.Namespace) -> int:
    """Write one picture with boxes, zones, lines, bays and the staff's water line."""
    config, pictures = _camera(args)
    scene = config.scene()
    count = SETTLE_PICTURES if scene.people and scene.people.method == "blobs" else 1
    seen = [next(pictures) for _ in range(count)]
    _write(args.out, draw(scene, seen))
    print(f"{args.out}: {config.station} as it is seen now")
    return 0


def reference(args: argparse.Namespace) -> int:
    """Learn how the picture should look from what comes now."""
    _, pictures = _camera(args)
    health, until = Health(), time.monotonic() + REFERENCE_WITHIN_S
    wrong: tuple[str, ...] = ()
    for picture in pictures:
        wrong = health.look(picture, 0.0).faults or wrong
        if health.reference.ready or time.monotonic() > until:
            break
    if not health.reference.ready:
        raise CameraError(f"no healthy pictures to learn from: {', '.join(wrong)}")
    health.reference.save(args.out)
    print(f'{args.out}: write `reference = "{args.out}"` at this camera in gateway.toml')
    return 0


def keep(args: argparse.Namespace) -> int:
    """Keep pictures in a folder, never more than its limit."""
    config, pictures = _camera(args)
    evidence = Evidence(args.folder, int(args.limit_mb * 1e6))
    until = time.monotonic() + args.seconds
    kept = 0
    while time.monotonic() < until:
        evidence.keep(config.station, clock_from().now(), next(pictures))
        kept += 1
    print(f"{args.folder}: {kept} pictures kept; {evidence.dropped} old ones deleted for room")
    return 0


def calibrate(args: argparse.Namespace) -> int:
    """Fit the bays from labelled pictures, or learn how the empty lot looks."""
    if bool(args.pklot) == bool(args.empty):
        raise CameraError("calibrate: give either --pklot FOLDER or --empty PICTURE …")
    if args.pklot:
        lots = [read_lot(path) for path in sorted(args.pklot.glob("*.xml"))]
        if not lots:
            raise CameraError(f"{args.pklot}: no .xml there")
        found = np.concatenate([features(lot.picture, lot.bays) for lot in lots])
        taken = np.concatenate([lot.taken for lot in lots])
        groups = np.concatenate([np.full(len(lot.bays), i) for i, lot in enumerate(lots)])
        model = fit(found, taken, f"{len(lots)} pictures in {args.pklot.name}")
        if len(lots) > 1:
            score = cross_validate(found, taken, groups)
            print(
                f"pictures left out in turn: {100 * score.right:.1f} % of {score.bays} bays right, "
                f"{score.false_empty} false empty, {score.false_full} false full"
            )
    else:
        model = _from_empty(args)
    args.out.write_bytes(msgspec.json.format(msgspec.json.encode(model), indent=1) + b"\n")
    print(f'{args.out}: write `model = "{args.out}"` under [instrument.parking]')
    return 0


def _from_empty(args: argparse.Namespace) -> BayModel:
    config = _config(args)
    if config.parking is None:
        raise CameraError(f"{args.config}: {args.station} has no [instrument.parking]")
    bays = config.parking.bays
    model = load_model(SHIPPED, len(bays))
    empty = np.stack([features(_read(path), bays) for path in args.empty])
    offsets = empty_offsets(model, empty)
    source = f"{model.source}; offsets from {len(args.empty)} pictures of the empty lot"
    return msgspec.structs.replace(model, offsets=offsets, source=source)


def _camera(args: argparse.Namespace) -> tuple[CameraConfig, Iterator[Picture]]:
    config = _config(args)
    devices = load_gateway(args.config).devices
    lines = Lines(devices, args.devices)
    address = lines.address(config.device)
    url = getattr(address, "url", str(address))
    source = open_source(url, clock_from(), lines.timeout_s(config.device))
    return config, _pictures(source.next, config.scene())


def _pictures(take: Callable[[], Picture], scene: Scene) -> Iterator[Picture]:
    while True:
        yield take()
        time.sleep(1 / scene.frames_per_s)


def _config(args: argparse.Namespace) -> CameraConfig:
    if args.config is None or args.station is None:
        raise CameraError("give --config gateway.toml and --station")
    instruments = load_gateway(args.config).instruments
    cameras = [i for i in instruments if isinstance(i, CameraConfig)]
    for camera in cameras:
        if camera.station == args.station:
            return camera
    known = ", ".join(camera.station for camera in cameras) or "none"
    raise CameraError(f"{args.config}: no camera at `{args.station}`; cameras: {known}")


def _read(path: Path) -> Picture:
    picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if picture is None:
        raise CameraError(f"{path}: no picture")
    return np.asarray(picture, dtype=np.uint8)


def _write(path: Path, picture: Picture) -> None:
    if not cv2.imwrite(str(path), picture):
        raise CameraError(f"{path}: cannot be written; give a name that ends in .png or .jpg")
