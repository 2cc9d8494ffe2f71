// From maps of inundation to what is drawn at one time: pure functions.

import type { Inundation, LatLon, Zone } from "./wire.ts";

/** Inundations that have a map: a run that failed before any has none. */
export const mapped = (inundations: Inundation[]): (Inundation & { issue_time: number })[] =>
  inundations.filter((i): i is Inundation & { issue_time: number } => i.issue_time !== null);

/** The times that can be shown [Unix ms]: those of the newest map. */
export function frames(inundations: Inundation[]): number[] {
  const newest = mapped(inundations).sort((a, b) => b.issue_time - a.issue_time || b.leads_s.length - a.leads_s.length)[0];
  return newest ? newest.leads_s.map((lead) => newest.issue_time + lead * 1000) : [];
}

/** Index of the frame that is nearest to `time`; 0 if there is none. */
export function nearest(times: number[], time: number): number {
  let best = 0;
  times.forEach((t, i) => {
    if (Math.abs(t - time) < Math.abs(times[best]! - time)) best = i;
  });
  return best;
}

/** Lead of an area's map that is nearest to `time`, if it is within its time step. */
function leadAt(inundation: Inundation & { issue_time: number }, time: number): number | undefined {
  const { leads_s, issue_time } = inundation;
  const times = leads_s.map((lead) => issue_time + lead * 1000);
  const step = times.length > 1 ? times[1]! - times[0]! : 1_800_000;
  const i = nearest(times, time);
  return times[i] !== undefined && Math.abs(times[i]! - time) <= step ? leads_s[i] : undefined;
}

const same = (a: number, b: number): boolean => Math.abs(a - b) < 1e-6;

/** Zones to be drawn at `time`, the shallowest first, so that deeper water lies on top. */
export function zonesAt(inundations: Inundation[], time: number, probability: number): Zone[] {
  return mapped(inundations)
    .flatMap((inundation) => {
      const lead = leadAt(inundation, time);
      return inundation.zones.filter((z) => z.lead_s === lead && same(z.probability, probability));
    })
    .sort((a, b) => a.depth_m - b.depth_m);
}

const EARTH_M = 6_371_009;

/** Area of a small ring [m²] on the sphere; its direction does not matter. */
export function ringArea(ring: LatLon[]): number {
  const east = Math.cos(((ring[0]?.[0] ?? 0) * Math.PI) / 180);
  let twice = 0;
  for (let i = 0; i + 1 < ring.length; i++) {
    const [[y0, x0], [y1, x1]] = [ring[i]!, ring[i + 1]!];
    twice += (x0 - ring[0]![1]) * (y1 - y0) - (x1 - x0) * (y0 - ring[0]![0]);
  }
  return (Math.abs(twice) / 2) * east * (EARTH_M * (Math.PI / 180)) ** 2;
}

const polygonArea = ([outer, ...holes]: LatLon[][]): number =>
  outer ? Math.max(0, ringArea(outer) - holes.reduce((sum, hole) => sum + ringArea(hole), 0)) : 0;

/** Area [m²] that is at least `depth` deep in each of `times`. */
export function course(inundations: Inundation[], times: number[], probability: number, depth: number): number[] {
  return times.map((time) =>
    zonesAt(inundations, time, probability)
      .filter((zone) => same(zone.depth_m, depth))
      .reduce((sum, zone) => sum + zone.polygons.reduce((area, polygon) => area + polygonArea(polygon), 0), 0),
  );
}

/** The classes that all maps together have, ascending. */
export function classes(inundations: Inundation[], of: "depths_m" | "probabilities"): number[] {
  return [...new Set(mapped(inundations).flatMap((i) => i[of]))].sort((a, b) => a - b);
}

/** `2.1 km²`, `34 ha`, `0.4 ha`. */
export function areaText(squareMetres: number): string {
  const hectares = squareMetres / 10_000;
  if (hectares >= 100) return `${(hectares / 100).toFixed(1)}\u00a0km²`;
  return `${hectares.toFixed(hectares >= 10 ? 0 : 1)}\u00a0ha`;
}
