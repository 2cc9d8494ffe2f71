// What console/access/people.py, trail.py and mine.py say. Times are ISO 8601, real ones.

export interface Account {
  id: string;
  name: string;
  role: string;
  sites: string[];
  totp: boolean;
  created: string;
  disabled: string | null;
  locked: string | null;
  sessions: number;
  seen: string | null;
}

export interface Token {
  name: string;
  role: string;
  sites: string[];
  created: string;
  expires: string;
  revoked: string | null;
}

export interface Accounts {
  now: string;
  accounts: Account[];
  tokens: Token[];
}

export interface Picture {
  size: number;
  path: string;
  secret: string;
}

export interface Shared {
  password: string;
  token: string;
  picture: Picture | null;
}

export interface AuditRow {
  number: number;
  at: string;
  actor: string;
  action: string;
  subject: string;
  detail: string;
  hash: string;
}

export interface AuditRows {
  rows: AuditRow[];
  more: boolean;
}

export interface Checked {
  checked: number;
  next: number | null;
  newest: string;
  broken: number | null;
  reason: string;
}

export interface Mine {
  id: string;
  name: string;
  role: string;
  sites: string[];
  totp: boolean;
  sessions: number;
}
