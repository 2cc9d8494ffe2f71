// What the maps of inundation say, in words: never "no water" from a map that is old or not there.

import { clock, duration, moment } from "./format.ts";
import type { Inundation } from "./wire.ts";
import { w, type Word } from "./words.ts";
import { areaText, classes, course, frames, mapped } from "./zones.ts";

export interface Line {
  kind: "headline" | "note" | "warn";
  text: string;
}

/** `likely`, `possible`, `almost certain`: what a least probability is called. */
export function oddsWord(probability: number): string {
  const word: Word = probability >= 0.8 ? "odds80" : probability >= 0.5 ? "odds50" : "odds20";
  return w("odd", w(word), Math.round(probability * 100));
}

export const depthText = (metres: number): string => `${metres}\u00a0m`;

export const isOld = (inundation: Inundation, now: number, staleMs: number): boolean =>
  inundation.issue_time === null || inundation.failed !== "" || now - inundation.issue_time > staleMs;

/** Age [ms] of the oldest map shown, if it must not be taken for the newest truth. */
export function oldFor(inundations: Inundation[], now: number, staleMs: number): number | undefined {
  const old = mapped(inundations).filter((i) => isOld(i, now, staleMs));
  return old.length ? Math.max(...old.map((i) => now - i.issue_time)) : undefined;
}

function ofArea(inundation: Inundation, now: number, staleMs: number): Line[] {
  const { issue_time, failed, degraded, members } = inundation;
  const reason = failed.replace(/\.$/, "");
  if (issue_time === null) return [{ kind: "warn", text: w("floodNone", reason || "?") }];
  const age = duration(now - issue_time);
  const lines: Line[] = [];
  if (isOld(inundation, now, staleMs)) {
    lines.push({ kind: "warn", text: w("floodOld", moment(issue_time, now), age) });
    if (failed) lines.push({ kind: "warn", text: w("floodFailed", reason) });
    const end = issue_time + (inundation.leads_s.at(-1) ?? 0) * 1000;
    if (end < now) lines.push({ kind: "warn", text: w("floodOver") });
  } else {
    lines.push({ kind: "note", text: w("floodIssued", moment(issue_time, now), age, members) });
  }
  if (degraded.length) lines.push({ kind: "warn", text: w("degraded", degraded.join(", ")) });
  return lines;
}

/** When and how much, at one least probability: only of maps that are new. */
function headline(inundations: Inundation[], now: number, staleMs: number, probability: number): Line[] {
  const fresh = inundations.filter((i) => !isOld(i, now, staleMs));
  const times = frames(fresh);
  const depth = classes(fresh, "depths_m")[0];
  if (depth === undefined || !times.length || fresh.length < inundations.length) return [];
  const areas = course(fresh, times, probability, depth);
  const most = areas.indexOf(Math.max(...areas));
  const first = areas.findIndex((area) => area > 0);
  const odds = oddsWord(probability);
  const capital = odds.charAt(0).toUpperCase() + odds.slice(1);
  if (first < 0) {
    return [{ kind: "headline", text: w("floodDry", capital, depthText(depth), clock(times.at(-1)!)) }];
  }
  const from = times[first]! <= now ? w("now") : clock(times[first]!);
  const text = w("floodFrom", capital, from, clock(times[most]!), areaText(areas[most]!), depthText(depth));
  return [{ kind: "headline", text }];
}

/** Everything that must be said beside the map, the gravest first. */
export function floodLines(
  inundations: Inundation[] | undefined,
  now: number,
  staleMs: number,
  probability: number,
  trouble: string,
): Line[] {
  if (trouble && !inundations) return [{ kind: "warn", text: w("floodUnloaded", trouble) }];
  if (!inundations) return [{ kind: "note", text: w("loading") }];
  if (!inundations.length) return [{ kind: "warn", text: w("floodNever") }];
  const several = inundations.length > 1;
  const about = inundations.flatMap((i) =>
    ofArea(i, now, staleMs).map((line) => (several ? { ...line, text: `${i.name}: ${line.text}` } : line)),
  );
  return [...headline(inundations, now, staleMs, probability), ...about];
}
