// The queue in order: what is live by hazard and area, worst first; what is shelved; what is over.

import type { Level } from "../wire.ts";
import type { Incident } from "./wire.ts";

export interface Group {
  id: string;
  hazard: string;
  area: string;
  level: Level;
  /** How many of them nobody has acknowledged. */
  open: number;
  incidents: Incident[];
}

export interface Order {
  live: Group[];
  shelved: Incident[];
  over: Incident[];
}

/** Its state at `now`: what has run out is expired, however long ago the page asked. */
export const stateAt = (i: Incident, now: number): string =>
  i.state === "issued" && i.expires !== null && i.expires <= now ? "expired" : i.state;

export const isLive = (i: Incident, now: number): boolean => ["draft", "issued"].includes(stateAt(i, now));

const isShelved = (i: Incident, now: number): boolean => i.shelved_until !== null && i.shelved_until > now;

/** The level that matters: what was told or what a draft asks for; of an ended one its highest. */
export function levelOf(i: Incident, now: number): Level {
  if (!isLive(i, now)) return i.highest;
  const asked = i.draft?.level ?? 0;
  return asked > i.level ? asked : i.level;
}

/** What is real before drills, gravest first, then what nobody has acknowledged, then what comes soonest, then the newest. */
const byWeight =
  (now: number) =>
  (a: Incident, b: Incident): number =>
    Number(a.drill !== "") - Number(b.drill !== "") ||
    levelOf(b, now) - levelOf(a, now) ||
    Number(a.acked_by !== "") - Number(b.acked_by !== "") ||
    (a.onset ?? Infinity) - (b.onset ?? Infinity) ||
    b.opened - a.opened ||
    a.incident.localeCompare(b.incident);

const ended = (i: Incident): number => i.ended ?? i.changed;

export function order(incidents: Incident[], now: number): Order {
  const live = incidents.filter((i) => isLive(i, now));
  const groups = new Map<string, Incident[]>();
  for (const incident of live.filter((i) => !isShelved(i, now)).sort(byWeight(now))) {
    const id = `${incident.hazard} ${incident.area} ${incident.drill}`.trim();
    groups.set(id, [...(groups.get(id) ?? []), incident]);
  }
  const rank = byWeight(now);
  return {
    live: [...groups].map(([id, members]) => group(id, members, now)).sort((a, b) => rank(a.incidents[0]!, b.incidents[0]!)),
    shelved: live.filter((i) => isShelved(i, now)).sort(rank),
    over: incidents.filter((i) => !isLive(i, now)).sort((a, b) => ended(b) - ended(a)),
  };
}

function group(id: string, incidents: Incident[], now: number): Group {
  const { hazard, area } = incidents[0]!;
  const open = incidents.filter((i) => !i.acked_by).length;
  return { id, hazard, area, level: levelOf(incidents[0]!, now), open, incidents };
}
