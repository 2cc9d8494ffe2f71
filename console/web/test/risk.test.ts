import assert from "node:assert/strict";
import { test } from "node:test";
import { useZone } from "../src/format.ts";
import { arrival, byRisk, depth, percent, risk } from "../src/risk.ts";
import type { Assessment, Exceedance, Level, Place } from "../src/wire.ts";

const MINUTE = 60_000;
const NOON = Date.UTC(2026, 6, 12, 12);
useZone("UTC");

const place = (name: string): Place => ({
  key: `${name}/depth`, id: name, name, kind: "underpass", area: "", invented: true, stale_after_s: 600, thresholds: [],
});
const exceedance = (probability: number, level: Level = 2, onset: number | null = NOON + 40 * MINUTE): Exceedance => ({
  level, threshold: 0.3, label: "closed", probability, observed: false,
  onset, onset_early: NOON + 20 * MINUTE, onset_late: NOON + 70 * MINUTE,
});
const assessment = (exceedances: Exceedance[], changes: Partial<Assessment> = {}): Assessment => ({
  key: "", issue_time: NOON, outcome: "ok", reason: "", exceedances, peak: 0.6, peak_time: NOON + 90 * MINUTE,
  peak_low: 0.3, peak_high: 0.9, evidence: [], horizon_s: 10_800, ...changes,
});
const plain = (text: string): string => text.replaceAll("\u00a0", " ");

test("the most probable place comes first, then the earliest, and the unknown last", () => {
  const late = risk(place("late"), assessment([exceedance(0.71, 2, NOON + 90 * MINUTE)]), true);
  const early = risk(place("early"), assessment([exceedance(0.7, 2, NOON + 10 * MINUTE)]), true);
  const sure = risk(place("sure"), assessment([exceedance(0.9)]), true);
  const dry = risk(place("dry"), assessment([exceedance(0.01, 2, null)]), true);
  const old = risk(place("old"), assessment([exceedance(1)]), false);
  const none = risk(place("none"), undefined, false);
  const order = [none, old, dry, late, early, sure].sort(byRisk).map((r) => r.place.name);
  assert.deepEqual(order, ["sure", "early", "late", "dry", "none", "old"]);
});

test("a place of which nothing may be said has no level and no probability", () => {
  for (const found of [risk(place("a"), undefined, false), risk(place("a"), assessment([exceedance(0.9)]), false), risk(place("a"), assessment([]), true)]) {
    assert.deepEqual([found.level, percent(found.probability)], [null, "?"]);
  }
});

test("the level is the highest that is more probable than not", () => {
  const levels = (...list: [number, Level][]): Level | null =>
    risk(place("a"), assessment(list.map(([p, level]) => exceedance(p, level))), true).level;
  assert.equal(levels([0.8, 2], [0.6, 3], [0.4, 4]), 3);
  assert.equal(levels([0.4, 2]), 0);
});

test("depth, time and probability read as on the brief", () => {
  assert.equal(plain(depth(assessment([]), NOON)), "0.6 m (0.3–0.9) at 13:30");
  assert.equal(plain(depth(assessment([], { peak: 0.01, peak_low: 0, peak_high: 0.04 }), NOON)), "0.0 m (0.0–0.0)");
  assert.equal(arrival(exceedance(0.7), NOON), "water from 12:40 (12:20 – 13:10)");
  assert.equal(arrival({ ...exceedance(0.7), onset_late: null }, NOON + 30 * MINUTE), "water from 12:40 (now – later)");
  assert.equal(arrival(exceedance(0.1, 2, null), NOON), "");
  assert.deepEqual([-1, 0.004, 0.72, 0.99].map(percent).map(plain), ["?", "≤ 5 %", "72 %", "≥ 95 %"]);
});
