// What is new in the queue since it was last looked at: for the sound and for those who listen.

import { isLive, levelOf } from "./group.ts";
import type { Level } from "../wire.ts";
import type { Incident } from "./wire.ts";

/** Incident → the level that was heard of. */
export type Heard = Map<string, Level>;

/** What rose since `heard`, the gravest first: new, or higher, and neither acknowledged nor shelved. */
export function risen(incidents: Incident[], heard: Heard, now: number): Incident[] {
  return incidents
    .filter((i) => isLive(i, now) && levelOf(i, now) > (heard.get(i.incident) ?? 0))
    .filter((i) => wantsAttention(i, heard) && !(i.shelved_until !== null && i.shelved_until > now))
    .sort((a, b) => levelOf(b, now) - levelOf(a, now) || b.changed - a.changed);
}

/** Acknowledged ones are heard again only when they rise. */
const wantsAttention = (i: Incident, heard: Heard): boolean => !i.acked_by || heard.has(i.incident);

export const hearing = (incidents: Incident[], now: number): Heard =>
  new Map(incidents.map((i) => [i.incident, isLive(i, now) ? levelOf(i, now) : 0]));
