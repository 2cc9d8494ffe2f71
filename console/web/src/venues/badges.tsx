// Advice and levels: shape, colour and text; what is not known has a shape of its own.

import type { JSX } from "preact";
import type { Advice } from "../citywire.ts";
import { LEVELS, levelWord } from "../icons.ts";
import type { Level } from "../wire.ts";
import { v } from "./words.ts";

const LEVEL_OF: Record<Advice, Level | null> = { go: 0, caution: 2, stop: 4, unknown: null };

export const adviceClass = (advice: Advice): string => levelClass(LEVEL_OF[advice]);

export const levelClass = (level: Level | null): string => (level === null ? "unknown" : `level-${level}`);

const UNKNOWN = "M6.2 6.2a1.9 1.9 0 1 1 2.6 1.9L8 8.8v.9M8 11.2v.8";

function Badge({ level, text }: { level: Level | null; text: string }): JSX.Element {
  return (
    <span class={`badge ${levelClass(level)}`}>
      <svg viewBox="0 0 16 16" class={`shape ${levelClass(level)}`} aria-hidden="true">
        <path d={LEVELS[level ?? 1]} />
        {level === null && <path d={UNKNOWN} />}
      </svg>
      <span>{text}</span>
    </span>
  );
}

export const AdviceBadge = ({ advice }: { advice: Advice }): JSX.Element => <Badge level={LEVEL_OF[advice]} text={v(advice)} />;

export const StateBadge = ({ level }: { level: Level | null }): JSX.Element => (
  <Badge level={level} text={level === null ? v("unknown") : levelWord(level)} />
);
