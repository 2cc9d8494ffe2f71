// Makes a new warning heard: by the sound, and by what screen readers say.

import type { JSX } from "preact";
import { byId, h, say } from "../dom.ts";
import { levelWord } from "../icons.ts";
import { mayRing, ring } from "../sound.ts";
import { levelOf } from "./group.ts";
import { hearing, risen, type Heard } from "./news.ts";
import type { Incident } from "./wire.ts";
import { d, headlineOf } from "./words.ts";

const KEY = "forewarn.sound";

export class Alarm {
  private heard: Heard | undefined;
  private on: boolean;
  /** In the page whatever view is shown: what is hidden is not read aloud. */
  private readonly aloud = h("p", { class: "unseen", "aria-live": "assertive" });

  constructor(private readonly draw: () => void) {
    byId("pages").append(this.aloud);
    try {
      this.on = localStorage.getItem(KEY) !== "off";
    } catch {
      this.on = true; // storage is switched off: the page works without it
    }
    for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, () => this.draw(), { once: true });
  }

  /** Tell of what rose since the last time; the first time all is known already. */
  hear(incidents: Incident[], now: number): void {
    const news = this.heard ? risen(incidents, this.heard, now) : [];
    this.heard = hearing(incidents, now);
    const newest = news[0];
    if (!newest) return;
    const more = news.length > 1 ? ` ${d("more", news.length - 1)}` : "";
    const exercise = newest.drill || newest.status === "Exercise" ? `${d("exercise")} ` : "";
    say(this.aloud, exercise + d("rose", levelWord(levelOf(newest, now)), (newest.draft && headlineOf(newest.draft)) || headlineOf(newest)) + more);
    if (this.on) void ring();
  }

  /** Switches the sound off and on; on is heard at once. */
  button(): JSX.Element {
    return (
      <>
        {this.on && !mayRing() && <span class="note warn">{d("soundBlocked")}</span>}
        <button type="button" class="sound" aria-pressed={this.on} onClick={() => this.turn()}>
          {d(this.on ? "soundOn" : "soundOff")}
        </button>
      </>
    );
  }

  private turn(): void {
    this.on = !this.on;
    try {
      localStorage.setItem(KEY, this.on ? "on" : "off");
    } catch {
      // see above
    }
    if (this.on) void ring();
    this.draw();
  }
}
