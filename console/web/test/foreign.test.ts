import assert from "node:assert/strict";
import { test } from "node:test";
import { concerning, texts } from "../src/foreign/concerns.ts";
import type { ForeignAlert, ForeignInfo } from "../src/foreign/wire.ts";
import type { Level } from "../src/wire.ts";

const info = (changes: Partial<ForeignInfo> = {}): ForeignInfo => ({
  language: "zh-CN", event: "e", headline: "h", description: "", instruction: "", sender_name: "", where: "Town", severity: "Severe",
  urgency: "Expected", certainty: "Likely", level: 2, level_from: "headline", onset: null, expires: 100, expires_given: true,
  areas: ["Town"], ...changes,
});
const alert = (number: number, level: Level | null, changes: Partial<ForeignAlert> = {}): ForeignAlert => ({
  number, source: "nmc", use: "evidence", sender: "s", identifier: `n-${number}`, sent: 0, expires: 100, areas: ["Town"], located: true,
  infos: [info({ level })], ...changes,
});
const numbers = (list: ForeignAlert[]): number[] => list.map((a) => a.number);

test("an area has its own messages, the gravest first, and those that may be anywhere", () => {
  const alerts = [
    alert(1, null), alert(2, 4), alert(3, 2), alert(4, 4, { areas: ["Hills"] }),
    alert(5, 4, { areas: [], located: false }), alert(6, 4, { areas: [] }),
  ];
  assert.deepEqual(numbers(concerning({ alerts, cut: false, sources: [] }, "Town", 0)), [2, 3, 1, 5]);
});

test("what has expired since it was loaded is not shown", () => {
  assert.deepEqual(concerning({ alerts: [alert(1, 4)], cut: false, sources: [] }, "Town", 100), []);
  const half = alert(1, 4, { infos: [info({ expires: 50, headline: "old" }), info({ headline: "new" })] });
  assert.deepEqual(texts(half, "Town", "zh", 60).map((i) => i.headline), ["new"]);
});

test("the text is in the language of the page where there is one, of the area where it has one", () => {
  const both = alert(1, 4, { infos: [info(), info({ language: "en-US", headline: "E" }), info({ headline: "far", areas: ["Hills"] })] });
  assert.deepEqual(texts(both, "Town", "en", 0).map((i) => i.headline), ["E"]);
  assert.deepEqual(texts(both, "Town", "zh", 0).map((i) => i.headline), ["h"]);
  const only = alert(1, 4, { infos: [info({ language: "fr", headline: "F" })] });
  assert.deepEqual(texts(only, "Town", "en", 0).map((i) => i.headline), ["F"]);
});
