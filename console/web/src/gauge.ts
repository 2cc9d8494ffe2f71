// The selected datastream: its observations, its forecast, and what both say.

import { byId, h, put, say } from "./dom.ts";
import { amount, duration } from "./format.ts";
import { Hydrograph } from "./hydrograph.ts";
import { key } from "./key.ts";
import { outlook, summary } from "./outlook.ts";
import type { Store } from "./store.ts";
import { fillTables } from "./table.ts";
import { ask, type Outlook, type Trace, type Vital } from "./wire.ts";
import { property, w } from "./words.ts";
import { worldNow } from "./worldtime.ts";

const HOURS = [6, 12, 24, 72];

/** Real milliseconds between two loads where events have skipped observations (time runs fast). */
const CATCH_UP_MS = 3_000;

export class Gauge {
  key = "";
  private hours = 12;
  private trace: Trace = { key: "", time: [], result: [], quality: [] };
  private outlook: Outlook = { key: "", forecast: null, assessment: null };
  private readonly graph = new Hydrograph(byId("graph"), byId("readout"));
  private asked = 0;
  private incomplete = false;
  private shownMinute = "";

  constructor(private readonly store: Store) {
    const buttons = HOURS.map((hours) => {
      const button = h("button", { type: "button", "aria-pressed": String(hours === this.hours) }, `${hours} h`);
      button.addEventListener("click", () => {
        this.hours = hours;
        for (const other of buttons) other.setAttribute("aria-pressed", String(other === button));
        void this.load();
      });
      return button;
    });
    put(byId("hours"), ...buttons);
    byId("tables").addEventListener("toggle", () => this.fill());
  }

  /** The datastream shown at first: the one in most danger, now or by the forecast. */
  first(): string {
    const danger = (key: string): number => {
      const expected = this.store.assessments.get(key)?.exceedances ?? [];
      const levels = expected.map((e) => (e.observed || e.probability >= 0.5 ? e.level : 0));
      return Math.max(this.store.vitals.get(key)?.level ?? 0, ...levels);
    };
    const keys = this.store.ordered().map((stream) => stream.key);
    return keys.reduce((best, key) => (danger(key) > danger(best) ? key : best), keys[0] ?? "");
  }

  choose(key: string): void {
    if (key === this.key) return;
    this.key = key;
    this.trace = { key, time: [], result: [], quality: [] };
    this.outlook = { key, forecast: null, assessment: this.store.assessments.get(key) ?? null };
    void this.load();
  }

  /** Ask for the whole picture; if there is no answer, `tick` asks again. */
  async load(): Promise<void> {
    const { key, hours } = this;
    if (!key) return;
    this.asked = performance.now();
    this.incomplete = false;
    const of = `datastream=${encodeURIComponent(key)}`;
    try {
      const [trace, found] = await Promise.all([
        ask<Trace>(`/api/series?${of}&hours=${hours}`),
        ask<Outlook>(`/api/forecast?${of}`),
      ]);
      if (key !== this.key || hours !== this.hours) return;
      this.trace = trace;
      const known = this.outlook.assessment?.issue_time ?? 0;
      if ((found.assessment?.issue_time ?? 0) >= known) this.outlook = found;
      const vital = this.store.vitals.get(key);
      if (vital) this.takeVital(vital); // an event may have overtaken the answer
      this.draw();
    } catch {
      this.incomplete = true;
    }
  }

  takeVital(vital: Vital): void {
    if (vital.key !== this.key) return;
    const { time, result, quality } = this.trace;
    const last = time.at(-1);
    if (last === vital.time) {
      result[result.length - 1] = vital.result;
      quality[quality.length - 1] = vital.quality;
    } else if (last === undefined || vital.time > last) {
      const stream = this.store.streams.get(this.key);
      if (last !== undefined && vital.time - last > (stream?.interval_s ?? 0) * 1500) this.incomplete = true;
      time.push(vital.time);
      result.push(vital.result);
      quality.push(vital.quality);
    }
    this.draw();
  }

  takeOutlook(found: Outlook): void {
    if (found.key !== this.key) return;
    this.outlook = found;
    this.draw();
  }

  tick(now: number): void {
    this.graph.tick(now);
    if (this.incomplete && performance.now() - this.asked > CATCH_UP_MS) void this.load();
    const minute = `${this.key} ${Math.floor(now / 60_000)}`;
    if (minute !== this.shownMinute) {
      this.shownMinute = minute;
      this.tell(now);
    }
  }

  /** Draw anew with the colours and words of now. */
  redraw(): void {
    this.graph.rebuild();
    this.draw();
  }

  private draw(): void {
    const stream = this.store.streams.get(this.key);
    if (!stream) return;
    const now = worldNow();
    const { trace, hours } = this;
    this.graph.draw({ stream, trace, hours, forecast: this.outlook.forecast }, now);
    this.tell(now);
    this.fill();
  }

  private tell(now: number): void {
    const stream = this.store.streams.get(this.key);
    if (!stream) return;
    const station = this.store.stations.get(stream.station);
    const vital = this.store.vitals.get(this.key);
    const { forecast, assessment } = this.outlook;
    say(byId("gauge-name"), station?.name ?? this.key);
    say(byId("gauge-property"), property(stream.property));
    say(byId("gauge-value"), vital ? amount(vital.result, stream.unit) : "");
    say(byId("gauge-age"), vital ? w("ago", duration(now - vital.time)) : "");
    say(byId("datum"), station?.datum ? w("datum", station.datum) : "");
    put(byId("key"), ...key(forecast));
    const outdated = !!assessment && this.store.isOutdated(assessment, now);
    put(byId("outlook"), ...outlook(stream, forecast, assessment, now, outdated));
    const name = `${station?.name ?? this.key}, ${property(stream.property)} ${amount(vital?.result, stream.unit)}.`;
    byId("graph").setAttribute("aria-label", `${name} ${summary(stream, assessment, now)}`);
  }

  private fill(): void {
    const tables = byId("tables") as HTMLDetailsElement;
    const stream = this.store.streams.get(this.key);
    if (!tables.open || !stream) return;
    const { trace, hours } = this;
    fillTables(byId("table-box"), { stream, trace, hours, forecast: this.outlook.forecast }, worldNow());
  }
}
