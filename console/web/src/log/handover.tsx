// Handing a shift over, and taking it.

import type { JSX } from "preact";
import { duration, moment } from "../format.ts";
import { myself } from "../session.ts";
import { Standing } from "./facts.tsx";
import type { Handed, Handover, Shift } from "./wire.ts";
import { l } from "./words.ts";

export interface HandHost {
  now: number;
  writes: boolean;
  open: Handover[];
  /** What is to be handed over, once it was asked for. */
  shift: Shift | undefined;
  /** An earlier handover that somebody looks at. */
  handed: Handed | undefined;
  receiver: string;
  points: string;
  busy: boolean;
  trouble: string;
  came: string;
  look(): void;
  close(): void;
  change(part: { receiver?: string; points?: string }): void;
  give(): void;
  take(number: number): void;
  show(number: number): void;
}

/** What nobody has confirmed yet: on top until somebody does. */
export function OpenHandovers({ host }: { host: HandHost }): JSX.Element | null {
  if (!host.open.length) return null;
  return (
    <div class="panel log-open" role="status">
      {host.open.map((h) => (
        <p key={h.number}>
          <span>{l("opens", h.author, h.receiver, moment(h.at, host.now))}</span>
          <button type="button" onClick={() => host.show(h.number)}>
            {l("show")}
          </button>
          {h.receiver === myself() && (
            <button type="button" class="primary" disabled={host.busy} onClick={() => host.take(h.number)}>
              {l("take")}
            </button>
          )}
        </p>
      ))}
    </div>
  );
}

function Giving({ shift, host }: { shift: Shift; host: HandHost }): JSX.Element {
  const value = (event: Event): string => (event.currentTarget as HTMLInputElement).value;
  const seen = Date.parse(shift.facts.at);
  return (
    <form
      class="log-form"
      onSubmit={(event) => {
        event.preventDefault();
        host.give();
      }}
    >
      <p class="note">{l("asOf", moment(seen, host.now), duration(host.now - seen))}</p>
      <Standing facts={shift.facts} now={seen} />
      <label class="log-text">
        {l("points")}
        <textarea rows={4} maxLength={4000} value={host.points} onInput={(event) => host.change({ points: value(event) })} />
      </label>
      <div class="log-fields">
        <label>
          {l("handTo")}
          <select value={host.receiver} required onChange={(event) => host.change({ receiver: value(event) })}>
            <option value="">{l("choose")}</option>
            {shift.accounts.map(({ id, name }) => (
              <option key={id} value={id}>
                {name === id ? id : `${name} (${id})`}
              </option>
            ))}
          </select>
        </label>
        <button type="submit" class="primary" disabled={host.busy || !host.receiver}>
          {l("give")}
        </button>
        <button type="button" onClick={host.look}>
          {l("again")}
        </button>
        <button type="button" onClick={host.close}>
          {l("close")}
        </button>
      </div>
      {!shift.accounts.length && <p class="note warn">{l("nobody")}</p>}
    </form>
  );
}

function Earlier({ handed, host }: { handed: Handed; host: HandHost }): JSX.Element {
  const { handover: h, facts } = handed;
  return (
    <article class="log-handed">
      <h3 tabIndex={-1}>{l("shown", h.number, moment(h.at, host.now))}</h3>
      <p>
        <strong>{h.author}</strong> {l("given", h.receiver)}
        {h.taken !== null && ` · ${l("takenAt", moment(h.taken, host.now), h.receiver)}`}
      </p>
      {h.open_points && (
        <>
          <h4>{l("points")}</h4>
          <p class="log-said">{h.open_points}</p>
        </>
      )}
      <Standing facts={facts} now={h.at} />
      <button type="button" onClick={host.close}>
        {l("close")}
      </button>
    </article>
  );
}

export function HandPanel({ host }: { host: HandHost }): JSX.Element | null {
  const { shift, handed } = host;
  if (!host.writes && !handed) return null;
  return (
    <div class="panel log-hand">
      <div class="panel-top">
        <h2>{l("handing")}</h2>
        {!shift && !handed && (
          <button type="button" onClick={host.look}>
            {l("hand")}
          </button>
        )}
      </div>
      {(host.trouble || host.came) && (
        <p class={host.trouble ? "note warn" : "note"} role="status">
          {host.trouble || host.came}
        </p>
      )}
      {handed ? <Earlier handed={handed} host={host} /> : shift && <Giving shift={shift} host={host} />}
    </div>
  );
}
