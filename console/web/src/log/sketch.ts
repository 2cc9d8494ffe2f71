// What somebody has begun to write: kept for this tab, so that a reload or a cut link loses nothing.

import { myself } from "../session.ts";

export interface Sketch {
  /** Sent with it: what is sent twice is written once. */
  key: string;
  author: string;
  text: string;
  category: string;
  clock: string;
  incident: string;
  corrects: number | null;
}

const KEPT = "forewarn.log.entry";

export const blank = (): Sketch => ({
  key: crypto.randomUUID?.() ?? `${Date.now()}-${Math.random().toString(36).slice(2)}`,
  author: myself(),
  text: "",
  category: "note",
  clock: "",
  incident: "",
  corrects: null,
});

/** What this account had begun in this tab, else a blank one. */
export function restored(): Sketch {
  try {
    const found = JSON.parse(sessionStorage.getItem(KEPT) ?? "null") as Sketch | null;
    if (found?.key && found.text && found.author === myself()) return { ...blank(), ...found };
  } catch {
    // storage is switched off, or somebody else's: begin anew
  }
  return blank();
}

export function keep(sketch: Sketch): void {
  try {
    if (sketch.text) sessionStorage.setItem(KEPT, JSON.stringify(sketch));
    else sessionStorage.removeItem(KEPT);
  } catch {
    // it is still on the page
  }
}

const POINTS = "forewarn.log.points";

/** The open points that this account had begun to write in this tab. */
export function keptPoints(): string {
  try {
    const [author, points] = JSON.parse(sessionStorage.getItem(POINTS) ?? "[]") as [string?, string?];
    return (author === myself() && points) || "";
  } catch {
    return "";
  }
}

export function keepPoints(points: string): void {
  try {
    sessionStorage.setItem(POINTS, JSON.stringify([myself(), points]));
  } catch {
    // they are still on the page
  }
}
