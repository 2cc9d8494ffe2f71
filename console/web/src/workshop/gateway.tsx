// One gateway: its own state, then station by station its instruments and their newest values.

import type { JSX } from "preact";
import { amount, duration, figure, moment, unit } from "../format.ts";
import { flagWord, LEVELS } from "../icons.ts";
import type { Store } from "../store.ts";
import { w, type Word } from "../words.ts";
import { trusted } from "../wire.ts";
import { byStation, conditionOf, isBehind, lastError, plain, type Condition, type Instrument, type StationWork } from "./judge.ts";
import type { Doubt, Status, Value, Work } from "./wire.ts";
import { t } from "./words.ts";

export interface Look {
  now: number;
  lost: boolean;
  speed: number;
  store: Store;
  graph: (key: string) => void;
}

const SHOWN: Record<Condition, 0 | 2 | 4 | null> = { never: null, offline: 4, silent: 4, faults: 2, fine: 0 };

function Badge({ level, text }: { level: 0 | 2 | 4 | null; text: string }): JSX.Element {
  const dress = level === null ? "unknown" : `level-${level}`;
  return (
    <span class={`badge ${dress}`}>
      <svg viewBox="0 0 16 16" class={`shape ${dress}`} aria-hidden="true">
        <path d={LEVELS[level ?? 1]} />
      </svg>
      <span>{text}</span>
    </span>
  );
}

export const ConditionBadge = ({ condition }: { condition: Condition }): JSX.Element => (
  <Badge level={SHOWN[condition]} text={t(condition)} />
);

function backlog(status: Status, now: number): string {
  if (!status.backlog) return t("backlogNone");
  const { backlog_oldest: oldest, backlog_left_s: left } = status;
  return [
    t("batches", status.backlog),
    oldest && t("oldest", duration(now - Date.parse(oldest))),
    left !== null ? t("left", duration(left * 1000)) : isBehind(status) && t("notShrinking"),
    status.in_memory && t("inMemory", status.in_memory),
  ]
    .filter(Boolean)
    .join(", ");
}

const room = (megabytes: number): string => (megabytes < 10_000 ? `${megabytes}\u00a0MB` : `${Math.round(megabytes / 1000)}\u00a0GB`);

const okay = (text: string): string => (text === "ok" ? t("ok") : text);

function facts(status: Status, heard: number, now: number): [string, string, boolean][] {
  const disk = [okay(status.outbox), status.disk_free_mb !== null && t("free", room(status.disk_free_mb))].filter(Boolean).join(", ");
  const clock = [okay(status.clock), status.clock_error_s !== null && t("clockOff", status.clock_error_s.toFixed(1))];
  const alarms = Object.entries(status.alarms).map(([name, how]) => `${name}: ${how}`);
  const lost = status.lost_observations > 0;
  return [
    [t("heard"), `${t("age", duration(now - heard))} (${moment(heard, now)})`, false],
    [t("backlog"), backlog(status, now), isBehind(status) && status.backlog_left_s === null],
    [t("clock"), clock.filter(Boolean).join(", "), status.clock !== "ok"],
    [t("disk"), lost ? `${disk}; ${t("lost", status.lost_observations)}` : disk, status.outbox !== "ok" || lost],
    ...(status.battery === null ? [] : [[t("battery"), `${Math.round(status.battery * 100)}\u00a0%`, status.battery < 0.2]]),
    [t("sampling"), status.sampling, false],
    [t("version"), status.version, false],
    [t("config"), status.config || t("configFile"), false],
    ...(alarms.length ? [[t("alarms"), alarms.join("; "), alarms.some((text) => !text.endsWith(": off"))]] : []),
    ...(status.findings.length ? [[t("findings"), status.findings.join("; "), true]] : []),
  ] as [string, string, boolean][];
}

function why({ test, low, high }: Doubt, code: string): string {
  if (test === "range" || test === "nature") return t(test, amount(low, code), amount(high, code));
  if (test === "rate") return t("rate", `${plain(high ?? 0)}\u00a0${unit(code)}`);
  if (test === "flat") return t("flat", duration((high ?? 0) * 1000));
  return t(test);
}

function ValueRow({ value, look }: { value: Value; look: Look }): JSX.Element {
  const { store, now } = look;
  const stream = store.streams.get(value.key);
  const code = stream?.unit ?? "";
  const property = value.key.split("/")[1] ?? value.key;
  const name = w(property as Word) || property;
  const old = !!stream && (look.lost || now - value.time > stream.stale_after_s * 1000);
  const delay = value.received - value.time;
  return (
    <li class={`work-value${old ? " old" : ""}`} data-key={value.key}>
      <span class="work-name">
        {stream ? (
          <button type="button" class="work-link" aria-label={t("graph", name)} onClick={() => look.graph(value.key)}>{name}</button>
        ) : (
          name
        )}
      </span>
      <strong class="work-result">
        {figure(value.result, code)} <span class="quiet">{unit(code)}</span>
      </strong>
      <span class="work-raw">
        {value.raw === null ? <span class="quiet">{t("noRaw")}</span> : <>{t("raw")} <code>{plain(value.raw)}</code> {value.scaling && <code>{value.scaling}</code>}</>}
      </span>
      <span class={trusted(value.quality) ? "quiet" : "note warn"}>
        {flagWord(value.quality)}
        {value.doubt && `: ${why(value.doubt, code)}`}
      </span>
      <span class={old ? "note warn" : "quiet"}>
        {t(old ? "old" : "age", duration(now - value.time))}
        {delay > 60_000 && `, ${t("received", duration(delay))}`}
      </span>
    </li>
  );
}

function Driver({ instrument, now }: { instrument: Instrument; now: number }): JSX.Element {
  const fine = instrument.condition === "ok";
  const error = instrument.lastError ? lastError(instrument.lastError) : null;
  return (
    <li class="work-driver">
      <Badge level={fine ? 0 : 2} text={fine ? t("ok") : t("faults")} /> <span>{t("driver", instrument.name.split("/")[1] ?? "")}</span>
      {!fine && <p class="note warn">{instrument.condition}</p>}
      {error && error.why !== instrument.condition && (
        <p class="note">{t("lastError", error.at === null ? "" : moment(error.at, now), error.why)}</p>
      )}
    </li>
  );
}

function Station({ work, look }: { work: StationWork; look: Look }): JSX.Element {
  const station = look.store.stations.get(work.station);
  return (
    <section class="work-station" aria-label={station?.name ?? work.station}>
      <h4>
        {station ? <a href={`#station/${work.station}`}>{station.name}</a> : work.station} <span class="quiet">{work.station}</span>
      </h4>
      <ul>
        {work.instruments.map((instrument) => (
          <Driver key={instrument.name} instrument={instrument} now={look.now} />
        ))}
      </ul>
      {work.values.length ? (
        <ul class="work-values">
          {work.values.map((value) => (
            <ValueRow key={value.key} value={value} look={look} />
          ))}
        </ul>
      ) : (
        <p class="note warn">{t("noValues")}</p>
      )}
    </section>
  );
}

interface Shown {
  work: Work;
  look: Look;
  open: boolean;
  fold: () => void;
}

export function Gateway({ work, look, open, fold }: Shown): JSX.Element {
  const { now, speed, lost } = look;
  const { status, heard } = work;
  const condition = conditionOf(work, now, speed, lost);
  const told = Object.values(status?.instruments ?? {});
  const answer = told.filter((text) => text === "ok").length;
  const top = (
    <>
      <ConditionBadge condition={condition} />
      <strong>{work.gateway}</strong>
      {heard !== null && <span class="quiet">{t("age", duration(now - heard))}</span>}
      {told.length > 0 && <span class={answer < told.length ? "warn" : "quiet"}>{t("instruments", answer, told.length)}</span>}
    </>
  );
  return (
    <section class="panel work-gateway" data-gateway={work.gateway} aria-labelledby={`gateway-${work.gateway}`}>
      <h3 id={`gateway-${work.gateway}`}>
        {status ? (
          <button type="button" class="work-top" aria-expanded={open} onClick={fold}>
            <span class="turn" aria-hidden="true" />
            {top}
          </button>
        ) : (
          <span class="work-top">{top}</span>
        )}
      </h3>
      {condition === "never" && <p class="note warn">{t("neverHelp")}</p>}
      {open && status && heard !== null && (
        <>
          <dl class="work-facts">
            {facts(status, heard, now).map(([name, text, wrong]) => (
              <div key={name} class={wrong ? "wrong" : ""}>
                <dt>{name}</dt>
                <dd>{text}</dd>
              </div>
            ))}
          </dl>
          {!told.length && <p class="note">{t("noInstruments")}</p>}
          {byStation(work).map((part) => (
            <Station key={part.station} work={part} look={look} />
          ))}
          {status.raw_left_out > 0 && <p class="note">{t("leftOut", status.raw_left_out)}</p>}
        </>
      )}
    </section>
  );
}
