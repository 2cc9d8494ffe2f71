// Which part of the page is shown: the map, the stations, the city, or one of the pages; on a wall all but the pages.

import { byId, h } from "./dom.ts";
import { NEEDS, PAGES, UNLISTED, type PageName } from "./pages.ts";
import { onSession, permits } from "./session.ts";

const PARTS = ["map", "stations", "city"] as const;

export type View = (typeof PARTS)[number] | PageName;

const ALL: readonly View[] = [...PARTS, ...(Object.keys(PAGES) as PageName[])];

const known = (name: string): View | undefined => ALL.find((view) => view === name);

/** The view in the address; a page may say more after a slash. */
const addressed = (): View | undefined => known(location.hash.slice(1).split("/")[0]!);

/** Room for everything at once (app.css says the same). */
export const wall = matchMedia("(min-width: 1900px)");

export class Views {
  private view: View;

  constructor(
    first: string,
    private readonly changed: (view: View) => void,
  ) {
    this.view = addressed() ?? known(first) ?? "stations";
    const nav = byId("views");
    for (const view of ALL) {
      const button = h("button", { id: `view-${view}`, type: "button", "data-word": view });
      button.addEventListener("click", () => this.show(view));
      nav.append(button);
    }
    addEventListener("hashchange", () => {
      const wanted = addressed();
      if (wanted) this.show(wanted);
    });
    onSession(() => this.permit());
    this.permit();
    wall.addEventListener("change", () => this.changed(this.view));
    this.apply();
  }

  get shown(): View {
    return this.view;
  }

  /** The page that is shown, if it is one. */
  get page(): PageName | undefined {
    return this.view in PAGES ? (this.view as PageName) : undefined;
  }

  /** Whether the map can be seen now. */
  get map(): boolean {
    return this.view === "map" || wall.matches;
  }

  show(view: View): void {
    if (view === this.view) return;
    this.view = view;
    if (addressed() !== view) history.replaceState(null, "", `#${view}`);
    this.apply();
    this.changed(view);
  }

  /** Show the buttons of what who is signed in may see. */
  private permit(): void {
    for (const view of ALL) {
      const may = NEEDS[view]?.some(permits) ?? true;
      byId(`view-${view}`).hidden = !may || UNLISTED.includes(view);
    }
  }

  private apply(): void {
    const main = document.querySelector("main")!;
    main.dataset["view"] = this.view;
    main.toggleAttribute("data-page", this.page !== undefined);
    for (const box of byId("pages").children) (box as HTMLElement).hidden = box.id !== this.view;
    for (const view of ALL) {
      byId(`view-${view}`).setAttribute("aria-pressed", String(view === this.view));
    }
  }
}
