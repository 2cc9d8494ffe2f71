// What was refused: how often and why, and the newest with what a technician needs to find the cause.

import type { JSX } from "preact";
import { duration, moment } from "../format.ts";
import { plain } from "./judge.ts";
import type { Refused, Work } from "./wire.ts";
import { reasonName, t } from "./words.ts";

export interface Filter {
  gateway: string;
  datastream: string;
}

interface Props {
  gateways: Work[];
  refused: Refused[];
  filter: Filter;
  trouble: string;
  now: number;
  narrow: (filter: Filter) => void;
}

function Bars({ gateways, now }: { gateways: Work[]; now: number }): JSX.Element {
  const rows = gateways.flatMap(({ gateway, rejected }) => rejected.map((reason) => ({ gateway, ...reason })));
  rows.sort((a, b) => b.count - a.count);
  const most = rows[0]?.count ?? 1;
  if (!rows.length) return <p class="calm">{t("noRejections")}</p>;
  return (
    <ul class="work-bars">
      {rows.map(({ gateway, reason, count, newest }) => (
        <li key={`${gateway} ${reason}`}>
          <span>
            <b>{gateway}</b> {t("times", count, reasonName(reason), duration(now - newest))}
          </span>
          <span class="work-bar" aria-hidden="true" style={{ "--share": `${(count / most) * 100}%` }} />
        </li>
      ))}
    </ul>
  );
}

function Row({ row, now }: { row: Refused; now: number }): JSX.Element {
  const result = row.result === null ? "" : ` = ${plain(row.result)}`;
  return (
    <li class="work-refused">
      <b>{reasonName(row.reason)}</b>
      <span>{row.datastream === null ? t("whole") : `${row.datastream}${result}`}</span>
      <span class="quiet">
        {row.gateway} · {moment(row.received, now)} ({t("age", duration(now - row.received))})
      </span>
      {row.detail && <span class="note">{row.detail}</span>}
    </li>
  );
}

export function RefusedPanel({ gateways, refused, filter, trouble, now, narrow }: Props): JSX.Element {
  const names = gateways.map(({ gateway }) => gateway);
  return (
    <section class="panel work-rejections" aria-labelledby="rejections-title">
      <div class="panel-top">
        <h2 id="rejections-title">{t("rejections")}</h2>
      </div>
      <h3>{t("rejectedWeek")}</h3>
      <Bars gateways={gateways} now={now} />
      <h3>{t("newest")}</h3>
      <p class="work-filter">
        <label>
          {t("gateway")}{" "}
          <select value={filter.gateway} onChange={(event) => narrow({ ...filter, gateway: event.currentTarget.value })}>
            <option value="">{t("allGateways")}</option>
            {names.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
        <label>
          {t("datastream")}{" "}
          <input type="search" value={filter.datastream} onInput={(event) => narrow({ ...filter, datastream: event.currentTarget.value })} />
        </label>
      </p>
      {trouble && <p class="note warn" role="status">{t("notLoaded", trouble)}</p>}
      {!refused.length && !trouble && <p class="calm">{t("noneMatch")}</p>}
      <ul class="work-newest" tabIndex={0} aria-label={t("newest")}>
        {refused.map((row, i) => (
          <Row key={i} row={row} now={now} />
        ))}
      </ul>
    </section>
  );
}
