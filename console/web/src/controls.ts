// Buttons of the map: closer, farther, the whole site, where the water is; and a scale.

import { control, type Map as Chart } from "leaflet";
import { byId } from "./dom.ts";

export interface Moves {
  whole(): void;
  flooded(): void;
}

export function controls(chart: Chart, { whole, flooded }: Moves): void {
  control.scale({ imperial: false, position: "bottomleft" }).addTo(chart);
  const on = (id: string, act: () => void): void => byId(id).addEventListener("click", act);
  on("zoom-in", () => chart.zoomIn(1));
  on("zoom-out", () => chart.zoomOut(1));
  on("whole-site", whole);
  on("flooded", flooded);
}
