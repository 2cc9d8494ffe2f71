// The queue: groups of live incidents that fold, then what is shelved and what is over.

import type { JSX } from "preact";
import { chance, duration, moment } from "../format.ts";
import { levelWord } from "../icons.ts";
import { hazard } from "../words.ts";
import { LevelBadge, Tags } from "./badges.tsx";
import { isLive, levelOf, order, type Group } from "./group.ts";
import type { Draft, Incident, Queue } from "./wire.ts";
import { d, headlineOf } from "./words.ts";

export interface QueueHost {
  now: number;
  chosen: string;
  /** Whether the group or the fold of this name shows its rows. */
  unfolded(id: string, usual: boolean): boolean;
  fold(id: string, open: boolean): void;
  choose(incident: string): void;
  /** Whether incidents can be selected, which are, and how. */
  may: boolean;
  picked: ReadonlySet<string>;
  pick(incidents: string[], on: boolean): void;
}

/** Groups of more than this are folded until somebody opens them. */
const FEW = 3;

function when(i: Incident, now: number): string {
  if (!isLive(i, now)) return d("endedAgo", duration(now - (i.ended ?? i.changed)));
  if (i.draft) return draftDue(i.draft, now);
  if (i.lead_s !== null && i.lead_s <= 0) return d("reached");
  if (i.onset === null) return "";
  return i.onset <= now ? d("onsetNow") : d("onsetIn", duration(i.onset - now));
}

/** The nearest end of a draft is what matters of it: then the rule decides. */
function draftDue(draft: Draft, now: number): string {
  const due = draft.due <= now ? d("dueNow") : d("dueIn", duration(draft.due - now));
  return d(draft.otherwise === "issue" ? "goesOut" : "isWithdrawn", due);
}

/** Selects one incident or a whole group. */
function Pick({ name, incidents, host }: { name: string; incidents: Incident[]; host: QueueHost }): JSX.Element | null {
  const ids = incidents.filter((i) => isLive(i, host.now)).map((i) => i.incident);
  if (!host.may || !ids.length) return null;
  const count = ids.filter((id) => host.picked.has(id)).length;
  return (
    <input
      type="checkbox"
      class="pick"
      aria-label={d("pick", name)}
      checked={count === ids.length}
      indeterminate={count > 0 && count < ids.length}
      onChange={(event) => host.pick(ids, event.currentTarget.checked)}
    />
  );
}

function Row({ incident: i, host }: { incident: Incident; host: QueueHost }): JSX.Element {
  const { now } = host;
  const level = levelOf(i, now);
  const facts = [
    `${hazard(i.hazard)}, ${i.area}`,
    when(i, now),
    i.probability === null ? "" : chance(i.probability),
    i.highest > level ? d("highest", levelWord(i.highest)) : "",
  ];
  const people = [
    i.acked_by ? d("acked", i.acked_by) : "",
    i.assigned_to && d("assigned", i.assigned_to),
    i.escalations ? d("escalated", i.escalations) : "",
    i.shelved_until !== null && i.shelved_until > now ? d("shelvedUntil", moment(i.shelved_until, now)) : "",
  ].filter(Boolean);
  const live = isLive(i, now);
  return (
    <li class="line">
      <Pick name={headlineOf(i)} incidents={[i]} host={host} />
      <button
        type="button"
        data-row={i.incident}
        class={`case level-${level}${live ? "" : " past"}`}
        aria-current={host.chosen === i.incident ? "true" : undefined}
        onClick={() => host.choose(i.incident)}
      >
        <span class="case-top">
          <LevelBadge level={level} />
          <Tags incident={i} now={now} />
          {live && !i.acked_by && <span class="ack open">{d("unacked")}</span>}
        </span>
        <span class="case-headline">{(live && i.draft && headlineOf(i.draft)) || headlineOf(i)}</span>
        <span class="quiet">{facts.filter(Boolean).join(" · ")}</span>
        {people.length > 0 && <span class="quiet">{people.join(" · ")}</span>}
      </button>
    </li>
  );
}

function Members({ group, host }: { group: Group; host: QueueHost }): JSX.Element {
  const { id, incidents, level, open } = group;
  if (incidents.length === 1) return <Row incident={incidents[0]!} host={host} />;
  const usual = incidents.length <= FEW;
  const shown = host.unfolded(id, usual);
  return (
    <li class={`group level-${level}`}>
      <div class="line">
        <Pick name={`${hazard(group.hazard)}, ${group.area}`} incidents={incidents} host={host} />
        <button type="button" data-row={id} class="group-top" aria-expanded={shown} onClick={() => host.fold(id, !shown)}>
          <span class="turn" aria-hidden="true" />
          <LevelBadge level={level} />
          <strong>{`${hazard(group.hazard)}, ${group.area}`}</strong>
          <span class="quiet">{d("count", incidents.length)}</span>
          {open > 0 && <span class="ack open">{d("unackedCount", open)}</span>}
        </button>
      </div>
      {shown && (
        <ul>
          {incidents.map((i) => (
            <Row key={i.incident} incident={i} host={host} />
          ))}
        </ul>
      )}
    </li>
  );
}

function Fold({ id, incidents, host }: { id: "shelved" | "over"; incidents: Incident[]; host: QueueHost }): JSX.Element | null {
  if (!incidents.length) return null;
  const shown = host.unfolded(id, false);
  return (
    <div class="group quiet-group">
      <button type="button" data-row={id} class="group-top" aria-expanded={shown} onClick={() => host.fold(id, !shown)}>
        <span class="turn" aria-hidden="true" />
        <span>{`${d(id)} (${incidents.length})`}</span>
      </button>
      {shown && (
        <ul>
          {incidents.map((i) => (
            <Row key={i.incident} incident={i} host={host} />
          ))}
        </ul>
      )}
    </div>
  );
}

export function QueueList({ queue, host }: { queue: Queue; host: QueueHost }): JSX.Element {
  const { live, shelved, over } = order(queue.incidents, host.now);
  return (
    <>
      {queue.unreadable && <p class="note warn">{d("unreadable", queue.unreadable)}</p>}
      {!queue.unreadable && !live.length && <p class="calm">{d("noneLive")}</p>}
      <ul>
        {live.map((group) => (
          <Members key={group.id} group={group} host={host} />
        ))}
      </ul>
      <Fold id="shelved" incidents={shelved} host={host} />
      <Fold id="over" incidents={over} host={host} />
      {queue.cut && <p class="note warn">{d("cut")}</p>}
    </>
  );
}
