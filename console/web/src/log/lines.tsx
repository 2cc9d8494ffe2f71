// One line of the log for each thing that happened, newest first.

import type { JSX } from "preact";
import { moment } from "../format.ts";
import { LevelTag } from "../levelbadge.tsx";
import type { Level } from "../wire.ts";
import { hazard } from "../words.ts";
import type { Item } from "./wire.ts";
import { l, lOr } from "./words.ts";

export interface LinesHost {
  now: number;
  /** Whether who is signed in may write. */
  writes: boolean;
  correct(item: Item): void;
  show(handover: number): void;
}

const said = (item: Item, name: string): string => {
  const value = item.detail[name];
  return typeof value === "string" ? value : "";
};

/** What was said when, where a time is in the detail. */
function momentOf(item: Item, name: string, now: number): string {
  const time = Date.parse(said(item, name));
  return Number.isNaN(time) ? "" : moment(time, now);
}

function head(item: Item, now: number): string {
  if (item.what === "shelve") return l("shelve", momentOf(item, "until", now));
  return lOr(item.what, said(item, "to"));
}

/** What or where it is about. */
function scope(item: Item, host: LinesHost): string {
  const parts = [
    said(item, "hazard") && hazard(said(item, "hazard")),
    said(item, "area"),
    said(item, "datastream") === "*" ? "" : said(item, "datastream"),
    item.kind === "act" || item.kind === "draft" ? said(item, "headline") : "",
    momentOf(item, "end", host.now) && l("until", momentOf(item, "end", host.now)),
  ];
  return parts.filter(Boolean).join(" · ");
}

function Marks({ item, host }: { item: Item; host: LinesHost }): JSX.Element {
  const { detail } = item;
  const late = Date.parse(said(item, "noted")) - item.at > 60_000;
  const status = said(item, "status");
  return (
    <>
      {item.kind === "entry" && <span class="quiet">{l("number", item.number)}</span>}
      {detail["corrects"] !== undefined && <span class="quiet">{l("corrects", Number(detail["corrects"]))}</span>}
      {detail["corrected"] !== undefined && <span class="quiet">{l("corrected", Number(detail["corrected"]))}</span>}
      {late && <span class="quiet">{l("noted", momentOf(item, "noted", host.now))}</span>}
      {status && status !== "Actual" && <span class="tag loud">{l(status === "Exercise" ? "exercise" : "test")}</span>}
      {(item.kind === "act" || item.kind === "draft") && said(item, "refused") && (
        <span class="note warn">{l("refused", said(item, "refused"))}</span>
      )}
      {(item.kind === "act" || item.kind === "draft") && item.author && detail["taken"] === undefined && (
        <span class="note warn">{l("waiting")}</span>
      )}
    </>
  );
}

export function Line({ item, host }: { item: Item; host: LinesHost }): JSX.Element {
  const gone = item.detail["corrected"] !== undefined;
  const about = scope(item, host);
  return (
    <li class={item.author ? "by-person" : ""} data-line={item.id}>
      <time>{moment(item.at, host.now)}</time>
      <div>
        <p class="case-top">
          {item.author ? <strong>{item.author}</strong> : item.kind === "quiet" && <span class="quiet">{l("rules")}</span>}
          {item.level !== null && item.level > 0 && <LevelTag level={item.level as Level} />}
          <span class="tag">{head(item, host.now)}</span>
          <Marks item={item} host={host} />
        </p>
        {item.text && <p class="log-said">{gone ? <s>{item.text}</s> : item.text}</p>}
        {about && <p class="note">{about}</p>}
        {item.kind === "entry" && !gone && host.writes && (
          <button type="button" class="log-correct" onClick={() => host.correct(item)} aria-label={`${l("correct")}: ${l("number", item.number)}`}>
            {l("correct")}
          </button>
        )}
        {item.what === "given" && (
          <button type="button" class="log-correct" onClick={() => host.show(item.number)}>
            {l("show")}
          </button>
        )}
      </div>
    </li>
  );
}
