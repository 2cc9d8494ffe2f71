// What the server tells us: the same as console/views.py. Times are Unix milliseconds.

import { goToSignIn } from "./session.ts";

export type Level = 0 | 1 | 2 | 3 | 4;

export interface Threshold {
  value: number;
  level: Level;
  label: string;
  source: string;
}

export interface Datastream {
  key: string;
  station: string;
  property: string;
  unit: string;
  interval_s: number;
  stale_after_s: number;
  thresholds: Threshold[];
}

export interface Station {
  id: string;
  name: string;
  area: string;
  datum: string;
  invented: boolean;
}

export interface Place {
  key: string;
  id: string;
  name: string;
  kind: string;
  property: string;
  unit: string;
  hazard: string;
  area: string;
  invented: boolean;
  stale_after_s: number;
  thresholds: Threshold[];
}

export interface Site {
  id: string;
  name: string;
  timezone: string;
  language: string;
  invented: string;
  replay: boolean;
  speed: number;
  spark_hours: number;
  inundation_stale_after_s: number;
  stations: Station[];
  datastreams: Datastream[];
  places: Place[];
  others: Place[];
}

/** [latitude, longitude] */
export type LatLon = [number, number];

export interface Area {
  id: string;
  name: string;
  polygon: LatLon[];
}

export interface Point {
  id: string;
  latitude: number;
  longitude: number;
}

/** GeoJSON as console/background.py lets it through: positions are [longitude, latitude]. */
export interface Background {
  features: {
    properties: { kind: string; name: string | null };
    geometry:
      | { type: "Point"; coordinates: number[] }
      | { type: "LineString"; coordinates: number[][] }
      | { type: "MultiLineString" | "Polygon"; coordinates: number[][][] }
      | { type: "MultiPolygon"; coordinates: number[][][][] };
  }[];
}

export interface SiteMap {
  areas: Area[];
  stations: Point[];
  places: Point[];
  background: Background | null;
  background_error: string;
}

export interface Zone {
  lead_s: number;
  depth_m: number;
  probability: number;
  polygons: LatLon[][][];
}

export interface Inundation {
  area: string;
  name: string;
  issue_time: number | null;
  model: string;
  members: number;
  leads_s: number[];
  depths_m: number[];
  probabilities: number[];
  zones: Zone[];
  degraded: string[];
  failed: string;
  failed_time: number | null;
}

export interface Inundations {
  inundations: Inundation[];
}

export interface InundationNews {
  version: string;
}

export interface Vital {
  key: string;
  time: number;
  result: number | null;
  quality: number;
  level: Level | null;
  exceeded: string;
}

export interface Trace {
  key: string;
  time: number[];
  result: (number | null)[];
  quality: number[];
}

export interface Exceedance {
  level: Level;
  threshold: number;
  label: string;
  probability: number;
  observed: boolean;
  onset: number | null;
  onset_early: number | null;
  onset_late: number | null;
}

export interface Assessment {
  key: string;
  hazard: string;
  issue_time: number;
  outcome: "ok" | "degraded" | "failed";
  reason: string;
  exceedances: Exceedance[];
  peak: number | null;
  peak_time: number | null;
  peak_low: number | null;
  peak_high: number | null;
  evidence: string[];
  horizon_s: number;
  where: LatLon[][];
}

export interface Forecast {
  key: string;
  issue_time: number;
  model: string;
  leads_s: number[];
  probabilities: number[];
  values: number[][];
  degraded: string[];
}

export interface Outlook {
  key: string;
  forecast: Forecast | null;
  assessment: Assessment | null;
}

export interface Alert {
  identifier: string;
  incident: string;
  msg_type: string;
  status: string;
  sent: number;
  expires: number;
  area: string;
  hazard: string;
  key: string;
  level: Level;
  previous_level: Level;
  headline: string;
  headlines: Record<string, string>;
  probability: number | null;
  onset: number | null;
  lead_s: number | null;
  threshold: number | null;
  acknowledged_by: string;
  acknowledged_at: number | null;
  active: boolean;
  /** Id of its drill; empty: it is about the world. */
  drill: string;
}

export interface Stations {
  world_time: number;
  vitals: Vital[];
  sparks: Trace[];
  assessments: Assessment[];
}

export interface Heartbeat {
  world_time: number;
  speed: number;
  database: string;
  newest: number | null;
  stale_since: number | null;
}

export const QUALITY = { good: 1, unchecked: 2, suspect: 3, fail: 4, missing: 9 } as const;

export const trusted = (quality: number): boolean =>
  quality === QUALITY.good || quality === QUALITY.unchecked;

/** `no-cache`: the browser keeps the answer and asks whether it still holds. */
export async function ask<T>(path: string, cache: RequestCache = "no-store"): Promise<T> {
  const answer = await fetch(path, { cache, signal: AbortSignal.timeout(10_000) });
  if (answer.status === 401) goToSignIn();
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return (await answer.json()) as T;
}
