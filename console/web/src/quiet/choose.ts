// What the forms are filled with, and what they ask the server for.

import type { Level } from "../wire.ts";
import type { Choice } from "./wire.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** How long something may run; the server allows seven days from now. */
export const LENGTHS = [10 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR, DAY, 3 * DAY, 6 * DAY];

/** In how long something may begin. */
export const BEGINNINGS = [0, 30 * MINUTE, HOUR, 4 * HOUR, 12 * HOUR, DAY];

/** Told to staff alone; forewarn/domain/hazard.py says the same. */
export const STAFF = ["parking", "security", "vital", "canary"];

export interface DrillForm {
  area: string;
  hazard: string;
  level: Level;
  begin: number;
  length: number;
  reason: string;
  siren: boolean;
  told: boolean;
}

export interface SilenceForm {
  kind: "silence" | "maintenance";
  area: string;
  hazard: string;
  pattern: string;
  upTo: Level;
  begin: number;
  length: number;
  reason: string;
}

export const newDrill = (): DrillForm => ({
  ...{ area: "", hazard: "", level: 3, begin: 0, length: 30 * MINUTE, reason: "" },
  ...{ siren: false, told: false },
});

export const newSilence = (): SilenceForm => ({
  ...{ kind: "silence", area: "", hazard: "", pattern: "*", upTo: 3 },
  ...{ begin: 0, length: 2 * HOUR, reason: "" },
});

/** The form with what the site has: its area, else the first; a hazard and a level of that area. */
export function fitted(form: DrillForm, choices: Choice[]): DrillForm {
  const choice = choices.find((c) => c.area === form.area) ?? choices[0];
  if (!choice) return form;
  const names = Object.keys(choice.hazards);
  const hazard = names.includes(form.hazard) ? form.hazard : (names[0] ?? "");
  const levels = choice.hazards[hazard] ?? [];
  const level = levels.includes(form.level) ? form.level : (levels.at(-1) ?? 3);
  return { ...form, area: choice.area, hazard, level };
}

/** What is asked for; a start of now is left to the server's clock. */
export const drillAsked = (form: DrillForm, now: number) => ({
  ...{ area: form.area, hazard: form.hazard, level: form.level, reason: form.reason, siren: form.siren },
  ...span(form, now),
});

export function silenceAsked(form: SilenceForm, now: number) {
  const common = { kind: form.kind, datastream: form.pattern.trim(), reason: form.reason, ...span(form, now) };
  if (form.kind === "maintenance") return common;
  return { ...common, area: form.area, hazard: form.hazard, up_to: form.upTo };
}

function span(form: { begin: number; length: number }, now: number) {
  const end = Math.round(now + form.begin + form.length);
  return form.begin ? { start: Math.round(now + form.begin), end } : { end };
}
