import assert from "node:assert/strict";
import { test } from "node:test";
import { byStation, conditionOf, inOrder, isBehind, lastError, plain } from "../src/workshop/judge.ts";
import type { Status, Value, Work } from "../src/workshop/wire.ts";

const status = (changes: Partial<Status> = {}): Status => ({
  online: true, version: "1", boot_id: "b", backlog: 0, backlog_oldest: null, backlog_left_s: null, instruments: {}, last_errors: {},
  raw_left_out: 0, disk_free_mb: null, lost_observations: 0, in_memory: 0, outbox: "ok", clock: "ok", clock_error_s: null, battery: null,
  sampling: "normal", alarms: {}, config: "", findings: [], ...changes,
});
const work = (gateway: string, changes: Partial<Work> = {}): Work => ({ gateway, heard: 0, status: status(), values: [], rejected: [], ...changes });
const value = (key: string, changes: Partial<Value> = {}): Value => ({
  key, time: 0, received: 0, result: 1, quality: 1, doubt: null, raw: null, scaling: "", ...changes,
});

test("a gateway is as it said, and silence is a condition of its own", () => {
  const at = (found: Work, now = 0, speed = 1, lost = false) => conditionOf(found, now, speed, lost);
  assert.equal(at(work("a")), "fine");
  assert.equal(at(work("a"), 140_000), "fine");
  assert.equal(at(work("a"), 140_001), "silent");
  assert.equal(at(work("a"), 140_001, 60), "fine", "the world runs 60 times as fast");
  assert.equal(at(work("a"), 0, 1, true), "silent", "we hear nothing ourselves");
  assert.equal(at(work("a", { status: status({ online: false }) })), "offline");
  assert.equal(at(work("a", { heard: null, status: null })), "never");
  for (const wrong of [{ clock: "not set" }, { outbox: "full" }, { lost_observations: 1 }, { instruments: { "s/d": "no answer" } }, { findings: ["torn"] }]) {
    assert.equal(at(work("a", { status: status(wrong) })), "faults", JSON.stringify(wrong));
  }
});

test("expected but never heard comes first, what is fine last", () => {
  const all = [work("fine"), work("b-fault", { status: status({ clock: "?" }) }), work("off", { status: status({ online: false }) }), work("never", { heard: null, status: null })];
  assert.deepEqual(inOrder(all, 0, 1, false).map((w) => w.gateway), ["never", "off", "b-fault", "fine"]);
});

test("instruments and values meet at their station, faults first", () => {
  const instruments = { "hill/modbus": "ok", "weir/modbus": "no answer", "weir/nmea": "ok" };
  const told = status({ instruments, last_errors: { "weir/modbus": "2026-07-01T12:02Z no answer" } });
  const found = byStation(work("a", { status: told, values: [value("hill/rain"), value("weir/stage"), value("lost/stage")] }));
  assert.deepEqual(found.map((s) => [s.station, s.instruments.length, s.values.length]), [["weir", 2, 1], ["hill", 1, 1], ["lost", 0, 1]]);
  assert.equal(found[0]!.instruments[0]!.lastError, "2026-07-01T12:02Z no answer");
  assert.deepEqual(byStation(work("a", { status: null })), []);
});

test("a few batches under way are no backlog", () => {
  assert.deepEqual([0, 20, 21].map((backlog) => isBehind(status({ backlog }))), [false, false, true]);
});

test("errors carry their time, numbers no invented digits", () => {
  assert.deepEqual(lastError("2026-07-01T12:02Z no answer"), { at: Date.UTC(2026, 6, 1, 12, 2), why: "no answer" });
  assert.deepEqual(lastError("whatever it is"), { at: null, why: "whatever it is" });
  assert.deepEqual([4.1, -0.000123456, 65535, 1e9, 0.1 + 0.2].map(plain), ["4.1", "−0.000123456", "65535", "1000000000", "0.3"]);
});
