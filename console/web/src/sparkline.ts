// The last hours of a datastream in the height of a table row.

import { s } from "./dom.ts";
import { leastSpan } from "./format.ts";
import type { Datastream, Trace } from "./wire.ts";

const WIDTH = 120;
const HEIGHT = 28;
const PAD = 3;

/** Append a newer value to a trace, dropping what is older than `hours`. */
export function extend(trace: Trace, time: number, result: number, hours: number): void {
  const last = trace.time.at(-1);
  if (last !== undefined && time <= last) return;
  const width = (hours * 3_600_000) / 72;
  const before = trace.time.at(-2);
  if (before !== undefined && time - before < width) {
    trace.time.pop();
    trace.result.pop();
  }
  trace.time.push(time);
  trace.result.push(result);
  while (trace.time[0] !== undefined && trace.time[0] < time - hours * 3_600_000) {
    trace.time.shift();
    trace.result.shift();
  }
}

/** Draw `trace` over the `hours` before `now`; gaps stay gaps. Rain is drawn as bars. */
export function sparkline(trace: Trace | undefined, stream: Datastream, now: number, hours: number): SVGElement {
  const svg = s("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "spark", "aria-hidden": "true" });
  const points = (trace?.time ?? [])
    .map((time, i) => ({ time, value: trace?.result[i] ?? null }))
    .filter((p): p is { time: number; value: number } => p.value !== null);
  if (points.length === 0) return svg;
  const bars = stream.property === "rain";
  let low = bars ? 0 : Math.min(...points.map((p) => p.value));
  let high = Math.max(...points.map((p) => p.value));
  const missing = leastSpan(stream.unit) - (high - low);
  if (missing > 0) {
    high += bars ? missing : missing / 2;
    low -= bars ? 0 : missing / 2;
  }
  const start = now - hours * 3_600_000;
  const x = (time: number): number => ((time - start) / (now - start)) * (WIDTH - 2 * PAD) + PAD;
  const y = (value: number): number => HEIGHT - PAD - ((value - low) / (high - low || 1)) * (HEIGHT - 2 * PAD);
  const at = (time: number, value: number): string => `${x(time).toFixed(1)} ${y(value).toFixed(1)}`;
  let path = "";
  let previous = -Infinity;
  const gap = Math.max(stream.interval_s * 3000, (hours * 3_600_000) / 24);
  for (const { time, value } of points) {
    if (time < start) continue;
    if (bars) path += value > 0 ? `M${at(time, 0)}L${at(time, value)}` : "";
    else path += `${time - previous > gap ? "M" : "L"}${at(time, value)}`;
    previous = time;
  }
  svg.append(s("path", { d: path, class: bars ? "bars" : "line" }));
  const last = points.at(-1)!;
  if (!bars && last.time >= start) {
    svg.append(s("circle", { cx: x(last.time).toFixed(1), cy: y(last.value).toFixed(1), r: 2 }));
  }
  return svg;
}
