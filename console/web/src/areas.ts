// Outlines of the areas, coloured by the gravest warning that stands for each.

import { latLngBounds, polygon, type Map as Chart, type Polygon } from "leaflet";
import { incidents, ofWorld, stands } from "./alerts.ts";
import { levelIcon, levelWord } from "./icons.ts";
import { Name } from "./names.ts";
import type { Alert, Area, LatLon, Level } from "./wire.ts";

export class Outline {
  private readonly path: Polygon;
  private level: Level = 0;
  readonly name: Name;

  constructor(
    private readonly chart: Chart,
    private readonly area: Area,
  ) {
    this.path = polygon(area.polygon, { className: "area level-0", interactive: false, pane: "areas" }).addTo(chart);
    const icon = (): Node | undefined => (this.level ? levelIcon(this.level) : undefined);
    this.name = new Name(chart, this.nameAt(), area.name, "name-area level-0", 0, 0, icon);
  }

  /** Take the colour of what stands at `now`; true if that changed anything. */
  update(alerts: Iterable<Alert>, now: number): boolean {
    const level = incidents(ofWorld(alerts), now).reduce<Level>(
      (highest, { newest }) =>
        newest.area === this.area.name && stands(newest, now) && newest.level > highest ? newest.level : highest,
      0,
    );
    if (level === this.level) return false;
    this.level = level;
    this.path.getElement()?.setAttribute("class", `area level-${level}`);
    if (level) this.path.bringToFront();
    this.relabel();
    return true;
  }

  /** Write the name anew, in the chosen language. */
  relabel(): void {
    const { area, level, name } = this;
    name.write(level ? `${area.name}: ${levelWord(level)}` : area.name, level ? level + 4 : 0);
    name.dress(`name-area level-${level}`);
  }

  moveName(): void {
    this.name.move(this.nameAt());
  }

  /** The northernmost point of the outline that is in view. */
  private nameAt(): LatLon {
    const { polygon: ring } = this.area;
    const view = this.chart.getBounds().pad(-0.02);
    const corners = ring.filter((point) => view.contains(point));
    if (corners.length) return corners.reduce((best, point) => (point[0] > best[0] ? point : best));
    const box = latLngBounds(ring);
    if (!box.intersects(view)) return ring[0]!;
    const [west, east] = [Math.max(box.getWest(), view.getWest()), Math.min(box.getEast(), view.getEast())];
    return [Math.min(box.getNorth(), view.getNorth()), (west + east) / 2];
  }
}
