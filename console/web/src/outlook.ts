// What the forecast says about each threshold, in words beside the hydrograph.

import { h } from "./dom.ts";
import { amount, crossing, duration, moment } from "./format.ts";
import { levelIcon, levelWord } from "./icons.ts";
import type { Assessment, Datastream, Forecast } from "./wire.ts";
import { w } from "./words.ts";

/** One line for each threshold: "crosses 8.50 m in 2 h 35 (80 %: 2 h 05 – 3 h 20), p = 0.83". */
function lines(assessment: Assessment, stream: Datastream, now: number): HTMLElement {
  const rows = [...assessment.exceedances].reverse().map((e) => {
    const value = amount(e.threshold, stream.unit);
    const { lead, detail } = crossing(e, now, assessment.horizon_s * 1000);
    const crosses = e.observed ? w("above", value) : e.onset === null ? `${value} ${lead},` : `${w("crosses", value)} ${lead}`;
    const likely = e.observed || e.probability >= 0.5;
    return h(
      "li",
      { class: `level-${e.level}${likely ? " likely" : ""}` },
      levelIcon(e.level),
      h("span", { class: "crossing" }, crosses, detail && h("span", { class: "quiet" }, ` ${detail}`)),
      h("span", { class: "label" }, `${levelWord(e.level)}: ${e.label}`),
    );
  });
  return h("ul", { class: "crossings" }, ...rows);
}

export function outlook(
  stream: Datastream,
  forecast: Forecast | null,
  assessment: Assessment | null,
  now: number,
  outdated: boolean,
): HTMLElement[] {
  const parts: HTMLElement[] = [];
  const note = (text: string, kind = "note"): number => parts.push(h("p", { class: kind }, text));
  if (outdated && assessment) note(w("outdated", duration(now - assessment.issue_time)), "note warn");
  if (assessment?.outcome === "failed") note(w("failed", assessment.reason || "?"), "note warn");
  else if (assessment?.exceedances.length) parts.push(lines(assessment, stream, now));
  else if (stream.thresholds.length === 0) note(w("noThresholds"));
  if (assessment?.outcome === "degraded") {
    note(w("degraded", assessment.reason || forecast?.degraded.join(", ") || "?"), "note warn");
  }
  if (!forecast) {
    if (assessment?.outcome !== "failed") note(w("noForecast"));
    return parts;
  }
  const facts = [w("issued", moment(forecast.issue_time, now), duration(now - forecast.issue_time))];
  if (assessment?.peak != null && assessment.peak_time !== null) {
    facts.push(w("peak", amount(assessment.peak, stream.unit), moment(assessment.peak_time, now)));
  }
  note(`${facts.join("; ")}.`);
  if (assessment?.evidence.length) note(w("why", assessment.evidence.join("; ")));
  return parts;
}

/** The same in one sentence, for the picture's text alternative. */
export function summary(stream: Datastream, assessment: Assessment | null, now: number): string {
  return (assessment?.exceedances ?? [])
    .map((e) => {
      const { lead, detail } = crossing(e, now, (assessment?.horizon_s ?? 0) * 1000);
      return `${amount(e.threshold, stream.unit)} ${e.label}: ${[lead, detail].filter(Boolean).join(", ")}`;
    })
    .join(". ");
}
