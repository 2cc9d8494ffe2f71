// The hydrograph: observed, forecast fan, thresholds, now.

import uPlot from "uplot";
import { columns, fan } from "./columns.ts";
import { amount, clock, figure, grouped, leastSpan, moment, siteZone, unit, worthDrawing } from "./format.ts";
import { levelWord } from "./icons.ts";
import type { Datastream, Forecast, Trace } from "./wire.ts";
import { property, w } from "./words.ts";

/** World time shown to the right of now where there is no forecast [ms]. */
const AHEAD_MS = 3 * 3_600_000;

/** World time shown to the left of a forecast that stands alone [ms]. */
const ALONE_MS = 600_000;

export interface Picture {
  stream: Datastream;
  trace: Trace;
  forecast: Forecast | null;
  hours: number;
  /** What stands at the line where observations end and the forecast begins; by default "now". */
  label?: string;
}

const ink = (name: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

/** Ticks with as many decimals as their step needs. */
function tickFigures(ticks: number[]): string[] {
  const step = ticks.length > 1 ? ticks[1]! - ticks[0]! : 1;
  const decimals = Math.min(6, Math.max(0, Math.ceil(-Math.log10(step) - 1e-9)));
  return ticks.map((tick) => grouped(tick, decimals));
}

const font = (size = 12, weight = 400): string => `${weight} ${size}px system-ui, sans-serif`;

export class Hydrograph {
  private plot: uPlot | undefined;
  private picture: Picture | undefined;
  private now = 0;

  constructor(
    private readonly box: HTMLElement,
    private readonly legend: HTMLElement,
  ) {
    new ResizeObserver(() => this.plot?.setSize(this.size())).observe(box);
  }

  /** Draw `picture` as of world time `now`; colours are read anew, so this also changes theme. */
  draw(picture: Picture, now: number): void {
    this.now = now;
    const same = this.plot && this.picture?.stream === picture.stream;
    this.picture = picture;
    if (same) {
      this.plot!.setData(this.columns(), false);
      this.zoom();
    } else {
      this.rebuild();
    }
  }

  rebuild(): void {
    if (!this.picture) return;
    this.plot?.destroy();
    this.plot = new uPlot(this.options(this.picture.stream), this.columns(), this.box);
    this.zoom();
  }

  /** Move the now line. */
  tick(now: number): void {
    this.now = now;
    if (this.plot) this.zoom();
  }

  private columns(): uPlot.AlignedData {
    const { trace, stream, forecast } = this.picture!;
    return columns(trace, stream, forecast, (tables) => uPlot.join(tables));
  }

  private zoom(): void {
    const { hours, forecast, trace } = this.picture!;
    const last = forecast ? forecast.issue_time + (forecast.leads_s.at(-1) ?? 0) * 1000 : 0;
    const end = Math.max(last, this.now + Math.min(AHEAD_MS, (hours * 3_600_000) / 4));
    // Where nothing is observed the forecast has all the room.
    const alone = forecast && !trace.time.length;
    const start = alone ? Math.min(forecast.issue_time, this.now) - ALONE_MS : this.now - hours * 3_600_000;
    this.plot!.setScale("x", { min: start / 1000, max: end / 1000 });
  }

  private size(): { width: number; height: number } {
    const width = Math.max(280, this.box.clientWidth);
    return { width, height: Math.round(Math.min(460, Math.max(240, width * 0.58))) };
  }

  private options(stream: Datastream): uPlot.Options {
    const line = ink("line");
    const rain = stream.property === "rain";
    const hidden = { points: { show: false }, stroke: "transparent", width: 0 };
    const doubted = { show: true, size: 8, width: 1.5, stroke: ink("doubt"), fill: ink("panel") };
    const axis = { stroke: ink("quiet"), font: font(), grid: { stroke: ink("grid"), width: 1 }, ticks: { show: false } };
    return {
      ...this.size(),
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), siteZone()),
      legend: { show: false },
      cursor: { y: false, points: { size: 7 }, drag: { x: false, y: false } },
      padding: [14, 24, 0, 0],
      scales: { x: { time: true }, y: { range: (_, low, high) => this.range(low, high) } },
      axes: [
        { ...axis, values: (_, ticks) => ticks.map((seconds) => this.tickText(seconds)), space: 64, size: 32 },
        { ...axis, values: (_, ticks) => tickFigures(ticks), size: 58, space: 36 },
      ],
      series: [
        {},
        hidden,
        hidden,
        hidden,
        hidden,
        { stroke: ink("forecast"), width: 2, dash: [6, 4], points: { show: false } },
        rain
          ? { stroke: line, fill: line, width: 0, paths: uPlot.paths.bars!({ size: [0.8, 12] }), points: { show: false } }
          : { stroke: line, width: 2, points: { show: false } },
        { stroke: "transparent", width: 0, paths: () => null, points: doubted },
      ],
      bands: [
        { series: [2, 1], fill: ink("fan-outer") },
        { series: [4, 3], fill: ink("fan-inner") },
      ],
      hooks: { drawClear: [(u) => this.shadeFuture(u)], draw: [(u) => this.annotate(u)], setCursor: [(u) => this.readOut(u)] },
    };
  }

  private tickText(seconds: number): string {
    const text = clock(seconds * 1000);
    return text === "00:00" ? moment(seconds * 1000, 0).replace(/\s*00:00$/, "") : text;
  }

  /** Room for the values, the lowest threshold, and the next one above. */
  private range(low: number | null, high: number | null): [number, number] {
    const { stream } = this.picture!;
    const zero = stream.property === "rain" || stream.property === "depth";
    let [bottom, top] = [low ?? 0, high ?? leastSpan(stream.unit)];
    for (const threshold of worthDrawing(stream.thresholds, top)) {
      bottom = Math.min(bottom, threshold.value);
      top = Math.max(top, threshold.value);
    }
    const missing = Math.max(0, leastSpan(stream.unit) - (top - bottom)) / 2;
    const margin = (top - bottom + 2 * missing) * 0.06;
    return zero ? [0, Math.max(top, leastSpan(stream.unit)) * 1.06] : [bottom - missing - margin, top + missing + margin];
  }

  private shadeFuture(u: uPlot): void {
    const { left, top, width, height } = u.bbox;
    const x = Math.min(Math.max(u.valToPos(this.now / 1000, "x", true), left), left + width);
    u.ctx.fillStyle = ink("future");
    u.ctx.fillRect(x, top, left + width - x, height);
  }

  private annotate(u: uPlot): void {
    const { ctx, bbox } = u;
    const ratio = devicePixelRatio;
    const { stream } = this.picture!;
    ctx.save();
    ctx.font = font(12 * ratio, 600);
    ctx.textBaseline = "bottom";
    ctx.textAlign = "left";
    for (const threshold of worthDrawing(stream.thresholds, u.scales["y"]!.max!)) {
      const y = u.valToPos(threshold.value, "y", true);
      if (y < bbox.top || y > bbox.top + bbox.height) continue;
      ctx.strokeStyle = ink(`level-${threshold.level}`);
      ctx.lineWidth = 1.5 * ratio;
      ctx.setLineDash([2 * ratio, 3 * ratio]);
      this.stroke(ctx, bbox.left, y, bbox.left + bbox.width, y);
      const text = `${figure(threshold.value, stream.unit)} ${levelWord(threshold.level)}: ${threshold.label}`;
      this.label(ctx, text, bbox.left + 6 * ratio, y - 3 * ratio, ink(`level-${threshold.level}-text`));
    }
    const x = u.valToPos(this.now / 1000, "x", true);
    ctx.setLineDash([]);
    ctx.strokeStyle = ink("text");
    ctx.lineWidth = 1.5 * ratio;
    this.stroke(ctx, x, bbox.top, x, bbox.top + bbox.height);
    ctx.textAlign = "center";
    this.label(ctx, `${this.picture!.label ?? w("now")} ${clock(this.now)}`, x, bbox.top, ink("text"));
    ctx.restore();
  }

  private stroke(ctx: CanvasRenderingContext2D, x0: number, y0: number, x1: number, y1: number): void {
    ctx.beginPath();
    ctx.moveTo(x0, y0);
    ctx.lineTo(x1, y1);
    ctx.stroke();
  }

  /** Text with a rim in the panel's colour, so that lines below do not cut it. */
  private label(ctx: CanvasRenderingContext2D, text: string, x: number, y: number, colour: string): void {
    ctx.setLineDash([]);
    ctx.lineWidth = 3 * devicePixelRatio;
    ctx.lineJoin = "round";
    ctx.strokeStyle = ink("panel");
    ctx.strokeText(text, x, y);
    ctx.fillStyle = colour;
    ctx.fillText(text, x, y);
  }

  /** The values under the cursor, or the newest. */
  private readOut(u: uPlot): void {
    const { stream, forecast } = this.picture!;
    const index = u.cursor.idx;
    if (index == null) {
      this.legend.textContent = `${property(stream.property)} [${unit(stream.unit)}]`;
      return;
    }
    const at = (series: number): number | null | undefined => u.data[series]?.[index];
    const parts = [moment(u.data[0][index]! * 1000, this.now)];
    if (at(6) != null) parts.push(`${w("observed")} ${amount(at(6), stream.unit)}`);
    if (at(7) != null) parts.push(`${w("doubted")} ${amount(at(7), stream.unit)}`);
    if (at(5) != null && forecast) {
      parts.push(`${w("median")} ${amount(at(5), stream.unit)}`);
      const { outer } = fan(forecast.probabilities);
      if (outer) {
        const share = outer.map((i) => Math.round(forecast.probabilities[i]! * 100)).join("–");
        parts.push(`${share} %: ${figure(at(1), stream.unit)} – ${amount(at(2), stream.unit)}`);
      }
    }
    this.legend.textContent = parts.join(" · ");
  }
}
