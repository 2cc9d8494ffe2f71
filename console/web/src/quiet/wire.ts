// What the server says of drills and silences; console/quiet/views.py says the same. Times: Unix ms.

import type { Level } from "../wire.ts";

export interface Drill {
  id: number;
  author: string;
  reason: string;
  start: number;
  end: number;
  area: string;
  area_name: string;
  area_name_zh: string;
  hazard: string;
  level: Level;
  siren: boolean;
  ended_by: string;
}

export interface Touched {
  matches: string[];
  degraded: string[];
}

export interface Silence {
  id: number;
  kind: "silence" | "maintenance";
  author: string;
  reason: string;
  start: number;
  end: number;
  area: string;
  area_name: string;
  area_name_zh: string;
  hazard: string;
  datastream: string;
  up_to: Level;
  touched: Touched;
}

export interface Choice {
  area: string;
  name: string;
  name_zh: string;
  hazards: Record<string, Level[]>;
}

export interface Quiet {
  drills: Drill[];
  silences: Silence[];
  choices: Choice[];
  hazards: string[];
  channels: string[];
}
