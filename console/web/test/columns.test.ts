import assert from "node:assert/strict";
import { test } from "node:test";
import { doubtedColumns, fan, observedColumns } from "../src/columns.ts";
import { extend } from "../src/sparkline.ts";
import type { Datastream, Trace } from "../src/wire.ts";

const MINUTE = 60_000;
const stream: Datastream = {
  key: "weir/stage", station: "weir", property: "stage", unit: "m", interval_s: 60, stale_after_s: 190, thresholds: [],
};
const trace = (rows: [minute: number, result: number | null, quality: number][]): Trace => ({
  key: "weir/stage",
  time: rows.map(([minute]) => minute * MINUTE),
  result: rows.map(([, result]) => result),
  quality: rows.map(([, , quality]) => quality),
});

test("silence beyond three intervals is a gap, three are not", () => {
  const [times, values] = observedColumns(trace([[0, 1, 1], [3, 2, 1], [7, 3, 1]]), stream);
  assert.deepEqual(values, [1, 2, null, 3]);
  assert.ok(times[2]! > 3 * 60 && times[2]! < 7 * 60);
});

test("doubted values leave the line and become marks; missing ones are neither", () => {
  const rows = trace([[0, 1, 1], [1, 9, 3], [2, 8, 4], [3, null, 9], [4, 2, 2]]);
  assert.deepEqual(observedColumns(rows, stream)[1], [1, null, null, null, 2]);
  assert.deepEqual(doubtedColumns(rows), [[60, 120], [9, 8]]);
});

test("the fan takes the quantiles that are there", () => {
  assert.deepEqual(fan([0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95]), { outer: [0, 6], inner: [2, 4], median: 3 });
  assert.deepEqual(fan([0.1, 0.5, 0.9]), { outer: [0, 2], inner: [0, 2], median: 1 });
  assert.deepEqual(fan([0.5]), { outer: null, inner: null, median: 0 });
});

test("a sparkline grows by what is newer, and stays short", () => {
  const spark: Trace = { key: "", time: [], result: [], quality: [] };
  for (let minute = 0; minute < 1000; minute++) extend(spark, minute * MINUTE, minute, 6);
  extend(spark, 5 * MINUTE, -1, 6);
  assert.equal(spark.result.at(-1), 999);
  assert.ok(spark.time.length < 100, String(spark.time.length));
  assert.ok(spark.time[0]! >= (999 - 360) * MINUTE);
});
