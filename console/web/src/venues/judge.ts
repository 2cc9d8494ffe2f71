// What to make of a venue's advice and places at one time: nothing known never reads as go, nor as calm.

import type { Advice } from "../citywire.ts";
import type { Level } from "../wire.ts";
import type { Band, Limit, Programme, Spot, Venue, VenueEvent } from "./wire.ts";

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
/** Advice comes each minute of the world; a slow machine may take 20 real seconds more. */
const ADVICE_OLD = 10 * MINUTE;

/** From worst to best. */
export const WORST: Advice[] = ["stop", "unknown", "caution", "go"];

export const adviceOld = (programme: Programme, now: number, speed: number): boolean =>
  now - programme.issue_time > ADVICE_OLD + 20_000 * speed;

export interface State {
  /** null: not known. */
  level: Level | null;
  /** The newest judgement is too old to stand for now. */
  old: boolean;
}

export function stateOf(spot: Spot, now: number, lost: boolean): State {
  const old = spot.issue_time !== null && (lost || now - spot.issue_time > spot.stale_after_s * 1000);
  return { level: old ? null : spot.level, old };
}

/** Gravest first; what is not known stands before what is calm, behind what is called for. */
const weight = ({ level }: State): number => (level === null ? 0.5 : level);

export function gravest(spots: Spot[], now: number, lost: boolean): Spot[] {
  const order = (spot: Spot): number => weight(stateOf(spot, now, lost));
  return [...spots].sort((a, b) => order(b) - order(a));
}

/** The worse of two levels, where not known is worse than calm. */
export function worstLevel(spots: Spot[], now: number, lost: boolean): Level | null {
  const first = gravest(spots, now, lost)[0];
  return first ? stateOf(first, now, lost).level : 0;
}

export const runs = (event: VenueEvent, now: number): boolean => event.start <= now && now < event.end;

export const isOver = (event: VenueEvent, now: number): boolean => event.end <= now;

/** Until when the advice of an event stands. */
export interface Stand {
  start: number;
  end: number;
  /** The advice ends there because nothing is known further. */
  asKnown: boolean;
}

/** The stretch that makes the event's advice: the one of now while it runs, else the first that meets it. */
export function standOf(event: VenueEvent, now: number): Stand | null {
  const from = Math.max(now, event.start);
  const meets = event.timeline.filter((s) => s.end > from && s.start < event.end && s.advice === event.advice);
  const first = meets[0];
  const last = event.timeline.at(-1);
  if (!first || !last) return null;
  return { start: Math.max(from, first.start), end: first.end, asKnown: first.end === last.end };
}

/** The first stop to come within an event that runs and may still go on; null: none is expected. */
export function stopAhead(event: VenueEvent, now: number): Stand | null {
  if (!runs(event, now) || event.advice === "stop") return null;
  const first = event.timeline.find((s) => s.advice === "stop" && s.start > now && s.start < event.end);
  return first ? { start: first.start, end: first.end, asKnown: first.end === event.timeline.at(-1)?.end } : null;
}

export interface Window {
  limit: Limit;
  /** Names of the events that have it. */
  events: string[];
}

/** Each limit once, though several events have it, as far as their values agree. */
export function windows(events: VenueEvent[]): Window[] {
  const found = new Map<string, Window>();
  for (const event of events) {
    for (const limit of event.limits) {
      const same = JSON.stringify([limit.name, limit.key, limit.caution, limit.stop]);
      const known = found.get(same);
      if (known) known.events.push(event.name);
      else found.set(same, { limit, events: [event.name] });
    }
  }
  return [...found.values()];
}

/** Low values are bad. */
export const isLow = (limit: Limit): boolean => limit.stop !== null && limit.caution !== null && limit.stop < limit.caution;

/** The advice by a limit at `now`; old or absent is unknown. */
export function bandAt(bands: Band[], now: number): Advice {
  return bands.find((band) => band.start <= now && now < band.end)?.advice ?? "unknown";
}

/** Until when anything but "not known" is said. */
export const knownUntil = (bands: { end: number; advice: Advice }[]): number | null =>
  [...bands].reverse().find((band) => band.advice !== "unknown")?.end ?? null;

export interface Summary {
  advice: Advice | null;
  level: Level | null;
}

/** Of a venue: the worst advice of what runs or begins within 6 h (null: nothing does), and the worst level. */
export function summary(venue: Venue, now: number, lost: boolean, speed: number): Summary {
  const { programme } = venue;
  const near = programme?.events.filter((event) => !isOver(event, now) && event.start < now + 6 * HOUR) ?? [];
  const old = !programme || lost || adviceOld(programme, now, speed);
  const advices = near.map((event) => (old ? "unknown" : event.advice));
  const worst = WORST.find((advice) => advices.includes(advice)) ?? null;
  return { advice: worst, level: worstLevel(venue.spots, now, lost) };
}
