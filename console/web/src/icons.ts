// Shapes that can be told apart without colour, for levels and for QARTOD flags.

import { h, s } from "./dom.ts";
import { QUALITY, type Level } from "./wire.ts";
import { w, type Word } from "./words.ts";

const LEVELS = [
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
