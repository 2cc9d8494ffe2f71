// How the city is: what other hazards may bring, its vital signs, its venues, its gateways.

import type { Advice, City, Gateway, Sign, Span, Stretch, VenueEvent, Programme } from "./citywire.ts";
import { byId, h, put } from "./dom.ts";
import { amount, clock, duration, moment } from "./format.ts";
import { kindIcon, levelBadge, levelIcon } from "./icons.ts";
import { riskText } from "./marks.ts";
import { byRisk, percent, risk, type Risk } from "./risk.ts";
import type { Store } from "./store.ts";
import type { Level, Place } from "./wire.ts";
import { hazard, w, type Word } from "./words.ts";

/** Gateways say something every 30 s; vital signs and advice come each minute of the world. */
const SILENT_MS = 120_000;
const MINUTES_OLD_MS = 600_000;

const STATES: Record<Sign["state"], [Word, Level | null]> = {
  normal: ["signNormal", 0],
  "near overload": ["signNear", 2],
  overload: ["signOverload", 4],
  unknown: ["signUnknown", null],
};

const ADVICE: Record<Advice, [Word, Level | null]> = {
  go: ["go", 0],
  caution: ["caution", 2],
  stop: ["stop", 4],
  unknown: ["adviceUnknown", null],
};

const badge = (word: Word, level: Level | null): HTMLElement =>
  level === null ? h("span", { class: "badge unknown" }, h("span", {}, w(word))) : levelBadge(level, w(word));

export class CityPage {
  private city: City | undefined;
  private shown = "";
  /** Why the newest state could not be loaded. */
  trouble = "";

  constructor(
    private readonly store: Store,
    /** Real milliseconds that one of the world's takes less than a real one: its speed. */
    private readonly speed: () => number,
  ) {
    byId("others").hidden = store.site.others.length === 0;
  }

  take(city: City): void {
    this.city = city;
    this.trouble = "";
  }

  update(now: number): void {
    const minute = Math.floor(now / 60_000);
    const judged = this.store.site.others.map((place) => this.store.assessments.get(place.key)?.issue_time);
    const shown = JSON.stringify([minute, w("city"), this.trouble, this.city, judged]);
    if (shown === this.shown) return;
    this.shown = shown;
    const risks = this.store.site.others.map((place) => this.riskOf(place, now)).sort(byRisk);
    put(byId("other-rows"), ...risks.map((found) => this.other(found, now)));
    const trouble = this.trouble && h("p", { class: "note warn" }, w("unavailable", this.trouble));
    const { signs = [], programmes = [], gateways = [] } = this.city ?? {};
    put(byId("signs"), trouble || null, ...(signs.length ? signs.map((sign) => this.sign(sign, now)) : [nothing()]));
    put(byId("city-venues"), ...(programmes.length ? programmes.map((p) => this.venue(p, now)) : [nothing()]));
    put(byId("gateways"), ...(gateways.length ? gateways.map((g) => this.gateway(g, now)) : [nothing()]));
  }

  private riskOf(place: Place, now: number): Risk {
    const assessment = this.store.assessments.get(place.key);
    const usable = !!assessment && assessment.outcome !== "failed" && !this.store.isOutdated(assessment, now);
    return risk(place, assessment, usable);
  }

  private other(found: Risk, now: number): HTMLElement {
    const { place, level, probability, assessment } = found;
    const why = assessment && (probability < 0 || assessment.outcome !== "ok") && assessment.reason;
    return h(
      "li",
      { class: level ? `other level-${level} likely` : "other", "data-key": place.key },
      h("span", { class: `kind ${level === null ? "unknown" : `level-${level}`}` }, kindIcon(place.kind)),
      h(
        "span",
        { class: "what" },
        h("span", { class: "station" }, place.name),
        h("span", { class: "quiet" }, ` ${hazard(place.hazard)}`),
        place.invented && " ",
        place.invented && h("span", { class: "tag" }, w("simulatedStation")),
        h("span", { class: probability < 0 ? "how unknown" : "how" }, riskText(found, now)),
        why && h("span", { class: "how quiet" }, why),
      ),
      h("span", { class: "chance" }, level ? levelIcon(level) : null, percent(probability)),
    );
  }

  private sign(sign: Sign, now: number): HTMLElement {
    const old = this.aged(sign.time, now, MINUTES_OLD_MS);
    const [word, level] = old ? (["old", null] as const) : STATES[sign.state];
    return h(
      "li",
      { class: `sign ${level === null ? "unknown" : `level-${level}`}` },
      h("h3", {}, sign.name, h("span", { class: "quiet" }, ` ${sign.area}`)),
      h("p", { class: "figure" }, amount(sign.value, sign.unit), " ", badge(word, level)),
      this.bar(sign),
      sign.reason && h("p", { class: "note" }, sign.reason),
      old && h("p", { class: "note warn" }, w("outdated", duration(now - sign.time))),
      sign.state !== "normal" && sign.tell.length > 0 && h("p", { class: "note" }, w("told", sign.tell.join(", "))),
    );
  }

  /** Where the value stands between nothing, near overload and overload. */
  private bar({ value, near, overload, unit }: Sign): HTMLElement | null {
    if (value === null || overload === null || overload === 0) return null;
    const falling = near !== null && near > overload;
    const top = Math.max(overload * 1.2, value);
    const bar = !falling && h("meter", { min: 0, max: top, value, "aria-hidden": "true" });
    const bounds = [near !== null && `${w("signNear")} ${amount(near, unit)}`, `${w("signOverload")} ${amount(overload, unit)}`];
    return h("div", {}, bar, h("p", { class: "note" }, bounds.filter(Boolean).join(", ")));
  }

  private venue(programme: Programme, now: number): HTMLElement {
    const old = this.aged(programme.issue_time, now, MINUTES_OLD_MS);
    return h(
      "section",
      { class: old ? "venue old" : "venue" },
      h("h3", {}, programme.name, " ", h("a", { href: `/venues/${programme.venue}.ics`, class: "quiet" }, "iCalendar")),
      old && h("p", { class: "note warn" }, w("outdated", duration(now - programme.issue_time))),
      programme.degraded.length > 0 && h("p", { class: "note warn" }, w("degraded", programme.degraded.join("; "))),
      ...programme.events.map((event) => this.event(event, now, old)),
    );
  }

  private event(event: VenueEvent, now: number, old: boolean): HTMLElement {
    const [word, level] = ADVICE[old ? "unknown" : event.advice];
    const limits = event.limits.filter((limit) => limit.advice !== "go");
    return h(
      "article",
      { class: "event" },
      h(
        "p",
        { class: "event-top" },
        badge(word, level),
        h("b", {}, event.name),
        h("span", { class: "quiet" }, `${moment(event.start, now)}–${clock(event.end)}`),
      ),
      timeline(event, now),
      event.why.length > 0 && h("p", { class: "note" }, event.why.join("; ")),
      limits.length > 0 &&
        h(
          "ul",
          { class: "limits" },
          ...limits.map((limit) =>
            h("li", {}, badge(...ADVICE[limit.advice]), ` ${limit.name} ${amount(limit.observed, limit.unit)}`, limit.why && h("span", { class: "quiet" }, ` ${limit.why}`)),
          ),
        ),
      h("p", { class: "note" }, windowText(event.next_window, now)),
    );
  }

  private gateway(gateway: Gateway, now: number): HTMLElement {
    const silent = this.aged(gateway.heard, now, SILENT_MS * Math.max(1, this.speed()));
    const said = Object.entries(gateway.instruments);
    const wrong = said.filter(([, condition]) => condition !== "ok");
    const fine = gateway.online && !silent && wrong.length === 0 && gateway.clock === "ok" && gateway.outbox === "ok" && gateway.lost === 0;
    const state = !gateway.online ? badge("offline", 4) : silent ? badge("old", null) : fine ? badge("online", 0) : badge("withFaults", 2);
    const facts = [
      w("agoTime", duration(now - gateway.heard)),
      w("version", gateway.version),
      w("backlog", gateway.backlog),
      gateway.clock_error_s !== null && w("clockError", gateway.clock_error_s.toFixed(1)),
      gateway.battery !== null && w("battery", Math.round(gateway.battery * 100)),
      gateway.sampling !== "normal" && gateway.sampling,
      gateway.config && w("configured", gateway.config),
    ];
    const faults = [
      ...wrong.map(([name, condition]) => `${name}: ${condition}`),
      ...(gateway.clock === "ok" ? [] : [gateway.clock]),
      ...(gateway.outbox === "ok" ? [] : [gateway.outbox]),
      ...(gateway.lost ? [w("lostCount", gateway.lost)] : []),
      ...gateway.findings,
      ...Object.entries(gateway.alarms).filter(([, how]) => how !== "off").map(([name, how]) => `${name}: ${how}`),
    ];
    return h(
      "li",
      { class: "gateway" },
      h("p", { class: "event-top" }, state, h("b", {}, gateway.gateway), h("span", { class: "quiet" }, w("instrumentsOk", said.length - wrong.length, said.length))),
      h("p", { class: "note" }, facts.filter(Boolean).join(" · ")),
      ...faults.map((fault) => h("p", { class: "note warn" }, fault)),
    );
  }

  /** Whether something of `time` is older than the minutes, and a slow machine, explain. */
  private aged(time: number, now: number, allowedMs: number): boolean {
    return now - time > allowedMs + 20_000 * this.speed();
  }
}

const nothing = (): HTMLElement => h("p", { class: "note" }, w("nothingYet"));

const windowText = (window: Span | null, now: number): string =>
  window === null ? w("noWindow") : w("nextWindow", moment(window.start, now), clock(window.end));

/** The advice over time as a bar; what it says is also in its title and in the lines below. */
function timeline(event: VenueEvent, now: number): HTMLElement | null {
  const first = event.timeline[0];
  const last = event.timeline.at(-1);
  if (!first || !last) return null;
  const [from, to] = [first.start, last.end];
  const share = (time: number): string => `${(((time - from) / (to - from)) * 100).toFixed(2)}%`;
  const pieces = event.timeline.map((stretch) => {
    const [word, level] = ADVICE[stretch.advice];
    const piece = h("span", { class: `stretch ${level === null ? "unknown" : `level-${level}`}`, title: stretchText(stretch, now, w(word)) });
    piece.style.setProperty("--from", share(stretch.start));
    piece.style.setProperty("--to", share(stretch.end));
    return piece;
  });
  const span = h("span", { class: "event-span", title: event.name });
  span.style.setProperty("--from", share(Math.max(event.start, from)));
  span.style.setProperty("--to", share(Math.min(event.end, to)));
  const within = event.end > from && event.start < to;
  const text = event.timeline.map((stretch) => stretchText(stretch, now, w(ADVICE[stretch.advice][0]))).join("; ");
  return h(
    "div",
    { class: "timeline", role: "img", "aria-label": text },
    h("div", { class: "stretches" }, ...pieces, within && span),
    h("p", { class: "hours-scale" }, h("span", {}, moment(from, now)), h("span", {}, moment((from + to) / 2, now)), h("span", {}, moment(to, now))),
  );
}

const stretchText = (stretch: Stretch, now: number, advice: string): string =>
  `${moment(stretch.start, now)}–${clock(stretch.end)} ${advice}${stretch.why.length ? `: ${stretch.why.join(", ")}` : ""}`;
