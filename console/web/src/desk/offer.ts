// What somebody may do about an incident now.

import { isLive } from "./group.ts";
import type { Act, Incident } from "./wire.ts";

export type ActName =
  | "ack" | "unack" | "assign" | "shelve" | "unshelve" | "escalate" | "comment" | "approve" | "reject" | "cancel";

/** Each act with its key; one key can mean the one of two that is possible. */
export const ACTS: readonly (readonly [ActName, string])[] = [
  ["approve", "p"],
  ["reject", "r"],
  ["ack", "a"],
  ["unack", ""],
  ["assign", "g"],
  ["escalate", "e"],
  ["shelve", "s"],
  ["unshelve", "s"],
  ["comment", "m"],
  ["cancel", "x"],
];

export interface Offer {
  act: ActName;
  key: string;
  /** It cannot be done, because …; `approved`: by the same person already. */
  blocked?: "approved" | "waits";
}

const DECIDING: ActName[] = ["approve", "reject", "cancel"];

/** What `me` may do about `i`; `waiting` are the acts the alert service has not come to yet. */
export function offers(i: Incident, waiting: Act[], me: string, may: (permit: string) => boolean, now: number): Offer[] {
  const live = isLive(i, now);
  const shelved = i.shelved_until !== null && i.shelved_until > now;
  const possible: Record<ActName, boolean> = {
    approve: live && i.draft !== null && may("approve"),
    reject: live && i.draft !== null && may("approve"),
    ack: live && !i.acked_by && may("act"),
    unack: live && i.acked_by !== "" && may("act"),
    assign: live && may("act"),
    escalate: live && may("act"),
    shelve: live && !shelved && may("act"),
    unshelve: live && shelved && may("act"),
    comment: may("act"),
    cancel: live && i.state === "issued" && may("cancel"),
  };
  return ACTS.filter(([act]) => possible[act]).map(([act, key]) => ({ act, key, ...blocked(act, i, waiting, me) }));
}

function blocked(act: ActName, i: Incident, waiting: Act[], me: string): Pick<Offer, "blocked"> {
  if (!DECIDING.includes(act)) return {};
  const mine = waiting.some((w) => w.act === act && w.author === me);
  if (act === "approve" && i.draft?.approvals.includes(me)) return { blocked: "approved" };
  return mine ? { blocked: "waits" } : {};
}
