// Which part of the log is shown, and the report.

import type { JSX } from "preact";
import { speaks } from "../words.ts";
import { l, lOr } from "./words.ts";

export interface ToolsHost {
  /** Empty: the last 24 hours. */
  day: string;
  today: string;
  kinds: ReadonlySet<string>;
  text: string;
  choose(day: string): void;
  step(days: number): void;
  toggle(kind: string): void;
  find(text: string): void;
}

const KINDS = ["entry", "act", "draft", "message", "quiet", "drill", "outcome", "handover"];

/** The page of the report prints as it is; the dialog opens when it is there. */
function print(address: string): void {
  const page = open(address);
  page?.addEventListener("load", () => page.print());
}

export function Tools({ host }: { host: ToolsHost }): JSX.Element {
  const query = `?language=${speaks()}`;
  const value = (event: Event): string => (event.currentTarget as HTMLInputElement).value;
  return (
    <>
      <div class="panel-top">
        <h2>{l("title")}</h2>
        <p class="log-papers">
          <a href={`/report${query}`} target="_blank">{l("report")}</a>
          <a href={`/report.pdf${query}`} target="_blank">{l("pdf")}</a>
          <button type="button" onClick={() => print(`/report${query}`)}>{l("print")}</button>
        </p>
      </div>
      <div class="log-fields">
        <button type="button" aria-pressed={host.day === ""} onClick={() => host.choose("")}>{l("latest")}</button>
        <button type="button" aria-label="−1" onClick={() => host.step(-1)}>←</button>
        <label>
          {l("day")}
          <input type="date" value={host.day} max={host.today} onChange={(event) => host.choose(value(event))} />
        </label>
        <button type="button" aria-label="+1" disabled={host.day === "" || host.day >= host.today} onClick={() => host.step(1)}>→</button>
        <label class="log-about">
          {l("search")}
          <input type="search" value={host.text} onInput={(event) => host.find(value(event))} />
        </label>
      </div>
      <div class="log-kinds" role="group" aria-label={l("kinds")}>
        {KINDS.map((kind) => (
          <button key={kind} type="button" aria-pressed={host.kinds.has(kind)} onClick={() => host.toggle(kind)}>
            {lOr(kind)}
          </button>
        ))}
      </div>
    </>
  );
}
