// The duty officer's desk: loads the queue and the chosen incident, and draws both.

import { render } from "preact";
import type { Store } from "../store.ts";
import { ask } from "../wire.ts";
import { speaks } from "../words.ts";
import { read, type Told } from "./cap.ts";
import { IncidentPage } from "./incident.tsx";
import { move, type Key } from "./keys.ts";
import { QueueList } from "./queue.tsx";
import type { Case, Queue } from "./wire.ts";
import { d } from "./words.ts";

/** Real milliseconds after which the open incident is asked for again: deliveries make no event. */
const AGAIN_MS = 10_000;
const RETRY_MS = 3_000;

/** The incident is below the queue, not beside it (desk.css says the same). */
const narrow = matchMedia("(max-width: 900px)");

export class DeskPage {
  private queue: Queue | undefined;
  private found: Case | undefined;
  private chosen = "";
  private trouble = "";
  private caseTrouble = "";
  private help = false;
  private now = 0;
  private shown = "";
  private wanted = 0;
  private looked = 0;
  private readonly open = new Map<string, boolean>();
  private readonly caps = new Map<string, string>();

  constructor(
    private readonly box: HTMLElement,
    private readonly store: Store,
    private readonly graph: (key: string) => void,
  ) {
    addEventListener("keydown", (event) => this.key(event));
  }

  /** Ask for the queue, and for the incident that is open. */
  async load(): Promise<void> {
    const number = ++this.wanted;
    try {
      const queue = await ask<Queue>("/api/desk/incidents", "no-cache");
      if (number !== this.wanted) return;
      [this.queue, this.trouble] = [queue, ""];
    } catch (error) {
      if (number !== this.wanted) return;
      this.trouble = (error as Error).message;
      setTimeout(() => number === this.wanted && void this.load(), RETRY_MS);
    }
    this.draw();
    if (this.chosen) await this.loadCase(this.chosen);
  }

  /** Draw if the minute or anything else is new; called every second. */
  update(now: number): void {
    this.now = now;
    if (this.chosen && performance.now() - this.looked > AGAIN_MS) void this.loadCase(this.chosen);
    const shown = `${Math.floor(now / 10_000)} ${speaks()}`;
    if (shown !== this.shown) this.draw();
    this.shown = shown;
  }

  private async loadCase(incident: string): Promise<void> {
    this.looked = performance.now();
    try {
      const found = await ask<Case>(`/api/desk/incident?id=${encodeURIComponent(incident)}`);
      if (incident !== this.chosen) return;
      [this.found, this.caseTrouble] = [found, ""];
      this.draw();
      await this.loadCap(found.incident.identifier);
    } catch (error) {
      if (incident !== this.chosen) return;
      this.caseTrouble = (error as Error).message;
    }
    this.draw();
  }

  private async loadCap(identifier: string): Promise<void> {
    if (!identifier || this.caps.has(identifier)) return;
    const answer = await fetch(`/api/cap?identifier=${encodeURIComponent(identifier)}`);
    if (!answer.ok) throw new Error(`CAP: ${answer.status}`);
    this.caps.set(identifier, await answer.text());
  }

  private async choose(incident: string): Promise<void> {
    this.chosen = incident;
    this.found = undefined;
    this.caseTrouble = "";
    this.draw();
    await this.loadCase(incident);
    if (narrow.matches) this.box.querySelector<HTMLElement>(".incident h2")?.focus();
    if (narrow.matches) this.box.querySelector(".incident")?.scrollIntoView();
  }

  private key(event: KeyboardEvent): void {
    if (this.box.hidden || !this.box.offsetParent) return;
    const next: Key | undefined = move(event);
    if (!next) return;
    event.preventDefault();
    if (next === "help") this.help = !this.help;
    if (next === "help") return this.draw();
    const rows = [...this.box.querySelectorAll<HTMLElement>("[data-row]")];
    const here = rows.indexOf(document.activeElement as HTMLElement);
    const usual = rows.findIndex((row) => row.dataset["row"] === this.chosen);
    const from = here >= 0 ? here : usual;
    rows[Math.min(rows.length - 1, Math.max(0, from + (next === "down" ? 1 : -1)))]?.focus();
  }

  private told(): Told | undefined {
    const xml = this.caps.get(this.found?.incident.identifier ?? "");
    return xml === undefined ? undefined : read(xml);
  }

  private draw(): void {
    const { now, chosen, found } = this;
    const host = {
      now,
      chosen,
      unfolded: (id: string, usual: boolean) => this.open.get(id) ?? usual,
      fold: (id: string, open: boolean) => {
        this.open.set(id, open);
        this.draw();
      },
      choose: (incident: string) => void this.choose(incident),
    };
    render(
      <>
        <div class="panel desk-queue">
          <div class="panel-top">
            <h2>{d("queue")}</h2>
            <button type="button" class="keys-button" aria-expanded={this.help} aria-label={d("keyHelp")} onClick={() => this.toggleHelp()}>?</button>
          </div>
          {this.help && <Keys />}
          {this.trouble && <p class="note warn" role="status">{d("notLoaded", this.trouble)}</p>}
          {this.queue && <QueueList queue={this.queue} host={host} />}
        </div>
        <div class="panel desk-incident">
          {!chosen && <p class="calm">{d("choose")}</p>}
          {this.caseTrouble && <p class="note warn" role="status">{d("gone", this.caseTrouble)}</p>}
          {found && <IncidentPage found={found} host={this.caseHost(found)} />}
        </div>
      </>,
      this.box,
    );
  }

  private caseHost(found: Case) {
    const { store, now } = this;
    const { key } = found.incident;
    const stream = store.streams.get(key);
    const station = store.stations.get(stream?.station ?? "");
    return {
      now,
      replay: store.site.replay,
      told: this.told(),
      unit: stream?.unit ?? "",
      station: station?.name ?? key,
      outdated: (assessment: Case["assessment"] & object) => store.isOutdated(assessment, now),
      graph: stream && (() => this.graph(key)),
      back: () => {
        this.box.querySelector<HTMLElement>(`[aria-current="true"]`)?.focus();
        this.box.scrollIntoView();
      },
    };
  }

  private toggleHelp(): void {
    this.help = !this.help;
    this.draw();
  }
}

const Keys = () => (
  <dl class="keys">
    <dt><kbd>j</kbd> <kbd>k</kbd></dt>
    <dd>{d("keyMove")}</dd>
    <dt><kbd>Enter</kbd></dt>
    <dd>{d("keyOpen")}</dd>
    <dt><kbd>?</kbd></dt>
    <dd>{d("keyHelp")}</dd>
  </dl>
);
