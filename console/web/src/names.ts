// Texts on the map, and the choice of those that find room.

import { divIcon, marker, type Map as Chart, type Marker } from "leaflet";
import { declutter, textWidth, type Box, type Label, type Side } from "./declutter.ts";
import { h, put, say } from "./dom.ts";
import type { LatLon } from "./wire.ts";

/** Something with a text on the map: a name alone, or the mark of a station or place. */
export interface Labelled {
  readonly at: LatLon;
  /** What the text needs; undefined: nothing is to be shown now. */
  label(zoom: number): Omit<Label, "x" | "y"> | undefined;
  show(side: Side | null): void;
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

/** Show the texts that find room, those of higher rank first. */
export function arrange(chart: Chart, all: Labelled[], obstacles: Box[]): void {
  const { x: width, y: height } = chart.getSize();
  const zoom = chart.getZoom();
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
