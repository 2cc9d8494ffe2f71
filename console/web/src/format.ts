// Numbers, units, times and durations as people read them.

import { speaks, w } from "./words.ts";
import type { Exceedance, Threshold } from "./wire.ts";

const UNITS: Record<string, [shown: string, decimals: number, span: number]> = {
  m: ["m", 2, 0.4],
  "m3/s": ["m³/s", 0, 50],
  hm3: ["hm³", 1, 5],
  mm: ["mm", 1, 2],
  "m/s": ["m/s", 1, 2],
  deg: ["°", 0, 20],
  Cel: ["°C", 1, 1],
  hPa: ["hPa", 1, 4],
  "%": ["%", 0, 5],
  "1": ["", 2, 0.2],
  km: ["km", 1, 2],
  kPa: ["kPa", 1, 2],
  "mm/h": ["mm/h", 1, 2],
  min: ["min", 0, 5],
  s: ["s", 0, 30],
  "1/min": ["/min", 0, 5],
  "1/m2": ["/m²", 2, 0.2],
  "1/m/min": ["/m/min", 0, 5],
};

export const unit = (code: string): string => UNITS[code]?.[0] ?? code;

/** The least range of an axis in this unit, so that noise does not look like a flood. */
export const leastSpan = (code: string): number => UNITS[code]?.[2] ?? 0;

/** `8.5`, `m` → `8.50`; a true minus sign; an en dash for no value. */
export function figure(value: number | null | undefined, code: string): string {
  if (value == null || !Number.isFinite(value)) return "–";
  return grouped(value, UNITS[code]?.[1] ?? 2);
}

/** `22356.2` → `22 356`: a thin space between thousands, a true minus sign, no minus zero. */
export function grouped(value: number, decimals: number): string {
  const text = value.toFixed(decimals);
  const plain = Number(text) === 0 ? text.replace("-", "") : text.replace("-", "−");
  return plain.replace(/\d(?=(\d{3})+(\.|$))/g, "$&\u202f");
}

export const amount = (value: number | null | undefined, code: string): string =>
  `${figure(value, code)}\u00a0${unit(code)}`.trimEnd();

/** `2 h 35`, `3 h`, `45 min`, `30 s`, `3 d 4 h`, from milliseconds. */
export function duration(milliseconds: number): string {
  const zh = speaks() === "zh";
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  const minutes = Math.round(seconds / 60);
  const hours = Math.floor(minutes / 60);
  const rest = String(minutes % 60).padStart(2, "0");
  const parts = (...texts: (number | string)[]): string => texts.join("\u00a0");
  if (seconds < 60) return parts(seconds, zh ? "秒" : "s");
  if (minutes < 60) return parts(minutes, zh ? "分钟" : "min");
  if (minutes % 60 === 0 && hours < 48) return parts(hours, zh ? "小时" : "h");
  if (hours < 48) return zh ? parts(hours, "小时", rest, "分") : parts(hours, "h", rest);
  const days = Math.floor(hours / 24);
  return zh ? parts(days, "天", hours % 24, "小时") : parts(days, "d", hours % 24, "h");
}

let zone = "UTC";
let formats: Record<string, Intl.DateTimeFormat> = {};

/** Show times in the site's zone, an IANA name. */
export function useZone(name: string): void {
  zone = name;
  formats = {};
}

export const siteZone = (): string => zone;

function format(kind: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const locale = speaks() === "zh" ? "zh-CN" : "en-GB";
  const name = `${locale} ${kind}`;
  return (formats[name] ??= new Intl.DateTimeFormat(locale, { timeZone: zone, ...options }));
}

const HM = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" } as const;

export const clock = (time: number): string => format("clock", HM).format(time);

export const clockSeconds = (time: number): string =>
  format("seconds", { ...HM, second: "2-digit" }).format(time);

export const date = (time: number): string =>
  format("date", { weekday: "short", day: "numeric", month: "short", year: "numeric" }).format(time);

/** Time of day, with the day where it is not the day of `now`. */
export function moment(time: number, now: number): string {
  const day = format("day", { day: "numeric", month: "short" });
  const same = day.format(time) === day.format(now);
  return same ? clock(time) : `${day.format(time)} ${clock(time)}`;
}

/** Offset of the site's zone, `UTC+9`. */
export const zoneName = (time: number): string =>
  new Intl.DateTimeFormat("en-GB", { timeZone: zone, timeZoneName: "shortOffset" })
    .formatToParts(time)
    .find((part) => part.type === "timeZoneName")
    ?.value.replace("GMT", "UTC") ?? zone;

export interface Crossing {
  lead: string;
  detail: string;
}

/** `p = 0.83`. The outermost quantiles are 5 and 95 %: beyond them only a bound is known. */
export function chance(p: number): string {
  if (p <= 0.05) return w("rare");
  return p >= 0.95 ? w("sure") : w("p", p.toFixed(2));
}

/** `in 2 h 35` and `(80 %: 2 h 05 – 3 h 20), p = 0.83` for one threshold. */
export function crossing(e: Exceedance, now: number, horizonMs: number): Crossing {
  const p = chance(e.probability);
  if (e.observed) return { lead: w("now"), detail: "" };
  const horizon = duration(horizonMs);
  if (e.onset === null) return { lead: w("unlikely", horizon), detail: p };
  const until = (time: number): string => (time <= now ? w("now") : duration(time - now));
  const lead = e.onset <= now ? w("due") : w("in", until(e.onset));
  if (e.onset_early === null) return { lead, detail: p };
  const late = e.onset_late === null ? w("beyond", horizon) : until(e.onset_late);
  return { lead, detail: `(${w("range", until(e.onset_early), late)}), ${p}` };
}

/** The threshold that matters most to an officer: the highest at least as probable as not. */
export const foremost = (exceedances: Exceedance[]): Exceedance | undefined =>
  exceedances
    .filter((e) => !e.observed && e.onset !== null && e.probability >= 0.5)
    .sort((a, b) => b.level - a.level || b.threshold - a.threshold)[0];

/** Thresholds worth drawing: the lowest, the reached ones and the next above `top`. */
export function worthDrawing(thresholds: Threshold[], top: number): Threshold[] {
  const next = thresholds.find((t) => t.value > top);
  return thresholds.filter((t) => t.value <= top || t === next);
}

/** What is told in one line, in the page's language where it was said in it. */
export const headlineOf = (told: { headline: string; headlines: Record<string, string> }): string =>
  Object.entries(told.headlines).find(([language]) => language.startsWith(speaks()))?.[1] || told.headline;
