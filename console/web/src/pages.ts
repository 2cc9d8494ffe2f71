// Pages whose code is fetched when somebody first looks at them.

import { byId, h, say } from "./dom.ts";
import type { Store } from "./store.ts";
import { w } from "./words.ts";
import { worldKnown, worldNow } from "./worldtime.ts";

export interface Page {
  /** Ask for what it shows: at first, each minute, when its event comes, and after a cut link. */
  load(): Promise<void>;
  /** Called every second while it is shown, and when the language changes; `now` [ms], the world's. */
  update(now: number): void;
}

/** What a page may use of what is around it. */
export interface Around {
  store: Store;
  /** Show the hydrograph of a datastream. */
  graph(key: string): void;
  /** Real milliseconds since the link was lost, else 0: the world's time stands still then. */
  lost(): number;
  /** Ask again which drills run: the strip above every view says so. */
  drills(): void;
}

type Build = (box: HTMLElement, around: Around) => Page;

/** Name of a page (in the address, as id of its box, and its word) → its code. */
export const PAGES = {
  desk: async (): Promise<Build> => {
    const { DeskPage } = await import("./desk/page.tsx");
    return (box, { store, graph }) => new DeskPage(box, store, graph);
  },
  quiet: async (): Promise<Build> => {
    const { QuietPage } = await import("./quiet/page.tsx");
    return (box, { drills }) => new QuietPage(box, drills);
  },
  log: async (): Promise<Build> => {
    const { LogPage } = await import("./log/page.tsx");
    return (box) => new LogPage(box);
  },
  venues: async (): Promise<Build> => {
    const { VenuesPage } = await import("./venues/page.tsx");
    return (box, around) => new VenuesPage(box, around);
  },
  workshop: async (): Promise<Build> => {
    const { WorkshopPage } = await import("./workshop/page.tsx");
    return (box, around) => new WorkshopPage(box, around);
  },
  models: async (): Promise<Build> => {
    const { ModelsPage } = await import("./models/page.tsx");
    return (box, { store }) => new ModelsPage(box, store);
  },
  accounts: async (): Promise<Build> => {
    const { AccountsPage } = await import("./accounts/page.tsx");
    return (box) => new AccountsPage(box);
  },
  station: async (): Promise<Build> => {
    const { StationPage } = await import("./station/page.tsx");
    return (box, { store }) => new StationPage(box, store);
  },
};

export type PageName = keyof typeof PAGES;

/** Pages without a button: reached by a link, `#station/hangang`. */
export const UNLISTED: readonly string[] = ["station"];

/** Pages whose button only those have who may do one of these. */
export const NEEDS: Readonly<Record<string, readonly string[]>> = { accounts: ["accounts", "audit"] };

/** What the address says after the name of the page, as it was typed where it is no address. */
export function detail(): string {
  const said = location.hash.split("/").slice(1).join("/");
  try {
    return decodeURIComponent(said);
  } catch {
    return said;
  }
}

const RETRY_MS = 3000;

export class Pages {
  private readonly opened = new Map<PageName, Promise<Page>>();

  constructor(
    private readonly around: Around,
    private readonly shown: () => PageName | undefined,
  ) {
    for (const name of Object.keys(PAGES)) byId("pages").append(h("div", { id: name, class: name }));
  }

  /** Fetch a page, by default the one that is shown, and let it load; tried again after a cut link. */
  async open(name: PageName | undefined = this.shown()): Promise<void> {
    if (!name || this.opened.has(name)) return;
    const box = byId(name);
    try {
      const page = PAGES[name]().then((build) => build(box, this.around));
      this.opened.set(name, page);
      const built = await page;
      // Spans and ages are of the world's time: before it is known a page would ask for 1970.
      while (!worldKnown()) await new Promise((resume) => setTimeout(resume, 50));
      built.update(worldNow());
      await built.load();
    } catch (error) {
      this.opened.delete(name);
      say(box, w("unavailable", (error as Error).message));
      setTimeout(() => void this.open(name), RETRY_MS);
    }
  }

  /** Let the page load again if it was ever opened; without a name the one that is shown. */
  load(name: PageName | undefined = this.shown()): void {
    if (name) void this.opened.get(name)?.then((page) => page.load());
  }

  update(now: number): void {
    const name = this.shown();
    if (name) void this.opened.get(name)?.then((page) => page.update(now));
  }
}
