// What console/log/views.py says. Times are Unix milliseconds of world time unless said otherwise.

export interface Item {
  id: string;
  number: number;
  at: number;
  kind: string;
  what: string;
  author: string;
  incident: string;
  level: number | null;
  text: string;
  detail: Record<string, unknown>;
}

export interface Handover {
  number: number;
  at: number;
  author: string;
  receiver: string;
  open_points: string;
  taken: number | null;
}

export interface Log {
  items: Item[];
  next: string;
  open: Handover[];
}

export interface Account {
  id: string;
  name: string;
}

export interface Shift {
  facts: Facts;
  mark: string;
  accounts: Account[];
}

export interface Handed {
  handover: Handover;
  facts: Facts;
}

/* What console/report/facts.py says, as far as it is shown here. Its times are RFC 3339. */

export interface Named {
  name: string;
  zh: string;
}

export interface InForce {
  incident: string;
  area: Named;
  place: Named;
  hazard: string;
  level: number;
  status: string;
  drill: string;
  headline: Named;
  expires: string | null;
  draft: { level: number; due: string; otherwise: string; needs: number; approvals: string[] } | null;
  acked_by: string;
  assigned_to: string;
  shelved_until: string | null;
}

export interface Quiet {
  kind: string;
  author: string;
  reason: string;
  end: string;
  area: string;
  hazard: string;
  datastream: string;
}

export interface Gap {
  kind: string;
  name: Named;
  key: string;
  since: string | null;
  reason: string;
  count: number;
  maintenance: boolean;
}

export interface Outlook {
  key: string;
  place: Named;
  hazard: string;
  level: number;
  label: Named;
  probability: number;
  observed: boolean;
  onset: string | null;
  early: string | null;
  late: string | null;
}

export interface Facts {
  at: string;
  invented: string;
  replay: boolean;
  force: InForce[];
  quiet: Quiet[];
  gaps: Gap[];
  outlooks: Outlook[];
  judged: number;
  judgeable: number;
}
