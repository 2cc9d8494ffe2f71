// What /api/technical and /api/rejections say: as console/workshop.py and forewarn/domain/gateway.py.

export interface Status {
  online: boolean;
  version: string;
  boot_id: string;
  backlog: number;
  backlog_oldest: string | null;
  backlog_left_s: number | null;
  instruments: Record<string, string>;
  last_errors: Record<string, string>;
  raw_left_out: number;
  disk_free_mb: number | null;
  lost_observations: number;
  in_memory: number;
  outbox: string;
  clock: string;
  clock_error_s: number | null;
  battery: number | null;
  sampling: string;
  alarms: Record<string, string>;
  config: string;
  findings: string[];
}

export interface Doubt {
  test: "missing" | "range" | "nature" | "rate" | "flat" | "other";
  low: number | null;
  high: number | null;
}

export interface Value {
  key: string;
  time: number;
  received: number;
  result: number | null;
  quality: number;
  doubt: Doubt | null;
  raw: number | null;
  scaling: string;
}

export interface Reason {
  reason: string;
  count: number;
  newest: number;
}

export interface Work {
  gateway: string;
  heard: number | null;
  status: Status | null;
  values: Value[];
  rejected: Reason[];
}

export interface Refused {
  gateway: string;
  received: number;
  reason: string;
  detail: string;
  datastream: string | null;
  result: number | null;
}

export interface Technical {
  world_time: number;
  gateways: Work[];
  refused: Refused[];
}
