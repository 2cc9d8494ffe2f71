import assert from "node:assert/strict";
import { test } from "node:test";
import type { Advice } from "../src/citywire.ts";
import { adviceOld, bandAt, gravest, isLow, knownUntil, standOf, stateOf, summary, windows, worstLevel } from "../src/venues/judge.ts";
import type { Limit, Programme, Spot, VenueEvent } from "../src/venues/wire.ts";

const M = 60_000;
const spot = (id: string, changes: Partial<Spot> = {}): Spot => ({
  key: `${id}/density`, id, kind: "zone", name: id, name_zh: "", area: "", unit: "1/m2", invented: false, stale_after_s: 600,
  issue_time: 0, outcome: "ok", reason: "", observed: 1, level: 0, label: "", label_zh: "", coming: null, bounds: [], figures: {},
  evidence: [], trend: { time: [], value: [], rate: null, course: "unknown" }, ahead: null, ...changes,
});
const limit = (name: string, changes: Partial<Limit> = {}): Limit => ({
  name, key: `m/${name}`, unit: "m/s", advice: "go", observed: 1, caution: 5, stop: 8, worst: null, why: "", bands: [], ...changes,
});
const stretch = (start: number, end: number, advice: Advice) => ({ start: start * M, end: end * M, advice, why: [] });
const event = (changes: Partial<VenueEvent> = {}): VenueEvent => ({
  event: "e", name: "E", start: 0, end: 60 * M, advice: "go", why: [], limits: [], timeline: [], next_window: null, ...changes,
});
const programme = (events: VenueEvent[], issue_time = 0): Programme => ({ venue: "v", name: "V", issue_time, events, degraded: [] });

test("what is old or was never judged is not known, and no calm", () => {
  assert.deepEqual(stateOf(spot("a"), 600_000, false), { level: 0, old: false });
  assert.deepEqual(stateOf(spot("a", { level: 4 }), 600_001, false), { level: null, old: true });
  assert.deepEqual(stateOf(spot("a"), 0, true), { level: null, old: true }, "the link is lost");
  assert.deepEqual(stateOf(spot("a", { issue_time: null, level: null }), 0, false), { level: null, old: false });
});

test("the gravest come first, and not known before calm", () => {
  const all = [spot("calm"), spot("lost", { level: null }), spot("red", { level: 4 }), spot("blue", { level: 1 })];
  assert.deepEqual(gravest(all, 0, false).map((s) => s.id), ["red", "blue", "lost", "calm"]);
  assert.equal(worstLevel([spot("calm"), spot("lost", { level: null })], 0, false), null);
  assert.equal(worstLevel([], 0, false), 0);
});

test("advice stands until its stretch ends, or as far as is known", () => {
  const timeline = [stretch(0, 30, "go"), stretch(30, 90, "stop"), stretch(90, 360, "go")];
  assert.deepEqual(standOf(event({ timeline }), 0), { start: 0, end: 30 * M, asKnown: false });
  assert.deepEqual(standOf(event({ timeline, advice: "stop" }), 0), { start: 30 * M, end: 90 * M, asKnown: false });
  const later = event({ timeline, start: 100 * M, end: 200 * M });
  assert.deepEqual(standOf(later, 0), { start: 100 * M, end: 360 * M, asKnown: true });
  assert.equal(standOf(event({ timeline: [stretch(0, 5, "unknown")] }), 0), null);
  assert.equal(standOf(event(), 0), null);
});

test("a limit that several events share is shown once", () => {
  const wind = limit("wind");
  const found = windows([event({ limits: [wind, limit("wave")] }), event({ name: "F", limits: [wind, limit("wind", { stop: 9 })] })]);
  assert.deepEqual(found.map((w) => [w.limit.name, w.limit.stop, w.events]), [["wind", 8, ["E", "F"]], ["wave", 8, ["E"]], ["wind", 9, ["F"]]]);
  assert.deepEqual([isLow(wind), isLow(limit("tide", { caution: 0, stop: -1 })), isLow(limit("x", { caution: null }))], [false, true, false]);
});

test("beyond the bands nothing is known", () => {
  const bands = [stretch(0, 10, "go"), stretch(10, 20, "unknown")];
  assert.deepEqual([0, 9, 10, 20, -1].map((at) => bandAt(bands, at * M)), ["go", "go", "unknown", "unknown", "unknown"]);
  assert.equal(knownUntil(bands), 10 * M);
  assert.equal(knownUntil([stretch(0, 5, "unknown")]), null);
});

test("a venue is summed up by its worst, and old advice is not known", () => {
  const events = [event({ advice: "go" }), event({ advice: "caution" }), event({ advice: "stop", start: 999 * M, end: 1999 * M })];
  const venue = { id: "v", name: "V", name_zh: "", spots: [spot("a", { level: 2 })], programme: programme(events) };
  assert.deepEqual(summary(venue, 0, false, 1), { advice: "caution", level: 2 });
  assert.deepEqual(summary(venue, 0, true, 1), { advice: "unknown", level: null });
  assert.deepEqual(summary(venue, 11 * M, false, 1), { advice: "unknown", level: null });
  assert.equal(adviceOld(programme([]), 11 * M, 60), false, "at 60 times the speed a machine may lag");
  assert.deepEqual(summary({ ...venue, programme: null }, 0, false, 1), { advice: null, level: 2 });
});
