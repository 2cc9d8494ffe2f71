// Sends what somebody does, and remembers what came of it.

import { change } from "../session.ts";
import { BY_LEVEL, Presses, type Seen } from "./press.ts";
import type { ActName } from "./offer.ts";
import type { Act, Case, Done } from "./wire.ts";
import { actWord, d, headlineOf, type DeskWord } from "./words.ts";

/** Real milliseconds in which an acknowledgement can be taken back with one key. */
export const UNDO_MS = 5000;
/** Real milliseconds after which the alert service does not seem to answer. */
export const PATIENCE_MS = 10_000;

const CODES = ["unknown", "over", "acked", "unacked", "not_standing", "no_draft", "other_draft", "approved", "risen"];

interface Answer {
  error?: string;
  code?: string;
}

export const refusal = ({ error, code }: Answer): string =>
  code && CODES.includes(code) ? d(`no_${code}` as DeskWord) : (error ?? "");

export class Actor {
  /** What is on its way. */
  busy: ActName | undefined;
  /** Why the last one was not done. */
  trouble = "";
  /** Acknowledged just now: these incidents can be taken back. */
  undo: string[] = [];
  /** What came of the last desk act. */
  came = "";
  private readonly waits = new Map<number, number>();
  private timer: number | undefined;
  private readonly presses = new Presses();

  constructor(private readonly draw: () => void) {}

  forget(): void {
    [this.trouble, this.came] = ["", ""];
  }

  /** Do `act` to what was `seen`, incidents and levels; true where any took it, and `trouble` says of the others. */
  async do(act: ActName, seen: Seen, detail: Record<string, string> = {}): Promise<boolean> {
    if (this.busy) return false;
    this.forget();
    this.busy = act;
    this.draw();
    let done = false;
    try {
      const incidents = Object.keys(seen);
      const which = incidents.length === 1 ? { incident: incidents[0] } : { incidents };
      const key = this.presses.key(act, incidents, detail);
      const body = { act, ...which, detail, key, ...(BY_LEVEL.includes(act) ? { seen } : {}) };
      const answer = await change("/api/desk/act", body);
      if (answer.status < 500) this.presses.answered();
      done = await this.take(act, incidents, answer);
    } catch {
      this.trouble = d("noAnswer");
    }
    this.busy = undefined;
    this.draw();
    return done;
  }

  private async take(act: ActName, incidents: string[], answer: Response): Promise<boolean> {
    const said = (await answer.json().catch(() => ({}))) as Answer & Partial<Done> & Partial<Act>;
    if (!answer.ok) {
      this.trouble = d("notDone", refusal(said) || String(answer.status));
      return false;
    }
    const refused = said.refused ?? [];
    if (refused.length) {
      const first = refused[0]!;
      this.trouble = d("someNotDone", refused.length, incidents.length, first.incident ? headlineOf(first.incident) : first.id, refusal(first));
    }
    const done = said.acts?.map((a) => a.incident) ?? incidents;
    if (act === "ack") this.offerUndo(done);
    if (act === "unack") this.offerUndo([]);
    if (said.taken === null && said.number) this.waits.set(said.number, performance.now());
    return done.length > 0;
  }

  private offerUndo(incidents: string[]): void {
    clearTimeout(this.timer);
    this.undo = incidents;
    if (!incidents.length) return;
    this.timer = setTimeout(() => {
      this.undo = [];
      this.draw();
    }, UNDO_MS);
  }

  /** Take in how the acts of `found` stand: whether what waited was done, or refused. */
  look(found: Case): void {
    for (const act of found.acts) {
      if (act.taken === null && !this.waits.has(act.number)) this.waits.set(act.number, performance.now());
      if (act.taken === null || !this.waits.delete(act.number)) continue;
      this.came = act.refused ? d("wasRefused", actWord(act.act), act.refused) : d("wasDone", actWord(act.act));
    }
  }

  /** Whether an act waits for so long that the alert service does not seem to run. */
  isSilent(waiting: Act[]): boolean {
    return waiting.some((act) => performance.now() - (this.waits.get(act.number) ?? Infinity) > PATIENCE_MS);
  }
}
