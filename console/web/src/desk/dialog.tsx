// The dialogs in which an officer says what an act needs.

import type { ComponentChildren, JSX } from "preact";
import { clock, duration } from "../format.ts";
import type { Level } from "../wire.ts";
import { LevelBadge } from "./badges.tsx";
import { infos } from "./cap.ts";
import { countdown } from "./draft.tsx";
import { levelOf } from "./group.ts";
import type { ActName } from "./offer.ts";
import { BY_LEVEL, type Seen } from "./press.ts";
import type { Draft, Incident, Person } from "./wire.ts";
import { actWord, d, headlineOf, type DeskWord } from "./words.ts";

/** What is asked for: one act about one incident, or several. */
export interface Asking {
  act: ActName;
  incidents: Incident[];
  /** The draft that was looked at when the dialog opened. */
  draft: string;
  /** The levels that were looked at then. */
  seen: Seen;
}

export interface DialogHost {
  now: number;
  speed: number;
  me: string;
  /** The draft as it is now, and its CAP. */
  draft: Draft | null;
  cap: string;
  /** The level to which what is asked about has risen since it was looked at. */
  risen: Level | undefined;
  people: Person[] | undefined;
  peopleTrouble: string;
  /** What is being typed, for what shows it. */
  typed: string;
  busy: boolean;
  trouble: string;
  type(text: string): void;
  submit(detail: Record<string, string>): void;
  close(): void;
}

const LONGEST = 2000;
const MINUTE = 60_000;
const SPANS = [15, 30, 60, 120, 240, 480, 720].map((minutes) => minutes * MINUTE);
const USUAL = 60 * MINUTE;

function Text({ label, name, host }: { label: DeskWord; name: string; host: DialogHost }): JSX.Element {
  return (
    <label class="ask-field">
      <span>{d(label)}</span>
      <textarea name={name} required maxLength={LONGEST} rows={3} onInput={(e) => host.type(e.currentTarget.value)} />
    </label>
  );
}

function Span({ label, words, host, children }: { label: DeskWord; words: DeskWord; host: DialogHost; children?: ComponentChildren }): JSX.Element {
  return (
    <label class="ask-field">
      <span>{d(label)}</span>
      <select name="span">
        {children}
        {SPANS.map((span) => (
          <option key={span} value={span} selected={!children && span === USUAL}>
            {d(words, duration(span), clock(host.now + span))}
          </option>
        ))}
      </select>
    </label>
  );
}

function Assign({ host }: { host: DialogHost }): JSX.Element {
  if (host.peopleTrouble) return <p class="note warn">{d("noPeople", host.peopleTrouble)}</p>;
  if (!host.people) return <p class="note">{d("loadingPeople")}</p>;
  const kinds = ["contact", "group", "account"].map((kind) => [kind, host.people!.filter((p) => p.kind === kind)] as const);
  return (
    <label class="ask-field">
      <span>{d("to")}</span>
      <select name="to" required>
        {kinds.map(([kind, people]) => people.length > 0 && (
          <optgroup key={kind} label={d(`people_${kind}` as DeskWord)}>
            {people.map((p) => (
              <option key={p.id} value={p.id} selected={p.id === host.me}>
                {p.id === host.me ? `${p.name} (${d("meToo")})` : p.name}
              </option>
            ))}
          </optgroup>
        ))}
      </select>
    </label>
  );
}

/** The draft as it would go out, in both languages, and what happens without people. */
function Looked({ draft, host }: { draft: Draft; host: DialogHost }): JSX.Element {
  const left = draft.needs - draft.approvals.length - 1;
  return (
    <>
      <p>
        {d("approvedBy")}: {draft.approvals.join(", ") || d("nobodyYet")} ({draft.approvals.length} / {draft.needs})
      </p>
      <p>
        {d(draft.otherwise === "issue" ? "dueIssue" : "dueWithdraw", clock(draft.due))} <strong>{countdown(draft.due, host.now, host.speed)}</strong>
      </p>
      <h3>{d("draftTold")}</h3>
      <div class="ask-told" tabIndex={0}>
        {infos(host.cap).map((info) => (
          <div key={info.language} lang={info.language}>
            <p><strong>{info.headline || draft.headline}</strong></p>
            <p>{info.description}</p>
            <p>{info.instruction}</p>
          </div>
        ))}
      </div>
      <p class="note">{left > 0 ? d("approveMore", left) : d("approveLast")}</p>
    </>
  );
}

function Cancel({ host }: { host: DialogHost }): JSX.Element {
  const said = host.typed.split(/\s+/).join(" ").trim().replace(/[.。 ]+$/, "") || "…";
  return (
    <>
      <Text label="cancelReason" name="reason" host={host} />
      <p class="note">{d("cancelNote")}</p>
      <blockquote>
        <p lang="zh">{d("cancelZh", said)}</p>
        <p lang="en">{d("cancelEn", said)}</p>
      </blockquote>
      <p class="note">{d("cancelThen")}</p>
      <Span label="notAgain" words="spanFor" host={host}>
        <option value="">{d("ruleSpan")}</option>
      </Span>
    </>
  );
}

/** What is asked about has risen; what was typed is shown, to be taken along. */
function Risen({ host }: { host: DialogHost }): JSX.Element {
  return (
    <>
      <p class="note warn" role="alert">{d("risen")}</p>
      {host.typed && <blockquote><p>{host.typed}</p></blockquote>}
    </>
  );
}

function Body({ asking, host }: { asking: Asking; host: DialogHost }): JSX.Element | null {
  const { act } = asking;
  if (host.risen && BY_LEVEL.includes(act)) return <Risen host={host} />;
  if (act === "assign") return <Assign host={host} />;
  if (act === "cancel") return <Cancel host={host} />;
  if (act === "comment") return <><Text label="comment_text" name="text" host={host} /><p class="note">{d("commentNote")}</p></>;
  if (act === "escalate") return <p>{d("escalateNote")}</p>;
  if (act === "shelve") {
    return (
      <>
        <Span label="until" words="spanUntil" host={host} />
        <Text label="reason" name="reason" host={host} />
        <p class="note">{d("shelveNote")}</p>
      </>
    );
  }
  if (!host.draft) return <p class="note warn" role="alert">{d("draftGone")}</p>;
  if (host.draft.id !== asking.draft) return <p class="note warn" role="alert">{d("draftChanged")}</p>;
  return (
    <>
      <Looked draft={host.draft} host={host} />
      {act === "reject" && <><Text label="reason" name="reason" host={host} /><p class="note">{d("rejectNote")}</p></>}
    </>
  );
}

/** What the form says, as the server wants it; times are the world's. */
function detailOf(form: HTMLFormElement, asking: Asking, now: number): Record<string, string> {
  const detail: Record<string, string> = {};
  for (const [name, value] of new FormData(form)) if (name !== "span") detail[name] = String(value);
  const span = new FormData(form).get("span");
  if (span) detail["until"] = new Date(now + Number(span)).toISOString();
  if (asking.draft) detail["draft"] = asking.draft;
  return detail;
}

export function ActDialog({ asking, host }: { asking: Asking; host: DialogHost }): JSX.Element {
  const word = actWord(asking.act);
  const deciding = asking.act === "approve" || asking.act === "reject";
  const risen = BY_LEVEL.includes(asking.act) ? host.risen : undefined;
  const stale = risen !== undefined || (deciding && host.draft?.id !== asking.draft);
  const one = asking.incidents.length === 1 ? asking.incidents[0]! : undefined;
  const submit = (event: Event): void => {
    event.preventDefault();
    host.submit(detailOf(event.currentTarget as HTMLFormElement, asking, host.now));
  };
  const hurry = (event: KeyboardEvent): void => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) (event.currentTarget as HTMLFormElement).requestSubmit();
  };
  return (
    <dialog class="ask" aria-labelledby="ask-title" ref={(box) => void (box && !box.open && box.showModal())} onClose={host.close}>
      <form onSubmit={submit} onKeyDown={hurry}>
        <h2 id="ask-title">{word}</h2>
        <p class="case-top">
          {(one || risen) && <LevelBadge level={risen ?? levelOf(one!, host.now)} />}
          <strong>{one ? headlineOf((deciding && host.draft) || one.draft || one) : d("several", asking.incidents.length)}</strong>
        </p>
        <Body asking={asking} host={host} />
        <div class="ask-end">
          <button type="submit" class="primary" disabled={host.busy || stale || (asking.act === "assign" && !host.people)}>
            {host.busy ? d("onItsWay") : word}
          </button>
          <button type="button" onClick={host.close}>{d("closeAsk")}</button>
          {host.trouble && <p class="note warn" role="alert">{host.trouble}</p>}
        </div>
      </form>
    </dialog>
  );
}
