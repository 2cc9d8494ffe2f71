// Everything the page knows, kept by key; whoever shows it asks here.

import { extend } from "./sparkline.ts";
import { QUALITY, trusted } from "./wire.ts";
import type { Alert, Assessment, Datastream, Heartbeat, Inundation, Place, Site } from "./wire.ts";
import type { Station, Stations, Trace, Vital } from "./wire.ts";

export class Store {
  readonly streams = new Map<string, Datastream>();
  readonly stations = new Map<string, Station>();
  readonly vitals = new Map<string, Vital>();
  readonly sparks = new Map<string, Trace>();
  readonly assessments = new Map<string, Assessment>();
  readonly alerts = new Map<string, Alert>();
  heartbeat: Heartbeat | undefined;
  /** Undefined until the first answer: nothing is known of the water then. */
  inundations: Inundation[] | undefined;

  constructor(readonly site: Site) {
    for (const stream of site.datastreams) this.streams.set(stream.key, stream);
    for (const station of site.stations) this.stations.set(station.id, station);
    for (const place of [...site.places, ...site.others]) this.takePlace(place);
  }

  /** A place reads as a station at which one thing is forecast and nothing observed. */
  private takePlace(place: Place): void {
    const { id, key, name, area, invented, property, unit, stale_after_s, thresholds } = place;
    this.stations.set(id, { id, name, area, invented, datum: "" });
    this.streams.set(key, { key, station: id, property, unit, interval_s: 60, stale_after_s, thresholds });
  }

  /** Replace everything: what is not there any more must not stay on the page. */
  load(loaded: Stations, alerts: Alert[]): void {
    for (const map of [this.vitals, this.sparks, this.assessments, this.alerts]) map.clear();
    this.takeAlerts(alerts);
    for (const vital of loaded.vitals) this.vitals.set(vital.key, vital);
    for (const trace of loaded.sparks) this.sparks.set(trace.key, trace);
    for (const assessment of loaded.assessments) this.assessments.set(assessment.key, assessment);
  }

  takeVital(vital: Vital): void {
    this.vitals.set(vital.key, vital);
    if (vital.result === null || !trusted(vital.quality)) return;
    let trace = this.sparks.get(vital.key);
    if (!trace) {
      trace = { key: vital.key, time: [], result: [], quality: [] };
      this.sparks.set(vital.key, trace);
    }
    extend(trace, vital.time, vital.result, this.site.spark_hours);
  }

  takeAlerts(alerts: Alert[]): void {
    for (const alert of alerts) this.alerts.set(alert.identifier, alert);
  }

  /** Datastreams with thresholds first, else in the site's order. */
  ordered(): Datastream[] {
    const streams = this.site.datastreams;
    return [...streams.filter((d) => d.thresholds.length), ...streams.filter((d) => !d.thresholds.length)];
  }

  /** The newest value is too old to act on, as of `now`. */
  isOld(key: string, now: number): boolean {
    const vital = this.vitals.get(key);
    const stream = this.streams.get(key);
    return !!vital && !!stream && now - vital.time > stream.stale_after_s * 1000;
  }

  /** The newest assessment is too old to act on, as of `now`. */
  isOutdated(assessment: Assessment, now: number): boolean {
    const stale = this.streams.get(assessment.key)?.stale_after_s ?? 0;
    return now - assessment.issue_time > stale * 1000 + 600_000;
  }

  /** The newest value is missing or doubted, or there is none. */
  isDoubted(key: string): boolean {
    const quality = this.vitals.get(key)?.quality ?? QUALITY.missing;
    return !trusted(quality);
  }
}
