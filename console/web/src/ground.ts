// What the map is drawn on: rivers, coast and districts, or a graticule where there are none.

import { layerGroup, polygon, polyline, type LatLngExpression, type Layer, type LayerGroup, type Map as Chart } from "leaflet";
import { Name } from "./names.ts";
import type { Background, LatLon } from "./wire.ts";

type Feature = Background["features"][number];

const KINDS = ["river", "water", "sea", "coast", "district", "street"];

/** Lowest first; what is named here is drawn in this order. */
const ORDER = ["sea", "district", "water", "river", "coast", "street"];

/** Zoom from which a kind's names are worth their room. */
const NAMED_FROM: Record<string, number> = { street: 15, district: 10, river: 9, water: 12, sea: 8 };

/** GeoJSON has the longitude first, at any depth of nesting. */
function turned(coordinates: unknown): LatLngExpression[] {
  const list = coordinates as unknown[];
  if (typeof list[0] === "number") return [list[1], list[0]] as unknown as LatLngExpression[];
  return list.map(turned) as unknown as LatLngExpression[];
}

function shape(feature: Feature): Layer | undefined {
  const { geometry, properties } = feature;
  const kind = KINDS.includes(properties.kind) ? properties.kind : "other";
  const style = { className: `ground ground-${kind}`, interactive: false, pane: "ground", smoothFactor: 1.2 };
  switch (geometry.type) {
    case "Polygon":
    case "MultiPolygon":
      return polygon(turned(geometry.coordinates), style);
    case "LineString":
    case "MultiLineString":
      return polyline(turned(geometry.coordinates), { ...style, className: `${style.className} line` });
    case "Point":
      return undefined; // only its name is shown
  }
}

/** Middle of the longest part: there the name stands. */
export function anchor(feature: Feature): LatLon {
  const { geometry } = feature;
  const longest = (parts: number[][][]): number[][] =>
    parts.reduce((best, part) => (part.length > best.length ? part : best), parts[0] ?? []);
  const middle = (line: number[][]): number[] => line[Math.floor(line.length / 2)] ?? [0, 0];
  const centre = (ring: number[][]): number[] => {
    const [xs, ys] = [ring.map((p) => p[0]!), ring.map((p) => p[1]!)];
    return [(Math.min(...xs) + Math.max(...xs)) / 2, (Math.min(...ys) + Math.max(...ys)) / 2];
  };
  const at = ((): number[] => {
    switch (geometry.type) {
      case "Point":
        return geometry.coordinates;
      case "LineString":
        return middle(geometry.coordinates);
      case "MultiLineString":
        return middle(longest(geometry.coordinates));
      case "Polygon":
        return centre(geometry.coordinates[0] ?? []);
      case "MultiPolygon":
        return centre(longest(geometry.coordinates.map((p) => p[0] ?? [])));
    }
  })();
  return [at[1] ?? 0, at[0] ?? 0];
}

/** Draw `background` and return its names: one for each name and kind. */
export function drawBackground(chart: Chart, background: Background): Name[] {
  const rank = ({ properties }: Feature): number => ORDER.indexOf(properties.kind);
  const features = [...background.features].sort((a, b) => rank(a) - rank(b));
  layerGroup(features.map(shape).filter((layer): layer is Layer => !!layer)).addTo(chart);
  const names = new Map<string, Name>();
  for (const feature of features) {
    const { kind, name } = feature.properties;
    if (!name || names.has(`${kind} ${name}`)) continue;
    const from = NAMED_FROM[kind] ?? 13;
    names.set(`${kind} ${name}`, new Name(chart, anchor(feature), name, `name-${kind}`, kind === "district" ? 1 : 0, from));
  }
  return [...names.values()];
}

const STEPS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10];

/** The round step [°] of which `span` degrees hold at most `count`. */
export const roundStep = (span: number, count: number): number => STEPS.find((s) => span / s <= count) ?? 20;

/** Lines of latitude and longitude, drawn anew whenever the map has moved. */
export class Graticule {
  private readonly lines: LayerGroup;
  private names: Name[] = [];

  constructor(private readonly chart: Chart) {
    this.lines = layerGroup().addTo(chart);
  }

  draw(): Name[] {
    const { chart } = this;
    const bounds = chart.getBounds();
    const [south, north, west, east] = [bounds.getSouth(), bounds.getNorth(), bounds.getWest(), bounds.getEast()];
    const step = roundStep(east - west, Math.max(2, chart.getSize().x / 130));
    const places = Math.max(0, -Math.floor(Math.log10(step)));
    for (const name of this.names) name.remove();
    this.names = [];
    this.lines.clearLayers();
    const style = { className: "graticule", interactive: false, pane: "ground" };
    const multiples = (from: number, to: number): number[] => {
      const first = Math.ceil(from / step);
      return Array.from({ length: Math.max(0, Math.floor(to / step) - first + 1) }, (_, i) => (first + i) * step);
    };
    const [dy, dx] = [(north - south) * 0.03, (east - west) * 0.04];
    const label = (at: LatLon, value: number, sides: string): void => {
      const text = `${Math.abs(value).toFixed(places)}° ${value < 0 ? sides[1] : sides[0]}`;
      this.names.push(new Name(chart, at, text, "name-graticule", -1, 0));
    };
    for (const y of multiples(south - 1 * step, north + step)) {
      this.lines.addLayer(polyline([[y, west - step], [y, east + step]], style));
      label([y, west + dx], y, "NS");
    }
    for (const x of multiples(west - step, east + step)) {
      this.lines.addLayer(polyline([[south - step, x], [north + step, x]], style));
      label([south + dy, x], x, "EW");
    }
    return this.names;
  }
}
