// The shift log: what happened, what officers write, and handing over.

import { render } from "preact";
import type { Queue } from "../desk/wire.ts";
import { siteZone } from "../format.ts";
import { change, onSession, permits } from "../session.ts";
import { ask } from "../wire.ts";
import { speaks } from "../words.ts";
import { EntryForm, type FormHost } from "./form.tsx";
import { HandPanel, OpenHandovers, type HandHost } from "./handover.tsx";
import { dayBeside, dayOf, dayStart, merge } from "./items.ts";
import { Line, type LinesHost } from "./lines.tsx";
import { blank, keep, keepPoints, keptPoints, restored, type Sketch } from "./sketch.ts";
import { Tools, type ToolsHost } from "./tools.tsx";
import type { Handed, Handover, Item, Log, Shift } from "./wire.ts";
import { l } from "./words.ts";

/** Real milliseconds after which the newest lines are asked for again. */
const AGAIN_MS = 10_000;
const RETRY_MS = 3_000;
/** Real milliseconds for which somebody types before the log is searched. */
const TYPING_MS = 300;

export class LogPage {
  private items: Item[] | undefined;
  private open: Handover[] = [];
  private incidents: FormHost["incidents"] = [];
  /** Where older lines go on; empty: there are none. */
  private next = "";
  private trouble = "";
  private now = 0;
  private wanted = 0;
  private looked = 0;
  private shown = "";
  private day = "";
  private readonly kinds = new Set<string>();
  private text = "";
  private typing: number | undefined;
  private sketch: Sketch = restored();
  private busy = false;
  private entryTrouble = "";
  private entryCame = "";
  private shift: Shift | undefined;
  private handed: Handed | undefined;
  private handKey = blank().key;
  private receiver = "";
  private points = keptPoints();
  private handTrouble = "";
  private handCame = "";

  constructor(private readonly box: HTMLElement) {
    onSession(() => {
      if (!this.sketch.text) this.sketch = restored();
      this.points ||= keptPoints();
      this.draw();
    });
  }

  /** Ask for the newest lines of what is chosen, and for what can be written about. */
  async load(): Promise<void> {
    const number = ++this.wanted;
    this.looked = performance.now();
    try {
      const log = await ask<Log>(`/api/log?${this.query()}`);
      const { incidents } = await ask<Queue>("/api/desk/incidents", "no-cache");
      if (number !== this.wanted) return;
      if (!this.items) this.next = log.next;
      this.items = merge(this.items ?? [], log.items);
      this.incidents = incidents.map(({ incident, headline }) => ({ id: incident, headline }));
      [this.open, this.trouble] = [log.open, ""];
    } catch (error) {
      if (number !== this.wanted) return;
      this.trouble = (error as Error).message;
      setTimeout(() => number === this.wanted && void this.load(), RETRY_MS);
    }
    this.draw();
  }

  update(now: number): void {
    this.now = now;
    if (performance.now() - this.looked > AGAIN_MS) void this.load();
    const shown = `${Math.floor(now / 10_000)} ${speaks()}`;
    if (shown !== this.shown) this.draw();
    this.shown = shown;
  }

  private query(before = ""): URLSearchParams {
    const said = new URLSearchParams();
    const zone = siteZone();
    if (this.day) said.set("from", new Date(dayStart(this.day, zone)).toISOString());
    if (this.day) said.set("to", new Date(dayStart(dayBeside(this.day, 1), zone)).toISOString());
    if (this.kinds.size) said.set("kind", [...this.kinds].join());
    if (this.text.trim()) said.set("text", this.text.trim());
    if (before) said.set("before", before);
    return said;
  }

  /** Something else is chosen: what is there does not belong to it. */
  private choose(change: () => void): void {
    change();
    [this.items, this.next] = [undefined, ""];
    this.draw();
    void this.load();
  }

  private async older(): Promise<void> {
    const number = this.wanted;
    try {
      const log = await ask<Log>(`/api/log?${this.query(this.next)}`);
      if (!this.items || number > this.wanted) return;
      this.next = log.next;
      this.items = merge(log.items, this.items);
    } catch (error) {
      this.trouble = (error as Error).message;
    }
    this.draw();
  }

  private async send(): Promise<void> {
    if (this.busy || !this.sketch.text.trim()) return;
    const { key, text, category, clock, incident, corrects } = this.sketch;
    [this.busy, this.entryTrouble, this.entryCame] = [true, "", ""];
    this.draw();
    const said = await this.post("/api/log", { key, text, category, clock, incident: incident || null, corrects });
    this.busy = false;
    if (said.error) this.entryTrouble = said.error;
    else {
      this.entryCame = l("saved", said.number ?? 0);
      this.drop();
      await this.load();
    }
    this.draw();
  }

  private drop(): void {
    this.sketch = blank();
    this.entryTrouble = "";
    keep(this.sketch);
    this.draw();
  }

  private async post(path: string, body: unknown): Promise<{ error?: string; status?: number; number?: number; receiver?: string }> {
    try {
      const answer = await change(path, body);
      const said = (await answer.json().catch(() => ({}))) as { error?: string; number?: number; receiver?: string };
      return answer.ok ? said : { error: said.error ?? `${answer.status}`, status: answer.status };
    } catch {
      return { error: l("noAnswer") };
    }
  }

  private async look(): Promise<void> {
    [this.handed, this.handTrouble, this.handCame] = [undefined, "", ""];
    try {
      this.shift = await ask<Shift>("/api/handover");
    } catch (error) {
      this.handTrouble = l("notGiven", (error as Error).message);
    }
    this.draw();
  }

  private async give(): Promise<void> {
    if (this.busy || !this.shift) return;
    this.busy = true;
    this.draw();
    const wish = { key: this.handKey, receiver: this.receiver, open_points: this.points, mark: this.shift.mark };
    const said = await this.post("/api/handover", wish);
    this.busy = false;
    if (said.error) {
      this.handTrouble = l("notGiven", said.error);
      if (said.status === 409) this.handKey = blank().key; // what is pressed next is another handover
    } else {
      this.handKey = blank().key;
      [this.handTrouble, this.handCame] = ["", l("given_ok", said.receiver ?? "")];
      this.shift = undefined;
      this.write({ points: "", receiver: "" });
      await this.load();
    }
    this.draw();
  }

  private async take(number: number): Promise<void> {
    const said = await this.post("/api/handover/taken", { number });
    this.handTrouble = said.error ? l("notTaken", said.error) : "";
    await this.load();
    if (!said.error) await this.show(number);
  }

  private async show(number: number): Promise<void> {
    [this.shift, this.handTrouble, this.handCame] = [undefined, "", ""];
    try {
      this.handed = await ask<Handed>(`/api/handover/${number}`);
    } catch (error) {
      this.handTrouble = l("notLoaded", (error as Error).message);
    }
    this.draw();
    const title = this.box.querySelector<HTMLElement>(".log-handed h3");
    title?.focus();
  }

  private write({ points, receiver }: { points?: string; receiver?: string }): void {
    this.points = points ?? this.points;
    this.receiver = receiver ?? this.receiver;
    keepPoints(this.points);
    this.draw();
  }

  private draw(): void {
    const hand = this.handHost();
    const lines = this.linesHost();
    render(
      <>
        <OpenHandovers host={hand} />
        <div class="panel log-main">
          <Tools host={this.toolsHost()} />
          {permits("act") && <EntryForm host={this.formHost()} />}
          {this.trouble && <p class="note warn" role="status">{l("notLoaded", this.trouble)}</p>}
          {this.items && !this.items.length && <p class="calm">{l("none")}</p>}
          <ol class="timeline">{this.items?.map((item) => <Line key={item.id} item={item} host={lines} />)}</ol>
          {this.next && <button type="button" onClick={() => void this.older()}>{l("older")}</button>}
        </div>
        <HandPanel host={hand} />
      </>,
      this.box,
    );
  }

  private toolsHost(): ToolsHost {
    const today = this.now ? dayOf(this.now, siteZone()) : "";
    return {
      day: this.day,
      today,
      kinds: this.kinds,
      text: this.text,
      choose: (day) => this.choose(() => (this.day = day)),
      step: (days) => this.choose(() => (this.day = dayBeside(this.day || today, days))),
      toggle: (kind) => this.choose(() => this.kinds.delete(kind) || this.kinds.add(kind)),
      find: (text) => {
        this.text = text;
        clearTimeout(this.typing);
        this.typing = setTimeout(() => this.choose(() => undefined), TYPING_MS);
      },
    };
  }

  private formHost(): FormHost {
    return {
      sketch: this.sketch,
      busy: this.busy,
      trouble: this.entryTrouble,
      came: this.entryCame,
      incidents: this.incidents,
      change: (part) => {
        this.sketch = { ...this.sketch, ...part };
        this.entryCame = "";
        keep(this.sketch);
        this.draw();
      },
      send: () => void this.send(),
      drop: () => this.drop(),
    };
  }

  private linesHost(): LinesHost {
    return {
      now: this.now,
      writes: permits("act"),
      correct: (item) => {
        this.sketch = { ...blank(), text: item.text, category: item.what, incident: item.incident, corrects: item.number };
        keep(this.sketch);
        this.draw();
        this.box.querySelector<HTMLElement>(".log-text textarea")?.focus();
      },
      show: (number) => void this.show(number),
    };
  }

  private handHost(): HandHost {
    return {
      now: this.now,
      writes: permits("act"),
      open: this.open,
      shift: this.shift,
      handed: this.handed,
      receiver: this.receiver,
      points: this.points,
      busy: this.busy,
      trouble: this.handTrouble,
      came: this.handCame,
      look: () => void this.look(),
      close: () => {
        [this.shift, this.handed, this.handTrouble, this.handCame] = [undefined, undefined, "", ""];
        this.draw();
      },
      change: (part) => this.write(part),
      give: () => void this.give(),
      take: (number) => void this.take(number),
      show: (number) => void this.show(number),
    };
  }
}
