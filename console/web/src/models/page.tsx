// Forecasts against what came, their skill, and what became of the warnings.

import { render, type JSX } from "preact";
import { duration } from "../format.ts";
import { change } from "../session.ts";
import type { Store } from "../store.ts";
import { ask, type Forecast, type Trace } from "../wire.ts";
import { property, speaks } from "../words.ts";
import { worldNow } from "../worldtime.ts";
import { leadsOf, monthAfter, type Column, type Row } from "./compare.ts";
import { Fan, Hindcast } from "./hindcast.tsx";
import { Outcomes, type EventHost } from "./outcomes.tsx";
import { AllTable, SkillTable } from "./skill.tsx";
import type { Issued, Month, Skill, Skills } from "./wire.ts";
import { m } from "./words.ts";

const DAYS = [1, 7, 14];
const DAY = 86_400_000;
/** The server gives a week at once. */
const WEEK = 7 * DAY;
/** Real milliseconds after which the forecasts of a span are asked for again. */
const AGAIN_MS = 300_000;
const RETRY_MS = 3_000;
const USUAL_LEAD = 3600;

interface Past {
  key: string;
  forecasts: Forecast[];
  trace: Trace;
  skill: Skill;
}

export class ModelsPage {
  private key = "";
  private days = 7;
  private past: Past | undefined;
  private all: Skills | undefined;
  private month: Month | undefined;
  private monthName = "";
  /** Issue time that somebody chose; the newest that is a lead old until then. */
  private issue: number | undefined;
  private lead = USUAL_LEAD;
  private column: Column = "persistence";
  private worst = true;
  private readonly trouble = new Map<string, string>();
  private loaded = -Infinity;
  private wanted = 0;
  private now = 0;
  private shown = "";
  private busy = "";
  private refused = { event: "", why: "" };
  private readonly fan = new Fan();

  constructor(
    private readonly box: HTMLElement,
    private readonly store: Store,
  ) {}

  /** Ask for the month, and for forecasts and skill where they are some minutes old. */
  async load(): Promise<void> {
    this.key ||= this.first();
    this.now ||= worldNow();
    await Promise.all([
      this.loadMonth(),
      performance.now() - this.loaded > AGAIN_MS ? this.loadPast() : undefined,
    ]);
  }

  /** Draw where the minute or the language is new. */
  update(now: number): void {
    this.now = now;
    const shown = `${Math.floor(now / 60_000)} ${speaks()} ${document.documentElement.dataset["theme"]}`;
    if (shown === this.shown) return;
    if (this.shown) this.fan.redraw();
    this.shown = shown;
    this.draw();
  }

  /** What is watched most: the first datastream with thresholds. */
  private first(): string {
    return this.store.ordered()[0]?.key ?? "";
  }

  private async loadPast(): Promise<void> {
    const number = ++this.wanted;
    this.loaded = performance.now();
    const fine = await Promise.all([
      this.take("past", async () => {
        const past = await this.askPast(this.key, this.days);
        if (number === this.wanted) this.past = past;
      }),
      this.take("all", async () => {
        for (let left = 1; left > 0 && number === this.wanted; ) {
          const all = await ask<Skills>(`/api/skills?days=${this.days}`);
          if (number !== this.wanted) return;
          [this.all, left] = [all, all.left];
          this.draw();
        }
      }),
    ]);
    if (fine.includes(false) && number === this.wanted) setTimeout(() => number === this.wanted && void this.loadPast(), RETRY_MS);
  }

  /** Whether `load` went well; why not is shown until it does. */
  private async take(name: string, load: () => Promise<void>): Promise<boolean> {
    try {
      await load();
      this.trouble.delete(name);
    } catch (error) {
      this.trouble.set(name, (error as Error).message);
    }
    this.draw();
    return !this.trouble.has(name);
  }

  private async askPast(key: string, days: number): Promise<Past> {
    const end = Math.floor(worldNow()); // parts of a millisecond would make a span of nothing
    const of = `datastream=${encodeURIComponent(key)}`;
    const spans: string[] = [];
    for (let from = end - days * DAY; from < end; from += WEEK) {
      const to = Math.min(end, from + WEEK);
      spans.push(`${of}&from=${new Date(from).toISOString()}&to=${new Date(to).toISOString()}`);
    }
    const [skill, issued, traces] = await Promise.all([
      ask<Skill>(`/api/skill?${of}&days=${days}`),
      Promise.all(spans.map((span) => ask<Issued>(`/api/issued?${span}`))),
      Promise.all(spans.map((span) => ask<Trace>(`/api/observed?${span}`))),
    ]);
    const trace: Trace = {
      key,
      time: traces.flatMap((t) => t.time),
      result: traces.flatMap((t) => t.result),
      quality: traces.flatMap((t) => t.quality),
    };
    return { key, skill, trace, forecasts: issued.flatMap((i) => i.forecasts) };
  }

  private async loadMonth(): Promise<void> {
    const wanted = this.monthName;
    await this.take("month", async () => {
      const month = await ask<Month>(`/api/outcomes${wanted && `?month=${wanted}`}`);
      if (wanted !== this.monthName) return;
      this.month = month;
      this.monthName = wanted || month.month;
    });
  }

  private choose(key: string): void {
    [this.key, this.issue, this.past] = [key, undefined, undefined];
    this.draw();
    void this.loadPast();
    this.box.querySelector("h2")?.scrollIntoView({ block: "nearest" });
  }

  private turn(days: number): void {
    [this.days, this.issue, this.past, this.all] = [days, undefined, undefined, undefined];
    this.draw();
    void this.loadPast();
  }

  private leaf(by: number): void {
    this.monthName = monthAfter(this.monthName, by);
    this.month = undefined;
    this.draw();
    void this.loadMonth();
  }

  private sort(column: Column): void {
    this.worst = column === this.column ? !this.worst : true;
    this.column = column;
    this.draw();
  }

  private async remark(event: string, outcome: string, text: string): Promise<boolean> {
    [this.busy, this.refused] = [event, { event: "", why: "" }];
    this.draw();
    try {
      const answer = await change("/api/outcomes/remark", { event, outcome, text });
      if (!answer.ok) throw new Error(((await answer.json()) as { error?: string }).error ?? String(answer.status));
      await this.loadMonth();
    } catch (error) {
      this.refused = { event, why: (error as Error).message };
    }
    this.busy = "";
    this.draw();
    return !this.refused.event;
  }

  private nameOf(key: string): string {
    const stream = this.store.streams.get(key);
    if (!stream) return key;
    return `${this.store.stations.get(stream.station)?.name ?? stream.station}, ${property(stream.property)}`;
  }

  private index(forecasts: Forecast[]): number {
    const at = this.issue;
    if (at !== undefined) {
      const after = forecasts.findIndex((f) => f.issue_time >= at);
      return after < 0 ? forecasts.length - 1 : after;
    }
    const over = forecasts.filter((f) => f.issue_time + (f.leads_s.at(-1) ?? 0) * 1000 <= this.now);
    return Math.max(0, over.length - 1);
  }

  private warning(name: string): JSX.Element | false {
    const why = this.trouble.get(name);
    return why !== undefined && <p class="note warn" role="status">{m("notLoaded", why)}</p>;
  }

  private draw(): void {
    render(
      <>
        <section class="panel" aria-labelledby="models-title">{this.hindcast()}</section>
        <section class="panel" aria-labelledby="models-skill">
          <h2 id="models-skill">{m("skill")}: {this.nameOf(this.key)}</h2>
          {this.past ? <SkillTable skill={this.past.skill} stream={this.store.streams.get(this.key)!} now={this.now} /> : this.waiting("past")}
        </section>
        <section class="panel" aria-labelledby="models-all">{this.everything()}</section>
        <section class="panel wide" aria-labelledby="models-outcomes">{this.outcomes()}</section>
      </>,
      this.box,
    );
  }

  private waiting(name: string): JSX.Element | false {
    return !this.trouble.has(name) && <p class="note">{m("loading")}</p>;
  }

  private hindcast(): JSX.Element {
    const stream = this.store.streams.get(this.key);
    const forecasts = this.past?.forecasts ?? [];
    return (
      <>
        <div class="panel-top">
          <h2 id="models-title">{m("title")}</h2>
          <label class="choice">
            <span>{m("stream")}</span>
            <select value={this.key} onChange={(e) => this.choose(e.currentTarget.value)}>
              {this.store.ordered().map(({ key }) => <option key={key} value={key}>{this.nameOf(key)}</option>)}
            </select>
          </label>
          <div class="hours" role="group" aria-label={m("span")}>
            {DAYS.map((days) => (
              <button key={days} type="button" aria-pressed={days === this.days} onClick={() => this.turn(days)}>{m("days", days)}</button>
            ))}
          </div>
        </div>
        {this.warning("past")}
        {!this.past && this.waiting("past")}
        {this.past && !forecasts.length && <p class="note">{m("noIssued")}</p>}
        {this.past && stream && forecasts.length > 0 && (
          <Hindcast
            stream={stream}
            forecasts={forecasts}
            index={this.index(forecasts)}
            trace={this.past.trace}
            now={this.now}
            fan={this.fan}
            slide={(index) => {
              this.issue = forecasts[index]?.issue_time;
              this.draw();
            }}
          />
        )}
      </>
    );
  }

  private everything(): JSX.Element {
    const skills = this.all?.skills ?? [];
    const leads = leadsOf(skills);
    const lead = leads.includes(this.lead) ? this.lead : (leads.filter((l) => l <= this.lead).at(-1) ?? leads[0] ?? 0);
    const rows: Row[] = skills.map((skill) => ({
      key: skill.key,
      name: this.nameOf(skill.key),
      lead: skill.leads.find((l) => l.lead_s === lead),
    }));
    return (
      <>
        <div class="panel-top">
          <h2 id="models-all">{m("all")}</h2>
          {leads.length > 0 && (
            <label class="choice">
              <span>{m("atLead")}</span>
              <select
                value={lead}
                onChange={(e) => {
                  this.lead = Number(e.currentTarget.value);
                  this.draw();
                }}
              >
                {leads.map((l) => <option key={l} value={l}>{duration(l * 1000)}</option>)}
              </select>
            </label>
          )}
        </div>
        {this.warning("all")}
        {!this.all && this.waiting("all")}
        {!!this.all?.left && <p class="note" role="status">{m("left", this.all.left)}</p>}
        {this.all?.left === 0 && !rows.length && <p class="note warn">{m("noneAll")}</p>}
        {rows.length > 0 && (
          <>
            <p class="note">{m("allNote")}</p>
            <AllTable
              rows={rows}
              streams={this.store.streams}
              column={this.column}
              worst={this.worst}
              chosen={this.key}
              sort={(column) => this.sort(column)}
              choose={(key) => this.choose(key)}
            />
          </>
        )}
      </>
    );
  }

  private outcomes(): JSX.Element {
    const host: EventHost = {
      now: this.now,
      unitOf: (key) => this.store.streams.get(key)?.unit ?? "",
      nameOf: (key) => this.nameOf(key),
      busy: this.busy,
      trouble: this.refused,
      remark: (...said) => this.remark(...said),
    };
    return (
      <>
        <div class="panel-top">
          <h2 id="models-outcomes">{m("outcomes")}</h2>
          {this.monthName && (
            <div class="hours" role="group" aria-label={m("month")}>
              <button type="button" aria-label={m("before")} onClick={() => this.leaf(-1)}>‹</button>
              <strong aria-live="polite">{this.monthName}</strong>
              <button type="button" aria-label={m("after")} onClick={() => this.leaf(1)}>›</button>
              <a href={`/api/outcomes.csv?month=${this.monthName}`} download>{m("csv")}</a>
            </div>
          )}
        </div>
        {this.warning("month")}
        {this.month ? <Outcomes month={this.month} host={host} /> : this.waiting("month")}
      </>
    );
  }
}
