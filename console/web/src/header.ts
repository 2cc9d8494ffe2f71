// Site, world time, the state of the link and of the sources, and what is not real.

import { byId, h, put, say } from "./dom.ts";
import { clockSeconds, date, duration, moment, zoneName } from "./format.ts";
import type { Store } from "./store.ts";
import { w, type Word } from "./words.ts";
import { worldKnown } from "./worldtime.ts";

type Condition = "live" | "connecting" | "stale" | "down" | "lost";

export class Header {
  private shown = "";

  constructor(private readonly store: Store) {}

  update(now: number, lostFor: number): void {
    const { site } = this.store;
    say(byId("site"), site.name);
    if (worldKnown()) {
      say(byId("clock"), clockSeconds(now));
      say(byId("date"), `${date(now)}, ${zoneName(now)}`);
    }
    const speed = site.speed === 1 ? "" : `${site.speed} ×`;
    say(byId("speed"), speed);
    const [condition, banner] = this.condition(now, lostFor);
    say(byId("link-text"), w(condition as Word));
    byId("link").className = `link ${condition}`;
    this.banners(condition, banner);
  }

  private condition(now: number, lostFor: number): [Condition, string] {
    const beat = this.store.heartbeat;
    if (lostFor > 0) return ["lost", w("lostBanner", duration(lostFor))];
    if (!beat) return ["connecting", ""];
    if (beat.database) return ["down", w("downBanner", beat.database)];
    if (beat.newest === null) return ["stale", w("emptyBanner")];
    if (beat.stale_since !== null) {
      const since = beat.stale_since;
      return ["stale", w("staleBanner", moment(since, now), duration(now - since))];
    }
    return ["live", ""];
  }

  private banners(condition: Condition, banner: string): void {
    const { site } = this.store;
    const notReal = site.replay ? (site.speed === 1 ? w("shifted") : w("replay", site.speed)) : "";
    const made = [notReal, site.invented].filter(Boolean).join(" ");
    const alarm = byId("alarm");
    alarm.className = `banner ${condition}`;
    alarm.hidden = !banner;
    say(alarm, banner);
    if (this.shown === made + w("invented")) return;
    this.shown = made + w("invented");
    const strip = byId("invented");
    strip.hidden = !made;
    put(strip, h("strong", {}, w("invented")), ` ${made}`);
  }
}
