// The tables and lists of a station's page.

import type { JSX } from "preact";
import { amount, duration, figure, moment, unit } from "../format.ts";
import { flagWord, levelWord } from "../icons.ts";
import { LevelTag } from "../levelbadge.tsx";
import type { Store } from "../store.ts";
import { QUALITY, type Assessment, type Datastream } from "../wire.ts";
import { hazard, property } from "../words.ts";
import type { Happened, Newest, Quiet, Refused, SentBy } from "./wire.ts";
import { t, tOr } from "./words.ts";

function why({ reason, fail, suspect }: Newest, code: string): string {
  const range = reason === "fail_range" ? fail : suspect;
  return reason && tOr(reason, figure(range?.[0], code), amount(range?.[1], code));
}

function age(newest: Newest, stream: Datastream, now: number): string {
  const since = duration(now - newest.time);
  const late = newest.received - newest.time;
  const parts = [now - newest.time > stream.stale_after_s * 1000 ? `${since}, ${t("old")}` : since];
  if (late > 60_000) parts.push(t("received", duration(late)));
  return parts.join("; ");
}

export interface ValuesProps {
  streams: Datastream[];
  newest: Newest[];
  chosen: string;
  now: number;
  choose(key: string): void;
}

export function Values({ streams, newest, chosen, now, choose }: ValuesProps): JSX.Element {
  return (
    <div class="tables" tabIndex={0} role="group" aria-label={t("values")}>
      <table class="figures">
        <thead>
          <tr>
            <td />
            {(["value", "age", "flag", "why", "thresholds"] as const).map((word) => <th key={word} scope="col">{t(word)}</th>)}
          </tr>
        </thead>
        <tbody>
          {streams.map((stream) => {
            const value = newest.find((v) => v.key === stream.key);
            const doubted = value && value.quality !== QUALITY.good && value.quality !== QUALITY.unchecked;
            return (
              <tr key={stream.key}>
                <th scope="row">
                  <button type="button" class="as-link" aria-current={stream.key === chosen ? "true" : undefined} onClick={() => choose(stream.key)}>
                    {property(stream.property)}
                  </button>
                </th>
                <td>{value ? amount(value.result, stream.unit) : "–"}</td>
                <td class={value && now - value.time > stream.stale_after_s * 1000 ? "warn" : ""}>{value ? age(value, stream, now) : t("none")}</td>
                <td class={doubted ? "warn" : ""}>{value ? flagWord(value.quality) : "–"}</td>
                <td class="detail">{value ? why(value, stream.unit) : ""}</td>
                <td>
                  {stream.thresholds.map((limit) => (
                    <LevelTag key={`${limit.value} ${limit.level}`} level={limit.level} text={`${figure(limit.value, stream.unit)} ${unit(stream.unit)} ${levelWord(limit.level)}`} />
                  ))}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

export function ForecastState({ streams, assessments, store, now }: { streams: Datastream[]; assessments: Assessment[]; store: Store; now: number }): JSX.Element {
  return (
    <ul>
      {streams.map((stream) => {
        const a = assessments.find((found) => found.key === stream.key);
        const old = a && store.isOutdated(a, now);
        const state = a ? tOr(`state_${a.outcome}`, ...(a.outcome === "ok" ? [moment(a.issue_time, now), duration(now - a.issue_time)] : [a.reason])) : t("state_none");
        return (
          <li key={stream.key} class={a && (old || a.outcome !== "ok") ? "note warn" : "note"}>
            <strong>{property(stream.property)}</strong>: {state}{old && `, ${t("old")}`}
          </li>
        );
      })}
    </ul>
  );
}

export function RefusedList({ refused, store, now }: { refused: Refused[]; store: Store; now: number }): JSX.Element {
  if (!refused.length) return <p class="note">{t("noRefused")}</p>;
  return (
    <>
      <ul>
        {refused.map((r, i) => (
          <li key={i}>
            <span class="quiet">{moment(r.received, now)} · {r.gateway}</span> <strong>{r.reason}</strong> {r.result !== null && amount(r.result, store.streams.get(r.key)?.unit ?? "")}
            <p class="note">{r.detail}</p>
          </li>
        ))}
      </ul>
      {refused.length >= 50 && <p class="note">{t("first50")}</p>}
    </>
  );
}

export function QuietList({ quiet, now }: { quiet: Quiet[]; now: number }): JSX.Element {
  if (!quiet.length) return <p class="note">{t("noQuiet")}</p>;
  return (
    <ul>
      {quiet.map((q, i) => (
        <li key={i}>
          <span class="tag loud">{tOr(q.kind)}</span> <strong>{q.datastream}</strong> {q.hazard && hazard(q.hazard)}{" "}
          {t("until", moment(q.start, now), moment(q.end, now))}
          <p class="note">{q.author}: {q.reason}</p>
        </li>
      ))}
    </ul>
  );
}

export function IncidentList({ incidents, now }: { incidents: Happened[]; now: number }): JSX.Element {
  if (!incidents.length) return <p class="note">{t("noIncidents")}</p>;
  return (
    <ul>
      {incidents.map((i) => (
        <li key={i.incident}>
          <LevelTag level={i.highest} />{" "}
          {i.status !== "Actual" && <span class="tag loud">{t(i.status === "Exercise" ? "exercise" : "test")}</span>} <span class="tag">{tOr(i.state)}</span>{" "}
          {i.headline}
          <p class="note">{hazard(i.hazard)} · {moment(i.opened, now)}{i.ended !== null && ` – ${moment(i.ended, now)}`}</p>
        </li>
      ))}
    </ul>
  );
}

export function Gateways({ gateways, now }: { gateways: SentBy[]; now: number }): JSX.Element {
  if (!gateways.length) return <p class="note warn">{t("noGateway")}</p>;
  return (
    <ul>
      {gateways.map(({ heard, status: s }) => {
        const facts = [
          t("heard", duration(now - heard)),
          t("backlog", s.backlog),
          s.clock_error_s !== null && t("clock", s.clock_error_s.toFixed(1)),
          s.battery !== null && t("battery", Math.round(s.battery * 100)),
        ];
        return (
          <li key={s.gateway}>
            <strong>{s.gateway}</strong> <span class={s.online ? "" : "note warn"}>{t(s.online ? "online" : "offline")}</span> <span class="quiet">{facts.filter(Boolean).join(" · ")}</span>
            <ul>
              {Object.entries(s.instruments).map(([name, said]) => (
                <li key={name} class={said === "ok" ? "note" : "note warn"}>{name}: {said}</li>
              ))}
            </ul>
          </li>
        );
      })}
    </ul>
  );
}
