// What console/workshop.py, console/skills.py and console/outcomes/views.py say. Times are Unix milliseconds of world time.

import type { Forecast, Level } from "../wire.ts";

export interface LeadSkill {
  lead_s: number;
  count: number;
  rmse: number;
  bias: number;
  coverage: number | null;
  persistence: number | null;
}

export interface Skill {
  key: string;
  start: number;
  end: number;
  leads: LeadSkill[];
}

export interface Skills {
  start: number;
  end: number;
  every_s: number;
  skills: Skill[];
  /** Datastreams that are not computed yet. */
  left: number;
}

export interface Issued {
  key: string;
  forecasts: Forecast[];
}

export interface Score {
  status: string;
  hazard: string;
  level: Level;
  hits: number;
  misses: number;
  false_alarms: number;
  unknown: number;
  pod: number | null;
  far: number | null;
  csi: number | null;
  lead_s: number | null;
  quartiles_s: [number, number] | null;
  early_s: number | null;
}

export interface Verdict {
  level: Level;
  verdict: string;
  why: string;
  threshold: number | null;
  warned: number | null;
  crossed: number | null;
  lead_s: number | null;
  uncertain_s: number | null;
  decided_by: string;
}

export interface Remark {
  number: number;
  at: number;
  author: string;
  text: string;
  confirmed: boolean | null;
}

export interface Happened {
  event: string;
  began: number;
  ended: number | null;
  area: string;
  hazard: string;
  key: string;
  status: string;
  drill: string;
  state: string;
  headline: string;
  verdicts: Verdict[];
  remarks: Remark[];
}

export interface Month {
  month: string;
  world_time: number;
  scores: Score[];
  events: Happened[];
}
