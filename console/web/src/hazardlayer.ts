// Outlines of what other hazards threaten: slopes, gullies, zones, coloured by their level.

import { layerGroup, polygon, type LayerGroup, type Map as Chart } from "leaflet";
import { levelWord } from "./icons.ts";
import { percent, type Risk } from "./risk.ts";
import { hazard } from "./words.ts";

export class HazardLayer {
  private readonly shown: LayerGroup;
  private drawn = "";

  constructor(chart: Chart) {
    this.shown = layerGroup().addTo(chart);
  }

  /** Draw the outlines of `risks`; of those that nothing may be said of, none. */
  update(risks: Risk[]): void {
    const worth = risks.filter((found) => found.level && found.assessment?.where.length);
    const drawn = JSON.stringify(worth.map((found) => [found.place.key, found.level, found.assessment!.issue_time]));
    if (drawn === this.drawn) return;
    this.drawn = drawn;
    this.shown.clearLayers();
    for (const { place, level, probability, assessment } of worth) {
      for (const ring of assessment!.where) {
        const path = polygon(ring, { className: `hazard level-${level}`, pane: "areas", smoothFactor: 0.8 });
        const text = `${place.name}: ${hazard(place.hazard)}, ${levelWord(level!)}, ${percent(probability)}`;
        this.shown.addLayer(path.bindTooltip(text, { sticky: true, className: "tip", opacity: 1 }));
      }
    }
  }
}
