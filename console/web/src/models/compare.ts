// A forecast beside what came, and tables in an order: pure functions.

import { trusted, type Forecast, type Trace } from "../wire.ts";
import type { LeadSkill, Skill } from "./wire.ts";

/** Fewer pairs than this say little: one storm decides them. */
export const FEW = 30;

export interface Pair {
  lead_s: number;
  valid: number;
  low: number | null;
  median: number | null;
  high: number | null;
  /** null: not observed, not trusted, or still to come. */
  came: number | null;
}

/** The newest trusted observation at most `tolerance` [ms] older than `at`. */
function observedAt(trace: Trace, at: number, tolerance: number): number | null {
  for (let i = trace.time.length - 1; i >= 0; i -= 1) {
    if (trace.time[i]! > at) continue;
    if (trace.time[i]! <= at - tolerance) return null;
    if (trusted(trace.quality[i]!) && trace.result[i] != null) return trace.result[i]!;
  }
  return null;
}

/** Each lead of `forecast` with its 80 % interval and what was observed then. */
export function pairs(forecast: Forecast, trace: Trace, interval_s: number): Pair[] {
  const index = (p: number): number => forecast.probabilities.findIndex((have) => Math.abs(have - p) < 1e-9);
  const [low, median, high] = [index(0.1), index(0.5), index(0.9)];
  return forecast.leads_s.map((lead_s, i) => {
    const valid = forecast.issue_time + lead_s * 1000;
    const pick = (j: number): number | null => forecast.values[i]?.[j] ?? null;
    const came = observedAt(trace, valid, interval_s * 1000);
    return { lead_s, valid, low: pick(low), median: pick(median), high: pick(high), came };
  });
}

export interface Hindsight {
  observed: number;
  leads: number;
  /** How many of those observed lay inside the 80 % interval; null: it has no such quantiles. */
  inside: number | null;
  /** Largest |median − observed|. */
  worst: number | null;
}

export function hindsight(all: Pair[]): Hindsight {
  const seen = all.filter((p) => p.came !== null);
  const bounded = seen.filter((p) => p.low !== null && p.high !== null);
  const errors = seen.filter((p) => p.median !== null).map((p) => Math.abs(p.median! - p.came!));
  return {
    observed: seen.length,
    leads: all.length,
    inside: bounded.length ? bounded.filter((p) => p.low! <= p.came! && p.came! <= p.high!).length : null,
    worst: errors.length ? Math.max(...errors) : null,
  };
}

/** The part of `trace` from `start` until `end`. */
export function part(trace: Trace, start: number, end: number): Trace {
  const first = trace.time.findIndex((time) => time >= start);
  const after = trace.time.findIndex((time) => time > end);
  const [from, to] = [first < 0 ? trace.time.length : first, after < 0 ? trace.time.length : after];
  const { key, time, result, quality } = trace;
  return { key, time: time.slice(from, to), result: result.slice(from, to), quality: quality.slice(from, to) };
}

/** Every lead that any of `skills` has, ascending. */
export const leadsOf = (skills: Skill[]): number[] =>
  [...new Set(skills.flatMap((skill) => skill.leads.map((lead) => lead.lead_s)))].sort((a, b) => a - b);

export type Column = "name" | "count" | "rmse" | "bias" | "coverage" | "persistence";

export interface Row {
  key: string;
  name: string;
  lead: LeadSkill | undefined;
}

/** How bad a row is in a column; NaN: not known. Higher is worse. */
function badness({ lead }: Row, column: Column): number {
  if (!lead) return NaN;
  if (column === "count") return -lead.count;
  if (column === "rmse") return lead.rmse;
  if (column === "bias") return Math.abs(lead.bias);
  if (column === "coverage") return lead.coverage === null ? NaN : Math.abs(lead.coverage - 0.8);
  return lead.persistence === null ? NaN : -lead.persistence;
}

/** Worst first, or best first; what is not known, or known of too few pairs, is always last. */
export function ordered(rows: Row[], column: Column, worst: boolean): Row[] {
  const sign = worst ? 1 : -1;
  if (column === "name") return [...rows].sort((a, b) => sign * a.name.localeCompare(b.name));
  const known = (row: Row): number => {
    if (Number.isNaN(badness(row, column))) return 2;
    return column !== "count" && row.lead!.count < FEW ? 1 : 0;
  };
  return [...rows].sort(
    (a, b) => known(a) - known(b) || (sign * (badness(b, column) - badness(a, column)) || 0) || a.name.localeCompare(b.name),
  );
}

/** `2026-07` → `2026-08`, `by` months on. */
export function monthAfter(month: string, by: number): string {
  const [year, number] = month.split("-").map(Number) as [number, number];
  const count = year * 12 + number - 1 + by;
  return `${String(Math.floor(count / 12)).padStart(4, "0")}-${String((count % 12) + 1).padStart(2, "0")}`;
}
