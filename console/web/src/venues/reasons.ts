// Why an event is advised as it is, in both languages: from the limits, which are numbers.

import type { Advice } from "../citywire.ts";
import { amount, clock, moment } from "../format.ts";
import { speaks } from "../words.ts";
import { bandAt, isLow, runs, standOf, stopAhead, WORST } from "./judge.ts";
import type { Limit, VenueEvent } from "./wire.ts";
import { limitName, v } from "./words.ts";

/** What one limit says about its event: what is observed while it runs, what may come before. */
function sentence(limit: Limit, advice: Advice, running: boolean): string {
  const name = limitName(limit.name);
  if (advice === "unknown") return v("limitUnknown", name);
  const bound = advice === "stop" ? limit.stop : limit.caution;
  const side = v(isLow(limit) ? "isBelow" : "isAbove");
  const beyond = (value: number | null): value is number =>
    value !== null && bound !== null && (isLow(limit) ? value <= bound : value >= bound);
  if (limit.name === "lightning" || bound === null) return v("limitOnly", name, v(advice));
  const said = [amount(bound, limit.unit), v(advice)] as const;
  if (running && beyond(limit.observed)) return v("exceeds", name, amount(limit.observed, limit.unit), side, ...said);
  if (beyond(limit.worst)) return v("may", name, amount(limit.worst, limit.unit), side, ...said);
  return v("limitOnly", name, v(advice));
}

/** In English what the model said; in Chinese the same from its numbers. */
export function reasons(event: VenueEvent, now: number): string[] {
  if (speaks() !== "zh" || event.advice === "go") {
    // `stands` says it already, with its end
    return stopAhead(event, now) ? event.why.filter((why) => !why.startsWith("stop expected")) : event.why;
  }
  if (!event.timeline.some((s) => s.end > event.start && s.advice !== "unknown")) return [v("noReach")];
  const stop = stopAhead(event, now);
  const observed = runs(event, now) && !stop;
  const at = stop?.start ?? standOf(event, now)?.start ?? Math.max(now, event.start);
  const rank = (advice: Advice): number => WORST.indexOf(advice);
  return event.limits
    .map((limit) => ({ limit, advice: observed ? limit.advice : bandAt(limit.bands, at) }))
    .filter(({ advice }) => advice !== "go" && rank(advice) <= rank(event.advice))
    .map(({ limit, advice }) => sentence(limit, advice, observed));
}

/** `STOP until 15:30`, `CAUTION now: STOP from 14:05 until 15:30`. */
export function stands(event: VenueEvent, now: number): string {
  const word = v(event.advice);
  const stop = stopAhead(event, now);
  if (stop) return v("ahead", word, v("stop"), moment(stop.start, now), clock(stop.end));
  const stand = standOf(event, now);
  if (!stand) return "";
  if (stand.start > now && stand.start > event.start) return v("from", word, moment(stand.start, now), clock(stand.end));
  if (stand.asKnown) return v("atLeast", word, moment(stand.end, now));
  return v("until", word, moment(stand.end, now));
}
