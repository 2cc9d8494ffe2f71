// How things stand, for who hands a shift over and who takes it.

import type { ComponentChildren, JSX } from "preact";
import { chance, moment } from "../format.ts";
import { levelWord } from "../icons.ts";
import { LevelTag } from "../levelbadge.tsx";
import type { Level } from "../wire.ts";
import { hazard, speaks } from "../words.ts";
import type { Facts, Gap, InForce, Named, Outlook, Quiet } from "./wire.ts";
import { l, lOr } from "./words.ts";

const named = ({ name, zh }: Named): string => (speaks() === "zh" ? zh : name);

const at = (time: string | null, now: number): string => (time === null ? "" : moment(Date.parse(time), now));

function Part({ title, none, children }: { title: string; none: string; children: ComponentChildren[] }): JSX.Element {
  return (
    <section>
      <h3>{title}</h3>
      {children.length ? <ul class="plain">{children}</ul> : <p class="note">{none}</p>}
    </section>
  );
}

function Live({ found, now }: { found: InForce; now: number }): JSX.Element {
  const { draft } = found;
  const facts = [
    `${hazard(found.hazard)}, ${named(found.area)}`,
    draft && l("waits", levelWord(draft.level as Level), at(draft.due, now), draft.approvals.length, draft.needs),
    found.expires && l("until", at(found.expires, now)),
    found.acked_by ? l("acked", found.acked_by) : l("unacked"),
    found.assigned_to && l("assigned", found.assigned_to),
    found.shelved_until && l("shelved", at(found.shelved_until, now)),
  ];
  const drill = found.drill !== "" || found.status === "Exercise";
  return (
    <li>
      <span class="case-top">
        <LevelTag level={Math.max(found.level, draft?.level ?? 0) as Level} />
        {drill && <span class="tag loud">{l("exercise")}</span>}
        {!drill && found.status !== "Actual" && <span class="tag loud">{l("test")}</span>}
        <strong>{named(found.headline)}</strong>
      </span>
      <span class="quiet">{facts.filter(Boolean).join(" · ")}</span>
    </li>
  );
}

function Silent({ found, now }: { found: Quiet; now: number }): JSX.Element {
  const what = [found.area, found.hazard && hazard(found.hazard), found.datastream === "*" ? "" : found.datastream];
  return (
    <li>
      {`${lOr(found.kind)} · ${what.filter(Boolean).join(", ") || l("everything")} · ${l("until", at(found.end, now))} · ${found.author}: ${found.reason}`}
    </li>
  );
}

/** All that is not known for one reason: nothing is left out. */
function Missing({ kind, all, now }: { kind: string; all: Gap[]; now: number }): JSX.Element {
  const said = ({ name, key, since, count, reason, maintenance }: Gap): string =>
    [
      [named(name), key].filter(Boolean).join(" "),
      since && l("since", at(since, now)),
      count ? `×${count}` : "",
      reason,
      maintenance && l("worked"),
    ]
      .filter(Boolean)
      .join(" · ");
  return (
    <li>
      <strong class="note warn">{`${lOr(kind)} (${all.length})`}</strong> <span class="quiet">{all.map(said).filter(Boolean).join("; ")}</span>
    </li>
  );
}

function Ahead({ found, now }: { found: Outlook; now: number }): JSX.Element {
  const onset = at(found.onset, now);
  const late = found.late === null ? l("later") : at(found.late, now);
  const when = found.observed ? l("reached") : found.early && onset ? l("onset", onset, at(found.early, now), late) : onset;
  return (
    <li>
      <LevelTag level={found.level as Level} /> {`${named(found.place)}: ${named(found.label)} · ${chance(found.probability)}`}
      {when && ` · ${when}`}
    </li>
  );
}

export function Standing({ facts, now }: { facts: Facts; now: number }): JSX.Element {
  const kinds = [...new Set(facts.gaps.map(({ kind }) => kind))];
  return (
    <div class="standing-facts">
      {(facts.invented || facts.replay) && <p><span class="tag loud">{l("exercise")}</span></p>}
      <Part title={l("force")} none={l("noForce")}>{facts.force.map((f) => <Live key={f.incident} found={f} now={now} />)}</Part>
      <Part title={l("gaps")} none={l("noGaps")}>{kinds.map((kind) => <Missing key={kind} kind={kind} all={facts.gaps.filter((g) => g.kind === kind)} now={now} />)}</Part>
      <Part title={l("outlook")} none={l("noOutlook", facts.judged, facts.judgeable)}>{facts.outlooks.map((o) => <Ahead key={o.key} found={o} now={now} />)}</Part>
      <Part title={l("quietNow")} none={l("noQuiet")}>{facts.quiet.map((q, i) => <Silent key={i} found={q} now={now} />)}</Part>
    </div>
  );
}
