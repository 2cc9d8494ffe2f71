// Everything about one station: `#station/hangang`.

import { render, type JSX } from "preact";
import { h, put } from "../dom.ts";
import { Hydrograph } from "../hydrograph.ts";
import { key as legend } from "../key.ts";
import { outlook, summary } from "../outlook.ts";
import { detail } from "../pages.ts";
import type { Store } from "../store.ts";
import { ask, type Datastream, type Outlook, type Trace } from "../wire.ts";
import { property, speaks } from "../words.ts";
import { worldNow } from "../worldtime.ts";
import { ForecastState, Gateways, IncidentList, QuietList, RefusedList, Values } from "./parts.tsx";
import type { Found } from "./wire.ts";
import { t } from "./words.ts";

const HOURS = [6, 24, 72, 168];
/** Real milliseconds between two looks at a station that is shown. */
const AGAIN_MS = 10_000;
const RETRY_MS = 3_000;

export class StationPage {
  private id = "";
  private key = "";
  private hours = 24;
  private found: Found | undefined;
  private trace: Trace = { key: "", time: [], result: [], quality: [] };
  private outlook: Outlook = { key: "", forecast: null, assessment: null };
  private trouble = "";
  private now = 0;
  private shown = "";
  private asked = -Infinity;
  private retry: number | undefined;
  private readonly graph = h("div", { class: "graph", role: "img" });
  private readonly readout = h("p", { class: "readout" });
  private readonly legend = h("ul", { class: "key" });
  private readonly expected = h("div", { class: "outlook" });
  private readonly drawn = h("div", {}, this.readout, this.graph, this.legend, this.expected);
  private readonly plot = new Hydrograph(this.graph, this.readout);

  constructor(
    private readonly box: HTMLElement,
    private readonly store: Store,
  ) {
    addEventListener("hashchange", () => this.follow());
    this.id = detail();
  }

  async load(): Promise<void> {
    this.now ||= worldNow();
    clearTimeout(this.retry);
    const { id } = this;
    if (!this.store.stations.has(id) || !this.streams().length) return this.draw();
    this.key ||= this.streams()[0]!.key;
    this.asked = performance.now();
    const { key, hours } = this;
    const of = `datastream=${encodeURIComponent(key)}`;
    try {
      const [found, trace, expected] = await Promise.all([
        ask<Found>(`/api/station?id=${encodeURIComponent(id)}`),
        ask<Trace>(`/api/series?${of}&hours=${hours}`),
        ask<Outlook>(`/api/forecast?${of}`),
      ]);
      if (id !== this.id || key !== this.key || hours !== this.hours) return;
      [this.found, this.trace, this.outlook, this.trouble] = [found, trace, expected, ""];
    } catch (error) {
      if (id !== this.id) return;
      this.trouble = (error as Error).message;
      this.retry = setTimeout(() => void this.load(), RETRY_MS);
    }
    this.draw();
  }

  update(now: number): void {
    this.now = now;
    if (performance.now() - this.asked > AGAIN_MS) void this.load();
    this.plot.tick(now);
    const shown = `${Math.floor(now / 60_000)} ${speaks()} ${document.documentElement.dataset["theme"]}`;
    if (shown === this.shown) return;
    this.plot.rebuild();
    this.shown = shown;
    this.draw();
  }

  /** The address names another station. */
  private follow(): void {
    if (!location.hash.startsWith("#station") || detail() === this.id) return;
    [this.id, this.key, this.found] = [detail(), "", undefined];
    this.trace = { key: "", time: [], result: [], quality: [] };
    this.draw();
    void this.load();
  }

  private streams(): Datastream[] {
    return this.store.site.datastreams.filter((stream) => stream.station === this.id);
  }

  private choose(key: string): void {
    this.key = key;
    this.trace = { key, time: [], result: [], quality: [] };
    this.outlook = { key, forecast: null, assessment: null };
    void this.load();
  }

  private picture(): void {
    const stream = this.store.streams.get(this.key);
    if (!stream || this.trace.key !== this.key) return;
    const { forecast, assessment } = this.outlook;
    const outdated = !!assessment && this.store.isOutdated(assessment, this.now);
    put(this.legend, ...legend(forecast));
    put(this.expected, ...outlook(stream, forecast, assessment, this.now, outdated));
    this.graph.setAttribute("aria-label", `${property(stream.property)}. ${summary(stream, assessment, this.now)}`);
    this.plot.draw({ stream, trace: this.trace, forecast, hours: this.hours }, this.now);
  }

  private draw(): void {
    const station = this.store.site.stations.find(({ id }) => id === this.id);
    render(
      <>
        <section class="panel wide" aria-labelledby="station-title">
          <div class="panel-top">
            <h2 id="station-title">{station ? t("whole", station.name) : t("choose")}</h2>
            <label class="choice">
              <span>{t("choose")}</span>
              <select value={this.id} onChange={(e) => location.assign(`#station/${e.currentTarget.value}`)}>
                {!station && <option value="" />}
                {this.store.site.stations.map(({ id, name }) => <option key={id} value={id}>{name}</option>)}
              </select>
            </label>
          </div>
          {!station && <p class="note">{this.id ? t("unknown", this.id) : t("pick")}</p>}
          {station && (
            <p class="quiet">
              {this.found ? t("place", station.area, this.found.latitude.toFixed(4), this.found.longitude.toFixed(4)) : station.area}
              {station.datum && `; ${station.datum}`}
            </p>
          )}
          {this.trouble && <p class="note warn" role="status">{t("notLoaded", this.trouble)}</p>}
          {station && !this.found && !this.trouble && <p class="note">{t("loading")}</p>}
        </section>
        {station && this.found && this.sections(this.found)}
      </>,
      this.box,
    );
    this.picture();
  }

  private sections(found: Found): JSX.Element {
    const { now, store } = this;
    const streams = this.streams();
    const stream = store.streams.get(this.key);
    const part = (title: string, content: JSX.Element): JSX.Element => (
      <section class="panel" aria-label={title}>
        <h2>{title}</h2>
        {content}
      </section>
    );
    return (
      <>
        <section class="panel wide" aria-label={t("values")}>
          <h2>{t("values")}</h2>
          <Values streams={streams} newest={found.newest} chosen={this.key} now={now} choose={(key) => this.choose(key)} />
        </section>
        <section class="panel wide" aria-label={stream ? property(stream.property) : ""}>
          <div class="panel-top">
            <h2>{stream && property(stream.property)}</h2>
            <div class="hours" role="group" aria-label={t("hours")}>
              {HOURS.map((hours) => (
                <button
                  key={hours}
                  type="button"
                  aria-pressed={hours === this.hours}
                  onClick={() => {
                    this.hours = hours;
                    void this.load();
                  }}
                >
                  {`${hours} h`}
                </button>
              ))}
            </div>
          </div>
          <div ref={(box) => void (box && this.drawn.parentNode !== box && box.append(this.drawn))} />
        </section>
        {part(t("forecast"), <ForecastState streams={streams} assessments={found.assessments} store={store} now={now} />)}
        {part(t("incidents"), <IncidentList incidents={found.incidents} now={now} />)}
        {part(t("quiet"), <QuietList quiet={found.quiet} now={now} />)}
        {part(t("gateway"), <Gateways gateways={found.gateways} now={now} />)}
        {part(t("refused"), <RefusedList refused={found.refused} store={store} now={now} />)}
      </>
    );
  }
}
