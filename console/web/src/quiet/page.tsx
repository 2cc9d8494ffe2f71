// The page of drills, silences and maintenances: what runs, and the forms to begin more.

import { render } from "preact";
import { change, permits } from "../session.ts";
import { ask } from "../wire.ts";
import { speaks } from "../words.ts";
import { worldKnown, worldNow } from "../worldtime.ts";
import { drillAsked, fitted, newDrill, newSilence, silenceAsked, type DrillForm, type SilenceForm } from "./choose.ts";
import { DrillFields, SilenceFields } from "./forms.tsx";
import { Running } from "./running.tsx";
import type { Quiet, Touched } from "./wire.ts";
import { q } from "./words.ts";

const RETRY_MS = 3_000;
/** Real milliseconds without a key before the pattern is asked about. */
const PAUSE_MS = 250;

export class QuietPage {
  private quiet: Quiet | undefined;
  private drill: DrillForm = newDrill();
  private silence: SilenceForm = newSilence();
  private preview: Touched | undefined;
  private trouble = "";
  private drillTrouble = "";
  private silenceTrouble = "";
  private endTrouble = "";
  private said = "";
  private sure = false;
  private busy = false;
  private ending = "";
  private shown = "";
  private wanted = 0;
  private typed: number | undefined;

  /** `changed` is called when a drill began or ended: the banner above every view shows it. */
  constructor(
    private readonly box: HTMLElement,
    private readonly changed: () => void,
  ) {}

  async load(): Promise<void> {
    const number = ++this.wanted;
    try {
      const found = await ask<Quiet>("/api/quiet");
      if (number !== this.wanted) return;
      [this.quiet, this.trouble] = [found, ""];
      this.drill = fitted(this.drill, found.choices);
    } catch (error) {
      if (number !== this.wanted) return;
      this.trouble = (error as Error).message;
      setTimeout(() => number === this.wanted && void this.load(), RETRY_MS);
    }
    this.draw();
    if (!this.preview) await this.look();
  }

  update(now: number): void {
    const running = [...(this.quiet?.drills ?? []), ...(this.quiet?.silences ?? [])];
    const span = running.some((each) => Math.abs(each.end - now) < 120_000) ? 1_000 : 10_000;
    const shown = `${Math.floor(now / span)} ${speaks()} ${permits("drill")} ${permits("silence")}`;
    if (shown !== this.shown) this.draw();
    this.shown = shown;
  }

  /** Ask which datastreams the pattern matches. */
  private async look(): Promise<void> {
    const pattern = this.silence.pattern.trim();
    try {
      const found = await ask<Touched>(`/api/quiet/preview?datastream=${encodeURIComponent(pattern)}`);
      if (pattern !== this.silence.pattern.trim()) return;
      this.preview = found;
    } catch {
      this.preview = undefined; // what is not known is not shown; the start is refused if it is wrong
    }
    this.draw();
  }

  private setDrill(part: Partial<DrillForm>): void {
    this.drill = fitted({ ...this.drill, ...part }, this.quiet?.choices ?? []);
    this.drillTrouble = this.said = "";
    this.draw();
  }

  private setSilence(part: Partial<SilenceForm>): void {
    this.silence = { ...this.silence, ...part };
    this.silenceTrouble = this.said = "";
    if (part.pattern !== undefined) {
      this.preview = undefined;
      clearTimeout(this.typed);
      this.typed = setTimeout(() => void this.look(), PAUSE_MS);
    }
    this.draw();
  }

  private lookAtDrill(): void {
    const { reason, siren, told } = this.drill;
    this.drillTrouble = !reason.trim() ? q("needsReason") : siren && !told ? q("needsTold") : "";
    this.sure = !this.drillTrouble;
    this.draw();
  }

  private async startDrill(): Promise<void> {
    this.drillTrouble = await this.send("/api/quiet/drill", drillAsked(this.drill, worldNow()));
    this.sure = false;
    if (!this.drillTrouble) [this.drill, this.said] = [fitted(newDrill(), this.quiet?.choices ?? []), q("done")];
    this.draw();
  }

  private async startSilence(): Promise<void> {
    const { reason } = this.silence;
    const empty = this.preview?.matches.length === 0;
    this.silenceTrouble = !reason.trim() ? q("needsReason") : empty ? q("needsMatch") : "";
    if (!this.silenceTrouble) {
      this.silenceTrouble = await this.send("/api/quiet/silence", silenceAsked(this.silence, worldNow()));
      if (!this.silenceTrouble) {
        [this.silence, this.said] = [newSilence(), q("done")];
        await this.look();
      }
    }
    this.draw();
  }

  private async end(kind: "drill" | "silence", id: number): Promise<void> {
    this.endTrouble = await this.send(`/api/quiet/${kind}/end`, { id });
    this.ending = "";
    this.said = this.endTrouble ? "" : q("ended");
    this.draw();
  }

  /** Ask for a change and load what then is; return why it was not done, else nothing. */
  private async send(path: string, body: unknown): Promise<string> {
    if (this.busy) return "";
    this.busy = true;
    try {
      const answer = await change(path, body);
      if (answer.ok) return "";
      const { error } = (await answer.json()) as { error?: string };
      return q("refused", error ?? answer.status);
    } catch (error) {
      return q("refused", (error as Error).message);
    } finally {
      this.busy = false;
      await this.load();
      this.changed();
    }
  }

  private draw(): void {
    const { quiet } = this;
    if (!worldKnown()) return;
    const now = worldNow();
    render(
      <>
        <section class="panel quiet-now">
          <div class="panel-top"><h2>{q("now")}</h2></div>
          {this.trouble && <p class="note warn" role="status">{q("notLoaded", this.trouble)}</p>}
          {this.endTrouble && <p class="note warn" role="alert">{this.endTrouble}</p>}
          <p class="note" role="status">{this.said}</p>
          {quiet && <Running quiet={quiet} host={this.host(now)} />}
        </section>
        <section class="panel">
          <div class="panel-top"><h2>{q("startDrill")}</h2></div>
          {!permits("drill") && <p class="calm">{q("mayNotDrill")}</p>}
          {quiet && permits("drill") && (
            <DrillFields
              quiet={quiet}
              form={this.drill}
              now={now}
              sure={this.sure}
              trouble={this.drillTrouble}
              set={(part) => this.setDrill(part)}
              look={() => this.lookAtDrill()}
              start={() => void this.startDrill()}
              back={() => this.back()}
            />
          )}
        </section>
        <section class="panel">
          <div class="panel-top"><h2>{q("startSilence")}</h2></div>
          {!permits("silence") && <p class="calm">{q("mayNotSilence")}</p>}
          {quiet && permits("silence") && (
            <SilenceFields
              quiet={quiet}
              form={this.silence}
              now={now}
              preview={this.preview}
              trouble={this.silenceTrouble}
              set={(part) => this.setSilence(part)}
              start={() => void this.startSilence()}
            />
          )}
        </section>
      </>,
      this.box,
    );
  }

  private back(): void {
    this.sure = false;
    this.draw();
  }

  private host(now: number) {
    return {
      now,
      ending: this.ending,
      may: (permit: "drill" | "silence") => permits(permit),
      ask: (id: string) => {
        this.ending = id;
        this.draw();
      },
      end: (kind: "drill" | "silence", id: number) => void this.end(kind, id),
    };
  }
}
