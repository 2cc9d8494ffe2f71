// The card on the map: what is known of the chosen station or place.

import { byId, h, put } from "./dom.ts";
import { w } from "./words.ts";

export class Card {
  private shown = "";

  constructor(
    private readonly close: () => void,
    private readonly open: () => void,
  ) {}

  /** Show `lines` under `name`, nothing without a name; true if the card came or went. */
  show(name: string | undefined, lines: HTMLElement[]): boolean {
    const box = byId("picked");
    const changed = box.hidden !== !name;
    box.hidden = !name;
    const shown = [name, w("close"), ...lines.map((line) => line.outerHTML)].join("");
    if (shown === this.shown) return changed;
    this.shown = shown;
    const focused = box.contains(document.activeElement) ? (document.activeElement as HTMLElement).className : "";
    const close = h("button", { type: "button", class: "close", "aria-label": w("close") }, "×");
    close.addEventListener("click", this.close);
    const more = h("button", { type: "button", class: "more" }, w("hydrograph"));
    more.addEventListener("click", this.open);
    put(box, h("div", { class: "picked-top" }, h("strong", {}, name), close), ...lines, more);
    if (focused) box.querySelector<HTMLElement>(`.${focused}`)?.focus();
    return changed;
  }
}
