// What runs and what is planned, each with its author, reason and end, and a way to end it.

import type { JSX } from "preact";
import { duration, moment } from "../format.ts";
import { levelWord } from "../icons.ts";
import { hazard, speaks } from "../words.ts";
import { focused } from "./fields.tsx";
import type { Drill, Quiet, Silence } from "./wire.ts";
import { q, type QuietWord } from "./words.ts";

/** A drill whose end the alert service has not told for this long: something is wrong [ms]. */
const LATE_MS = 120_000;

export interface RunningHost {
  now: number;
  /** `drill 3`: whose end was asked for once, and must be confirmed. */
  ending: string;
  may(permit: "drill" | "silence"): boolean;
  ask(id: string): void;
  end(kind: "drill" | "silence", id: number): void;
}

const named = (en: string, zh: string): string => (speaks() === "zh" ? zh : en);

function times(start: number, end: number, now: number): string {
  if (now < start) return `${q("begins", moment(start, now), duration(start - now))} · ${moment(end, now)}`;
  return q("ends", moment(end, now), duration(end - now));
}

export function Running({ quiet, host }: { quiet: Quiet; host: RunningHost }): JSX.Element {
  if (!quiet.drills.length && !quiet.silences.length) return <p class="calm">{q("nothing")}</p>;
  return (
    <ul class="runs">
      {quiet.drills.map((drill) => <DrillItem key={`d${drill.id}`} drill={drill} host={host} />)}
      {quiet.silences.map((silence) => <SilenceItem key={`s${silence.id}`} silence={silence} host={host} />)}
    </ul>
  );
}

function DrillItem({ drill, host }: { drill: Drill; host: RunningHost }): JSX.Element {
  const { now } = host;
  const over = drill.end <= now;
  const late = now - drill.end > LATE_MS;
  const state = late ? q("notEnding", moment(drill.end, now)) : q("ending");
  return (
    <li class="run drill">
      <p class="case-top">
        <span class="tag loud">{q("exercise")}</span>
        <strong>{named(drill.area_name, drill.area_name_zh)}: {levelWord(drill.level)} {hazard(drill.hazard)}</strong>
        <span class="tag">{q(drill.siren ? "sirens" : "noSirens")}</span>
      </p>
      <p>{q("by", drill.author, drill.reason)}</p>
      <p class={late ? "note warn" : "note"}>
        {over ? state : times(drill.start, drill.end, now)}
        {drill.ended_by && ` · ${q("endedBy", drill.ended_by)}`}
      </p>
      {!over && host.may("drill") && <End kind="drill" id={drill.id} warn="reallyEnd" host={host} />}
    </li>
  );
}

function SilenceItem({ silence, host }: { silence: Silence; host: RunningHost }): JSX.Element {
  const { touched } = silence;
  const work = silence.kind === "maintenance";
  const parts = [
    named(silence.area_name, silence.area_name_zh),
    silence.hazard && hazard(silence.hazard),
    silence.datastream !== "*" && silence.datastream,
  ].filter(Boolean);
  return (
    <li class="run">
      <p class="case-top">
        <span class="tag loud">{q(silence.kind)}</span>
        <strong>{parts.join(" · ") || q("everything")}</strong>
        {!work && <span class="tag">{q("upTo", levelWord(silence.up_to))}</span>}
      </p>
      <p>{q("by", silence.author, silence.reason)}</p>
      {work && <Match touched={touched} />}
      <p class="note">{times(silence.start, silence.end, host.now)}</p>
      {host.may("silence") && (
        <End kind="silence" id={silence.id} warn={work ? "reallyWork" : "reallySound"} host={host} />
      )}
    </li>
  );
}

/** Names shown of what a pattern matches. */
const AT_MOST = 12;

function listed(keys: string[]): string {
  const first = keys.slice(0, AT_MOST).join(", ");
  return keys.length > AT_MOST ? q("more", first, keys.length - AT_MOST) : first;
}

export function Match({ touched }: { touched: Silence["touched"] }): JSX.Element {
  const { matches, degraded } = touched;
  return (
    <>
      <p class={matches.length ? "note" : "note warn"}>
        {matches.length ? q("matches", matches.length, listed(matches)) : q("noMatch")}
      </p>
      {degraded.length > 0 && <p class="note">{q("degraded", listed(degraded))}</p>}
    </>
  );
}

interface EndOf {
  kind: "drill" | "silence";
  id: number;
  warn: QuietWord;
  host: RunningHost;
}

function End({ kind, id, warn, host }: EndOf): JSX.Element {
  const name = `${kind} ${id}`;
  if (host.ending !== name) {
    return (
      <p class="run-end">
        <button type="button" onClick={() => host.ask(name)}>{q("end")}</button>
      </p>
    );
  }
  return (
    <p class="run-end" role="group">
      <span>{q(warn)}</span>
      <button type="button" class="danger" ref={focused} onClick={() => host.end(kind, id)}>{q("end")}</button>
      <button type="button" onClick={() => host.ask("")}>{q("keep")}</button>
    </p>
  );
}
