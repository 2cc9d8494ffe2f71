// From observations and a forecast to the columns that uPlot draws: pure functions.

import type uPlot from "uplot";
import { QUALITY, trusted } from "./wire.ts";
import type { Datastream, Forecast, Trace } from "./wire.ts";

/** Which quantiles make the fan: outermost, inner and middle, as probabilities. */
export interface Fan {
  outer: [number, number] | null;
  inner: [number, number] | null;
  median: number;
}

function nearest(probabilities: number[], wanted: number): number {
  let best = 0;
  probabilities.forEach((p, i) => {
    if (Math.abs(p - wanted) < Math.abs(probabilities[best]! - wanted)) best = i;
  });
  return best;
}

/** Indices into `probabilities` of the 5–95 % and 25–75 % bands, or what comes nearest. */
export function fan(probabilities: number[]): Fan {
  const pair = (low: number, high: number): [number, number] | null => {
    const [a, b] = [nearest(probabilities, low), nearest(probabilities, high)];
    return a < b ? [a, b] : null;
  };
  return { outer: pair(0.05, 0.95), inner: pair(0.25, 0.75), median: nearest(probabilities, 0.5) };
}

type Values = (number | null | undefined)[];

/** Trusted values with an explicit null wherever silence or a doubted value breaks the line. */
export function observedColumns(trace: Trace, stream: Datastream): [number[], Values] {
  const times: number[] = [];
  const values: Values = [];
  let previous: number | undefined;
  trace.time.forEach((time, i) => {
    const result = trace.result[i] ?? null;
    const gap = previous !== undefined && time - previous > stream.interval_s * 3000;
    if (gap) {
      times.push((previous! + time) / 2000);
      values.push(null);
    }
    times.push(time / 1000);
    values.push(result !== null && trusted(trace.quality[i]!) ? result : null);
    previous = time;
  });
  return [times, values];
}

/** Only the values that quality control doubts or refuses. */
export function doubtedColumns(trace: Trace): [number[], Values] {
  const times: number[] = [];
  const values: Values = [];
  trace.time.forEach((time, i) => {
    const doubted = trace.quality[i] === QUALITY.suspect || trace.quality[i] === QUALITY.fail;
    if (!doubted || trace.result[i] == null) return;
    times.push(time / 1000);
    values.push(trace.result[i]);
  });
  return [times, values];
}

/** uPlot's aligned columns: time, outer low/high, inner low/high, median, observed, doubted. */
export function columns(
  trace: Trace,
  stream: Datastream,
  forecast: Forecast | null,
  join: (tables: uPlot.AlignedData[]) => uPlot.AlignedData,
): uPlot.AlignedData {
  const { outer, inner, median } = fan(forecast?.probabilities ?? [0.5]);
  const rows = forecast?.values ?? [];
  const pick = (index: number | undefined): Values =>
    rows.map((row) => (index === undefined ? null : (row[index] ?? null)));
  const ahead = [
    (forecast?.leads_s ?? []).map((lead) => forecast!.issue_time / 1000 + lead),
    pick(outer?.[0]),
    pick(outer?.[1]),
    pick(inner?.[0]),
    pick(inner?.[1]),
    forecast ? pick(median) : [],
  ];
  return join([ahead, observedColumns(trace, stream), doubtedColumns(trace)] as uPlot.AlignedData[]);
}
