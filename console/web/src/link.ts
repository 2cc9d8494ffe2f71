// The stream of events, watched: a stream that is silent for too long is lost, whatever it says.

import type { Alert, Heartbeat, Outlook, Vital } from "./wire.ts";

/** Real milliseconds without any event after which the link counts as lost (heartbeat: 5 s). */
const SILENCE_MS = 12_000;
const RETRY_MS = 3_000;

export interface Listener {
  vitals(vitals: Vital[]): void;
  forecast(outlook: Outlook): void;
  alerts(alerts: Alert[]): void;
  /** There is a new map of inundation. */
  inundation(): void;
  /** There are new vital signs, programmes or gateways' statuses. */
  city(): void;
  /** Something of the queue of incidents is new. */
  incidents(): void;
  heartbeat(heartbeat: Heartbeat): void;
  /** Too much was missed, or the stream is new: load everything. */
  reload(): void;
}

export class Link {
  private source: EventSource | undefined;
  private heard = performance.now();
  private opened = 0;

  constructor(private readonly listener: Listener) {
    this.open();
    setInterval(() => this.watch(), 1000);
  }

  /** Real milliseconds since the last event if the link is lost, else 0. */
  lostFor(): number {
    const silent = performance.now() - this.heard;
    return silent > SILENCE_MS ? silent : 0;
  }

  private open(): void {
    this.source?.close();
    this.opened = performance.now();
    const source = (this.source = new EventSource("/events"));
    const on = <T>(kind: string, take: (message: T) => void): void =>
      source.addEventListener(kind, (event) => {
        this.heard = performance.now();
        take(JSON.parse((event as MessageEvent<string>).data) as T);
      });
    on<{ vitals: Vital[] }>("vitals", (message) => this.listener.vitals(message.vitals));
    on<Outlook>("forecast", (outlook) => this.listener.forecast(outlook));
    on<{ alerts: Alert[] }>("alert", (message) => this.listener.alerts(message.alerts));
    on("inundation", () => this.listener.inundation());
    on("city", () => this.listener.city());
    on("incidents", () => this.listener.incidents());
    on<Heartbeat>("heartbeat", (heartbeat) => this.listener.heartbeat(heartbeat));
    on("reset", () => this.listener.reload());
    let first = true;
    source.addEventListener("open", () => {
      this.heard = performance.now();
      // The browser resumes the same stream with Last-Event-ID; only a new one has to load.
      if (first) this.listener.reload();
      first = false;
    });
  }

  /** Open anew what the browser gave up (an answer that is no stream) or that hangs. */
  private watch(): void {
    const waited = performance.now() - this.opened > RETRY_MS;
    const gaveUp = this.source?.readyState === EventSource.CLOSED;
    const hangs = this.lostFor() > 0 && performance.now() - this.opened > SILENCE_MS;
    if ((gaveUp && waited) || hangs) this.open();
  }
}
