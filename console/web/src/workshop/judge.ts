// How a gateway is, and what of it a technician looks at first.

import type { Status, Value, Work } from "./wire.ts";

/** Gateways say something every half minute of real time. */
const SILENT_MS = 120_000;
const LATE_MS = 20_000;

/** From worst to best. */
export const CONDITIONS = ["never", "offline", "silent", "faults", "fine"] as const;
export type Condition = (typeof CONDITIONS)[number];

/** More batches wait than a gateway has on their way at once on a good link. */
const UNDER_WAY = 20;

export const isBehind = (status: Status): boolean => status.backlog > UNDER_WAY;

/** Of the instruments and the gateway itself. */
function atFault(status: Status): boolean {
  const wrong = Object.values(status.instruments).some((condition) => condition !== "ok");
  return wrong || status.clock !== "ok" || status.outbox !== "ok" || status.lost_observations > 0 || status.findings.length > 0;
}

export function conditionOf({ heard, status }: Work, now: number, speed: number, lost: boolean): Condition {
  if (heard === null || status === null) return "never";
  if (!status.online) return "offline";
  if (lost || now - heard > SILENT_MS * Math.max(1, speed) + LATE_MS * speed) return "silent";
  return atFault(status) ? "faults" : "fine";
}

/** Those that were never heard of first, then by what is wrong, then by name. */
export function inOrder(gateways: Work[], now: number, speed: number, lost: boolean): Work[] {
  const rank = (work: Work): number => CONDITIONS.indexOf(conditionOf(work, now, speed, lost));
  return [...gateways].sort((a, b) => rank(a) - rank(b) || a.gateway.localeCompare(b.gateway));
}

export interface Instrument {
  /** `station/driver`. */
  name: string;
  condition: string;
  lastError: string;
}

export interface StationWork {
  station: string;
  instruments: Instrument[];
  values: Value[];
}

/** A gateway's instruments and newest values by station; those with a fault first. */
export function byStation({ status, values }: Work): StationWork[] {
  const found = new Map<string, StationWork>();
  const of = (name: string): StationWork => {
    const station = name.split("/")[0]!;
    const known = found.get(station) ?? { station, instruments: [], values: [] };
    found.set(station, known);
    return known;
  };
  for (const [name, condition] of Object.entries(status?.instruments ?? {})) {
    of(name).instruments.push({ name, condition, lastError: status?.last_errors[name] ?? "" });
  }
  for (const value of values) of(value.key).values.push(value);
  const faults = (work: StationWork): number =>
    work.instruments.some(({ condition }) => condition !== "ok") ? 2 : work.values.some(({ doubt }) => doubt) ? 1 : 0;
  return [...found.values()].sort((a, b) => faults(b) - faults(a) || a.station.localeCompare(b.station));
}

/** `2026-08-17T04:00Z no answer` → when [ms] and why. */
export function lastError(told: string): { at: number | null; why: string } {
  const [stamp = "", ...rest] = told.split(" ");
  const at = Date.parse(stamp);
  return Number.isNaN(at) ? { at: null, why: told } : { at, why: rest.join(" ") };
}

/** Numbers as an instrument gives them: six digits, none invented. */
export const plain = (value: number): string => Number(value.toPrecision(6)).toString().replace("-", "−");
