// The stations: one row a datastream; on a phone the same rows read as cards.

import { byId, h, put, say } from "./dom.ts";
import { amount, crossing, duration, figure, foremost, moment, unit } from "./format.ts";
import { flagBadge, levelBadge } from "./icons.ts";
import { sparkline } from "./sparkline.ts";
import type { Store } from "./store.ts";
import type { Datastream } from "./wire.ts";
import { property, w } from "./words.ts";

interface Row {
  row: HTMLElement;
  value: HTMLElement;
  age: HTMLElement;
  flag: HTMLElement;
  spark: HTMLElement;
  state: HTMLElement;
  shown: string;
}

export class StationsTable {
  private readonly rows = new Map<string, Row>();

  constructor(
    private readonly store: Store,
    private readonly body: HTMLElement,
    private readonly choose: (key: string) => void,
  ) {}

  /** Build the rows anew: at the start, and when the language changes. */
  build(): void {
    this.rows.clear();
    const rows = this.store.ordered().map((stream) => this.row(stream));
    put(this.body, ...rows);
    say(byId("lately"), w("lately", this.store.site.spark_hours));
  }

  select(key: string): void {
    for (const [of, { row }] of this.rows) {
      row.classList.toggle("chosen", of === key);
      row.querySelector("button")?.setAttribute("aria-pressed", String(of === key));
    }
  }

  /** Show what is known as of world time `now`. */
  update(now: number): void {
    for (const [key, row] of this.rows) this.show(key, row, now);
  }

  private row(stream: Datastream): HTMLElement {
    const station = this.store.stations.get(stream.station);
    const name = h(
      "button",
      { type: "button", class: "name", "aria-pressed": "false" },
      h("span", { class: "station" }, station?.name ?? stream.station),
      h("span", { class: "property" }, property(stream.property)),
      station?.invented && h("span", { class: "tag" }, w("simulatedStation")),
    );
    name.addEventListener("click", () => this.choose(stream.key));
    const label = `${w("station_page")}: ${station?.name ?? stream.station}`;
    const more = h("a", { href: `#station/${stream.station}`, class: "more-station", title: label, "aria-label": label }, "›");
    more.addEventListener("click", (event) => event.stopPropagation());
    const value = h("td", { class: "value" });
    const age = h("span", { class: "age" });
    const flag = h("span", {});
    const spark = h("td", { class: "spark-cell" });
    const state = h("td", { class: "state" });
    const row = h("tr", {}, h("th", { scope: "row" }, name, more), value, h("td", { class: "trust" }, flag, age), spark, state);
    row.addEventListener("click", () => this.choose(stream.key));
    this.rows.set(stream.key, { row, value, age, flag, spark, state, shown: "" });
    return row;
  }

  private show(key: string, row: Row, now: number): void {
    const { store } = this;
    const stream = store.streams.get(key)!;
    const vital = store.vitals.get(key);
    const old = store.isOld(key, now);
    const age = vital ? duration(now - vital.time) : "";
    say(row.age, old ? `${age}, ${w("old")}` : age);
    row.age.title = vital ? moment(vital.time, now) : "";
    row.row.classList.toggle("old", old);
    row.row.classList.toggle("doubted", store.isDoubted(key));
    const assessment = store.assessments.get(key);
    // Everything below changes rarely; drawing it only then keeps a phone cool.
    const minute = Math.floor(now / 60_000);
    const soon = assessment?.exceedances.length ? minute : 0;
    const shown = JSON.stringify([vital, old, assessment?.issue_time, assessment?.outcome, soon]);
    if (shown === row.shown) return;
    row.shown = shown;
    put(
      row.value,
      h("span", { class: "number" }, figure(vital?.result, stream.unit)),
      h("span", { class: "unit" }, unit(stream.unit)),
    );
    put(row.flag, vital ? flagBadge(vital.quality) : h("span", { class: "flag" }, w("none")));
    put(row.spark, sparkline(store.sparks.get(key), stream, now, store.site.spark_hours));
    put(row.state, ...this.state(stream, now, old));
  }

  private state(stream: Datastream, now: number, old: boolean): (HTMLElement | false)[] {
    if (stream.thresholds.length === 0) return [];
    const vital = this.store.vitals.get(stream.key);
    const assessment = this.store.assessments.get(stream.key);
    const usable = assessment && !this.store.isOutdated(assessment, now) && assessment.outcome !== "failed";
    const next = usable && foremost(assessment.exceedances);
    const level = vital?.level ?? null;
    const observed =
      level === null || old
        ? h("span", { class: "badge unknown" }, h("span", {}, w("notJudged")))
        : levelBadge(level, level ? vital!.exceeded : w("below"));
    if (assessment && !usable) return [observed, h("span", { class: "expected" }, w("noOutlook"))];
    if (!next || next.level <= (level ?? 0)) return [observed];
    const { lead } = crossing(next, now, assessment.horizon_s * 1000);
    const text = `${amount(next.threshold, stream.unit)} ${lead}`;
    const expected = h("span", { class: "expected", title: next.label }, "↗ ", levelBadge(next.level, text));
    return [observed, expected];
  }
}
