// What became of a month's warnings: counts, each warning with its verdicts, and officers' remarks.

import type { JSX } from "preact";
import { amount, duration, moment } from "../format.ts";
import { levelWord } from "../icons.ts";
import { LevelTag } from "../levelbadge.tsx";
import { permits } from "../session.ts";
import { hazard } from "../words.ts";
import type { Happened, Month, Score, Verdict } from "./wire.ts";
import { m, mOf, type ModelsWord } from "./words.ts";

const minutes = (seconds: number | null): string => {
  if (seconds === null) return "–";
  return seconds < 0 ? `−${duration(-seconds * 1000)}` : duration(seconds * 1000);
};

const ratio = (value: number | null): string => (value === null ? "–" : value.toFixed(2));

const TITLES: ModelsWord[] = ["hazard", "level", "hits", "misses", "falseAlarms", "unknown"];
const LEADS: ModelsWord[] = ["medianLead", "quartiles", "early"];

function Scores({ scores, title }: { scores: Score[]; title: string }): JSX.Element {
  return (
    <div class="tables" tabIndex={0} role="group" aria-label={title}>
      <table class="figures">
        <thead>
          <tr>
            {[...TITLES.map((t) => m(t)), "POD", "FAR", "CSI", ...LEADS.map((t) => m(t))].map((t) => <th key={t} scope="col">{t}</th>)}
          </tr>
        </thead>
        <tbody>
          {scores.map((s) => (
            <tr key={`${s.status} ${s.hazard} ${s.level}`}>
              <th scope="row">
                {s.status !== "Actual" && <span class="tag loud">{m(s.status === "Exercise" ? "exercise" : "test")}</span>} {hazard(s.hazard)}
              </th>
              <td><LevelTag level={s.level} /></td>
              {[s.hits, s.misses, s.false_alarms, s.unknown].map((count, i) => <td key={i}>{count}</td>)}
              {[s.pod, s.far, s.csi].map((value, i) => <td key={i}>{ratio(value)}</td>)}
              <td>{minutes(s.lead_s)}</td>
              <td>{s.quartiles_s ? `${minutes(s.quartiles_s[0])} – ${minutes(s.quartiles_s[1])}` : "–"}</td>
              <td>{minutes(s.early_s)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function verdictText(v: Verdict, unit: string): string {
  const parts = [mOf("w", v.why) + (v.threshold === null ? "" : ` (${amount(v.threshold, unit)})`)];
  if (v.lead_s !== null) parts.push(v.lead_s < 0 ? m("lateBy", minutes(-v.lead_s)) : m("leadBy", minutes(v.lead_s)));
  if (v.lead_s !== null && v.lead_s >= 0 && (v.uncertain_s ?? 0) > 600) parts.push(m("doubt", minutes(v.uncertain_s)));
  if (v.decided_by) parts.push(m("by", v.decided_by));
  return parts.join(", ");
}

export interface EventHost {
  now: number;
  unitOf(key: string): string;
  nameOf(key: string): string;
  busy: string;
  trouble: { event: string; why: string };
  remark(event: string, outcome: string, text: string): Promise<boolean>;
}

function RemarkForm({ event, host }: { event: string; host: EventHost }): JSX.Element {
  const send = async (submitted: Event): Promise<void> => {
    submitted.preventDefault();
    const form = submitted.currentTarget as HTMLFormElement;
    const said = new FormData(form);
    if (await host.remark(event, String(said.get("outcome")), String(said.get("text")))) form.reset();
  };
  const choices: [string, ModelsWord][] = [["", "notSaid"], ["confirmed", "confirmed"], ["not-confirmed", "notConfirmed"]];
  return (
    <form class="remark-form" onSubmit={(submitted) => void send(submitted)}>
      <label>
        <span>{m("happened")}</span>
        <select name="outcome">
          {choices.map(([value, word]) => <option key={value} value={value}>{m(word)}</option>)}
        </select>
      </label>
      <label>
        <span>{m("text")}</span>
        <textarea name="text" required maxLength={4000} rows={2} />
      </label>
      <p class="note">{m("settles")}</p>
      <button type="submit" disabled={host.busy === event}>{m(host.busy === event ? "sending" : "send")}</button>
      {host.trouble.event === event && <p class="note warn" role="alert">{m("refused", host.trouble.why)}</p>}
    </form>
  );
}

function Event({ happened: e, host }: { happened: Happened; host: EventHost }): JSX.Element {
  const drill = e.drill !== "" || e.status === "Exercise";
  const at = (time: number): string => moment(time, host.now);
  return (
    <li class="event">
      <p class="event-top">
        <span class="quiet">{e.ended === null ? at(e.began) : `${at(e.began)} – ${at(e.ended)}`}</span>
        {drill && <span class="tag loud">{m("exercise")}</span>}
        {!drill && e.status !== "Actual" && <span class="tag loud">{m("test")}</span>}
        <strong>{e.headline || `${m("nobodyWarned")}: ${hazard(e.hazard)}, ${host.nameOf(e.key)}`}</strong>
        <span class="quiet">{e.area}</span>
      </p>
      {!e.verdicts.length && <p class="note">{m(drill ? "drillNotJudged" : "notJudged")}</p>}
      <ul>
        {e.verdicts.map((v) => (
          <li key={v.level} class={`verdict verdict-${v.verdict}`}>
            <LevelTag level={v.level} text={`${levelWord(v.level)}: ${mOf("v", v.verdict)}`} /> <span class="quiet">{verdictText(v, host.unitOf(e.key))}</span>
          </li>
        ))}
      </ul>
      <details>
        <summary>{m("remarks", e.remarks.length)}</summary>
        <ul>
          {e.remarks.map((r) => (
            <li key={r.number}>
              <strong>{r.author}</strong> <span class="quiet">{at(r.at)}{r.confirmed === null ? "" : ` · ${m(r.confirmed ? "confirmed" : "notConfirmed")}`}</span>
              <p class="said">{r.text}</p>
            </li>
          ))}
        </ul>
        {permits("act") && <RemarkForm event={e.event} host={host} />}
      </details>
    </li>
  );
}

export function Outcomes({ month, host }: { month: Month; host: EventHost }): JSX.Element {
  const actual = month.scores.filter((s) => s.status === "Actual");
  const others = month.scores.filter((s) => s.status !== "Actual");
  return (
    <>
      {actual.length ? <Scores scores={actual} title={m("outcomes")} /> : <p class="note">{m("noScores")}</p>}
      {actual.length > 0 && <p class="note">{m("ratios")}</p>}
      {others.length > 0 && (
        <>
          <h3>{m("exercises")}</h3>
          <Scores scores={others} title={m("exercises")} />
        </>
      )}
      <h3>{m("events")}</h3>
      {!month.events.length && <p class="note">{m("noEvents")}</p>}
      <ul class="events">
        {month.events.map((e) => <Event key={e.event} happened={e} host={host} />)}
      </ul>
    </>
  );
}
