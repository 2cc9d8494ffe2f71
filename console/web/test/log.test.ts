import assert from "node:assert/strict";
import { test } from "node:test";
import { dayBeside, dayOf, dayStart, merge } from "../src/log/items.ts";
import type { Item } from "../src/log/wire.ts";

const item = (id: string, at: number, changes: Partial<Item> = {}): Item => ({
  id, number: Number(id.split("_")[1]), at, kind: "entry", what: "note", author: "kim", incident: "", level: null, text: id, detail: {}, ...changes,
});
const ids = (items: Item[]): string[] => items.map(({ id }) => id);

test("lines are newest first, by rank and number where the time is the same, each once", () => {
  const first = merge([], [item("9_2", 5), item("9_10", 5), item("4_7", 5, { kind: "act" }), item("9_1", 6)]);
  assert.deepEqual(ids(first), ["9_1", "9_10", "9_2", "4_7"]);
  assert.deepEqual(ids(merge(first, [item("9_11", 7), item("9_2", 5)])), ["9_11", "9_1", "9_10", "9_2", "4_7"]);
});

test("what comes again counts, and a correction marks what it corrects wherever that is", () => {
  const old = merge([], [item("9_1", 1), item("4_1", 1, { kind: "act" })]);
  const now = merge(old, [item("9_5", 9, { detail: { corrects: 1 } })]);
  assert.deepEqual(now.map(({ id, detail }) => [id, detail["corrected"]]), [["9_5", undefined], ["9_1", 5], ["4_1", undefined]]);
  assert.equal(merge(old, [item("9_1", 1, { text: "again" })])[0]!.text, "again");
});

test("a day begins at midnight of the site, also where clocks change", () => {
  const utc = (text: string): number => Date.parse(text);
  assert.equal(dayStart("2026-07-12", "Asia/Shanghai"), utc("2026-07-11T16:00:00Z"));
  assert.equal(dayStart("2026-03-29", "Europe/Berlin"), utc("2026-03-28T23:00:00Z"));
  assert.equal(dayStart("2026-03-30", "Europe/Berlin"), utc("2026-03-29T22:00:00Z"));
  assert.equal(dayStart("2026-10-26", "Europe/Berlin"), utc("2026-10-25T23:00:00Z"));
  assert.equal(dayStart("2026-01-01", "America/New_York"), utc("2026-01-01T05:00:00Z"));
  assert.equal(dayOf(utc("2026-07-11T16:00:00Z"), "Asia/Shanghai"), "2026-07-12");
  assert.equal(dayBeside("2026-03-01", -1), "2026-02-28");
});
