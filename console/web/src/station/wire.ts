// What console/stations/views.py says. Times are Unix milliseconds of world time.

import type { Assessment, Level } from "../wire.ts";

export interface Newest {
  key: string;
  time: number;
  received: number;
  result: number | null;
  quality: number;
  reason: string;
  fail: [number, number] | null;
  suspect: [number, number] | null;
}

export interface Refused {
  gateway: string;
  received: number;
  key: string;
  result: number | null;
  reason: string;
  detail: string;
}

export interface Quiet {
  kind: string;
  datastream: string;
  hazard: string;
  start: number;
  end: number;
  author: string;
  reason: string;
}

export interface Happened {
  incident: string;
  key: string;
  hazard: string;
  state: string;
  status: string;
  highest: Level;
  headline: string;
  opened: number;
  ended: number | null;
}

export interface SentBy {
  heard: number;
  status: {
    online: boolean;
    gateway: string;
    version: string;
    backlog: number;
    clock_error_s: number | null;
    battery: number | null;
    sampling: string;
    instruments: Record<string, string>;
  };
}

export interface Found {
  id: string;
  world_time: number;
  latitude: number;
  longitude: number;
  newest: Newest[];
  assessments: Assessment[];
  refused: Refused[];
  quiet: Quiet[];
  incidents: Happened[];
  gateways: SentBy[];
}
