// The page of venues: one venue at a time; on a wall with room for nothing but figures.

import { render } from "preact";
import { duration } from "../format.ts";
import type { Around } from "../pages.ts";
import { wall } from "../views.ts";
import { ask } from "../wire.ts";
import { speaks } from "../words.ts";
import { AdviceBadge, StateBadge } from "./badges.tsx";
import { nameOf } from "./figures.ts";
import { summary } from "./judge.ts";
import { Events, Windows } from "./programme.tsx";
import { Spots, type Look } from "./spots.tsx";
import type { Venue, Venues } from "./wire.ts";
import { v } from "./words.ts";

const RETRY_MS = 3_000;
const KEPT = "forewarn.venue";

/** `?wall` in the address: nothing on the screen but the venue, the time and whether the link lives. */
const asked = new URLSearchParams(location.search);
const onWall = asked.has("wall");

export class VenuesPage {
  private venues: Venue[] | undefined;
  private chosen = asked.get("venue") ?? kept();
  private trouble = "";
  private now = 0;
  private shown = "";
  private wanted = 0;
  /** Something is new, but nobody looks. */
  private due = false;

  constructor(
    private readonly box: HTMLElement,
    private readonly around: Around,
  ) {
    wall.addEventListener("change", () => this.draw());
  }

  async load(): Promise<void> {
    this.due = this.box.hidden;
    if (this.due) return;
    const number = ++this.wanted;
    try {
      const { venues } = await ask<Venues>("/api/venues", "no-cache");
      if (number !== this.wanted) return;
      [this.venues, this.trouble] = [venues, ""];
    } catch (error) {
      if (number !== this.wanted) return;
      this.trouble = (error as Error).message;
      setTimeout(() => number === this.wanted && void this.load(), RETRY_MS);
    }
    this.draw();
  }

  /** Draw if a few seconds passed or anything else is new; called every second. */
  update(now: number): void {
    this.now = now;
    if (this.due) void this.load();
    document.documentElement.toggleAttribute("data-wall", onWall);
    const lost = this.around.lost();
    const shown = `${Math.floor(now / 10_000)} ${speaks()} ${lost ? Math.floor(lost / 5_000) : ""}`;
    if (shown !== this.shown) this.draw();
    this.shown = shown;
  }

  /** Nobody scrolls a wall: what does not fit is made smaller, to half its size at most. */
  private fit(big: boolean): void {
    const one = this.box.querySelector<HTMLElement>(".venue-one");
    if (!one) return;
    one.style.zoom = "1";
    if (!big) return;
    for (let zoom = 1; zoom > 0.5 && one.getBoundingClientRect().bottom + scrollY > innerHeight - 8; zoom -= 0.05) {
      one.style.zoom = (zoom - 0.05).toFixed(2);
    }
  }

  private choose(venue: string): void {
    this.chosen = venue;
    try {
      localStorage.setItem(KEPT, venue);
    } catch {
      // storage is switched off: it is chosen until the page is closed
    }
    this.draw();
  }

  private draw(): void {
    const { now, venues, around } = this;
    if (!now) return;
    const big = onWall || wall.matches;
    this.box.classList.toggle("big", big);
    const lost = around.lost();
    const look: Look = { now, lost: lost > 0, speed: around.store.heartbeat?.speed ?? around.store.site.speed, wall: big };
    const venue = venues?.find(({ id }) => id === this.chosen) ?? venues?.[0];
    this.box.classList.toggle("lost", lost > 0);
    render(
      <>
        {lost > 0 && <p class="venue-lost" role="status">{v("linkLost", duration(lost))}</p>}
        {this.trouble && <p class="note warn" role="status">{v("notLoaded", this.trouble)}</p>}
        {venues && !venues.length && <p class="calm">{v("none")}</p>}
        {venues && venue && <Chooser venues={venues} chosen={venue} look={look} choose={(id) => this.choose(id)} />}
        {venue && <One venue={venue} look={look} />}
      </>,
      this.box,
    );
    this.fit(big);
  }
}

function kept(): string | undefined {
  try {
    return localStorage.getItem(KEPT) ?? undefined;
  } catch {
    return undefined;
  }
}

interface Choice {
  venues: Venue[];
  chosen: Venue;
  look: Look;
  choose: (id: string) => void;
}

const titleOf = (venue: Venue): string => (venue.id ? nameOf(venue) : v("elsewhere"));

function Chooser({ venues, chosen, look, choose }: Choice) {
  return (
    <div class="venue-choice" role="group" aria-label={v("choose")}>
      {venues.map((venue) => {
        const { advice, level } = summary(venue, look.now, look.lost, look.speed);
        return (
          <button key={venue.id} type="button" data-venue={venue.id} aria-pressed={venue === chosen} onClick={() => choose(venue.id)}>
            <span>{titleOf(venue)}</span>
            {advice && <AdviceBadge advice={advice} />}
            {venue.spots.length > 0 && level !== 0 && <StateBadge level={level} />}
          </button>
        );
      })}
    </div>
  );
}

function One({ venue, look }: { venue: Venue; look: Look }) {
  const { programme } = venue;
  return (
    <div class={`venue-one${venue.spots.length ? "" : " no-spots"}`}>
      <h2 class="venue-name">{titleOf(venue)}</h2>
      {programme && <Events programme={programme} look={look} />}
      {!programme && venue.id && (
        <section class="panel venue-programme">
          <p class="note warn">{v("noProgramme")}</p>
        </section>
      )}
      {programme && <Windows programme={programme} look={look} />}
      {venue.spots.length > 0 && <Spots spots={venue.spots} look={look} />}
    </div>
  );
}
