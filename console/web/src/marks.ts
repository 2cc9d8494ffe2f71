// The marks of stations and places: shape, colour and text by level.

import { divIcon, marker, type Map as Chart, type Marker } from "leaflet";
import { textWidth, type Label, type Side } from "./declutter.ts";
import { h, put } from "./dom.ts";
import { amount, crossing, duration, foremost } from "./format.ts";
import { kindIcon, levelIcon, levelWord, unknownIcon } from "./icons.ts";
import type { Labelled } from "./names.ts";
import { arrival, depth, percent, reaches, type Risk } from "./risk.ts";
import type { StationState } from "./stationstate.ts";
import type { Store } from "./store.ts";
import type { LatLon } from "./wire.ts";
import { property, w } from "./words.ts";

/** A mark that can be hovered, focused and chosen. */
class Mark implements Labelled {
  protected readonly body = h("div", { class: "pin-body" });
  private readonly text = h("span", { class: "name" });
  private readonly marker: Marker;
  private shown = "";
  private side: Side | null = null;
  private words = "";
  private rank = 0;
  private reach: [number, number] = [9, 9];

  constructor(
    chart: Chart,
    readonly at: LatLon,
    kind: string,
    tip: () => HTMLElement,
    choose: () => void,
  ) {
    this.marker = marker(at, {
      icon: divIcon({ className: `pin ${kind}`, html: this.body, iconSize: [0, 0] }),
      riseOnHover: true,
    });
    this.marker.bindTooltip(tip, { direction: "top", className: "tip", opacity: 1, offset: [0, -10] });
    this.marker.on("click", choose);
    this.marker.addTo(chart);
  }

  /** Show `mark` with the text `words`, if anything of `state` is new; true if it was. */
  protected draw(state: unknown, says: string, words: string, rank: number, mark: () => HTMLElement, reach: [number, number]): boolean {
    const shown = JSON.stringify([state, words]);
    if (shown === this.shown) return false;
    this.shown = shown;
    [this.words, this.rank, this.reach] = [words, rank, reach];
    this.body.style.setProperty("--reach-x", `${reach[0] + 2}px`);
    this.body.style.setProperty("--reach-y", `${reach[1] + 2}px`);
    this.text.textContent = words;
    put(this.body, mark(), this.text);
    this.marker.getElement()?.setAttribute("aria-label", says);
    this.marker.setZIndexOffset(rank * 1000);
    this.show(this.side);
    return true;
  }

  label(): Omit<Label, "x" | "y"> {
    const width = Math.min(NAME_WIDTH, textWidth(this.words, 12.5) + 6);
    const [reachX, reachY] = this.reach;
    return { width, height: 17, reachX, reachY, rank: this.rank + 5, sides: ["right", "left", "top", "bottom"] };
  }

  show(side: Side | null): void {
    this.side = side;
    this.text.hidden = side === null;
    this.text.className = `name at-${side ?? "right"}`;
  }

  select(chosen: boolean): void {
    this.body.classList.toggle("chosen", chosen);
  }
}

/** Longest text beside a mark [px]; app.css cuts what is longer. */
const NAME_WIDTH = 170;

export class StationMark extends Mark {
  constructor(
    chart: Chart,
    at: LatLon,
    private readonly store: Store,
    private readonly state: () => StationState,
    private readonly now: () => number,
    choose: () => void,
  ) {
    super(chart, at, "station", () => this.tip(), choose);
  }

  update(): boolean {
    const state = this.state();
    const { level, old } = state;
    const mark = (): HTMLElement => {
      const icon = level === undefined ? undefined : level === null ? unknownIcon() : levelIcon(level);
      const kind = level === undefined ? "plain" : level === null ? "unknown" : `level-${level}`;
      return h("span", { class: `mark ${kind}${old ? " old" : ""}` }, icon);
    };
    const words = level === undefined ? state.name : `${state.name} ${state.value}`;
    const reach: [number, number] = level === undefined ? [6, 6] : [11, 11];
    return this.draw(state, this.says(state), words, level === undefined ? 0 : (level ?? 1), mark, reach);
  }

  private says({ name, value, level, exceeded }: StationState): string {
    const judged = level === undefined ? "" : level === null ? w("notJudged") : level ? `${levelWord(level)}: ${exceeded}` : w("below");
    return [name, value, judged].filter(Boolean).join(", ");
  }

  private tip(): HTMLElement {
    const state = this.state();
    return h("div", {}, h("strong", {}, state.name), ...stationLines(this.store, state.id, this.now()));
  }
}

/** What is known of a station: one line for each datastream, and what is expected. */
export function stationLines(store: Store, id: string, now: number): HTMLElement[] {
  return store.site.datastreams
    .filter((stream) => stream.station === id)
    .map((stream) => {
      const vital = store.vitals.get(stream.key);
      const age = vital ? duration(now - vital.time) : "";
      const old = store.isOld(stream.key, now) ? `, ${w("old")}` : "";
      const assessment = store.assessments.get(stream.key);
      const usable = assessment && assessment.outcome !== "failed" && !store.isOutdated(assessment, now);
      const next = usable ? foremost(assessment.exceedances) : undefined;
      const level = vital?.level;
      return h(
        "p",
        {},
        level != null && levelIcon(level),
        ` ${property(stream.property)} `,
        h("b", {}, amount(vital?.result, stream.unit)),
        age && h("span", { class: "quiet" }, ` ${w("agoTime", age)}${old}`),
        vital?.exceeded && ` ${vital.exceeded}`,
        next && h("span", { class: "next" }, " ↗ ", levelIcon(next.level), ` ${amount(next.threshold, stream.unit)} ${crossing(next, now, assessment!.horizon_s * 1000).lead}`),
      );
    });
}

export class PlaceMark extends Mark {
  constructor(
    chart: Chart,
    at: LatLon,
    private readonly risk: () => Risk,
    private readonly now: () => number,
    choose: () => void,
  ) {
    super(chart, at, "place", () => this.tip(), choose);
  }

  update(): boolean {
    const found = this.risk();
    const { place, level, probability, arrival } = found;
    const mark = (): HTMLElement =>
      h(
        "span",
        { class: `mark pill ${level === null ? "unknown" : `level-${level}`}` },
        kindIcon(place.kind),
        level ? levelIcon(level) : null,
        percent(probability),
      );
    const rank = level === null ? 1 : level + 1;
    const minute = Math.floor(this.now() / 60_000);
    const state = [level, probability, arrival, found.assessment?.issue_time, minute, w("map")];
    const width = 34 + (level ? 17 : 0) + textWidth(percent(probability), 13);
    const reach: [number, number] = [width / 2, 13];
    return this.draw(state, this.says(found), place.name, rank, mark, reach);
  }

  private says(found: Risk): string {
    const { place, probability } = found;
    const known = probability < 0 ? w("placeUnknown") : `${percent(probability)}, ${riskText(found, this.now())}`;
    return `${place.name}, ${property(place.kind)}: ${known}`;
  }

  private tip(): HTMLElement {
    const found = this.risk();
    return h("div", {}, h("strong", {}, found.place.name), ...placeLines(found, this.now()));
  }
}

/** `0.6 m (0.3–0.9) at 13:30, water from 12:40 (12:20 – 13:10)`. */
export function riskText({ assessment, probability }: Risk, now: number): string {
  if (!assessment || probability < 0) return w("placeUnknown");
  const lowest = assessment.exceedances[0]!;
  if (probability <= 0.05 && !lowest.observed) return w("placeDry", amount(lowest.threshold, "m"));
  return [depth(assessment, now), arrival(lowest, now)].filter(Boolean).join(", ");
}

/** What is thought of a place, in lines: kind, how deep and when, each threshold, why not. */
export function placeLines(found: Risk, now: number): HTMLElement[] {
  const { place, assessment, probability } = found;
  const lines = [h("p", { class: "quiet" }, [property(place.kind), place.area].join(", "))];
  if (probability < 0 || !assessment) {
    lines.push(h("p", { class: "note warn" }, w("placeUnknown")));
    if (assessment?.outcome === "failed") lines.push(h("p", { class: "note warn" }, w("failed", assessment.reason || "?")));
    else if (assessment) lines.push(h("p", { class: "note warn" }, w("outdated", duration(now - assessment.issue_time))));
    return lines;
  }
  lines.push(h("p", {}, h("b", {}, percent(probability)), ` ${riskText(found, now)}`));
  lines.push(...reaches(assessment).map(({ level, text }) => h("p", { class: "reach" }, levelIcon(level), ` ${text}`)));
  if (assessment.outcome === "degraded") lines.push(h("p", { class: "note warn" }, w("degraded", assessment.reason || "?")));
  return lines;
}
