// Levels and tags as elsewhere on the page: shape, colour and text.

import type { JSX } from "preact";
import { LEVELS, levelWord } from "../icons.ts";
import type { Level } from "../wire.ts";
import { stateAt } from "./group.ts";
import type { Incident } from "./wire.ts";
import { d, dOr } from "./words.ts";

export const LevelBadge = ({ level }: { level: Level }): JSX.Element => (
  <span class={`badge level-${level}`}>
    <svg viewBox="0 0 16 16" class={`shape level-${level}`} aria-hidden="true">
      <path d={LEVELS[level]} />
    </svg>
    <span>{levelWord(level)}</span>
  </span>
);

export function Tags({ incident, now }: { incident: Incident; now: number }): JSX.Element {
  const state = stateAt(incident, now);
  const drill = incident.drill !== "" || incident.status === "Exercise";
  return (
    <>
      <span class={`tag state-${state}`}>{dOr(state)}</span>
      {drill && <span class="tag loud">{d("exercise")}</span>}
      {!drill && incident.status !== "Actual" && <span class="tag loud">{d("test")}</span>}
    </>
  );
}
