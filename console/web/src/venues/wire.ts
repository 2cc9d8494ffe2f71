// What console/venues/views.py says. Times are Unix milliseconds of world time.

import type { Programme } from "../citywire.ts";
import type { Level } from "../wire.ts";

export type { Band, Limit, VenueEvent, Programme } from "../citywire.ts";

export interface Bound {
  value: number;
  level: Level;
  label: string;
  label_zh: string;
}

export interface Coming {
  level: Level;
  label: string;
  label_zh: string;
  probability: number;
  onset: number | null;
}

export interface Trend {
  time: number[];
  value: (number | null)[];
  rate: number | null;
  course: "rising" | "steady" | "falling" | "unknown";
}

export interface Ahead {
  issue_time: number;
  leads_s: number[];
  low: number[];
  median: number[];
  high: number[];
}

export interface Spot {
  key: string;
  id: string;
  kind: "zone" | "gate" | "parking" | "point";
  name: string;
  name_zh: string;
  area: string;
  unit: string;
  invented: boolean;
  stale_after_s: number;
  issue_time: number | null;
  outcome: "ok" | "degraded" | "failed" | "";
  reason: string;
  observed: number | null;
  level: Level | null;
  label: string;
  label_zh: string;
  coming: Coming | null;
  bounds: Bound[];
  figures: Record<string, number>;
  evidence: string[];
  trend: Trend;
  ahead: Ahead | null;
}

export interface Venue {
  id: string;
  name: string;
  name_zh: string;
  spots: Spot[];
  programme: Programme | null;
}

export interface Venues {
  venues: Venue[];
}
