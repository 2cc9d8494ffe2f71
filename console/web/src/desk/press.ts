// What a press says besides its act: what was looked at, and by which key the server knows it again.

import type { Level } from "../wire.ts";
import { levelOf } from "./group.ts";
import type { ActName } from "./offer.ts";
import type { Incident } from "./wire.ts";

/** Incident → the level that was looked at. */
export type Seen = Record<string, Level>;

/** Acts that are decided by the level. */
export const BY_LEVEL: readonly ActName[] = ["ack", "shelve", "cancel"];

export const seenOf = (incidents: readonly Incident[], now: number): Seen =>
  Object.fromEntries(incidents.map((i) => [i.incident, levelOf(i, now)]));

/** The highest level to which one of `seen` has risen, as `known` tells it; undefined: none has. */
export function risenTo(seen: Seen, known: readonly Incident[], now: number): Level | undefined {
  const risen = known.map((i) => [levelOf(i, now), seen[i.incident]] as const).filter(([level, was]) => was !== undefined && level > was);
  return risen.length ? (Math.max(...risen.map(([level]) => level)) as Level) : undefined;
}

/** Keys of presses: one that is not answered and pressed again keeps its key, so it is done once. */
export class Presses {
  private said = "";
  private kept = "";

  constructor(private readonly draw: () => string = random) {}

  /** The key of this press; when its span ends is counted from the press, so that does not tell it. */
  key(act: ActName, incidents: readonly string[], detail: Record<string, string>): string {
    const said = JSON.stringify([act, incidents, { ...detail, until: "" }]);
    if (!this.kept || said !== this.said) [this.said, this.kept] = [said, this.draw()];
    return this.kept;
  }

  answered(): void {
    this.kept = "";
  }
}

/** 32 hexadecimal digits; `crypto.randomUUID` is only there over HTTPS. */
const random = (): string => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
