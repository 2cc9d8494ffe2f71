// What a station's mark says: the gravest of its datastreams.

import { amount } from "./format.ts";
import type { Store } from "./store.ts";
import type { Level } from "./wire.ts";

export interface StationState {
  id: string;
  name: string;
  /** The datastream that is shown when the station is chosen. */
  key: string;
  value: string;
  /** Highest level reached; null: not judged, for want of a trusted new value; undefined: no thresholds. */
  level: Level | null | undefined;
  exceeded: string;
  old: boolean;
}

export function stationState(store: Store, id: string, now: number): StationState {
  const own = store.site.datastreams.filter((stream) => stream.station === id);
  const judged = own.filter((stream) => stream.thresholds.length);
  const levelOf = (key: string): Level | null => (store.isOld(key, now) ? null : (store.vitals.get(key)?.level ?? null));
  let [main, level] = [judged[0] ?? own[0], judged.length ? levelOf(judged[0]!.key) : undefined];
  for (const stream of judged) {
    const found = levelOf(stream.key);
    if (found !== null && found > 0 && found > (level ?? -1)) [main, level] = [stream, found];
  }
  // One good datastream below its thresholds does not vouch for another that is silent.
  if (level === 0 && judged.some((stream) => levelOf(stream.key) === null)) level = null;
  const key = main?.key ?? "";
  const vital = store.vitals.get(key);
  return {
    id,
    name: store.stations.get(id)?.name ?? id,
    key,
    value: vital && main ? amount(vital.result, main.unit) : "",
    level,
    exceeded: level ? (vital?.exceeded ?? "") : "",
    old: store.isOld(key, now),
  };
}
