// The hydrograph of the open incident's datastream, with its newest forecast.

import { h, put, say } from "../dom.ts";
import { Hydrograph } from "../hydrograph.ts";
import { key as legend } from "../key.ts";
import { summary } from "../outlook.ts";
import type { Store } from "../store.ts";
import { ask, type Outlook, type Trace } from "../wire.ts";
import { property, speaks, w } from "../words.ts";

const HOURS = 12;
/** Real milliseconds between two looks at what is new. */
const AGAIN_MS = 20_000;

export class IncidentGraph {
  private readonly graph = h("div", { class: "graph", role: "img" });
  private readonly readout = h("p", { class: "readout" });
  private readonly legend = h("ul", { class: "key" });
  private readonly trouble = h("p", { class: "note warn", role: "status" });
  readonly box = h("div", {}, this.readout, this.graph, this.legend, this.trouble);
  private readonly plot = new Hydrograph(this.graph, this.readout);
  private key = "";
  private asked = -Infinity;
  private dressed = "";

  constructor(private readonly store: Store) {}

  /** Show the datastream `key` as of world time `now` [ms]; called as often as one likes. */
  show(key: string, now: number): void {
    if (key !== this.key) [this.key, this.asked] = [key, -Infinity];
    if (performance.now() - this.asked > AGAIN_MS) void this.load(key, now);
    const dressed = `${speaks()} ${document.documentElement.dataset["theme"]}`;
    if (dressed !== this.dressed) this.plot.rebuild();
    this.dressed = dressed;
    this.plot.tick(now);
  }

  private async load(key: string, now: number): Promise<void> {
    const stream = this.store.streams.get(key);
    if (!stream) return;
    this.asked = performance.now();
    const of = `datastream=${encodeURIComponent(key)}`;
    try {
      const [trace, { forecast, assessment }] = await Promise.all([
        ask<Trace>(`/api/series?${of}&hours=${HOURS}`),
        ask<Outlook>(`/api/forecast?${of}`),
      ]);
      if (key !== this.key) return;
      say(this.trouble, "");
      put(this.legend, ...legend(forecast));
      this.graph.setAttribute("aria-label", `${property(stream.property)}. ${summary(stream, assessment, now)}`);
      this.plot.draw({ stream, trace, forecast, hours: HOURS }, now);
    } catch (error) {
      if (key === this.key) say(this.trouble, w("unavailable", (error as Error).message));
    }
  }
}
