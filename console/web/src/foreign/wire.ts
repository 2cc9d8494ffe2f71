// What `/api/foreign` answers; console/foreign/routes.py says the same. Times of messages are the world's, of sources real.

import type { Level } from "../wire.ts";

export interface ForeignInfo {
  language: string;
  event: string;
  headline: string;
  description: string;
  instruction: string;
  sender_name: string;
  where: string;
  severity: string;
  urgency: string;
  certainty: string;
  /** null: nothing in the message says. */
  level: Level | null;
  /** `parameter` or `headline`: the sender's word; `severity`: we made the colour of CAP's severity. */
  level_from: string;
  onset: number | null;
  expires: number;
  /** false: the message has no expiry, and stands for 24 hours. */
  expires_given: boolean;
  areas: string[];
}

export interface ForeignAlert {
  number: number;
  source: string;
  use: string;
  sender: string;
  identifier: string;
  sent: number;
  expires: number;
  areas: string[];
  /** false: the area is given in words alone. */
  located: boolean;
  infos: ForeignInfo[];
}

export interface ForeignSource {
  source: string;
  answered: number | null;
  silent: boolean;
  error: string;
  refused: string[];
}

export interface Foreigns {
  alerts: ForeignAlert[];
  cut: boolean;
  sources: ForeignSource[];
}
