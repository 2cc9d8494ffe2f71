// Places by risk, as a list: everything that the map says of them, without the map.

import { byId, h, put } from "./dom.ts";
import { kindIcon, levelIcon } from "./icons.ts";
import { riskText } from "./marks.ts";
import { percent, type Risk } from "./risk.ts";
import { property, w } from "./words.ts";

export class PlaceList {
  private shown = "";
  private chosen = "";

  constructor(private readonly choose: (key: string) => void) {}

  select(key: string): void {
    this.chosen = key;
    for (const row of byId("place-rows").children) {
      const own = (row as HTMLElement).dataset["key"] === key;
      row.classList.toggle("chosen", own);
      row.querySelector("button")?.setAttribute("aria-pressed", String(own));
    }
  }

  /** Show `risks`, in their order, as of `now`. */
  update(risks: Risk[], now: number): void {
    const minute = Math.floor(now / 60_000);
    const shown = JSON.stringify([minute, w("places"), risks.map((r) => [r.place.key, r.probability, r.assessment])]);
    if (shown === this.shown) return;
    this.shown = shown;
    const focused = (document.activeElement?.closest("[data-key]") as HTMLElement | null)?.dataset["key"];
    put(byId("place-rows"), ...risks.map((found) => this.row(found, now)));
    this.select(this.chosen);
    const again = focused && byId("place-rows").querySelector<HTMLElement>(`[data-key="${CSS.escape(focused)}"] button`);
    if (again) again.focus({ preventScroll: true });
  }

  private row(found: Risk, now: number): HTMLElement {
    const { place, level, probability } = found;
    const button = h(
      "button",
      { type: "button", class: "place-row", "aria-pressed": "false" },
      h("span", { class: `kind ${level === null ? "unknown" : `level-${level}`}` }, kindIcon(place.kind)),
      h(
        "span",
        { class: "what" },
        h("span", { class: "station" }, place.name),
        h("span", { class: "quiet" }, ` ${property(place.kind)}`),
        place.invented && h("span", { class: "tag" }, w("simulatedStation")),
        h("span", { class: probability < 0 ? "how unknown" : "how" }, riskText(found, now)),
      ),
      h("span", { class: "chance" }, level ? levelIcon(level) : null, percent(probability)),
    );
    button.addEventListener("click", () => this.choose(place.key));
    return h("li", { "data-key": place.key, class: level ? `level-${level} likely` : "" }, button);
  }
}
