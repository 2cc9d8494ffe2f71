import assert from "node:assert/strict";
import { test } from "node:test";
import { floodLines, oldFor } from "../src/flood.ts";
import { useZone } from "../src/format.ts";
import type { Inundation, LatLon, Zone } from "../src/wire.ts";
import { areaText, course, frames, nearest, ringArea, zonesAt } from "../src/zones.ts";

const MINUTE = 60_000;
const NOON = Date.UTC(2026, 6, 12, 12);
const STALE = 20 * MINUTE;
useZone("UTC");

/** A square with its lower left corner at the equator: `side` degrees wide. */
const square = (side: number, x = 0): LatLon[] => [[0, x], [0, x + side], [side, x + side], [side, x], [0, x]];
const zone = (lead_s: number, depth_m: number, probability: number, side: number): Zone => ({
  lead_s, depth_m, probability, polygons: [[square(side)]],
});
const inundation = (changes: Partial<Inundation> = {}): Inundation => ({
  area: "city", name: "City", issue_time: NOON, model: "m", members: 12, leads_s: [0, 1800, 3600],
  depths_m: [0.15, 0.5], probabilities: [0.2, 0.5],
  zones: [zone(1800, 0.15, 0.5, 0.01), zone(3600, 0.5, 0.5, 0.01), zone(3600, 0.15, 0.5, 0.02), zone(3600, 0.15, 0.2, 0.03)],
  degraded: [], failed: "", failed_time: null, ...changes,
});
const FAILED = { failed: "it diverged", failed_time: NOON + 5 * MINUTE };
const plain = (text: string): string => text.replaceAll("\u00a0", " ");
const said = (inundations: Inundation[] | undefined, now: number, trouble = ""): string[] =>
  floodLines(inundations, now, STALE, 0.5, trouble).map((line) => plain(line.text));

test("deeper water is drawn on top, and only of the chosen time and probability", () => {
  const drawn = zonesAt([inundation()], NOON + 60 * MINUTE, 0.5);
  assert.deepEqual(drawn.map((z) => [z.depth_m, z.probability]), [[0.15, 0.5], [0.5, 0.5]]);
  assert.deepEqual(zonesAt([inundation()], NOON, 0.5), []);
});

test("areas issued at other minutes are shown at their nearest time", () => {
  const later = inundation({ area: "port", issue_time: NOON + 7 * MINUTE });
  const times = frames([inundation(), later]);
  assert.equal(times[0], NOON + 7 * MINUTE);
  assert.equal(zonesAt([inundation(), later], times[2]!, 0.2).length, 2);
  assert.deepEqual(zonesAt([inundation()], NOON + 200 * MINUTE, 0.5), [], "beyond the last lead nothing is known");
});

test("the frame nearest to now is found, before the first and after the last too", () => {
  const times = frames([inundation()]);
  assert.deepEqual([-10, 14, 16, 500].map((m) => nearest(times, NOON + m * MINUTE)), [0, 0, 1, 2]);
  assert.equal(nearest([], NOON), 0);
});

test("a degree square at the equator has its area, whichever way it is drawn, and holes count", () => {
  const area = ringArea(square(0.01));
  assert.ok(Math.abs(area / 1.2364e6 - 1) < 0.002, String(area)); // (111.195 km)² / 10⁴
  assert.equal(ringArea(square(0.01).reverse()), area);
  const holed: Zone = { ...zone(0, 0.15, 0.5, 0.01), polygons: [[square(0.01), square(0.005)]] };
  const [found] = course([inundation({ zones: [holed] })], [NOON], 0.5, 0.15);
  assert.ok(Math.abs(found! / area - 0.75) < 1e-9);
  assert.deepEqual([4_000, 340_000, 2_100_000].map(areaText).map(plain), ["0.4 ha", "34 ha", "2.1 km²"]);
});

test("a new map is told with its first and its largest water", () => {
  const lines = said([inundation()], NOON + 4 * MINUTE);
  assert.equal(lines[0], "Likely (≥ 50 %): water from 12:30, most at 13:00: 4.9 km² deeper than 0.15 m.");
  assert.equal(lines[1], "Inundation forecast issued 12:00 (4 min ago), 12 members.");
  const dry = said([inundation({ zones: [] })], NOON);
  assert.equal(dry[0], "Likely (≥ 50 %): no water deeper than 0.15 m until 13:00.");
});

test("an old map never says that there is no water", () => {
  const lines = said([inundation({ zones: [] })], NOON + 35 * MINUTE);
  assert.deepEqual(lines, ["No inundation forecast since 12:00; last one shown, 35 min old."]);
  assert.equal(oldFor([inundation()], NOON + 35 * MINUTE, STALE), 35 * MINUTE);
  assert.equal(oldFor([inundation()], NOON + 5 * MINUTE, STALE), undefined);
  const over = said([inundation()], NOON + 90 * MINUTE);
  assert.match(over.join(" "), /It ends before now/);
});

test("a failed run is told, with the map before it or without any", () => {
  const lines = said([inundation({ ...FAILED, zones: [] })], NOON + 6 * MINUTE);
  assert.deepEqual(lines, ["No inundation forecast since 12:00; last one shown, 6 min old.", "The newest run failed: it diverged."]);
  const never = said([inundation({ ...FAILED, issue_time: null, leads_s: [], zones: [] })], NOON);
  assert.deepEqual(never, ["No inundation forecast: it diverged. That does not mean that there is no water."]);
});

test("one area without a new map takes the headline from all", () => {
  const lines = said([inundation({ zones: [] }), inundation({ area: "port", name: "Port", ...FAILED })], NOON + 6 * MINUTE);
  assert.ok(!lines.some((line) => line.includes("no water")), lines.join("\n"));
  assert.ok(lines.some((line) => line.startsWith("Port: No inundation forecast since")));
});

test("nothing loaded, nothing stored and a degraded run are three different things", () => {
  assert.deepEqual(said(undefined, NOON), ["loading…"]);
  assert.match(said(undefined, NOON, "503")[0]!, /could not be loaded: 503/);
  assert.match(said([], NOON)[0]!, /does not mean that there is no water/);
  const degraded = said([inundation({ degraded: ["2 of 12 members diverged"] })], NOON);
  assert.equal(degraded.at(-1), "Less certain than usual: 2 of 12 members diverged.");
});
