// The hydrograph's numbers as a table: for screen readers, and for whoever wants the figures.

import { fan } from "./columns.ts";
import { h, put } from "./dom.ts";
import { duration, figure, moment, unit } from "./format.ts";
import { flagWord } from "./icons.ts";
import type { Picture } from "./hydrograph.ts";
import { w } from "./words.ts";

const ROWS = 24;

const head = (...titles: string[]): HTMLElement =>
  h("thead", {}, h("tr", {}, ...titles.map((title) => h("th", { scope: "col" }, title))));

const line = (first: string, ...cells: string[]): HTMLElement =>
  h("tr", {}, h("th", { scope: "row" }, first), ...cells.map((cell) => h("td", {}, cell)));

/** At most 24 of `count` rows, evenly spread, the last one among them. */
function spread(count: number): number[] {
  const step = Math.max(1, Math.ceil(count / ROWS));
  const rows: number[] = [];
  for (let i = count - 1; i >= 0; i -= step) rows.unshift(i);
  return rows;
}

function observations({ stream, trace }: Picture, now: number): HTMLElement {
  const rows = spread(trace.time.length).map((i) =>
    line(moment(trace.time[i]!, now), figure(trace.result[i], stream.unit), flagWord(trace.quality[i]!)),
  );
  const titles = head(w("time"), `${w("value")} [${unit(stream.unit)}]`, w("flag"));
  return h("table", {}, titles, h("tbody", {}, ...rows));
}

function quantiles({ stream, forecast }: Picture, now: number): HTMLElement | null {
  if (!forecast) return null;
  const { outer, inner, median } = fan(forecast.probabilities);
  const chosen = [outer?.[0], inner?.[0], median, inner?.[1], outer?.[1]].filter((i) => i !== undefined);
  const rows = spread(forecast.leads_s.length).map((i) => {
    const lead = forecast.leads_s[i]! * 1000;
    const cells = chosen.map((j) => figure(forecast.values[i]?.[j], stream.unit));
    return line(moment(forecast.issue_time + lead, now), duration(lead), ...cells);
  });
  const shares = chosen.map((j) => (j === median ? w("median") : `${Math.round(forecast.probabilities[j]! * 100)} %`));
  return h("table", {}, head(`${w("forecast")} [${unit(stream.unit)}]`, w("lead"), ...shares), h("tbody", {}, ...rows));
}

export function fillTables(box: HTMLElement, picture: Picture, now: number): void {
  put(box, observations(picture, now), quantiles(picture, now));
}
