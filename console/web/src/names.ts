// Texts on the map, and the choice of those that find room.

import { divIcon, marker, type Map as Chart, type Marker } from "leaflet";
import { declutter, textWidth, type Box, type Label, type Side } from "./declutter.ts";
import { h, put, say } from "./dom.ts";
import type { LatLon } from "./wire.ts";

/** 0: all that is known; 1: without its figure; 2: as small as can be told apart. */
export type Size = 0 | 1 | 2;

/** Something with a text on the map: a name alone, or the mark of a station or place. */
export interface Labelled {
  readonly at: LatLon;
  /** What the text needs; undefined: nothing is to be shown now. */
  label(zoom: number): Omit<Label, "x" | "y"> | undefined;
  show(side: Side | null): void;
  /** Called before `label`: how small the mark must be so as not to lie under one of higher rank. */
  crowd?(size: Size): void;
}

/** A name that stands by itself, where a district, a river or an area is. */
export class Name implements Labelled {
  private readonly text: HTMLElement;
  private readonly marker: Marker;

  constructor(
    chart: Chart,
    public at: LatLon,
    private words: string,
    kind: string,
    private rank: number,
    private readonly from: number,
    private readonly icon?: () => Node | undefined,
  ) {
    this.text = h("span", { class: `name ${kind}` });
    const html = h("div", { class: "pin-body" }, this.text);
    this.marker = marker(at, {
      icon: divIcon({ className: "pin", html, iconSize: [0, 0] }),
      interactive: false,
      keyboard: false,
      pane: "names",
    }).addTo(chart);
    this.write(words, rank);
  }

  write(words: string, rank: number): void {
    this.words = words;
    this.rank = rank;
    if (this.icon) put(this.text, this.icon(), words);
    else say(this.text, words);
  }

  dress(kind: string): void {
    this.text.className = `name ${kind}`;
  }

  move(at: LatLon): void {
    this.at = at;
    this.marker.setLatLng(at);
  }

  label(zoom: number): Omit<Label, "x" | "y"> | undefined {
    if (zoom < this.from) return undefined;
    const width = textWidth(this.words, 12.5) + (this.icon ? 34 : 4);
    return { width, height: this.icon ? 22 : 16, reachX: 0, reachY: 0, rank: this.rank, sides: ["centre"] };
  }

  show(side: Side | null): void {
    this.text.hidden = side === null;
  }

  remove(): void {
    this.marker.remove();
  }
}

/** Make the marks small that would lie under others of higher rank. */
function makeRoom(chart: Chart, all: Labelled[]): void {
  const zoom = chart.getZoom();
  const taken: { x: number; y: number; reachX: number; reachY: number }[] = [];
  const marks = all.filter((labelled) => labelled.crowd);
  for (const mark of marks) mark.crowd!(0);
  const ranked = marks.map((mark) => ({ mark, label: mark.label(zoom) }));
  ranked.sort((a, b) => (b.label?.rank ?? 0) - (a.label?.rank ?? 0));
  for (const { mark, label } of ranked) {
    if (!label) continue;
    const { x, y } = chart.latLngToContainerPoint(mark.at);
    let fits = label;
    for (const size of [1, 2] as const) {
      const { reachX, reachY } = fits;
      if (!taken.some((t) => Math.abs(t.x - x) < t.reachX + reachX && Math.abs(t.y - y) < t.reachY + reachY)) break;
      mark.crowd!(size);
      fits = mark.label(zoom)!;
    }
    taken.push({ x, y, ...fits });
  }
}

/** Show the texts that find room, those of higher rank first. */
export function arrange(chart: Chart, all: Labelled[], obstacles: Box[]): void {
  const { x: width, y: height } = chart.getSize();
  const zoom = chart.getZoom();
  makeRoom(chart, all);
  const shown: Labelled[] = [];
  const labels: Label[] = [];
  for (const labelled of all) {
    const wanted = labelled.label(zoom);
    if (!wanted) {
      labelled.show(null);
      continue;
    }
    const { x, y } = chart.latLngToContainerPoint(labelled.at);
    shown.push(labelled);
    labels.push({ ...wanted, x, y });
  }
  declutter(labels, width, height, obstacles).forEach((side, i) => shown[i]!.show(side));
}
