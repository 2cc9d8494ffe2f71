import assert from "node:assert/strict";
import { test } from "node:test";
import { hindsight, leadsOf, monthAfter, ordered, pairs, part, type Row } from "../src/models/compare.ts";
import type { Forecast, Trace } from "../src/wire.ts";

const MINUTE = 60_000;
const forecast: Forecast = {
  key: "weir/stage",
  issue_time: 0,
  model: "m",
  leads_s: [600, 1200, 1800],
  probabilities: [0.1, 0.5, 0.9],
  values: [[1, 2, 3], [1, 2, 3], [1, 2, 3]],
  degraded: [],
};
const trace: Trace = {
  key: "weir/stage",
  time: [9 * MINUTE + 30_000, 20 * MINUTE, 28 * MINUTE],
  result: [2.5, 9, 2],
  quality: [1, 3, 1],
};

test("an observation counts where it is trusted and at most an interval old", () => {
  assert.deepEqual(pairs(forecast, trace, 60).map((p) => p.came), [2.5, null, null]);
  assert.deepEqual(pairs(forecast, trace, 180).map((p) => p.came), [2.5, null, 2]);
});

test("hindsight counts what came inside the interval, and says where nothing came", () => {
  assert.deepEqual(hindsight(pairs(forecast, trace, 60)), { observed: 1, leads: 3, inside: 1, worst: 0.5 });
  const nothing = { ...trace, time: [], result: [], quality: [] };
  assert.deepEqual(hindsight(pairs(forecast, nothing, 60)), { observed: 0, leads: 3, inside: null, worst: null });
  const five = { ...forecast, probabilities: [0.05, 0.5, 0.95] };
  assert.equal(hindsight(pairs(five, trace, 60)).inside, null);
});

test("a part of a trace has both ends", () => {
  assert.deepEqual(part(trace, 20 * MINUTE, 28 * MINUTE).result, [9, 2]);
  assert.deepEqual(part(trace, 40 * MINUTE, 50 * MINUTE).time, []);
});

const row = (name: string, count: number, persistence: number | null, bias = 0): Row => ({
  key: name,
  name,
  lead: { lead_s: 3600, count, rmse: 1, bias, coverage: 0.8, persistence },
});

test("worst first; what is not known or known of too few pairs is last either way", () => {
  const rows = [row("good", 90, 0.9), row("few", 3, -5), row("bad", 90, -1), row("none", 90, null), { key: "x", name: "x", lead: undefined }];
  const names = (worst: boolean): string[] => ordered(rows, "persistence", worst).map((r) => r.name);
  assert.deepEqual(names(true), ["bad", "good", "few", "none", "x"]);
  assert.deepEqual(names(false), ["good", "bad", "few", "none", "x"]);
  assert.deepEqual(ordered([row("a", 90, 1, -3), row("b", 90, 1, 2)], "bias", true).map((r) => r.name), ["a", "b"]);
});

test("months follow one another over the year", () => {
  assert.equal(monthAfter("2026-12", 1), "2027-01");
  assert.equal(monthAfter("2026-01", -1), "2025-12");
  assert.deepEqual(leadsOf([{ key: "", start: 0, end: 0, leads: [row("a", 1, 1).lead!] }]), [3600]);
});
