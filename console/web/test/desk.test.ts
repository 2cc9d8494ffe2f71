import assert from "node:assert/strict";
import { test } from "node:test";
import { outline } from "../src/desk/cap.ts";
import { isLive, levelOf, order, stateAt } from "../src/desk/group.ts";
import { move } from "../src/desk/keys.ts";
import { minutes } from "../src/desk/draft.tsx";
import { hearing, risen } from "../src/desk/news.ts";
import { offers } from "../src/desk/offer.ts";
import { Presses, risenTo, seenOf } from "../src/desk/press.ts";
import { timeline } from "../src/desk/timeline.ts";
import type { Act, Case, Draft, Incident, Message } from "../src/desk/wire.ts";
import type { Level } from "../src/wire.ts";

const incident = (name: string, changes: Partial<Incident> = {}): Incident => ({
  incident: name, area: "Town", hazard: "flood", key: `${name}/stage`, status: "Actual", drill: "", state: "issued",
  level: 2, highest: 2, headline: name, headlines: {}, identifier: `${name}/1`, opened: 0, changed: 0, expires: 100, ended: null, onset: null,
  lead_s: null, probability: null, acked_by: "", acked_at: null, assigned_to: "", shelved_until: null, escalations: 0, draft: null,
  ...changes,
});
const draft = (level: Level): Draft => ({ id: "d", level, due: 0, otherwise: "issue", needs: 1, approvals: [], headline: "", headlines: {} });
const names = (list: Incident[]): string[] => list.map((i) => i.incident);

test("what has run out is never live, whatever the answer said", () => {
  assert.deepEqual([99, 100].map((now) => isLive(incident("a"), now)), [true, false]);
  assert.equal(stateAt(incident("a"), 100), "expired");
  const { live, over } = order([incident("a")], 100);
  assert.deepEqual([live.length, names(over)], [0, ["a"]]);
  assert.equal(isLive(incident("a", { state: "draft", expires: null }), 1e15), true);
  for (const state of ["cancelled", "expired", "withdrawn", "closed", "of tomorrow"]) {
    assert.equal(isLive(incident("a", { state }), 0), false, state);
  }
});

test("a draft counts with the level it asks for, an ended incident with its highest", () => {
  assert.equal(levelOf(incident("a", { state: "draft", level: 0, draft: draft(4) }), 0), 4);
  assert.equal(levelOf(incident("a", { draft: draft(1) }), 0), 2);
  assert.equal(levelOf(incident("a", { state: "cancelled", level: 0, highest: 3 }), 0), 3);
});

test("groups of one hazard and area, the gravest first, in them what nobody acknowledged", () => {
  const all = [
    incident("low", { level: 1 }), incident("acked", { acked_by: "kim" }), incident("soon", { onset: 50 }),
    incident("hill", { area: "Hill", level: 3 }), incident("wind", { hazard: "gale", level: 2, opened: 5 }),
  ];
  const { live } = order(all, 0);
  assert.deepEqual(live.map((g) => [g.hazard, g.area, g.level, g.open]), [["flood", "Hill", 3, 1], ["flood", "Town", 2, 2], ["gale", "Town", 2, 1]]);
  assert.deepEqual(names(live[1]!.incidents), ["soon", "acked", "low"]);
});

test("nothing is lost: each incident is in exactly one part", () => {
  const all = [
    incident("live"), incident("shelved", { shelved_until: 50 }), incident("back", { shelved_until: 10 }),
    incident("over", { state: "cancelled", ended: 5, shelved_until: 90 }),
  ];
  const { live, shelved, over } = order(all, 10);
  assert.deepEqual([names(live.flatMap((g) => g.incidents)).sort(), names(shelved), names(over)], [["back", "live"], ["shelved"], ["over"]]);
});

test("the timeline is newest first and keeps deliveries with their message", () => {
  const message = (identifier: string, sent: number): Message => ({
    identifier, msg_type: "Alert", sent, expires: 9, level: 2, previous_level: 0, headline: "", headlines: {}, probability: null, onset: null, threshold: null, cause: "",
  });
  const delivery = { identifier: "2", channel: "mqtt", attempts: 1, delivered: 7, error: "" };
  const act = { number: 1, incident: "a", at: 2, author: "kim", act: "ack", detail: {}, taken: 2, refused: "" };
  const found: Case = {
    incident: incident("a"), messages: [message("1", 1), message("2", 2)], acts: [act], deliveries: [delivery], told: [],
    draft_cap: "", assessment: null, runbook: { zh: [], en: [] },
  };
  const told = timeline(found).map((e) => (e.kind === "act" ? e.act.act : `${e.message.identifier}:${e.deliveries.length}`));
  assert.deepEqual(told, ["ack", "2:1", "1:0"]);
});

test("keys move only while nobody types and no other key is held", () => {
  const pressed = (key: string, changes: object = {}) =>
    move({ key, ctrlKey: false, altKey: false, metaKey: false, target: null, ...changes });
  assert.deepEqual(["j", "k", "?", "u", "v", "toString", "A"].map((key) => pressed(key)), ["down", "up", "help", "undo", "select", undefined, undefined]);
  assert.deepEqual([pressed("a"), pressed("s"), pressed("x")], [["ack"], ["shelve", "unshelve"], ["cancel"]]);
  assert.equal(pressed("j", { ctrlKey: true }), undefined);
  assert.equal(pressed("j", { target: { tagName: "INPUT", type: "text" } }), undefined);
  assert.equal(pressed("a", { target: { tagName: "TEXTAREA" } }), undefined);
  assert.equal(pressed("a", { target: { tagName: "BUTTON", closest: () => ({}) } }), undefined, "in a dialog");
  assert.equal(pressed("j", { target: { tagName: "INPUT", type: "checkbox", closest: () => null } }), "down");
  assert.deepEqual(["j", "a"].map((key) => pressed(key, { repeat: true })), ["down", undefined], "a held key acts once");
});

test("an outline fills its box, north up, and degenerate ones do not break it", () => {
  assert.equal(outline([[[0, 0], [0, 1], [1, 1]]], 100), "M0.0 100.0L100.0 100.0L100.0 0.0Z");
  assert.equal(outline([], 100), "");
  assert.doesNotMatch(outline([[[5, 5], [5, 5], [5, 5]]], 100), /NaN|Infinity/);
});

test("what is new, or higher, is heard once; what is acknowledged only when it rises", () => {
  const before = [incident("a"), incident("acked", { acked_by: "kim" }), incident("over", { state: "cancelled" })];
  const heard = hearing(before, 0);
  assert.deepEqual(risen(before, heard, 0), []);
  const after = [
    incident("a", { level: 3 }), incident("acked", { acked_by: "kim", level: 4 }), incident("over"), incident("new", { level: 1 }),
    incident("known to others", { acked_by: "lee" }), incident("shelved", { shelved_until: 9 }), incident("d", { level: 0, state: "draft", draft: draft(4) }),
  ];
  assert.deepEqual(names(risen(after, heard, 0)).sort(), ["a", "acked", "d", "new", "over"]);
  assert.equal(risen(after, heard, 0)[0]!.highest, 2);
  assert.deepEqual(risen(after, hearing(after, 0), 0), []);
});

test("one is offered what one may do, and what is possible now", () => {
  const all = (): boolean => true;
  const acts = (i: Incident, may: (permit: string) => boolean = all, waiting: Act[] = []): string[] =>
    offers(i, waiting, "kim", may, 0).map((o) => o.act + (o.blocked ? `:${o.blocked}` : ""));
  assert.deepEqual(acts(incident("a")), ["ack", "assign", "escalate", "shelve", "comment", "cancel"]);
  assert.deepEqual(acts(incident("a", { acked_by: "lee", shelved_until: 5 })), ["unack", "assign", "escalate", "unshelve", "comment", "cancel"]);
  assert.deepEqual(acts(incident("a", { state: "cancelled" })), ["comment"]);
  assert.deepEqual(acts(incident("a"), (permit) => permit === "read"), []);
  const waits = incident("d", { state: "draft", level: 0, draft: { ...draft(3), approvals: ["kim"] } });
  assert.deepEqual(acts(waits).slice(0, 2), ["approve:approved", "reject"]);
  assert.equal(acts(waits, (permit) => permit !== "approve").includes("reject"), false);
  const asked: Act = { number: 1, incident: "a", at: 0, author: "kim", act: "cancel", detail: {}, taken: null, refused: "" };
  assert.equal(acts(incident("a"), all, [asked]).at(-1), "cancel:waits");
});

test("a countdown has minutes and seconds and ends at nothing", () => {
  assert.deepEqual([299_000, 3_899_000, 999, -5].map(minutes), ["4:59", "1:04:59", "0:01", "0:00"]);
});

test("what has risen since it was looked at is told, by its draft too", () => {
  const seen = seenOf([incident("a"), incident("b", { level: 3 })], 0);
  assert.deepEqual(seen, { a: 2, b: 3 });
  assert.equal(risenTo(seen, [incident("a", { level: 1 }), incident("c", { level: 4 })], 0), undefined);
  assert.equal(risenTo(seen, [incident("a"), incident("b", { draft: draft(4) }), incident("a", { level: 3 })], 0), 4);
});

test("the repeat of a press keeps its key, another press and an answered one do not", () => {
  let drawn = 0;
  const presses = new Presses(() => `key ${++drawn}`);
  const press = (until: string, reason = "x"): string => presses.key("shelve", ["a"], { until, reason });
  assert.deepEqual([press("1"), press("2"), press("2", "y")], ["key 1", "key 1", "key 2"]);
  presses.answered();
  assert.equal(press("2", "y"), "key 3");
  assert.match(new Presses().key("ack", ["a"], {}), /^[0-9a-f]{32}$/);
});
