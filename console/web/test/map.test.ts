import assert from "node:assert/strict";
import { test } from "node:test";
import { declutter, textWidth, type Label } from "../src/declutter.ts";
import { stationState } from "../src/stationstate.ts";
import { Store } from "../src/store.ts";
import type { Datastream, Site, Vital } from "../src/wire.ts";

const label = (x: number, y: number, changes: Partial<Label> = {}): Label => ({
  x, y, width: 60, height: 16, reachX: 8, reachY: 8, rank: 1, sides: ["right", "left", "top", "bottom"], ...changes,
});

test("a label stands to the right of its mark, or where there is room", () => {
  assert.deepEqual(declutter([label(100, 100)], 400, 400), ["right"]);
  assert.deepEqual(declutter([label(380, 100)], 400, 400), ["left"], "the edge of the map");
  assert.deepEqual(declutter([label(100, 100), label(140, 100)], 400, 400), ["left", "right"], "another's mark");
  const wall = [{ left: 110, right: 300, top: 0, bottom: 400 }];
  assert.deepEqual(declutter([label(100, 100)], 400, 400, wall), ["left"], "what lies over the map");
});

test("of two labels for one room the higher rank has it, and outside the map there is none", () => {
  const one = { sides: ["right"] as Label["sides"], reachX: 0, reachY: 0 };
  assert.deepEqual(declutter([label(50, 50, one), label(55, 52, { ...one, rank: 4 })], 400, 400), [null, "right"]);
  assert.deepEqual(declutter([label(-5, 50)], 400, 400), [null]);
});

test("no two shown labels ever overlap", () => {
  let seed = 7;
  const random = (): number => (seed = (seed * 16807) % 2147483647) / 2147483647;
  const labels = Array.from({ length: 200 }, () => label(random() * 400, random() * 400, { reachX: 0, reachY: 0, sides: ["centre"] }));
  const shown = labels.filter((_, i) => declutter(labels, 400, 400)[i]);
  assert.ok(shown.length > 20);
  for (const a of shown) for (const b of shown) {
    assert.ok(a === b || Math.abs(a.x - b.x) >= 60 || Math.abs(a.y - b.y) >= 16);
  }
});

test("a Chinese letter is as wide as high", () => {
  assert.equal(textWidth("宁波", 12), 24);
  assert.ok(textWidth("Ningbo", 12) < 48);
});

const stream = (property: string, thresholds = true): Datastream => ({
  key: `weir/${property}`, station: "weir", property, unit: "m", interval_s: 60, stale_after_s: 190,
  thresholds: thresholds ? [{ value: 1, level: 2, label: "high", source: "" }] : [],
});
const vital = (property: string, level: Vital["level"], time = 0): [string, Vital] => [
  `weir/${property}`,
  { key: `weir/${property}`, time, result: 1.5, quality: 1, level, exceeded: level ? "high" : "" },
];
function store(streams: Datastream[], ...vitals: [string, Vital][]): Store {
  const station = { id: "weir", name: "Weir", area: "", datum: "", invented: false };
  const found = new Store({ stations: [station], datastreams: streams, others: [], places: [] } as unknown as Site);
  for (const [key, value] of vitals) found.vitals.set(key, value);
  return found;
}

test("a station shows the gravest of its datastreams", () => {
  const two = store([stream("stage"), stream("tide")], vital("stage", 0), vital("tide", 3));
  const { key, level, value, exceeded } = stationState(two, "weir", 0);
  assert.deepEqual([key, level, value.replace("\u00a0", " "), exceeded], ["weir/tide", 3, "1.50 m", "high"]);
});

test("an old, doubted or missing value is not judged, not even beside a good one that is low", () => {
  assert.equal(stationState(store([stream("stage")]), "weir", 0).level, null);
  assert.equal(stationState(store([stream("stage")], vital("stage", 0)), "weir", 200_000).level, null);
  assert.equal(stationState(store([stream("stage")], vital("stage", null)), "weir", 0).level, null);
  const beside = store([stream("stage"), stream("tide")], vital("stage", 0));
  assert.equal(stationState(beside, "weir", 0).level, null);
  assert.equal(stationState(store([stream("rain", false)], vital("rain", null)), "weir", 0).level, undefined);
});

test("a place reads as a station whose depth is forecast", () => {
  const place = { key: "dip/depth", id: "dip", name: "Dip", kind: "underpass", property: "depth", unit: "m", hazard: "inundation", area: "Town", invented: true, stale_after_s: 640, thresholds: [] };
  const found = new Store({ stations: [], datastreams: [], others: [], places: [place] } as unknown as Site);
  assert.equal(found.streams.get("dip/depth")?.property, "depth");
  assert.equal(found.stations.get("dip")?.name, "Dip");
  assert.deepEqual(found.ordered(), [], "but the table of stations does not list it");
});
