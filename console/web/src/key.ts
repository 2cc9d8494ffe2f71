// What the lines and areas of the hydrograph mean.

import { fan } from "./columns.ts";
import { h, s } from "./dom.ts";
import type { Forecast } from "./wire.ts";
import { w } from "./words.ts";

const sample = (...shapes: SVGElement[]): SVGElement =>
  s("svg", { viewBox: "0 0 26 12", "aria-hidden": "true" }, ...shapes);

export function key(forecast: Forecast | null): HTMLElement[] {
  const item = (picture: SVGElement, text: string): HTMLElement => h("li", {}, picture, text);
  const items = [
    item(sample(s("path", { d: "M1 6h24", class: "key-line" })), w("observed")),
    item(sample(s("circle", { cx: 13, cy: 6, r: 4, class: "key-doubt" })), w("doubted")),
  ];
  if (!forecast) return items;
  const { outer, inner } = fan(forecast.probabilities);
  const share = (pair: [number, number]): string =>
    `${pair.map((i) => Math.round(forecast.probabilities[i]! * 100)).join("–")} %`;
  items.push(item(sample(s("path", { d: "M1 6h24", class: "key-median" })), `${w("forecast")}: ${w("median")}`));
  if (inner && inner.join() !== outer?.join()) items.push(item(sample(s("path", { d: "M1 1h24v10h-24Z", class: "key-inner" })), share(inner)));
  if (outer) items.push(item(sample(s("path", { d: "M1 1h24v10h-24Z", class: "key-outer" })), share(outer)));
  return items;
}
