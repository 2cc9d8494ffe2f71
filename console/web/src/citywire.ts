// What the server tells us of the city, its venues and its gateways: as console/cityviews.py.

export interface Sign {
  indicator: string;
  name: string;
  area: string;
  unit: string;
  time: number;
  value: number | null;
  state: "normal" | "near overload" | "overload" | "unknown";
  near: number | null;
  overload: number | null;
  tell: string[];
  reason: string;
}

export type Advice = "go" | "caution" | "stop" | "unknown";

export interface Span {
  start: number;
  end: number;
}

export interface Stretch {
  start: number;
  end: number;
  advice: Advice;
  why: string[];
}

/** For how long the advice by one limit alone stands. */
export interface Band {
  start: number;
  end: number;
  advice: Advice;
}

export interface Limit {
  name: string;
  key: string;
  unit: string;
  advice: Advice;
  observed: number | null;
  caution: number | null;
  stop: number | null;
  worst: number | null;
  why: string;
  bands: Band[];
}

export interface VenueEvent {
  event: string;
  name: string;
  start: number;
  end: number;
  advice: Advice;
  why: string[];
  limits: Limit[];
  timeline: Stretch[];
  next_window: Span | null;
}

export interface Programme {
  venue: string;
  name: string;
  issue_time: number;
  events: VenueEvent[];
  degraded: string[];
}

export interface Gateway {
  gateway: string;
  heard: number;
  online: boolean;
  version: string;
  backlog: number;
  instruments: Record<string, string>;
  lost: number;
  outbox: string;
  clock: string;
  clock_error_s: number | null;
  battery: number | null;
  sampling: string;
  alarms: Record<string, string>;
  config: string;
  findings: string[];
}

export interface City {
  signs: Sign[];
  programmes: Programme[];
  gateways: Gateway[];
}

export interface CityNews {
  version: string;
}
