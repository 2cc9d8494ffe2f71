// The numbers of a place in words of both languages.

import { amount, duration } from "../format.ts";
import { levelWord } from "../icons.ts";
import { speaks } from "../words.ts";
import { MINUTE } from "./judge.ts";
import type { Spot } from "./wire.ts";
import { v } from "./words.ts";

/** `62 %` of a car park, else with its unit. */
export const shown = (spot: Spot, value: number | null): string =>
  spot.kind === "parking" && value !== null ? `${Math.round(value * 100)}\u00a0%` : amount(value, spot.unit);

export const nameOf = (named: { name: string; name_zh: string }): string => (speaks() === "zh" && named.name_zh) || named.name;

export const labelOf = (labelled: { label: string; label_zh: string }): string =>
  (speaks() === "zh" && labelled.label_zh) || labelled.label;

const whole = (value: number | undefined): string => (value === undefined ? "–" : String(Math.round(value)));

/** What it holds, of how much. */
export function held(spot: Spot): string {
  const { persons, capacity, taken, bays, queue, posts, required } = spot.figures;
  if (persons !== undefined && capacity) return v("persons", whole(persons), whole(capacity), Math.round((persons / capacity) * 100));
  if (taken !== undefined && bays) return v("bays", whole(taken), whole(bays));
  if (queue === undefined) return "";
  const staffed = posts !== undefined && required !== undefined ? v("posts", whole(posts), whole(required)) : "";
  return [v("queue", whole(queue)), staffed].filter(Boolean).join(" · ");
}

/** What comes and goes, and what that means. */
export function flows(spot: Spot): string[] {
  const { flow_in: come, flow_out: go, full_min: full, clearance_min: out } = spot.figures;
  const both = come !== undefined && go !== undefined;
  return [
    both ? v("flow", whole(come), whole(go)) : come !== undefined ? v("flowIn", whole(come)) : "",
    full !== undefined ? v("full", duration(full * MINUTE)) : "",
    out !== undefined ? v("clearance", duration(Math.max(MINUTE, out * MINUTE))) : "",
  ].filter(Boolean);
}

const ARROWS = { rising: "↗", steady: "→", falling: "↘", unknown: "" } as const;

export function course(spot: Spot): string {
  const { course: word, rate } = spot.trend;
  if (word === "unknown" || rate === null) return v("courseUnknown");
  const sign = rate > 0 ? "+" : "";
  const change = word === "steady" ? "" : ` (${v("perHour", sign + shown(spot, rate))})`;
  return `${ARROWS[word]} ${v(word)}${change}`;
}

/** The last of what is forecast: how far it reaches, and what is expected there. */
export function outlook(spot: Spot): string {
  const { ahead } = spot;
  const last = (ahead?.leads_s.length ?? 0) - 1;
  if (!ahead || last < 0) return v("noForecast");
  const values = [ahead.median, ahead.low, ahead.high].map((row) => shown(spot, row[last] ?? null));
  return v("forecast", duration(ahead.leads_s[last]! * 1000), ...values);
}

export function coming(spot: Spot, now: number): string {
  const next = spot.coming;
  if (!next) return "";
  const text = `${levelWord(next.level)}: ${labelOf(next)}`;
  if (next.onset === null || next.onset <= now) return v("comingSoon", text, next.probability.toFixed(2));
  return v("coming", text, duration(next.onset - now), next.probability.toFixed(2));
}

export const bounds = (spot: Spot): string =>
  spot.bounds.length ? v("levels", spot.bounds.map((b) => `${levelWord(b.level)} ${shown(spot, b.value)}`).join(", ")) : "";
