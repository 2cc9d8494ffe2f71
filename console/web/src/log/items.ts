// The lines of the log that are known, in order; pages that come later or again are put in.

import type { Item } from "./wire.ts";

const place = (item: Item): [number, number] => {
  const [rank, id] = item.id.split("_");
  return [Number(rank), Number(id)];
};

/** Newest first; of what happened at the same time what is of higher rank, as the server has it. */
function newestFirst(a: Item, b: Item): number {
  const [[aRank, aId], [bRank, bId]] = [place(a), place(b)];
  return b.at - a.at || bRank - aRank || bId - aId;
}

/** `known` with `fresh`, which counts where both have a line; corrections mark what they correct. */
export function merge(known: Item[], fresh: Item[]): Item[] {
  const all = new Map([...known, ...fresh].map((item) => [item.id, item]));
  const entries = new Map([...all.values()].filter((i) => i.kind === "entry").map((i) => [i.number, i]));
  for (const later of entries.values()) {
    const old = entries.get(later.detail["corrects"] as number);
    if (old) all.set(old.id, { ...old, detail: { ...old.detail, corrected: later.number } });
  }
  return [...all.values()].sort(newestFirst);
}

/** Unix milliseconds at which `day`, `2026-07-12`, begins in `zone`. */
export function dayStart(day: string, zone: string): number {
  const utc = Date.parse(`${day}T00:00:00Z`);
  const offset = (at: number): number => {
    const parts = new Intl.DateTimeFormat("en-GB", { timeZone: zone, dateStyle: "short", timeStyle: "medium" }).formatToParts(at);
    const [y, m, d, h, min, s] = ["year", "month", "day", "hour", "minute", "second"].map((type) =>
      Number(parts.find((part) => part.type === type)!.value),
    );
    return Date.UTC(y!, m! - 1, d!, h!, min!, s!) - at;
  };
  return utc - offset(utc - offset(utc));
}

/** The day after or before `day`. */
export const dayBeside = (day: string, days: number): string =>
  new Date(Date.parse(`${day}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);

/** The day of `time` in `zone`, `2026-07-12`. */
export const dayOf = (time: number, zone: string): string =>
  new Intl.DateTimeFormat("en-CA", { timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit" }).format(time);
