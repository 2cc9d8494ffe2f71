// The duty officer's desk: loads the queue and the chosen incident, draws both, and takes acts.

import { render, type JSX } from "preact";
import { detail } from "../pages.ts";
import { change, myself, permits } from "../session.ts";
import type { Store } from "../store.ts";
import { ask } from "../wire.ts";
import { speaks } from "../words.ts";
import { worldKnown, worldNow } from "../worldtime.ts";
import { Actor } from "./actor.ts";
import { Alarm } from "./alarm.tsx";
import { read, type Told } from "./cap.ts";
import { ActDialog, type Asking, type DialogHost } from "./dialog.tsx";
import { IncidentGraph } from "./graph.ts";
import { isLive } from "./group.ts";
import { KeyHelp } from "./help.tsx";
import { IncidentPage } from "./incident.tsx";
import { move } from "./keys.ts";
import { offers, type ActName } from "./offer.ts";
import { risenTo, seenOf, type Seen } from "./press.ts";
import { QueueList } from "./queue.tsx";
import { Selection } from "./selection.tsx";
import { Toolbar } from "./toolbar.tsx";
import type { Act, Case, Incident, Person, Queue } from "./wire.ts";
import { d } from "./words.ts";

/** Real milliseconds after which the open incident is asked for again: deliveries make no event. */
const AGAIN_MS = 10_000;
/** ... while the alert service is awaited. */
const WAITING_MS = 900;
const RETRY_MS = 3_000;

/** Acts that need nothing said. */
const AT_ONCE: ActName[] = ["ack", "unack", "unshelve"];

/** The incident is below the queue, not beside it (desk.css says the same). */
const narrow = matchMedia("(max-width: 900px)");

const drafted = (found: Case, now: number): boolean => found.incident.draft !== null && isLive(found.incident, now);

const addressed = (): string => (location.hash.startsWith("#desk/") ? detail() : "");

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
  /** What was opened, where the server has not been told so yet. */
  private unread = "";
  private asking: Asking | undefined;
  private typed = "";
  private people: Person[] | undefined;
  private peopleTrouble = "";
  /** What was done last was done to the selection, not to the open incident. */
  private together = false;
  private readonly picked = new Set<string>();
  private readonly open = new Map<string, boolean>();
  private readonly caps = new Map<string, string>();
  private readonly actor = new Actor(() => this.draw());
  private readonly alarm = new Alarm(() => this.draw());
  private readonly hydrograph: IncidentGraph;

  constructor(
    private readonly box: HTMLElement,
    private readonly store: Store,
    private readonly graph: (key: string) => void,
  ) {
    this.hydrograph = new IncidentGraph(store);
    addEventListener("keydown", (event) => this.key(event));
    addEventListener("hashchange", () => this.follow());
    this.chosen = this.unread = addressed();
  }

  /** Open the incident that the address names: `#desk/<incident>`. */
  private follow(): void {
    const wanted = addressed();
    if (wanted && wanted !== this.chosen) void this.choose(wanted);
  }

  /** Ask for the queue, and for the incident that is open. */
  async load(): Promise<void> {
    const number = ++this.wanted;
    if (worldKnown()) this.now = worldNow(); // nobody calls `update` while another page is shown
    try {
      const queue = await ask<Queue>("/api/desk/incidents", "no-cache");
      if (number !== this.wanted) return;
      [this.queue, this.trouble] = [queue, ""];
      if (!queue.unreadable) this.alarm.hear(queue.incidents, this.now);
      const live = new Set(queue.incidents.filter((i) => isLive(i, this.now)).map((i) => i.incident));
      for (const id of this.picked) if (!live.has(id)) this.picked.delete(id);
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
    const again = this.waiting().length ? WAITING_MS : AGAIN_MS;
    if (this.chosen && performance.now() - this.looked > again) void this.loadCase(this.chosen);
    if (this.found) this.hydrograph.show(this.found.incident.key, now);
    const counts = this.found?.incident.draft || this.waiting().length;
    const shown = `${Math.floor(now / (counts ? 1000 : 10_000))} ${speaks()} ${permits("act")}`;
    if (shown !== this.shown) this.draw();
    this.shown = shown;
  }

  private async loadCase(incident: string): Promise<void> {
    this.looked = performance.now();
    try {
      const found = await ask<Case>(`/api/desk/incident?id=${encodeURIComponent(incident)}`);
      if (incident !== this.chosen) return;
      [this.found, this.caseTrouble] = [found, ""];
      this.actor.look(found);
      this.draw();
      this.hydrograph.show(found.incident.key, this.now);
      void this.sayRead(incident);
      await this.loadCap(found.incident.identifier);
    } catch (error) {
      if (incident !== this.chosen) return;
      this.caseTrouble = (error as Error).message;
    }
    this.draw();
  }

  /** Say once that `incident` was opened; what did not arrive is said again with the next load. */
  private async sayRead(incident: string): Promise<void> {
    if (this.unread !== incident || !myself()) return;
    const answer = await change("/api/desk/seen", { incident }).catch(() => undefined);
    if (answer?.ok && this.unread === incident) this.unread = "";
  }

  private async loadCap(identifier: string): Promise<void> {
    if (!identifier || this.caps.has(identifier)) return;
    const answer = await fetch(`/api/cap?identifier=${encodeURIComponent(identifier)}`);
    if (!answer.ok) throw new Error(`CAP: ${answer.status}`);
    this.caps.set(identifier, await answer.text());
  }

  private async choose(incident: string): Promise<void> {
    this.chosen = this.unread = incident;
    history.replaceState(null, "", `#desk/${encodeURIComponent(incident)}`);
    this.found = undefined;
    this.caseTrouble = "";
    this.actor.forget();
    this.draw();
    await this.loadCase(incident);
    if (narrow.matches) this.box.querySelector<HTMLElement>(".incident h2")?.focus();
    if (narrow.matches) this.box.querySelector(".incident")?.scrollIntoView();
  }

  private key(event: KeyboardEvent): void {
    if (this.box.hidden || !this.box.offsetParent || this.asking) return;
    const next = move(event);
    if (!next || event.defaultPrevented) return;
    event.preventDefault();
    if (next === "help") this.toggleHelp();
    else if (next === "undo") this.undo();
    else if (next === "select") this.select();
    else if (next === "down" || next === "up") this.step(next === "down" ? 1 : -1);
    else void this.press(next);
  }

  private step(by: number): void {
    const rows = [...this.box.querySelectorAll<HTMLElement>("[data-row]")];
    const here = rows.findIndex((row) => row.dataset["row"] === this.marked());
    const usual = rows.findIndex((row) => row.dataset["row"] === this.chosen);
    const from = here >= 0 ? here : usual;
    rows[Math.min(rows.length - 1, Math.max(0, from + by))]?.focus();
  }

  /** The row of the queue that has the focus, or whose box has. */
  private marked(): string {
    const at = document.activeElement;
    const row = at?.matches("[data-row]") ? at : at?.closest(".line")?.querySelector("[data-row]");
    return (row as HTMLElement | null | undefined)?.dataset["row"] ?? "";
  }

  private select(): void {
    const row = this.box.querySelector(`[data-row="${CSS.escape(this.marked())}"]`);
    row?.closest(".line")?.querySelector<HTMLInputElement>(".pick")?.click();
  }

  private undo(): void {
    if (this.actor.undo.length) void this.do("unack", Object.fromEntries(this.actor.undo.map((id) => [id, 0])));
  }

  /** Begin one of `acts`: with what is selected, else with the incident that is marked or open. */
  private async press(acts: ActName[]): Promise<void> {
    const queue = this.queue?.incidents ?? [];
    const several = acts.find((act) => act === "ack" || act === "shelve");
    if (this.picked.size && several && permits("act")) {
      this.together = true;
      return this.begin(several, queue.filter((i) => this.picked.has(i.incident)));
    }
    this.together = false;
    const marked = queue.find((i) => i.incident === this.marked())?.incident ?? this.chosen;
    // Its line was looked at: the incident itself comes after the key was pressed.
    const row = marked !== this.chosen ? queue.find((i) => i.incident === marked) : undefined;
    if (row) await this.choose(marked);
    const { found } = this;
    if (!found || found.incident.incident !== marked) return;
    const offer = this.offered(found).find((o) => acts.includes(o.act));
    if (offer && !offer.blocked) await this.begin(offer.act, [found.incident], row && [row]);
  }

  /** Do `act` at once, or ask what it needs; `looked` is what was shown when it was pressed. */
  private async begin(act: ActName, incidents: Incident[], looked = incidents): Promise<void> {
    if (AT_ONCE.includes(act)) return this.do(act, seenOf(looked, this.now));
    this.actor.forget();
    this.typed = "";
    const deciding = act === "approve" || act === "reject";
    const draft = deciding ? (incidents[0]?.draft?.id ?? "") : "";
    this.asking = { act, incidents, draft, seen: seenOf(incidents, this.now) };
    this.draw();
    if (act === "assign") await this.loadPeople();
  }

  private async do(act: ActName, seen: Seen, detail: Record<string, string> = {}): Promise<void> {
    const mine = this.asking; // another can be open by the time of the answer
    const done = await this.actor.do(act, seen, detail);
    if (done && this.together) this.picked.clear();
    if (done && this.asking === mine) this.asking = undefined;
    await this.load();
  }

  private async loadPeople(): Promise<void> {
    try {
      this.people = (await ask<{ people: Person[] }>("/api/desk/people")).people;
      this.peopleTrouble = "";
    } catch (error) {
      this.peopleTrouble = (error as Error).message;
    }
    this.draw();
  }

  /** Every incident as it is known, in the queue and open: either can be the newer. */
  private known(): Incident[] {
    return [...(this.queue?.incidents ?? []), ...(this.found ? [this.found.incident] : [])];
  }

  private waiting(): Act[] {
    return this.found?.acts.filter((act) => act.taken === null) ?? [];
  }

  private offered(found: Case) {
    return offers(found.incident, this.waiting(), myself(), permits, this.now);
  }

  /** What the public was told; of a draft what it would be told. */
  private told(found: Case): Told | undefined {
    const xml = drafted(found, this.now) ? found.draft_cap : this.caps.get(found.incident.identifier);
    return xml ? read(xml) : undefined;
  }

  private get speed(): number {
    return this.store.heartbeat?.speed ?? this.store.site.speed;
  }

  private draw(): void {
    const { chosen, found } = this;
    render(
      <>
        <div class="panel desk-queue">
          <div class="panel-top">
            <h2>{d("queue")}</h2>
            {this.alarm.button()}
            <button type="button" class="keys-button" aria-expanded={this.help} aria-label={d("keyHelp")} onClick={() => this.toggleHelp()}>?</button>
          </div>
          {this.help && <KeyHelp may={permits("act")} />}
          {this.trouble && <p class="note warn" role="status">{d("notLoaded", this.trouble)}</p>}
          <Selection host={this.selectionHost()} />
          {this.queue && <QueueList queue={this.queue} host={this.queueHost()} />}
        </div>
        <div class="panel desk-incident">
          {!chosen && <p class="calm">{d("choose")}</p>}
          {this.caseTrouble && <p class="note warn" role="status">{d("gone", this.caseTrouble)}</p>}
          {found && <IncidentPage found={found} host={this.caseHost(found)} />}
        </div>
        <div class="undo" role="status">{this.actor.undo.length > 0 && this.undoBar()}</div>
        {this.asking && <ActDialog key={this.asking.act} asking={this.asking} host={this.dialogHost()} />}
      </>,
      this.box,
    );
  }

  private undoBar(): JSX.Element {
    return (
      <p>
        {d("undoAsk")}{" "}
        <button type="button" onClick={() => this.undo()}>{d("undoIt")} <kbd aria-hidden="true">u</kbd></button>{" "}
        <span class="quiet">{d("undoLimit")}</span>
      </p>
    );
  }

  private queueHost() {
    return {
      now: this.now,
      chosen: this.chosen,
      unfolded: (id: string, usual: boolean) => this.open.get(id) ?? usual,
      fold: (id: string, open: boolean) => {
        this.open.set(id, open);
        this.draw();
      },
      choose: (incident: string) => void this.choose(incident),
      may: permits("act"),
      picked: this.picked,
      pick: (incidents: string[], on: boolean) => {
        for (const id of incidents) on ? this.picked.add(id) : this.picked.delete(id);
        this.draw();
      },
    };
  }

  private selectionHost() {
    return {
      count: this.picked.size,
      busy: this.actor.busy,
      trouble: this.together && !this.asking ? this.actor.trouble : "",
      press: (act: "ack" | "shelve") => void this.press([act]),
      clear: () => {
        this.picked.clear();
        this.actor.forget();
        this.draw();
      },
    };
  }

  private caseHost(found: Case) {
    const { store, now } = this;
    const { key } = found.incident;
    const stream = store.streams.get(key);
    const station = store.stations.get(stream?.station ?? "");
    return {
      now,
      speed: this.speed,
      replay: store.site.replay,
      told: this.told(found),
      draft: drafted(found, now),
      unit: stream?.unit ?? "",
      station: station?.name ?? key,
      stationId: store.site.stations.some(({ id }) => id === stream?.station) ? stream!.station : "",
      outdated: (assessment: Case["assessment"] & object) => store.isOutdated(assessment, now),
      graph: stream && (() => this.graph(key)),
      drawn: this.hydrograph.box,
      back: () => {
        this.box.querySelector<HTMLElement>(`[aria-current="true"]`)?.focus();
        this.box.scrollIntoView();
      },
      acts: this.toolbar(found),
    };
  }

  private toolbar(found: Case): JSX.Element {
    const waiting = this.waiting();
    const { busy, trouble, came } = this.actor;
    const mine = !this.together && !this.asking;
    const host = {
      busy,
      trouble: mine ? trouble : "",
      came,
      waiting,
      silent: this.actor.isSilent(waiting),
      press: (act: ActName) => {
        this.together = false;
        void this.begin(act, [found.incident]);
      },
    };
    return <Toolbar offers={this.offered(found)} host={host} />;
  }

  private dialogHost(): DialogHost {
    const asking = this.asking!;
    return {
      now: this.now,
      speed: this.speed,
      me: myself(),
      draft: this.found?.incident.draft ?? null,
      cap: this.found?.draft_cap ?? "",
      risen: risenTo(asking.seen, this.known(), this.now),
      people: this.people,
      peopleTrouble: this.peopleTrouble,
      typed: this.typed,
      busy: !!this.actor.busy,
      trouble: this.actor.trouble,
      type: (text) => {
        this.typed = text;
        this.draw();
      },
      submit: (detail) => void this.do(asking.act, asking.seen, detail),
      close: () => {
        if (this.asking !== asking) return;
        this.asking = undefined;
        this.actor.forget();
        this.draw();
      },
    };
  }

  private toggleHelp(): void {
    this.help = !this.help;
    this.draw();
  }
}
