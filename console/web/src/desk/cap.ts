// What the public was told, read from the CAP message in the page's language.

import { speaks } from "../words.ts";

export interface Told {
  description: string;
  instruction: string;
  area: string;
  /** Rings of [latitude, longitude]. */
  rings: [number, number][][];
}

const text = (box: Element, name: string): string => box.getElementsByTagName(name)[0]?.textContent?.trim() ?? "";

function ring(polygon: string): [number, number][] {
  const pairs = polygon.trim().split(/\s+/).map((pair) => pair.split(",").map(Number));
  return pairs.flatMap(([lat, lon]) =>
    Number.isFinite(lat) && Number.isFinite(lon) ? [[lat!, lon!] as [number, number]] : [],
  );
}

export function read(xml: string): Told {
  const parsed = new DOMParser().parseFromString(xml, "application/xml");
  const all = [...parsed.getElementsByTagName("info")];
  const info = all.find((i) => text(i, "language").startsWith(speaks())) ?? all[0];
  if (!info) return { description: "", instruction: "", area: "", rings: [] };
  const polygons = [...info.getElementsByTagName("polygon")].map((p) => ring(p.textContent ?? ""));
  const areas = [...info.getElementsByTagName("areaDesc")].map((a) => a.textContent?.trim() ?? "");
  return {
    description: text(info, "description"),
    instruction: text(info, "instruction"),
    area: areas.filter(Boolean).join(", "),
    rings: polygons.filter((points) => points.length > 2),
  };
}

export interface Info {
  language: string;
  headline: string;
  description: string;
  instruction: string;
}

/** The texts of a message in every language that it has. */
export function infos(xml: string): Info[] {
  const parsed = new DOMParser().parseFromString(xml, "application/xml");
  return [...parsed.getElementsByTagName("info")].map((info) => ({
    language: text(info, "language"),
    headline: text(info, "headline"),
    description: text(info, "description"),
    instruction: text(info, "instruction"),
  }));
}

/** An SVG path of `rings` in a box `size` wide and high, north up. */
export function outline(rings: [number, number][][], size: number): string {
  const points = rings.flat();
  if (!points.length) return "";
  const lats = points.map(([lat]) => lat);
  const squeeze = Math.cos((lats[0]! * Math.PI) / 180);
  const xs = points.map(([, lon]) => lon * squeeze);
  const [left, top] = [Math.min(...xs), Math.max(...lats)];
  const [wide, high] = [Math.max(...xs) - left, top - Math.min(...lats)];
  const scale = size / Math.max(wide, high, 1e-9);
  const [dx, dy] = [(size - wide * scale) / 2, (size - high * scale) / 2];
  const place = ([lat, lon]: [number, number]): string =>
    `${(dx + (lon * squeeze - left) * scale).toFixed(1)} ${(dy + (top - lat) * scale).toFixed(1)}`;
  return rings.map((points) => `M${points.map(place).join("L")}Z`).join("");
}
