// Advice over time as bands on one axis: go, caution, stop, and hatched what is not known.

import type { JSX } from "preact";
import type { Advice } from "../citywire.ts";
import { clock, moment } from "../format.ts";
import { adviceClass } from "./badges.tsx";
import { HOUR, knownUntil, MINUTE } from "./judge.ts";
import { v } from "./words.ts";

export interface Axis {
  from: number;
  to: number;
  now: number;
}

export const axisAt = (now: number): Axis => ({ from: now - 30 * MINUTE, to: now + 8 * HOUR, now });

export interface Stretch {
  start: number;
  end: number;
  advice: Advice;
}

const share = ({ from, to }: Axis, time: number): string =>
  `${(Math.min(1, Math.max(0, (time - from) / (to - from))) * 100).toFixed(2)}%`;

const place = (axis: Axis, start: number, end: number) => ({ "--from": share(axis, start), "--to": share(axis, end) });

export const inWords = (stretches: Stretch[], now: number): string => {
  const known = knownUntil(stretches);
  const said = stretches.map((s) => v("from", v(s.advice), moment(s.start, now), clock(s.end)));
  return [...said, known === null ? v("nothingKnown") : v("beyond", moment(known, now))].join("; ");
};

/** One row: the stretches, what lies beyond them, an event's extent, and the present. */
export function Track({ axis, stretches, span, label }: { axis: Axis; stretches: Stretch[]; span?: { start: number; end: number }; label: string }): JSX.Element {
  const inView = stretches.filter((s) => s.end > axis.from && s.start < axis.to);
  const end = inView.at(-1)?.end ?? axis.now;
  return (
    <div class="track-line" role="img" aria-label={label}>
      {inView.map((s) => (
        <span key={s.start} class={`stretch ${adviceClass(s.advice)}`} style={place(axis, s.start, s.end)} />
      ))}
      {end < axis.to && (
        <span class="stretch unknown beyond" style={place(axis, end, axis.to)}>
          <span>{v("beyondShort")}</span>
        </span>
      )}
      {span && span.end > axis.from && span.start < axis.to && <span class="event-span" style={place(axis, span.start, span.end)} />}
      <span class="now-line" style={{ "--from": share(axis, axis.now) }} />
    </div>
  );
}

/** Whole hours along the axis. */
export function Scale({ axis }: { axis: Axis }): JSX.Element {
  const first = Math.ceil(axis.from / HOUR) * HOUR;
  const hours = Array.from({ length: 10 }, (_, i) => first + i * HOUR).filter((time) => time < axis.to - 15 * MINUTE);
  return (
    <div class="track-scale" aria-hidden="true">
      {hours.map((time, i) => (
        <span key={time} class={i % 2 ? "odd" : ""} style={{ "--from": share(axis, time) }}>
          {clock(time)}
        </span>
      ))}
    </div>
  );
}
