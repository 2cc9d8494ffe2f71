// What is thought of a place: how probable, when and how deep. Pure functions.

import { amount, chance, clock, figure, moment } from "./format.ts";
import type { Assessment, Exceedance, Level, Place } from "./wire.ts";
import { w } from "./words.ts";

export interface Risk {
  place: Place;
  /** Undefined: nothing may be said, which is not the same as no water. */
  assessment: Assessment | undefined;
  /** That the lowest threshold is exceeded [0–1]; −1 where nothing may be said. */
  probability: number;
  /** When that is expected [Unix ms]. */
  arrival: number | undefined;
  /** The highest level that is more probable than not; null where nothing may be said. */
  level: Level | null;
}

/** `usable`: the assessment is neither failed nor too old. */
export function risk(place: Place, assessment: Assessment | undefined, usable: boolean): Risk {
  const exceedances = assessment?.exceedances ?? [];
  const lowest = exceedances[0];
  if (!assessment || !usable || !lowest) {
    return { place, assessment, probability: -1, arrival: undefined, level: null };
  }
  const level = exceedances.reduce<Level>(
    (highest, e) => ((e.observed || e.probability >= 0.5) && e.level > highest ? e.level : highest),
    0,
  );
  return { place, assessment, probability: lowest.probability, arrival: lowest.onset ?? undefined, level };
}

/** The most probable first, in steps of 5 %; then the earliest; those of which nothing is known last. */
export function byRisk(a: Risk, b: Risk): number {
  const step = (r: Risk): number => Math.round(r.probability * 20);
  return (
    step(b) - step(a) || (a.arrival ?? Infinity) - (b.arrival ?? Infinity) || a.place.name.localeCompare(b.place.name)
  );
}

/** `72 %`. The outermost quantiles are 5 and 95 %: beyond them only a bound is known. */
export function percent(probability: number): string {
  if (probability < 0) return "?";
  if (probability <= 0.05) return "≤\u00a05\u00a0%";
  return probability >= 0.95 ? "≥\u00a095\u00a0%" : `${Math.round(probability * 100)}\u00a0%`;
}

const metres = (value: number): string => value.toFixed(1);

/** `0.6 m (0.3–0.9) at 13:30`; with fewer than 5 cm it stays dry. */
export function depth(assessment: Assessment, now: number): string {
  const { peak, peak_low, peak_high, peak_time } = assessment;
  if (peak === null) return "";
  const range = peak_low !== null && peak_high !== null ? ` (${metres(peak_low)}–${metres(peak_high)})` : "";
  const text = `${metres(peak)}\u00a0m${range}`;
  return peak_time === null || peak < 0.05 ? text : w("placeNow", text, moment(peak_time, now));
}

/** `water from 12:40 (12:20 – 13:10)` for the crossing of one threshold. */
export function arrival(e: Exceedance, now: number): string {
  if (e.observed) return w("arrives", w("now"));
  if (e.onset === null) return "";
  const from = e.onset <= now ? w("now") : clock(e.onset);
  if (e.onset_early === null) return w("arrives", from);
  const late = e.onset_late === null ? w("later") : clock(e.onset_late);
  return w("arrivesRange", from, e.onset_early <= now ? w("now") : clock(e.onset_early), late);
}

/** `1.20 (0.80–2.10) at 13:30` of what is no depth. */
export function peak(assessment: Assessment, unit: string, now: number): string {
  const { peak: top, peak_low, peak_high, peak_time } = assessment;
  if (top === null || peak_time === null) return "";
  return w("peakAt", amount(top, unit), figure(peak_low, unit), figure(peak_high, unit), moment(peak_time, now));
}

/** One line for each threshold: `reaches 0.30 m closed to cars: p = 0.41`. */
export const reaches = (assessment: Assessment, unit: string): { level: Level; text: string }[] =>
  [...assessment.exceedances].reverse().map((e) => ({
    level: e.level,
    text: w("reaches", amount(e.threshold, unit), e.label, e.observed ? w("now") : chance(e.probability)),
  }));
