// Shapes that can be told apart without colour, for levels and for QARTOD flags.

import { h, s } from "./dom.ts";
import { QUALITY, type Level } from "./wire.ts";
import { w, type Word } from "./words.ts";

/** Path of each level's shape in a box of 16 × 16. */
export const LEVELS = [
  "M8 3.5a4.5 4.5 0 1 0 0 9a4.5 4.5 0 1 0 0-9Z",
  "M8 2a6 6 0 1 0 0 12a6 6 0 1 0 0-12Z",
  "M8 1.8 15 14H1Z",
  "M8 1 15 8 8 15 1 8Z",
  "M2 2h12v12H2Z",
] as const;

export const levelWord = (level: Level): string => w(`level${level}` as Word);

export const levelIcon = (level: Level): SVGElement =>
  s(
    "svg",
    { viewBox: "0 0 16 16", class: `shape level-${level}`, "aria-hidden": "true" },
    s("path", { d: LEVELS[level] }),
  );

/** Nothing may be said: a broken ring. */
export const unknownIcon = (): SVGElement =>
  s(
    "svg",
    { viewBox: "0 0 16 16", class: "shape unknown", "aria-hidden": "true" },
    s("path", { d: LEVELS[1] }),
    s("path", { d: "M6.2 6.2a1.9 1.9 0 1 1 2.6 1.9L8 8.8v.9M8 11.2v.8" }),
  );

const KINDS: Record<string, string> = {
  underpass: "M2 13V8a6 6 0 0 1 12 0v5M5.5 13V9a2.5 2.5 0 0 1 5 0v4",
  metro: "M2.5 13V3.5L8 9.5l5.5-6V13",
  hospital: "M8 2.5v11M2.5 8h11",
  school: "M1.5 6.5 8 3.5l6.5 3L8 9.5ZM4.5 8v3.5q3.5 2.5 7 0V8M14.5 6.5v5",
  street: "M4.5 13.5 6.5 2.5M11.5 13.5 9.5 2.5M8 3.5v2M8 7.5v2M8 11.5v2",
};

/** What kind of place it is. */
export const kindIcon = (kind: string): SVGElement =>
  s(
    "svg",
    { viewBox: "0 0 16 16", class: "kind-shape", "aria-hidden": "true" },
    s("path", { d: KINDS[kind] ?? "M8 14S3.5 9.5 3.5 6.5a4.5 4.5 0 0 1 9 0C12.5 9.5 8 14 8 14Z" }),
  );

/** Shape, colour and text of a warning level. */
export const levelBadge = (level: Level, text: string): HTMLElement =>
  h("span", { class: `badge level-${level}` }, levelIcon(level), h("span", {}, text));

const FLAGS: Record<number, [Word, string]> = {
  [QUALITY.good]: ["good", "M3 8.5 6.5 12 13 4.5"],
  [QUALITY.unchecked]: ["unchecked", "M8 3a5 5 0 1 0 0 10a5 5 0 1 0 0-10Z"],
  [QUALITY.suspect]: ["suspect", "M8 2.5 14.2 13.5H1.8ZM8 6.5v3.2M8 11.3v.6"],
  [QUALITY.fail]: ["fail", "M3.5 3.5l9 9M12.5 3.5l-9 9"],
  [QUALITY.missing]: ["missing", "M3 8h10"],
};

export const flagWord = (quality: number): string => w(FLAGS[quality]?.[0] ?? "missing");

/** Shape, colour and text of a QARTOD flag. */
export function flagBadge(quality: number): HTMLElement {
  const [word, path] = FLAGS[quality] ?? FLAGS[QUALITY.missing]!;
  const icon = s(
    "svg",
    { viewBox: "0 0 16 16", class: "flag-shape", "aria-hidden": "true" },
    s("path", { d: path }),
  );
  return h("span", { class: `flag flag-${word}` }, icon, h("span", {}, w(word)));
}
