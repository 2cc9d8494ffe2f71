// What console/desk/views.py says. Times are Unix milliseconds of world time unless said otherwise.

import type { Assessment, Level } from "../wire.ts";

export interface Draft {
  id: string;
  level: Level;
  due: number;
  otherwise: string;
  needs: number;
  approvals: string[];
  headline: string;
  headlines: Record<string, string>;
}

export interface Incident {
  incident: string;
  area: string;
  hazard: string;
  key: string;
  status: string;
  drill: string;
  state: string;
  level: Level;
  highest: Level;
  headline: string;
  headlines: Record<string, string>;
  identifier: string;
  opened: number;
  changed: number;
  expires: number | null;
  ended: number | null;
  onset: number | null;
  lead_s: number | null;
  probability: number | null;
  acked_by: string;
  acked_at: number | null;
  assigned_to: string;
  shelved_until: number | null;
  escalations: number;
  draft: Draft | null;
}

export interface Queue {
  incidents: Incident[];
  cut: boolean;
  newest_act: number;
  unreadable: string;
}

export interface Message {
  identifier: string;
  msg_type: string;
  sent: number;
  expires: number;
  level: Level;
  previous_level: Level;
  headline: string;
  headlines: Record<string, string>;
  probability: number | null;
  onset: number | null;
  threshold: number | null;
  cause: string;
}

export interface Act {
  number: number;
  incident: string;
  at: number;
  author: string;
  act: string;
  detail: Record<string, string>;
  taken: number | null;
  refused: string;
}

export interface Refused {
  id: string;
  code: string;
  error: string;
  incident: Incident | null;
}

export interface Done {
  acts: Act[];
  refused: Refused[];
}

export interface Person {
  id: string;
  name: string;
  kind: string;
}

export interface Delivery {
  identifier: string;
  channel: string;
  attempts: number;
  /** Real time, not the world's. */
  delivered: number | null;
  error: string;
}

export interface Told {
  person: string;
  kind: string;
  level: Level;
  step: number;
  progress: string;
  channel: string;
  attempts: number;
  queued: number;
  at: number;
  error: string;
}

export interface Runbook {
  zh: string[];
  en: string[];
}

export interface Case {
  incident: Incident;
  messages: Message[];
  acts: Act[];
  deliveries: Delivery[];
  told: Told[];
  draft_cap: string;
  assessment: Assessment | null;
  runbook: Runbook;
}

export interface IncidentNews {
  version: string;
}
