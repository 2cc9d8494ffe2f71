// One incident: what, where, when, how sure, why, what to do, who was told, what happened.

import type { ComponentChildren, JSX } from "preact";
import { Abroad } from "../foreign/abroad.tsx";
import { amount, chance, clockSeconds, duration, moment } from "../format.ts";
import { levelWord } from "../icons.ts";
import type { Assessment, Exceedance, Level } from "../wire.ts";
import { hazard, speaks, w } from "../words.ts";
import { LevelBadge, Tags } from "./badges.tsx";
import { outline, type Told } from "./cap.ts";
import { isLive, levelOf } from "./group.ts";
import { Waiting } from "./draft.tsx";
import { timeline, type Entry } from "./timeline.ts";
import type { Act, Case, Delivery, Told as Person } from "./wire.ts";
import { d, dOr, headlineOf, type DeskWord } from "./words.ts";

export interface CaseHost {
  now: number;
  speed: number;
  /** Where the world's time is not the real one, times of deliveries are marked as real. */
  replay: boolean;
  told: Told | undefined;
  /** `told` is what the public would be told, by the draft that waits. */
  draft: boolean;
  unit: string;
  station: string;
  /** Of the page that tells all of it; empty where it is no station. */
  stationId: string;
  outdated(assessment: Assessment): boolean;
  /** Show the hydrograph; undefined where the datastream is not shown on this console. */
  graph: (() => void) | undefined;
  /** The hydrograph itself. */
  drawn: HTMLElement;
  back(): void;
  /** The buttons of this incident. */
  acts: ComponentChildren;
}

const MAP = 132;

function Part({ title, name, children }: { title: string; name: string; children: ComponentChildren }): JSX.Element {
  return (
    <section class={`part part-${name}`}>
      <h3>{title}</h3>
      {children}
    </section>
  );
}

/** The threshold of this level, or the gravest one with a time. */
function crossingOf(assessment: Assessment | null, level: Level): Exceedance | undefined {
  const all = assessment?.exceedances ?? [];
  const timed = all.filter((e) => e.observed || e.onset !== null);
  return all.find((e) => e.level === level) ?? timed.sort((a, b) => b.level - a.level)[0];
}

function When({ found, host }: { found: Case; host: CaseHost }): JSX.Element {
  const { incident: i, assessment: a } = found;
  const { now, unit } = host;
  const at = (time: number): string => moment(time, now);
  const crossing = crossingOf(a, levelOf(i, now));
  const onset = crossing?.onset ?? i.onset;
  const late = crossing?.onset_late == null ? d("later") : at(crossing.onset_late);
  const range = crossing?.onset_early != null && !crossing.observed && d("interval", at(crossing.onset_early), late);
  const peaks = a?.peak_low != null && a.peak_high != null && d("interval", amount(a.peak_low, unit), amount(a.peak_high, unit));
  const until = i.expires !== null && (isLive(i, now) || i.expires <= now) && i.state !== "cancelled";
  return (
    <dl>
      <dt>{d("onset")}</dt>
      <dd>
        {crossing?.observed ? d("reached") : onset === null ? d("noOnset") : relative(onset, now)}
        {range && <span class="quiet"> {range}</span>}
      </dd>
      {a?.peak != null && (
        <>
          <dt>{d("peak")}</dt>
          <dd>
            {a.peak_time === null ? amount(a.peak, unit) : d("atTime", amount(a.peak, unit), at(a.peak_time))}
            {peaks && <span class="quiet"> {peaks}</span>}
          </dd>
        </>
      )}
      <dt>{d("opened")}</dt>
      <dd>{`${at(i.opened)} (${w("agoTime", duration(now - i.opened))})`}</dd>
      {until && (
        <>
          <dt>{d(i.expires! <= now ? "ranOut" : "validity")}</dt>
          <dd>{at(i.expires!)}</dd>
        </>
      )}
    </dl>
  );
}

const relative = (time: number, now: number): string =>
  time <= now ? `${moment(time, now)} (${w("agoTime", duration(now - time))})` : `${moment(time, now)} (${w("in", duration(time - now))})`;

function Sure({ found, host }: { found: Case; host: CaseHost }): JSX.Element {
  const { incident: i, assessment: a } = found;
  const { now } = host;
  const p = crossingOf(a, levelOf(i, now))?.probability ?? i.probability;
  return (
    <>
      {p !== null && <p class="figure">{chance(p)}</p>}
      {!a && <p class="note warn">{d("noAssessment")}</p>}
      {a?.outcome === "failed" && <p class="note warn">{w("failed", a.reason)}</p>}
      {a?.outcome === "degraded" && <p class="note warn">{w("degraded", a.reason)}</p>}
      {a && host.outdated(a) && <p class="note warn">{w("outdated", duration(now - a.issue_time))}</p>}
      {a && <p class="note">{d("asOf", moment(a.issue_time, now), duration(now - a.issue_time))}</p>}
      {a && i.ended !== null && a.issue_time > i.ended && <p class="note warn">{d("since")}</p>}
    </>
  );
}

function Where({ found, host }: { found: Case; host: CaseHost }): JSX.Element {
  const rings = host.told?.rings ?? [];
  return (
    <>
      <p>{host.told?.area || found.incident.area}</p>
      <p class="quiet">{host.stationId ? <a href={`#station/${host.stationId}`}>{host.station}</a> : host.station}</p>
      {rings.length > 0 && (
        <svg class={`outline level-${levelOf(found.incident, host.now)}`} viewBox={`-2 -2 ${MAP + 4} ${MAP + 4}`} aria-hidden="true">
          <path d={outline(rings, MAP)} />
        </svg>
      )}
      {!found.incident.identifier && <p class="note">{d("noArea")}</p>}
    </>
  );
}

function Why({ found, host }: { found: Case; host: CaseHost }): JSX.Element {
  const evidence = found.assessment?.evidence ?? [];
  return (
    <>
      {evidence.length > 0 && (
        <>
          <h4>{d("evidence")}</h4>
          <ul class="plain">
            {evidence.map((line) => (
              <li key={line}>{line}</li>
            ))}
          </ul>
        </>
      )}
      {host.told?.description && (
        <>
          <h4>{d(host.draft ? "draftTold" : "told_text")}</h4>
          <p>{host.told.description}</p>
          {host.told.instruction && <p>{host.told.instruction}</p>}
        </>
      )}
    </>
  );
}

const PROGRESS: Record<string, DeskWord> = { delivered: "deliveredTo", acked: "acknowledged" };

function People({ told, now }: { told: Person[]; now: number }): JSX.Element {
  if (!told.length) return <p class="note warn">{d("toldNobody")}</p>;
  return (
    <ul class="plain">
      {told.map((p) => (
        <li key={`${p.person} ${p.kind} ${p.level} ${p.queued}`} class={p.progress === "failed" ? "note warn" : ""}>
          <strong>{p.person}</strong> {`${levelWord(p.level)}${p.step < 0 ? "" : `, ${d("step", p.step + 1)}`}: `}
          {d(PROGRESS[p.progress] ?? (p.progress as DeskWord))} {moment(p.at, now)}
          {p.channel && ` · ${p.channel}`}
          {p.attempts > 1 && ` · ${d("attempts", p.attempts)}`}
          {p.error && ` · ${p.error}`}
        </li>
      ))}
    </ul>
  );
}

function sentTo(delivery: Delivery, replay: boolean, now: number): string {
  const { channel, delivered, attempts, error } = delivery;
  if (delivered === null) return `${channel}: ${d("undelivered", attempts)}${error && ` (${error})`}`;
  return `${channel}: ${replay ? d("realTime", clockSeconds(delivered)) : d("delivered", moment(delivered, now))}`;
}

function actText({ act, detail }: Act, now: number): string {
  const until = Date.parse(detail["until"] ?? "");
  const time = Number.isNaN(until) ? (detail["until"] ?? "") : moment(until, now);
  const parts: Record<string, string[]> = {
    assign: [detail["to"] ?? ""],
    shelve: [time, detail["reason"] ?? ""],
    comment: [detail["text"] ?? ""],
    reject: [detail["reason"] ?? ""],
    cancel: [detail["reason"] ?? ""],
  };
  return dOr(act, ...(parts[act] ?? []));
}

function Happened({ entry, host }: { entry: Entry; host: CaseHost }): JSX.Element {
  const { now, replay } = host;
  const time = <time title={w("agoTime", duration(now - entry.at))}>{moment(entry.at, now)}</time>;
  if (entry.kind === "act") {
    const { act } = entry;
    return (
      <li class="by-person">
        {time}
        <p>
          <strong>{act.author}</strong> {actText(act, now)}
          {act.act === "ack" && act.detail["text"] ? ` – ${act.detail["text"]}` : ""}
          {act.refused && <span class="note warn"> {d("refused", act.refused)}</span>}
          {!act.refused && act.taken === null && <span class="note warn"> {d("waiting")}</span>}
        </p>
      </li>
    );
  }
  const { message, deliveries } = entry;
  return (
    <li>
      {time}
      <div>
        <p>
          <strong>{dOr(message.msg_type)}</strong> {d("rises", levelWord(message.previous_level), levelWord(message.level))}
          {message.probability !== null && ` · ${chance(message.probability)}`}
          {message.cause && <span class="quiet"> · {d(`cause_${message.cause}` as DeskWord)}</span>}
        </p>
        <p>{headlineOf(message)}</p>
        {deliveries.map((delivery) => (
          <p key={delivery.channel} class={delivery.delivered === null ? "note warn" : "note"}>
            {sentTo(delivery, replay, now)}
          </p>
        ))}
        {deliveries.length === 0 && <p class="note warn">{d("noDeliveries")}</p>}
      </div>
    </li>
  );
}

export function IncidentPage({ found, host }: { found: Case; host: CaseHost }): JSX.Element {
  const { incident: i, runbook } = found;
  const level = levelOf(i, host.now);
  const steps = runbook[speaks()];
  const entries = timeline(found);
  return (
    <article class={`incident level-${level}`}>
      <button type="button" class="back" onClick={host.back}>{`← ${d("back")}`}</button>
      <p class="case-top">
        <LevelBadge level={level} />
        <Tags incident={i} now={host.now} />
        <span class={i.acked_by ? "ack" : "ack open"}>{i.acked_by ? d("acked", i.acked_by) : d("unacked")}</span>
        {i.assigned_to && <span class="ack">{d("assigned", i.assigned_to)}</span>}
      </p>
      <h2 tabIndex={-1}>{(isLive(i, host.now) && i.draft && headlineOf(i.draft)) || headlineOf(i)}</h2>
      <p class="quiet">{hazard(i.hazard)}</p>
      {i.draft && isLive(i, host.now) && <Waiting draft={i.draft} now={host.now} speed={host.speed} />}
      {host.acts}
      <div class="parts">
        <Part title={d("when")} name="when"><When found={found} host={host} /></Part>
        <Part title={d("sure")} name="sure"><Sure found={found} host={host} /></Part>
        <Part title={d("where")} name="where"><Where found={found} host={host} /></Part>
        <Part title={d("why")} name="why"><Why found={found} host={host} /></Part>
        <Part title={d("runbook")} name="runbook">
          <ol>{steps.map((step) => <li key={step}>{step}</li>)}</ol>
        </Part>
        <Part title={d("told")} name="told"><People told={found.told} now={host.now} /></Part>
        <Abroad area={i.area} now={host.now} />
      </div>
      {host.graph && (
        <Part title={d("hydrograph")} name="graph">
          <div ref={(place) => void (place && place.firstChild !== host.drawn && place.replaceChildren(host.drawn))} />
          <button type="button" onClick={host.graph}>{d("wholeGraph")}</button>
        </Part>
      )}
      <p><a class="plain-link" href={`/report?incident=${encodeURIComponent(i.incident)}&language=${speaks()}`} target="_blank">{w("report")}</a></p>
      <Part title={d("timeline")} name="timeline">
        {entries.length === 0 && <p class="note">{d("nothing")}</p>}
        <ol class="timeline">
          {entries.map((entry) => (
            <Happened key={entry.kind === "act" ? entry.act.number : entry.message.identifier} entry={entry} host={host} />
          ))}
        </ol>
      </Part>
    </article>
  );
}
