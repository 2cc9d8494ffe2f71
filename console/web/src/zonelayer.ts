// The water on the map: one path for each depth class, kept ready for each time.

import { layerGroup, polygon, type LayerGroup, type Map as Chart, type Polygon } from "leaflet";
import { classes, zonesAt } from "./zones.ts";
import type { Inundation, LatLon } from "./wire.ts";

export interface Scene {
  time: number;
  probability: number;
}

/** Class of the `depth`: `depth-1` is the shallowest, `depth-4` the deepest that has a colour. */
export const depthClass = (depths: number[], depth: number): string =>
  `depth-${Math.min(4, depths.findIndex((d) => Math.abs(d - depth) < 1e-6) + 1)}`;

export class ZoneLayer {
  private readonly kept = new Map<string, Polygon[]>();
  private readonly shown: LayerGroup;
  private inundations: Inundation[] = [];

  constructor(
    chart: Chart,
    /** What the tooltip says of a place in the water. */
    private readonly tip: (depth: number) => HTMLElement,
  ) {
    this.shown = layerGroup().addTo(chart);
  }

  take(inundations: Inundation[]): void {
    this.inundations = inundations;
    this.kept.clear();
  }

  /** Show the water of `scene`, and as an outline how far it may possibly reach. */
  draw({ time, probability }: Scene): void {
    const key = `${time} ${probability}`;
    let paths = this.kept.get(key);
    if (!paths) this.kept.set(key, (paths = this.paths(time, probability)));
    this.shown.clearLayers();
    for (const path of paths) this.shown.addLayer(path);
  }

  private paths(time: number, probability: number): Polygon[] {
    const depths = classes(this.inundations, "depths_m");
    const least = classes(this.inundations, "probabilities")[0];
    const filled = depths.map((depth) => {
      const path = this.path(time, probability, depth, `water ${depthClass(depths, depth)}`, true);
      return path?.bindTooltip(() => this.tip(depth), { sticky: true, className: "tip", opacity: 1 });
    });
    const edge = least !== undefined && least < probability ? this.path(time, least, depths[0]!, "water edge", false) : undefined;
    return [...filled, edge].filter((path): path is Polygon => !!path);
  }

  private path(time: number, probability: number, depth: number, className: string, interactive: boolean): Polygon | undefined {
    const rings = zonesAt(this.inundations, time, probability)
      .filter((zone) => Math.abs(zone.depth_m - depth) < 1e-6)
      .flatMap((zone) => zone.polygons as LatLon[][][]);
    if (!rings.length) return undefined;
    return polygon(rings, { className, interactive, pane: "water", smoothFactor: 0.8, fillRule: "evenodd" });
  }
}
