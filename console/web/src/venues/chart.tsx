// The last hour and what is forecast, of one place: observed, median and 80 %, with the levels.

import type { JSX } from "preact";
import type { Spot } from "./wire.ts";
import { HOUR, MINUTE } from "./judge.ts";

const WIDTH = 240;
const HEIGHT = 72;
const GAP = 11 * MINUTE;

/** The places of all that is drawn. */
interface Frame {
  x: (time: number) => number;
  y: (value: number) => number;
  now: number;
}

function frame(spot: Spot, now: number): Frame {
  const { ahead, bounds } = spot;
  const last = ahead ? ahead.issue_time + (ahead.leads_s.at(-1) ?? 0) * 1000 : now;
  const [from, to] = [now - HOUR, Math.max(last, now + 30 * MINUTE)];
  const seen = spot.trend.value.filter((value): value is number => value !== null);
  const highest = Math.max(...seen, ...(ahead?.high ?? []), spot.observed ?? 0, 0);
  const next = bounds.find((bound) => bound.value > highest)?.value;
  const top = Math.max(highest, next !== undefined && next < 3 * highest ? next : 0) * 1.08 || 1;
  return {
    now,
    x: (time) => ((time - from) / (to - from)) * WIDTH,
    y: (value) => HEIGHT - 2 - (value / top) * (HEIGHT - 6),
  };
}

const at = ({ x, y }: Frame, time: number, value: number): string => `${x(time).toFixed(1)} ${y(value).toFixed(1)}`;

function observed(spot: Spot, f: Frame): string {
  let path = "";
  let before = -Infinity;
  spot.trend.time.forEach((time, i) => {
    const value = spot.trend.value[i];
    if (value == null || time < f.now - HOUR) return;
    path += `${time - before > GAP ? "M" : "L"}${at(f, time, value)}`;
    before = time;
  });
  return path;
}

function fan(spot: Spot, f: Frame): { area: string; line: string } {
  const { ahead } = spot;
  if (!ahead) return { area: "", line: "" };
  const times = ahead.leads_s.map((lead) => ahead.issue_time + lead * 1000);
  const begin = spot.observed === null ? "" : at(f, ahead.issue_time, spot.observed);
  const points = (values: number[]): string[] => times.map((time, i) => at(f, time, values[i]!));
  const join = (list: string[]): string => [begin, ...list].filter(Boolean).join("L");
  return { area: `M${join(points(ahead.high))}L${points(ahead.low).reverse().join("L")}Z`, line: `M${join(points(ahead.median))}` };
}

export function Chart({ spot, now, label }: { spot: Spot; now: number; label: string }): JSX.Element {
  const f = frame(spot, now);
  const { area, line } = fan(spot, f);
  const bounds = spot.bounds.map((bound) => ({ bound, y: f.y(bound.value) })).filter(({ y }) => y >= 0);
  return (
    <svg class="spot-chart" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={label}>
      <rect class="ahead" x={f.x(now)} y="0" width={WIDTH - f.x(now)} height={HEIGHT} />
      {bounds.map(({ bound, y }) => (
        <path key={bound.value} class={`bound level-${bound.level}`} d={`M0 ${y.toFixed(1)}H${WIDTH}`} />
      ))}
      <path class="fan" d={area} />
      <path class="median" d={line} />
      <path class="line" d={observed(spot, f)} />
      <path class="now" d={`M${f.x(now).toFixed(1)} 0V${HEIGHT}`} />
    </svg>
  );
}
