// The map: ground, areas, water, stations, places, and the card of what is chosen.

import { latLngBounds, map, type LatLngBounds, type Map as Chart } from "leaflet";
import { Outline } from "./areas.ts";
import { Card } from "./card.ts";
import { controls } from "./controls.ts";
import type { Box } from "./declutter.ts";
import { byId, h, put, say } from "./dom.ts";
import { depthText, floodLines, oddsWord, oldFor } from "./flood.ts";
import { clock, duration } from "./format.ts";
import { drawBackground, Graticule } from "./ground.ts";
import { HazardLayer } from "./hazardlayer.ts";
import { placeLines, PlaceMark, StationMark, stationLines } from "./marks.ts";
import { arrange, type Labelled } from "./names.ts";
import { PlaceList } from "./placelist.ts";
import { Player } from "./player.ts";
import { byRisk, risk, type Risk } from "./risk.ts";
import { stationState } from "./stationstate.ts";
import type { Store } from "./store.ts";
import type { LatLon, Place, SiteMap } from "./wire.ts";
import { w } from "./words.ts";
import { worldNow } from "./worldtime.ts";
import { ZoneLayer } from "./zonelayer.ts";
import { mapped } from "./zones.ts";

export class FloodMap {
  private chart: Chart | undefined;
  private water: ZoneLayer | undefined;
  private hazards: HazardLayer | undefined;
  private graticule: Graticule | undefined;
  private fixed: Labelled[] = [];
  private readonly stations = new Map<string, StationMark>();
  private readonly places = new Map<string, PlaceMark>();
  private outlines: Outline[] = [];
  private readonly card: Card;
  private readonly player: Player;
  private readonly list: PlaceList;
  private chosen = "";
  private said = "";
  private moved = false;
  /** Why the newest map of inundation could not be loaded. */
  trouble = "";

  constructor(
    private readonly store: Store,
    private readonly open: (key: string) => void,
  ) {
    this.player = new Player((scene) => this.water?.draw(scene));
    this.list = new PlaceList((key) => this.pick(key));
    this.card = new Card(
      () => this.pick(""),
      () => this.open(this.chosen),
    );
    byId("places").hidden = store.site.places.length === 0;
    document.querySelector("main")!.classList.toggle("placeless", store.site.places.length === 0);
  }

  /** Build the chart; its box must be visible. */
  build(where: SiteMap): void {
    const chart = (this.chart = map(byId("chart"), {
      attributionControl: false,
      zoomControl: false,
      zoomSnap: 0.25,
      wheelPxPerZoomLevel: 120,
      minZoom: 5,
      maxZoom: 18,
    }));
    for (const [name, index] of [["ground", 200], ["names", 450], ["areas", 350], ["water", 400]] as const) {
      chart.createPane(name).style.zIndex = String(index);
    }
    chart.getPane("names")!.style.pointerEvents = "none";
    this.fit(this.home(where));
    if (where.background) this.fixed = drawBackground(chart, where.background);
    else this.graticule = new Graticule(chart);
    this.water = new ZoneLayer(chart, (depth) => this.waterTip(depth));
    this.hazards = new HazardLayer(chart);
    this.outlines = where.areas.map((area) => new Outline(chart, area));
    this.marks(chart, where);
    controls(chart, {
      whole: () => this.fit(this.whole(where), true),
      flooded: () => this.fit(this.floodBounds() ?? this.home(where), true),
    });
    chart.on("moveend zoomend resize", () => this.arrange());
    byId("chart-note").hidden = !where.background_error;
    say(byId("chart-note"), w("noBackground", where.background_error));
    this.takeInundations();
    this.update(worldNow());
    this.arrange();
    performance.mark("map");
    new ResizeObserver(() => chart.invalidateSize({ pan: false })).observe(byId("chart"));
  }

  private marks(chart: Chart, where: SiteMap): void {
    const now = worldNow;
    for (const { id, latitude, longitude } of where.stations) {
      const state = (): ReturnType<typeof stationState> => stationState(this.store, id, now());
      const mark = new StationMark(chart, [latitude, longitude], this.store, state, now, () => this.pick(state().key));
      this.stations.set(id, mark);
    }
    const sited = new Map([...this.store.site.places, ...this.store.site.others].map((place) => [place.id, place]));
    for (const { id, latitude, longitude } of where.places) {
      const place = sited.get(id);
      if (!place) continue;
      const found = (): Risk => this.riskOf(place, now());
      this.places.set(place.key, new PlaceMark(chart, [latitude, longitude], found, now, () => this.pick(place.key)));
    }
  }

  private riskOf(place: Place, now: number): Risk {
    const assessment = this.store.assessments.get(place.key);
    const usable = !!assessment && assessment.outcome !== "failed" && !this.store.isOutdated(assessment, now);
    return risk(place, assessment, usable);
  }

  /** A new map of inundation is in the store, or the attempt to load it failed. */
  takeInundations(): void {
    const inundations = this.store.inundations ?? [];
    this.water?.take(inundations);
    this.player.take(inundations, worldNow());
    this.said = "";
    this.tell(worldNow());
  }

  update(now: number): void {
    this.list.update(
      this.store.site.places.map((place) => this.riskOf(place, now)).sort(byRisk),
      now,
    );
    this.tell(now);
    this.player.update(now);
    if (!this.chart) return;
    this.hazards?.update(this.store.site.others.map((place) => this.riskOf(place, now)));
    let changed = false;
    for (const mark of [...this.stations.values(), ...this.places.values()]) changed = mark.update() || changed;
    for (const outline of this.outlines) changed = outline.update(this.store.alerts.values(), now) || changed;
    if (changed) this.arrange();
    this.tellChosen(now);
  }

  /** Write everything anew in the chosen language. */
  label(): void {
    this.player.label();
    this.said = "";
    for (const outline of this.outlines) outline.relabel();
    this.update(worldNow());
  }

  /** Choose a station's or a place's datastream, and bring it into view. */
  pick(key: string): void {
    this.chosen = key;
    this.list.select(key);
    const id = this.store.streams.get(key)?.station ?? "";
    for (const [station, mark] of this.stations) mark.select(station === id);
    for (const [place, mark] of this.places) mark.select(place === key);
    const mark = this.places.get(key) ?? this.stations.get(id);
    if (mark && this.chart && !this.chart.getBounds().pad(-0.08).contains(mark.at)) this.chart.panTo(mark.at);
    this.tellChosen(worldNow());
  }

  // -------------------------------------------------------------- what is in view

  private fit(bounds: LatLngBounds, animate = false): void {
    const small = byId("chart").clientWidth < 600;
    this.chart?.fitBounds(bounds, { padding: small ? [12, 12] : [56, 40], maxZoom: 15, animate });
  }

  private whole(where: SiteMap): LatLngBounds {
    const points: LatLon[] = [...where.stations, ...where.places].map((p) => [p.latitude, p.longitude]);
    return latLngBounds([...points, ...where.areas.flatMap((area) => area.polygon)]);
  }

  /** At first: the places with what surrounds them, else the whole site. */
  private home(where: SiteMap): LatLngBounds {
    const flooding = new Set(this.store.site.places.map((place) => place.id));
    const near = where.places.filter((place) => flooding.has(place.id));
    if (!near.length) return this.whole(where);
    const places = latLngBounds(near.map((p): LatLon => [p.latitude, p.longitude]));
    const flood = this.floodBounds();
    return (flood ? places.extend(flood) : places).pad(0.06);
  }

  private floodBounds(): LatLngBounds | undefined {
    const points = mapped(this.store.inundations ?? []).flatMap((i) =>
      i.zones.flatMap((zone) => zone.polygons.flatMap((polygon) => polygon[0] ?? [])),
    );
    return points.length ? latLngBounds(points) : undefined;
  }

  // -------------------------------------------------------------- words

  private arrange(): void {
    const { chart } = this;
    if (!chart || this.moved) return;
    this.moved = true;
    requestAnimationFrame(() => {
      this.moved = false;
      const grid = this.graticule?.draw() ?? [];
      const names = this.outlines.map((outline) => outline.name);
      for (const outline of this.outlines) outline.moveName();
      const all = [...this.places.values(), ...this.stations.values(), ...names, ...this.fixed, ...grid];
      arrange(chart, all, this.obstacles());
    });
  }

  /** What lies over the map: no text must be under it. */
  private obstacles(): Box[] {
    const own = byId("chart").getBoundingClientRect();
    const over = [byId("chart-tools"), byId("depths"), byId("chart-badge"), byId("picked")];
    return [...over, ...byId("chart").querySelectorAll(".leaflet-control-scale")].map((element) => {
      const { left, top, right, bottom } = element.getBoundingClientRect();
      return { left: left - own.left, top: top - own.top, right: right - own.left, bottom: bottom - own.top };
    });
  }

  /** What the forecast of inundation is worth, beside the map and on it. */
  private tell(now: number): void {
    const { store } = this;
    const watched = store.site.places.length > 0 || (store.inundations?.length ?? 0) > 0;
    byId("flood-state").hidden = !watched;
    const staleMs = store.site.inundation_stale_after_s * 1000;
    const lines = watched ? floodLines(store.inundations, now, staleMs, this.player.odds, this.trouble) : [];
    const old = oldFor(store.inundations ?? [], now, staleMs);
    const said = JSON.stringify([lines, old !== undefined && duration(old)]);
    if (said === this.said) return;
    this.said = said;
    put(byId("flood-state"), ...lines.map(({ kind, text }) => h("p", { class: kind === "headline" ? kind : `note ${kind}` }, text)));
    byId("chart").classList.toggle("aged", old !== undefined);
    const badge = byId("chart-badge");
    badge.hidden = old === undefined;
    if (old !== undefined) say(badge, w("floodBadge", duration(old)));
    this.arrange();
  }

  /** What is known of the chosen station or place. */
  private tellChosen(now: number): void {
    const { store, chosen } = this;
    const stream = store.streams.get(chosen);
    const place = [...store.site.places, ...store.site.others].find((p) => p.key === chosen);
    const lines = place ? placeLines(this.riskOf(place, now), now) : stream ? stationLines(store, stream.station, now) : [];
    const name = stream && (store.stations.get(stream.station)?.name ?? chosen);
    if (stream && !place) lines.push(h("p", {}, h("a", { href: `#station/${stream.station}` }, w("station_page"))));
    if (this.card.show(name, lines)) this.arrange();
  }

  private waterTip(depth: number): HTMLElement {
    const { player } = this;
    return h(
      "div",
      {},
      h("strong", {}, `${w("depthTitle")} ${w("deeper", depthText(depth))}`),
      h("p", {}, `${clock(player.time)}, ${oddsWord(player.odds)}`),
    );
  }
}
