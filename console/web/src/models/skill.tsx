// Skill by lead of one datastream, and of all datastreams at one lead.

import type { JSX } from "preact";
import { duration, figure, grouped, moment, unit } from "../format.ts";
import type { Datastream } from "../wire.ts";
import { FEW, ordered, type Column, type Row } from "./compare.ts";
import type { LeadSkill, Skill } from "./wire.ts";
import { m, type ModelsWord } from "./words.ts";

/** How full: drawn, because a page may not style by itself. */
function Coverage({ share }: { share: number | null }): JSX.Element {
  if (share === null) return <>–</>;
  return (
    <span class="coverage">
      <svg viewBox="0 0 100 12" preserveAspectRatio="none" aria-hidden="true">
        <rect class="whole" width="100" height="12" />
        <rect class={Math.abs(share - 0.8) > 0.15 ? "share off" : "share"} width={share * 100} height="12" />
        <path d="M80 0v12" />
      </svg>
      {share.toFixed(2)}
    </span>
  );
}

const index = (value: number | null): string => (value === null ? "–" : grouped(value, 2));

function Cells({ lead, code }: { lead: LeadSkill; code: string }): JSX.Element {
  return (
    <>
      <td>{lead.count < FEW ? `${lead.count} (${m("few")})` : lead.count}</td>
      <td>{`${figure(lead.rmse, code)} ${unit(code)}`}</td>
      <td>{`${figure(lead.bias, code)} ${unit(code)}`}</td>
      <td><Coverage share={lead.coverage} /></td>
      <td>{index(lead.persistence)}</td>
    </>
  );
}

const few = (leads: (LeadSkill | undefined)[]): boolean => leads.some((lead) => lead && lead.count < FEW);

export function SkillTable({ skill, stream, now }: { skill: Skill; stream: Datastream; now: number }): JSX.Element {
  if (!skill.leads.length) return <p class="note warn">{m("noSkill")}</p>;
  const titles: ModelsWord[] = ["lead", "pairs", "rmse", "bias", "coverage", "persistence"];
  return (
    <>
      <p class="note">{m("skillOf", moment(skill.start, now), moment(skill.end, now), duration(900_000))}</p>
      <div class="tables" tabIndex={0} role="group" aria-label={m("skill")}>
        <table class="figures">
          <thead>
            <tr>{titles.map((title) => <th key={title} scope="col">{m(title)}</th>)}</tr>
          </thead>
          <tbody>
            {skill.leads.map((lead) => (
              <tr key={lead.lead_s} class={lead.count < FEW ? "few" : ""}>
                <th scope="row">{duration(lead.lead_s * 1000)}</th>
                <Cells lead={lead} code={stream.unit} />
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {few(skill.leads) && <p class="note warn">{m("fewNote", FEW)}</p>}
      <p class="note">{m("coverageNote")} {m("persistenceNote")}</p>
    </>
  );
}

export interface AllProps {
  rows: Row[];
  streams: Map<string, Datastream>;
  column: Column;
  worst: boolean;
  chosen: string;
  sort(column: Column): void;
  choose(key: string): void;
}

const COLUMNS: [Column, ModelsWord][] = [
  ["name", "stream"],
  ["count", "pairs"],
  ["rmse", "rmse"],
  ["bias", "bias"],
  ["coverage", "coverage"],
  ["persistence", "persistence"],
];

export function AllTable({ rows, streams, column, worst, chosen, sort, choose }: AllProps): JSX.Element {
  const order = worst ? "descending" : "ascending";
  return (
    <div class="tables" tabIndex={0} role="group" aria-label={m("all")}>
      <table class="figures">
        <thead>
          <tr>
            {COLUMNS.map(([name, word]) => (
              <th key={name} scope="col" aria-sort={name === column ? order : undefined}>
                <button type="button" class="sort" onClick={() => sort(name)}>
                  {m(word)}<span aria-hidden="true">{name === column ? (worst ? " ▼" : " ▲") : ""}</span>
                </button>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {ordered(rows, column, worst).map(({ key, name, lead }) => (
            <tr key={key} class={lead && lead.count < FEW ? "few" : ""}>
              <th scope="row">
                <button type="button" class="as-link" aria-label={m("choose", name)} aria-current={key === chosen ? "true" : undefined} onClick={() => choose(key)}>
                  {name}
                </button>
              </th>
              {lead ? <Cells lead={lead} code={streams.get(key)?.unit ?? ""} /> : [0, 1, 2, 3, 4].map((i) => <td key={i}>–</td>)}
            </tr>
          ))}
        </tbody>
      </table>
      {few(rows.map((row) => row.lead)) && <p class="note warn">{m("fewNote", FEW)}</p>}
    </div>
  );
}
