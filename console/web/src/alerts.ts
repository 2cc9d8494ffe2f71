// Warnings: one card an incident, the newest message in front, the others and the CAP behind.

import { h, put, say } from "./dom.ts";
import { chance, duration, moment, headlineOf } from "./format.ts";
import { levelBadge, levelIcon, levelWord } from "./icons.ts";
import type { Store } from "./store.ts";
import type { Alert, Level } from "./wire.ts";
import { w, type Word } from "./words.ts";

export interface Incident {
  newest: Alert;
  messages: Alert[];
}

/** A warning that stands now: not cancelled, not expired. */
export const stands = (alert: Alert, now: number): boolean =>
  alert.active && alert.msg_type !== "Cancel" && alert.level > 0 && alert.expires > now;

/** Without those of drills, which colour no area and name no gauge. */
export const ofWorld = (alerts: Iterable<Alert>): Alert[] => [...alerts].filter((alert) => !alert.drill);

/** Messages by incident: standing ones first, real ones before drills, then the newest. */
export function incidents(alerts: Iterable<Alert>, now: number): Incident[] {
  const byIncident = new Map<string, Alert[]>();
  for (const alert of alerts) {
    byIncident.set(alert.incident, [...(byIncident.get(alert.incident) ?? []), alert]);
  }
  const found = [...byIncident.values()].map((messages) => {
    messages.sort((a, b) => b.sent - a.sent);
    return { newest: messages[0]!, messages };
  });
  const weight = (i: Incident): number => (stands(i.newest, now) ? (i.newest.drill ? 1 : 10) + i.newest.level : 0);
  return found.sort((a, b) => weight(b) - weight(a) || b.newest.sent - a.newest.sent);
}

export const highest = (alerts: Iterable<Alert>, now: number): Level =>
  incidents(ofWorld(alerts), now).reduce<Level>(
    (level, { newest }) => (stands(newest, now) && newest.level > level ? newest.level : level),
    0,
  );

/** The datastream of the gravest warning that stands. */
export const foremostKey = (alerts: Iterable<Alert>, now: number): string | undefined =>
  incidents(ofWorld(alerts), now)
    .filter(({ newest }) => stands(newest, now))
    .at(0)?.newest.key;

/** Stands for the list of earlier incidents among the incidents that are unfolded. */
const EARLIER = "";

function leadText(alert: Alert): string {
  if (alert.lead_s === null) return "";
  return alert.lead_s <= 0 ? w("lead0") : w("leadTime", duration(alert.lead_s * 1000));
}

export class AlertList {
  private shown = "";
  private readonly open = new Set<string>();

  constructor(
    private readonly store: Store,
    private readonly box: HTMLElement,
    private readonly count: HTMLElement,
    private readonly choose: (key: string) => void,
  ) {}

  update(now: number): void {
    const all = incidents(this.store.alerts.values(), now);
    const standing = all.filter(({ newest }) => stands(newest, now));
    say(this.count, standing.length ? String(standing.length) : "");
    const minute = Math.floor(now / 60_000);
    const shown = JSON.stringify([all.map(({ newest, messages }) => [newest, messages.length]), minute, w("alerts")]);
    if (shown === this.shown) return;
    this.shown = shown;
    const past = all.filter(({ newest }) => !stands(newest, now));
    put(
      this.box,
      ...(standing.length ? standing.map((i) => this.card(i, now, true)) : [h("p", { class: "calm" }, w("noAlerts"))]),
      past.length > 0 && this.earlier(past, now),
    );
  }

  private earlier(past: Incident[], now: number): HTMLElement {
    const cards = past.slice(0, 20).map((i) => this.card(i, now, false));
    const details = h("details", { class: "earlier" }, h("summary", {}, `${w("earlier")} (${past.length})`), ...cards);
    details.open = this.open.has(EARLIER);
    details.addEventListener("toggle", (event) => {
      if (event.target !== details) return;
      if (details.open) this.open.add(EARLIER);
      else this.open.delete(EARLIER);
    });
    return details;
  }

  private card({ newest, messages }: Incident, now: number, live: boolean): HTMLElement {
    const level = newest.level || newest.previous_level;
    const end: Word = newest.msg_type === "Cancel" ? "cancelled" : newest.expires <= now ? "expired" : "ended";
    const acked = newest.acknowledged_by;
    const facts = [
      leadText(newest),
      newest.probability === null ? "" : chance(newest.probability),
      w("sent", moment(newest.sent, now)),
      live ? w("expires", moment(newest.expires, now)) : "",
    ].filter(Boolean);
    const gauge = h("button", { type: "button", class: "headline" }, headlineOf(newest));
    gauge.addEventListener("click", () => this.choose(newest.key));
    return h(
      "article",
      { class: `alert level-${level}${live ? "" : " past"}` },
      h(
        "div",
        { class: "alert-top" },
        levelBadge(level, levelWord(level)),
        newest.status !== "Actual" && h("span", { class: "tag loud" }, newest.status.toUpperCase()),
        !live && h("span", { class: "tag" }, w(end)),
        live && h("span", { class: acked ? "ack" : "ack open" }, acked ? w("acked", acked) : w("unacked")),
      ),
      gauge,
      this.details(newest, messages, facts.join(" · "), now),
    );
  }

  /** What is folded away behind the line of facts. */
  private details(newest: Alert, messages: Alert[], facts: string, now: number): HTMLElement {
    const cap = h("div", { class: "cap" });
    const list = messages.map((m) =>
      h(
        "li",
        {},
        levelIcon(m.level),
        ` ${moment(m.sent, now)} ${m.msg_type} · ${levelWord(m.level)} · ${headlineOf(m)}`,
      ),
    );
    const details = h(
      "details",
      {},
      h("summary", { class: "facts", title: w("details") }, facts),
      h("p", { class: "area" }, newest.area),
      h("h4", {}, w("messages")),
      h("ol", { class: "messages", reversed: true }, ...list),
      cap,
    );
    const load = (): void => void showCap(cap, newest.identifier);
    if (this.open.has(newest.incident)) {
      details.open = true;
      load();
    }
    details.addEventListener("toggle", () => {
      if (!details.open) this.open.delete(newest.incident);
      else if (!this.open.has(newest.incident)) {
        this.open.add(newest.incident);
        load();
      }
    });
    return details;
  }
}

const FIELDS: [name: string, word: Word][] = [
  ["description", "description"],
  ["instruction", "instruction"],
  ["urgency", "urgency"],
  ["severity", "severity"],
  ["certainty", "certainty"],
  ["areaDesc", "areaDesc"],
  ["senderName", "sender"],
];

const fetched = new Map<string, string>();

async function showCap(box: HTMLElement, identifier: string): Promise<void> {
  try {
    let xml = fetched.get(identifier);
    if (xml === undefined) {
      put(box, h("p", { class: "quiet" }, w("loading")));
      const answer = await fetch(`/api/cap?identifier=${encodeURIComponent(identifier)}`);
      if (!answer.ok) throw new Error(String(answer.status));
      fetched.set(identifier, (xml = await answer.text()));
    }
    const parsed = new DOMParser().parseFromString(xml, "application/xml");
    const facts = FIELDS.flatMap(([name, word]) => {
      const text = parsed.getElementsByTagName(name)[0]?.textContent?.trim();
      return text ? [h("dt", {}, w(word)), h("dd", {}, text)] : [];
    });
    put(box, h("dl", {}, ...facts), h("h4", {}, w("capText")), h("pre", { tabindex: 0 }, xml));
  } catch (error) {
    put(box, h("p", { class: "note warn" }, w("unavailable", (error as Error).message)));
  }
}
