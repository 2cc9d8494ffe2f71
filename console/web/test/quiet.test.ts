import { test } from "node:test";
import assert from "node:assert/strict";
import { foremostKey, highest } from "../src/alerts.ts";
import { order } from "../src/desk/group.ts";
import type { Incident } from "../src/desk/wire.ts";
import { drillAsked, fitted, newDrill, newSilence, silenceAsked } from "../src/quiet/choose.ts";
import type { Choice } from "../src/quiet/wire.ts";
import type { Alert } from "../src/wire.ts";

const NOW = 1_000_000_000;
const CHOICES: Choice[] = [
  { area: "town", name: "Town", name_zh: "镇", hazards: { flood: [2, 3], gale: [1] } },
  { area: "bay", name: "Bay", name_zh: "湾", hazards: { wave: [4] } },
];

test("a drill is about what the area has", () => {
  const first = fitted(newDrill(), CHOICES);
  assert.deepEqual([first.area, first.hazard, first.level], ["town", "flood", 3]);
  const moved = fitted({ ...first, area: "bay" }, CHOICES);
  assert.deepEqual([moved.area, moved.hazard, moved.level], ["bay", "wave", 4]);
  assert.equal(fitted({ ...first, hazard: "gale" }, CHOICES).level, 1);
  assert.equal(fitted(first, []), first, "a site without thresholds has no drill");
});

test("now is left to the server's clock, later is said", () => {
  const form = { ...newDrill(), length: 600_000 };
  assert.equal("start" in drillAsked(form, NOW), false);
  assert.equal(drillAsked(form, NOW).end, NOW + 600_000);
  const later = drillAsked({ ...form, begin: 60_000 }, NOW);
  assert.deepEqual([later.start, later.end], [NOW + 60_000, NOW + 660_000]);
});

test("a maintenance is of instruments alone", () => {
  const form = { ...newSilence(), area: "town", pattern: " weir/* " };
  assert.equal((silenceAsked(form, NOW) as { area?: string }).area, "town");
  const work = silenceAsked({ ...form, kind: "maintenance" }, NOW);
  assert.equal(work.datastream, "weir/*");
  assert.equal("area" in work || "up_to" in work, false);
});

test("a drill colours nothing and stands behind what is real", () => {
  const alert = (drill: string, level: number, key: string) =>
    ({ incident: key, key, drill, level, active: true, msg_type: "Alert", expires: NOW + 1, sent: NOW }) as Alert;
  const both = [alert("7", 4, "d/stage"), alert("", 1, "r/stage")];
  assert.equal(highest(both, NOW), 1);
  assert.equal(foremostKey(both, NOW), "r/stage");
  assert.equal(highest([both[0]!], NOW), 0);
  const incident = (drill: string, level: number) =>
    ({
      ...{ incident: `i${drill}`, hazard: "flood", area: "Town", drill, level, highest: level, state: "issued" },
      ...{ acked_by: "", expires: NOW + 1, shelved_until: null, draft: null, onset: null, opened: 0, ended: null },
    }) as unknown as Incident;
  const { live } = order([incident("7", 4), incident("", 1)], NOW);
  assert.deepEqual(live.map((group) => group.incidents.map((i) => i.drill)), [[""], ["7"]]);
});
