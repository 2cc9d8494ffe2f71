// The marks of stations and places: shape, colour and text by level.

import { divIcon, marker, type Map as Chart, type Marker } from "leaflet";
import { textWidth, type Label, type Side } from "./declutter.ts";
import { h, put, say } from "./dom.ts";
import { amount, clock, crossing, duration, foremost } from "./format.ts";
import { kindIcon, levelIcon, levelWord, unknownIcon } from "./icons.ts";
import type { Labelled, Size } from "./names.ts";
import { arrival, depth, peak, percent, reaches, type Risk } from "./risk.ts";
import type { StationState } from "./stationstate.ts";
import type { Store } from "./store.ts";
import type { Assessment, LatLon } from "./wire.ts";
import { property, w } from "./words.ts";

/** A mark that can be hovered, focused and chosen. */
class Mark implements Labelled {
  protected readonly body = h("div", { class: "pin-body", "aria-hidden": "true" });
  private readonly text = h("span", { class: "name" });
  private readonly spoken = h("span", { class: "spoken" });
  private readonly marker: Marker;
  private shown = "";
  private side: Side | null = null;
  private width = 0;
  private size: Size = 0;
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
      icon: divIcon({ className: `pin ${kind}`, html: h("div", {}, this.body, this.spoken), iconSize: [0, 0] }),
      riseOnHover: true,
    });
    this.marker.bindTooltip(tip, { direction: "top", className: "tip", opacity: 1, offset: [0, -10] });
    this.marker.on("click", choose);
    this.marker.on("keypress", ({ originalEvent }) => {
      if (originalEvent.key === "Enter" || originalEvent.key === " ") choose();
    });
    this.marker.addTo(chart);
  }

  /** Show what `looks` makes, if anything of `state` is new; true if it was. */
  protected draw(state: unknown, looks: () => Looks): boolean {
    const shown = JSON.stringify(state);
    if (shown === this.shown) return false;
    this.shown = shown;
    const { says, name, value, rank, mark, reach } = looks();
    [this.rank, this.reach] = [rank, reach];
    this.width = Math.min(NAME_WIDTH, textWidth(name, 12.5)) + (value ? textWidth(value, 12.5) + 5 : 0) + 4;
    put(this.text, h("span", { class: "short" }, name), value && h("span", {}, value));
    put(this.body, mark, this.text);
    this.crowd(0);
    say(this.spoken, says);
    this.show(this.side);
    return true;
  }

  crowd(size: Size): void {
    this.size = size;
    this.marker.setZIndexOffset(this.rank * 1000 - size * 300); // a small mark hides no large one
    this.body.classList.toggle("crowded", size === 1);
    this.body.classList.toggle("tiny", size === 2);
  }

  label(): Omit<Label, "x" | "y"> {
    const [wide, high] = this.reach;
    const [reachX, reachY] = [Math.min(wide, REACH[this.size]), this.size === 2 ? Math.min(high, REACH[2]) : high];
    return { width: this.width, height: 17, reachX, reachY, rank: this.rank + 5, sides: SIDES };
  }

  show(side: Side | null): void {
    this.side = side;
    this.text.hidden = side === null;
    if (side === null) return;
    const { reachX, reachY } = this.label();
    this.text.className = `name at-${side}`;
    this.text.style.setProperty("--reach-x", `${reachX + 2}px`);
    this.text.style.setProperty("--reach-y", `${reachY + 2}px`);
  }

  select(chosen: boolean): void {
    this.body.classList.toggle("chosen", chosen);
  }
}

/** Longest name beside a mark [px]; map.css cuts what is longer. */
const NAME_WIDTH = 150;

/** Greatest half of the width of a mark of each size [px]. */
const REACH = [Infinity, 22, 10] as const;

const SIDES: Side[] = ["right", "left", "top", "bottom"];

interface Looks {
  /** For who cannot see it. */
  says: string;
  name: string;
  value: string;
  rank: number;
  mark: HTMLElement;
  /** Half of its width and height [px]. */
  reach: [number, number];
}

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
    return this.draw([state, w("map")], () => this.looks(state));
  }

  private looks(state: StationState): Looks {
    const { name, level, old } = state;
    const plain = level === undefined;
    const icon = plain ? null : level === null ? unknownIcon() : levelIcon(level);
    const kind = plain ? "plain" : level === null ? "unknown" : `level-${level}`;
    return {
      says: this.says(state),
      name,
      value: plain || level === null ? "" : state.value,
      rank: plain ? 0 : (level ?? 1),
      mark: h("span", { class: `mark ${kind}${old ? " old" : ""}` }, icon),
      reach: plain ? [6, 6] : [11, 11],
    };
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
    const minute = Math.floor(this.now() / 60_000);
    const state = [found.level, found.probability, found.assessment?.issue_time, minute, w("map")];
    return this.draw(state, () => this.looks(found));
  }

  private looks(found: Risk): Looks {
    const { place, level, probability } = found;
    const text = h("span", { class: "chance" }, percent(probability));
    const kind = level === null ? "unknown" : `level-${level}`;
    const width = 34 + (level ? 17 : 0) + textWidth(percent(probability), 13);
    return {
      says: this.says(found),
      name: place.name,
      value: "",
      rank: level === null ? 1 : level + 1,
      mark: h("span", { class: `mark pill ${kind}` }, kindIcon(place.kind), level ? levelIcon(level) : null, text),
      reach: [width / 2, 13],
    };
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

/** Properties whose numbers say nothing to people: alerts/phrases.py has the same. */
const SCALES = new Set(["landslide_index", "debris_flow_index", "closing", "severity", "load"]);

/** The label of the highest level that is more probable than not, and when it is expected. */
function onScale(assessment: Assessment, now: number): string {
  const likely = [...assessment.exceedances].reverse().find((e) => e.observed || e.probability >= 0.5);
  if (!likely) return w("below");
  const from = likely.observed || likely.onset === null || likely.onset <= now ? w("now") : clock(likely.onset);
  return `${likely.label}: ${from}`;
}

/** `0.6 m (0.3–0.9) at 13:30, water from 12:40 (12:20 – 13:10)`. */
export function riskText({ place, assessment, probability }: Risk, now: number): string {
  if (!assessment || probability < 0) return w("placeUnknown");
  const lowest = assessment.exceedances[0]!;
  if (SCALES.has(place.property)) return onScale(assessment, now);
  const dry = place.property === "depth" ? "placeDry" : "staysBelow";
  if (probability <= 0.05 && !lowest.observed) return w(dry, amount(lowest.threshold, place.unit));
  if (place.property !== "depth") return peak(assessment, place.unit, now);
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
  lines.push(...reaches(assessment, place.unit).map(({ level, text }) => h("p", { class: "reach" }, levelIcon(level), ` ${text}`)));
  if (assessment.outcome === "degraded") lines.push(h("p", { class: "note warn" }, w("degraded", assessment.reason || "?")));
  return lines;
}
