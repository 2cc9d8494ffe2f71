import assert from "node:assert/strict";
import { test } from "node:test";
import { highest, incidents, stands } from "../src/alerts.ts";
import { crossing, duration, figure, foremost, worthDrawing } from "../src/format.ts";
import type { Alert, Exceedance, Level } from "../src/wire.ts";

const MINUTE = 60_000;
const HORIZON = 180 * MINUTE;
const exceedance = (changes: Partial<Exceedance>): Exceedance => ({
  level: 2, threshold: 8.5, label: "flood advisory", probability: 0.83, observed: false,
  onset: 155 * MINUTE, onset_early: 125 * MINUTE, onset_late: 200 * MINUTE, ...changes,
});
const plain = (text: string): string => text.replaceAll("\u00a0", " ");
const said = (changes: Partial<Exceedance>, now = 0): string => {
  const { lead, detail } = crossing(exceedance(changes), now, HORIZON);
  return plain(`${lead} ${detail}`.trim());
};

test("a crossing is told with its range and its probability", () => {
  assert.equal(said({}), "in 2 h 35 (80 %: 2 h 05 – 3 h 20), p = 0.83");
  assert.equal(said({ onset_late: null }), "in 2 h 35 (80 %: 2 h 05 – beyond 3 h), p = 0.83");
  assert.equal(said({ onset_early: null, onset_late: null }), "in 2 h 35 p = 0.83");
  assert.equal(said({}, 160 * MINUTE), "any minute (80 %: now – 40 min), p = 0.83");
  assert.equal(said({ onset: null, onset_early: null, onset_late: null, probability: 0.004 }), "not expected within 3 h p ≤ 0.05");
  assert.equal(said({ observed: true, probability: 1 }), "now");
});

test("the foremost crossing is the highest that is more probable than not", () => {
  const higher = exceedance({ level: 3, threshold: 10.5, probability: 0.4 });
  assert.equal(foremost([exceedance({}), higher])?.threshold, 8.5);
  assert.equal(foremost([exceedance({}), { ...higher, probability: 0.5 }])?.threshold, 10.5);
  assert.equal(foremost([exceedance({ observed: true })]), undefined);
});

test("durations and figures read as people write them", () => {
  assert.deepEqual([30_000, 45 * MINUTE, 155 * MINUTE, 180 * MINUTE, 76 * 60 * MINUTE].map((time) => plain(duration(time))), ["30 s", "45 min", "2 h 35", "3 h", "3 d 4 h"]);
  assert.equal(plain(duration(59_700)), "1 min");
  assert.equal(plain(duration(-5)), "0 s");
  assert.deepEqual([figure(8.5, "m"), figure(-0.001, "m"), figure(-1.5, "m"), figure(null, "m")], ["8.50", "0.00", "−1.50", "–"]);
  assert.equal(figure(1234567.4, "m3/s"), "1\u202f234\u202f567");
});

test("thresholds up to the next one above are drawn", () => {
  const three = [5, 8, 13].map((value) => ({ value, level: 1 as Level, label: "", source: "" }));
  assert.deepEqual(worthDrawing(three, 6).map((t) => t.value), [5, 8]);
  assert.deepEqual(worthDrawing(three, 1).map((t) => t.value), [5]);
  assert.deepEqual(worthDrawing(three, 20).map((t) => t.value), [5, 8, 13]);
});

const alert = (changes: Partial<Alert>): Alert => ({
  identifier: "1", incident: "i", msg_type: "Alert", status: "Actual", sent: 0, expires: 100, area: "", hazard: "flood",
  key: "weir/stage", level: 2, previous_level: 0, headline: "", probability: null, onset: null, lead_s: null, threshold: null,
  acknowledged_by: "", acknowledged_at: null, active: true, ...changes,
});

test("an expired or cancelled warning never reads as live", () => {
  assert.equal(stands(alert({}), 99), true);
  assert.equal(stands(alert({}), 100), false);
  assert.equal(stands(alert({ msg_type: "Cancel" }), 0), false);
  assert.equal(stands(alert({ active: false }), 0), false);
});

test("an incident is told by its newest message, and the gravest standing one comes first", () => {
  const list = [
    alert({ identifier: "a1", incident: "a", level: 4, sent: 1 }),
    alert({ identifier: "a2", incident: "a", level: 0, sent: 5, msg_type: "Cancel" }),
    alert({ identifier: "b1", incident: "b", level: 2, sent: 2 }),
    alert({ identifier: "c1", incident: "c", level: 3, sent: 1 }),
  ];
  assert.deepEqual(incidents(list, 10).map((i) => i.newest.identifier), ["c1", "b1", "a2"]);
  assert.equal(highest(list, 10), 3);
});
