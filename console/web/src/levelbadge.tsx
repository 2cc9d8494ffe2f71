// A level as elsewhere on the page: shape, colour and text.

import type { JSX } from "preact";
import { LEVELS, levelWord } from "./icons.ts";
import type { Level } from "./wire.ts";

export const LevelTag = ({ level, text }: { level: Level; text?: string }): JSX.Element => (
  <span class={`badge level-${level}`}>
    <svg viewBox="0 0 16 16" class={`shape level-${level}`} aria-hidden="true">
      <path d={LEVELS[level]} />
    </svg>
    <span>{text ?? levelWord(level)}</span>
  </span>
);
