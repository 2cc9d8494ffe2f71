// Which foreign messages stand for an area, and which of their texts is read.

import type { ForeignAlert, ForeignInfo, Foreigns } from "./wire.ts";

/** Messages that meet the area, the gravest first; then those whose area nobody can place. */
export function concerning(found: Foreigns, area: string, now: number): ForeignAlert[] {
  const live = found.alerts.filter((a) => a.expires > now);
  const grave = (a: ForeignAlert): number => Math.max(-1, ...a.infos.map((i) => i.level ?? -1));
  const here = live.filter((a) => a.areas.includes(area)).sort((a, b) => grave(b) - grave(a));
  return [...here, ...live.filter((a) => !a.located && !a.areas.includes(area))];
}

/** The texts for one area that still stand, in the language of the page where there are some. */
export function texts(alert: ForeignAlert, area: string, language: "en" | "zh", now: number): ForeignInfo[] {
  const live = alert.infos.filter((i) => i.expires > now);
  const here = live.filter((i) => i.areas.includes(area));
  const all = here.length ? here : live;
  const own = all.filter((i) => i.language.toLowerCase().startsWith(language));
  const first = own.length ? own : all.filter((i) => i.language === all[0]?.language);
  return first.sort((a, b) => (b.level ?? -1) - (a.level ?? -1));
}
