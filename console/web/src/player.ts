// Time and probability of the map: a slider over the leads, with the extent of the water above it.

import { byId, h, put, s, say } from "./dom.ts";
import { clock, duration } from "./format.ts";
import { depthText, oddsWord } from "./flood.ts";
import { classes, course, frames, nearest } from "./zones.ts";
import { depthClass, type Scene } from "./zonelayer.ts";
import type { Inundation } from "./wire.ts";
import { w } from "./words.ts";

/** Real milliseconds for which a time is shown while playing, and the last one. */
const STEP_MS = 900;
const END_MS = 2000;

export class Player {
  private readonly slider = byId("time-slider") as HTMLInputElement;
  private readonly button = byId("play");
  private inundations: Inundation[] = [];
  private times: number[] = [];
  private depths: number[] = [];
  private probability = 0.5;
  /** Whether the slider stays at now as time goes by: until somebody moves it. */
  private following = true;
  private timer: number | undefined;
  private drawn = "";
  private clockText = "";
  private now = 0;

  constructor(private readonly show: (scene: Scene) => void) {
    this.slider.addEventListener("input", () => {
      this.stop();
      this.go(Number(this.slider.value));
    });
    this.button.addEventListener("click", () => (this.timer === undefined ? this.play() : this.stop()));
  }

  get odds(): number {
    return this.probability;
  }

  get time(): number {
    return this.times[Number(this.slider.value)] ?? 0;
  }

  take(inundations: Inundation[], now: number): void {
    const before = this.time;
    this.inundations = inundations;
    this.times = frames(inundations);
    this.depths = classes(inundations, "depths_m");
    const all = classes(inundations, "probabilities");
    if (all.length) this.probability = all[nearest(all, this.probability)]!;
    byId("player").hidden = this.times.length === 0;
    byId("depths").hidden = this.times.length === 0;
    this.slider.max = String(Math.max(0, this.times.length - 1));
    this.slider.value = String(nearest(this.times, this.following ? now : before));
    this.drawn = "";
    this.label();
    this.draw(now);
  }

  /** Keep the time at now, and the words true. */
  update(now: number): void {
    if (this.following && this.timer === undefined) this.slider.value = String(nearest(this.times, now));
    this.draw(now);
  }

  /** Write everything anew that is in words. */
  label(): void {
    const all = classes(this.inundations, "probabilities");
    const buttons = all.map((probability) => {
      const button = h("button", { type: "button", "aria-pressed": String(probability === this.probability) }, oddsWord(probability));
      button.addEventListener("click", () => {
        this.probability = probability;
        this.label();
        this.draw(this.now);
        (byId("odds").children[all.indexOf(probability)] as HTMLElement).focus();
      });
      return button;
    });
    put(byId("odds"), ...buttons);
    byId("odds").setAttribute("aria-label", w("odds"));
    this.slider.setAttribute("aria-label", w("slider"));
    this.legend();
    this.bars();
    this.clockText = "";
    this.drawn = "";
    this.say();
  }

  private go(index: number): void {
    this.following = false;
    this.slider.value = String(index);
    this.draw(this.now);
  }

  private play(): void {
    const last = this.times.length - 1;
    const step = (): void => {
      const at = Number(this.slider.value);
      const next = at >= last ? 0 : at + 1;
      this.go(next);
      this.timer = setTimeout(step, next === last ? END_MS : STEP_MS);
    };
    this.timer = setTimeout(step, Number(this.slider.value) >= last ? 0 : STEP_MS / 3);
    this.say();
  }

  private stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.say();
  }

  private say(): void {
    const word = this.timer === undefined ? "play" : "pause";
    this.button.setAttribute("aria-label", w(word));
    this.button.title = w(word);
    this.button.dataset["state"] = word;
  }

  private draw(now: number): void {
    this.now = now;
    if (!this.times.length) {
      this.show({ time: 0, probability: this.probability });
      return;
    }
    const { time } = this;
    const drawn = `${time} ${this.probability}`;
    if (drawn !== this.drawn) {
      this.drawn = drawn;
      this.show({ time, probability: this.probability });
      for (const bar of byId("extent").querySelectorAll("rect")) {
        bar.classList.toggle("at", Number(bar.getAttribute("data-time")) === time);
      }
    }
    const away = time - now;
    const close = Math.abs(away) < 60_000;
    const lead = close ? w("now") : away < 0 ? w("agoTime", duration(-away)) : w("in", duration(away));
    const text = `${clock(time)} ${lead}`;
    if (text === this.clockText) return;
    this.clockText = text;
    say(byId("shown-time"), clock(time));
    say(byId("shown-lead"), lead);
    this.slider.setAttribute("aria-valuetext", text);
  }

  /** Extent of the water at each time: one bar each, above the slider. */
  private bars(): void {
    const { times, depths } = this;
    const parts = depths.map((depth) => course(this.inundations, times, this.probability, depth));
    const most = Math.max(1, ...(parts[0] ?? [0]));
    const last = Math.max(1, times.length - 1);
    const picture = s("svg", { viewBox: "0 0 100 24", preserveAspectRatio: "none", "aria-hidden": "true" });
    parts.forEach((areas, k) =>
      areas.forEach((area, i) => {
        const height = area > 0 ? Math.max(1, (area / most) * 23) : 0;
        const x = (i / last) * 100 - 3;
        const kind = `bar ${depthClass(depths, depths[k]!)}`;
        picture.append(s("rect", { x, y: 24 - height, width: 6, height, class: kind, "data-time": times[i] }));
      }),
    );
    put(byId("extent"), picture);
    put(byId("ticks"), ...times.map((time) => h("span", {}, h("span", {}, clock(time)))));
  }

  private legend(): void {
    const { depths } = this;
    const swatch = (kind: string): SVGElement =>
      s("svg", { viewBox: "0 0 20 14", "aria-hidden": "true" }, s("rect", { x: 1, y: 1, width: 18, height: 12, class: kind }));
    const items = depths.map((depth) => h("li", {}, swatch(`water ${depthClass(depths, depth)}`), w("deeper", depthText(depth))));
    const least = classes(this.inundations, "probabilities")[0];
    if (least !== undefined && least < this.probability) {
      items.push(h("li", {}, swatch("water edge"), w("possibleEdge", oddsWord(least))));
    }
    put(byId("depths"), h("li", { class: "title" }, w("depthTitle")), ...items);
  }
}
