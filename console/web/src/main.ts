// Puts the page together: loads, listens, and shows once a second and whenever something comes.

import "uplot/dist/uPlot.min.css";
import "./app.css";
import "./map.css";
import "./city.css";
import "./desk/desk.css";
import "./log/log.css";
import "./quiet/quiet.css";
import "./accounts/accounts.css";
import "./models/models.css";
import "./station/station.css";
import "./venues/venues.css";
import "./workshop/workshop.css";
import { CityPage } from "./city.ts";
import type { City } from "./citywire.ts";
import { AlertList, foremostKey, highest } from "./alerts.ts";
import { byId, say } from "./dom.ts";
import { DrillBanner } from "./drillbanner.ts";
import { FloodMap } from "./floodmap.ts";
import { useZone } from "./format.ts";
import { Gauge } from "./gauge.ts";
import { Header } from "./header.ts";
import { levelWord } from "./icons.ts";
import { Link } from "./link.ts";
import { Pages } from "./pages.ts";
import { permits, showSession, startSession } from "./session.ts";
import { StationsTable } from "./stations.ts";
import { Store } from "./store.ts";
import { Views, wall } from "./views.ts";
import { ask, type Alert, type Inundations, type Site, type SiteMap, type Stations } from "./wire.ts";
import { speak, speaks, w, type Word } from "./words.ts";
import { setWorldTime, worldKnown, worldNow } from "./worldtime.ts";

function remembered(name: string): string | null {
  try {
    return localStorage.getItem(`forewarn.${name}`);
  } catch {
    return null; // storage is switched off: the page works without it
  }
}

function remember(name: string, value: string): void {
  try {
    localStorage.setItem(`forewarn.${name}`, value);
  } catch {
    // see above
  }
}

function label(): void {
  document.documentElement.lang = speaks() === "zh" ? "zh-CN" : "en";
  for (const element of document.querySelectorAll<HTMLElement>("[data-word]")) {
    say(element, w(element.dataset["word"] as Word));
  }
  byId("theme").setAttribute("aria-label", w("theme"));
  byId("theme").title = w("theme");
  for (const element of document.querySelectorAll<HTMLElement>("[data-label]")) {
    const text = w(element.dataset["label"] as Word);
    element.setAttribute("aria-label", text);
    if (element.tagName === "BUTTON") element.title = text;
  }
}

function dress(theme: string | null): void {
  if (theme) document.documentElement.dataset["theme"] = theme;
}

async function untilAnswered<T>(path: string): Promise<T> {
  for (;;) {
    try {
      return await ask<T>(path, "no-cache");
    } catch {
      await new Promise((resume) => setTimeout(resume, 2000));
    }
  }
}

/** Real milliseconds between full loads: late values and late verdicts come in with them. */
const REFRESH_MS = 60_000;

/** One column: the hydrograph is not beside the stations (app.css says the same). */
const narrow = matchMedia("(max-width: 1180px)");

async function start(): Promise<void> {
  dress(remembered("theme"));
  speak((remembered("language") ?? navigator.language).startsWith("zh") ? "zh" : "en");
  label();
  const session = startSession();
  const store = new Store(await untilAnswered<Site>("/api/site"));
  useZone(store.site.timezone);
  const gauge = new Gauge(store);
  const choose = (key: string): void => {
    if (!store.streams.has(key)) return;
    table.select(key);
    gauge.choose(key);
  };
  const scrollTo = (id: string): void => {
    if (narrow.matches) byId(id).scrollIntoView({ behavior: "smooth" });
  };
  const chooseAndShow = (key: string): void => {
    choose(key);
    if (views.map && store.streams.has(key)) flood.pick(key);
    scrollTo(views.shown === "map" ? "map-panel" : "gauge");
  };
  const openGauge = (key: string): void => {
    choose(key);
    if (!wall.matches) views.show("stations");
    scrollTo("gauge");
  };
  const flood = new FloodMap(store, openGauge);
  let charted = false;
  const chart = async (): Promise<void> => {
    if (charted || !views.map) return;
    charted = true;
    flood.build(await untilAnswered<SiteMap>("/api/map"));
  };
  const usual = remembered("view") ?? (store.site.places.length ? "map" : "stations");
  const drills = new DrillBanner();
  const around = { store, graph: openGauge, lost: () => link.lostFor(), drills: () => void drills.load() };
  const pages = new Pages(around, () => views.page);
  const views = new Views(usual, (view) => {
    remember("view", view);
    void chart();
    void pages.open();
    show();
  });
  label();
  const table = new StationsTable(store, byId("rows"), chooseAndShow);
  const alerts = new AlertList(store, byId("alerts"), byId("alert-count"), chooseAndShow);
  const header = new Header(store);
  const city = new CityPage(store, () => store.heartbeat?.speed ?? store.site.speed);
  const show = (): void => {
    header.update(worldNow(), link.lostFor());
    if (!worldKnown()) return;
    const now = worldNow();
    table.update(now);
    flood.update(now);
    alerts.update(now);
    gauge.tick(now);
    city.update(now);
    pages.update(now);
    drills.update(now);
    const level = highest(store.alerts.values(), now);
    document.title = (level ? `${levelWord(level)} – ` : "") + store.site.name;
  };
  // Events that come while a load is under way are newer than its answer: they are applied again.
  const overtaking: (() => void)[] = [];
  const take = (apply: () => void): void => {
    apply();
    overtaking.push(apply);
    if (overtaking.length > 1000) overtaking.shift();
    show();
  };
  const first = (): string => {
    const foremost = foremostKey(store.alerts.values(), worldNow());
    return foremost && store.streams.has(foremost) ? foremost : gauge.first();
  };
  let retry: number | undefined;
  const load = async (): Promise<void> => {
    overtaking.length = 0;
    try {
      const [stations, list] = await Promise.all([
        ask<Stations>("/api/stations"),
        ask<{ alerts: Alert[] }>("/api/alerts"),
      ]);
      store.load(stations, list.alerts);
      for (const apply of overtaking.splice(0)) apply();
      if (!worldKnown()) setWorldTime(stations.world_time, store.site.speed);
      if (gauge.key) await gauge.load();
      else choose(first());
      show();
    } catch {
      clearTimeout(retry);
      retry = setTimeout(() => void load(), 3000); // the banner says what is wrong meanwhile
    }
  };
  let wanted = 0;
  const loadInundation = async (): Promise<void> => {
    const number = ++wanted;
    try {
      const { inundations } = await ask<Inundations>("/api/inundation", "no-cache");
      if (number !== wanted) return;
      store.inundations = inundations;
      flood.trouble = "";
    } catch (error) {
      if (number !== wanted) return;
      flood.trouble = (error as Error).message;
      setTimeout(() => number === wanted && void loadInundation(), 3000);
    }
    flood.takeInundations();
  };
  let asked = 0;
  const loadCity = async (): Promise<void> => {
    const number = ++asked;
    try {
      const found = await ask<City>("/api/city", "no-cache");
      if (number === asked) city.take(found);
    } catch (error) {
      if (number !== asked) return;
      city.trouble = (error as Error).message;
      setTimeout(() => number === asked && void loadCity(), 3000);
    }
    show();
  };
  table.build();
  const link = new Link({
    vitals: (vitals) => {
      take(() => vitals.forEach((vital) => store.takeVital(vital)));
      for (const vital of vitals) gauge.takeVital(vital);
    },
    forecast: (outlook) => {
      take(() => outlook.assessment && store.assessments.set(outlook.key, outlook.assessment));
      gauge.takeOutlook(outlook);
    },
    alerts: (list) => take(() => store.takeAlerts(list)),
    inundation: () => void loadInundation(),
    city: () => {
      void loadCity();
      pages.load("venues");
    },
    incidents: () => {
      pages.load("desk");
      void drills.load();
    },
    heartbeat: (heartbeat) => {
      store.heartbeat = heartbeat;
      setWorldTime(heartbeat.world_time, heartbeat.speed);
      show();
    },
    reload: () => reload(),
  });
  const reload = (): void => {
    void load();
    void loadInundation();
    void loadCity();
    pages.load();
    void drills.load();
  };
  void chart();
  void pages.open();
  // Who acts at the desk hears of a new warning whatever page is shown.
  void session.then(() => (permits("act") ? pages.open("desk") : undefined));
  void drills.load();
  setInterval(show, 1000);
  setInterval(reload, REFRESH_MS);
  byId("theme").addEventListener("click", () => {
    const dark = getComputedStyle(document.documentElement).colorScheme === "dark";
    dress(dark ? "light" : "dark");
    remember("theme", dark ? "light" : "dark");
    gauge.redraw();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => gauge.redraw());
  byId("language").addEventListener("click", () => {
    speak(speaks() === "zh" ? "en" : "zh");
    remember("language", speaks());
    label();
    showSession();
    table.build();
    table.select(gauge.key);
    flood.label();
    gauge.redraw();
    show();
  });
}

void start();
