// A venue's events with their advice, and the windows of each limit.

import type { JSX } from "preact";
import { amount, clock, duration, moment } from "../format.ts";
import { w } from "../words.ts";
import { adviceClass, AdviceBadge } from "./badges.tsx";
import { axisAt, inWords, Scale, Track, type Axis } from "./bands.tsx";
import { adviceOld, isLow, isOver, runs, windows, type Window } from "./judge.ts";
import { reasons, stands } from "./reasons.ts";
import type { Look } from "./spots.tsx";
import type { Programme, VenueEvent } from "./wire.ts";
import { limitName, v } from "./words.ts";

/** What a wall has room for. */
const WALL_EVENTS = 3;
const WALL_WINDOWS = 4;

function when(event: VenueEvent, now: number): string {
  if (runs(event, now)) return v("running", moment(event.end, now));
  return `${moment(event.start, now)}–${clock(event.end)} · ${v("begins", moment(event.start, now), duration(event.start - now))}`;
}

function Event({ event, axis, old, wall }: { event: VenueEvent; axis: Axis; old: boolean; wall: boolean }): JSX.Element {
  const { now } = axis;
  const why = reasons(event, now);
  const advice = old ? "unknown" : event.advice;
  const shown = event.start < axis.to;
  const safe = event.next_window;
  return (
    <li class={`venue-event ${adviceClass(advice)}`} data-event={event.event}>
      <p class="event-top">
        <AdviceBadge advice={advice} />
        <b>{event.name}</b>
        <span class="quiet">{when(event, now)}</span>
      </p>
      {!old && <p class="stands">{stands(event, now)}</p>}
      {!old && why.slice(0, wall ? 1 : undefined).map((text) => <p key={text} class="why">{text}</p>)}
      {shown && !old && <Track axis={axis} stretches={event.timeline} span={event} label={`${event.name}: ${inWords(event.timeline, now)}`} />}
      {!old && advice !== "go" && (
        <p class="note">{safe ? w("nextWindow", moment(safe.start, now), clock(safe.end)) : w("noWindow")}</p>
      )}
    </li>
  );
}

export function Events({ programme, look }: { programme: Programme; look: Look }): JSX.Element {
  const { now, wall } = look;
  const axis = axisAt(now);
  const old = look.lost || adviceOld(programme, now, look.speed);
  const coming = programme.events.filter((event) => !isOver(event, now)).sort((a, b) => a.start - b.start);
  const events = wall ? coming.slice(0, WALL_EVENTS) : coming;
  return (
    <section class="panel venue-programme" aria-labelledby="venue-programme-title">
      <div class="panel-top">
        <h2 id="venue-programme-title">{v("programme")}</h2>
        <span class="quiet age">{v("issued", duration(now - programme.issue_time))}</span>
        <a class="calendar" href={`/venues/${programme.venue}.ics`}>{v("calendar")}</a>
      </div>
      {old && <p class="note warn loud">{v("adviceOld", duration(now - programme.issue_time))}</p>}
      {programme.degraded.length > 0 && <p class="note warn">{w("degraded", programme.degraded.join("; "))}</p>}
      {!coming.length && <p class="calm">{v("noEvents")}</p>}
      {events.some((event) => event.start < axis.to) && !old && <Scale axis={axis} />}
      <ul>
        {events.map((event) => (
          <Event key={event.event} event={event} axis={axis} old={old} wall={wall} />
        ))}
      </ul>
    </section>
  );
}

/** A limit in numbers: when it cautions and stops, what is now, what may come. */
function inNumbers({ limit }: Window, wall: boolean): string {
  if (limit.name === "lightning") return v("notForecast");
  const side = v(isLow(limit) ? "below" : "above");
  const seen = limit.observed === null ? v("missing") : v("seen", amount(limit.observed, limit.unit));
  if (wall) return `${seen} · ${v("stopAt", side, amount(limit.stop, limit.unit))}`;
  return [
    v("limits", side, amount(limit.caution, limit.unit), amount(limit.stop, limit.unit)),
    seen,
    limit.worst === null ? "" : v(isLow(limit) ? "worstLow" : "worst", amount(limit.worst, limit.unit)),
  ]
    .filter(Boolean)
    .join(" · ");
}

export function Windows({ programme, look }: { programme: Programme; look: Look }): JSX.Element | null {
  const { now, wall } = look;
  const events = programme.events.filter((event) => !isOver(event, now));
  if (look.lost || adviceOld(programme, now, look.speed) || !events.length) return null;
  const axis = axisAt(now);
  const found = windows(events).slice(0, wall ? WALL_WINDOWS : undefined);
  return (
    <section class="panel venue-windows" aria-labelledby="venue-windows-title">
      <div class="panel-top">
        <h2 id="venue-windows-title">{v("windows")}</h2>
      </div>
      <Scale axis={axis} />
      <ul>
        {found.map((window) => {
          const { limit } = window;
          return (
            <li key={`${limit.name} ${limit.key} ${limit.caution} ${limit.stop}`} class="venue-window">
              <p class="event-top">
                <AdviceBadge advice={limit.advice} />
                <b>{limitName(limit.name)}</b>
                <span class="quiet">{inNumbers(window, wall)}</span>
              </p>
              <Track axis={axis} stretches={limit.bands} label={`${limitName(limit.name)}: ${inWords(limit.bands, now)}`} />
              <p class="note for">{window.events.join(", ")}</p>
            </li>
          );
        })}
      </ul>
      <Table programme={programme} now={now} found={found} />
    </section>
  );
}

/** All bands in words, for screen readers and for whoever likes numbers better. */
function Table({ programme, now, found }: { programme: Programme; now: number; found: Window[] }): JSX.Element {
  const rows = [
    ...programme.events.flatMap((event) => event.timeline.map((s) => ({ name: event.name, ...s }))),
    ...found.flatMap(({ limit }) => limit.bands.map((s) => ({ name: limitName(limit.name), why: [], ...s }))),
  ];
  return (
    <details class="venue-table">
      <summary>{v("table")}</summary>
      <div class="tables" tabIndex={0} role="group" aria-label={v("table")}>
        <table>
          <thead>
            <tr>
              {(["what", "start", "end", "advice", "why"] as const).map((word) => (
                <th key={word} scope="col">{v(word)}</th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row, i) => (
              <tr key={i}>
                <th scope="row">{row.name}</th>
                <td>{moment(row.start, now)}</td>
                <td>{moment(row.end, now)}</td>
                <td>{v(row.advice)}</td>
                <td>{row.why.join("; ")}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}
