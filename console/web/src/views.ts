// Which part of the page is shown: the map, the stations, the city or the desk; on a wall all but the desk.

import { byId } from "./dom.ts";

export type View = "map" | "stations" | "city" | "desk";

const ALL = ["map", "stations", "city", "desk"] as const;

const known = (name: string): View | undefined => ALL.find((view) => view === name);

/** Room for everything at once (app.css says the same). */
export const wall = matchMedia("(min-width: 1900px)");

export class Views {
  private view: View;

  constructor(
    first: View,
    private readonly changed: (view: View) => void,
  ) {
    this.view = known(location.hash.slice(1)) ?? first;
    for (const view of ALL) {
      byId(`view-${view}`).addEventListener("click", () => this.show(view));
    }
    addEventListener("hashchange", () => {
      const wanted = known(location.hash.slice(1));
      if (wanted) this.show(wanted);
    });
    wall.addEventListener("change", () => this.changed(this.view));
    this.apply();
  }

  get shown(): View {
    return this.view;
  }

  /** Whether the map can be seen now. */
  get map(): boolean {
    return this.view === "map" || wall.matches;
  }

  show(view: View): void {
    if (view === this.view) return;
    this.view = view;
    history.replaceState(null, "", `#${view}`);
    this.apply();
    this.changed(view);
  }

  private apply(): void {
    document.querySelector("main")!.dataset["view"] = this.view;
    for (const view of ALL) {
      byId(`view-${view}`).setAttribute("aria-pressed", String(view === this.view));
    }
  }
}
