// One forecast as it was issued, over what was observed before and after.

import type { JSX } from "preact";
import { h, put } from "../dom.ts";
import { amount, duration, figure, moment, unit } from "../format.ts";
import { Hydrograph } from "../hydrograph.ts";
import { key } from "../key.ts";
import type { Datastream, Forecast, Trace } from "../wire.ts";
import { w } from "../words.ts";
import { hindsight, pairs, part, type Pair } from "./compare.ts";
import { m } from "./words.ts";

const HOUR = 3_600_000;
const BEFORE_H = 6;

/** The picture: outside of what Preact draws, because it draws itself. */
export class Fan {
  readonly box = h("div", { class: "graph", role: "img" });
  readonly legend = h("p", { class: "readout" });
  readonly key = h("ul", { class: "key" });
  readonly whole = h("div", {}, this.legend, this.box, this.key);
  private readonly graph = new Hydrograph(this.box, this.legend);
  private shown: unknown[] = [];

  draw(stream: Datastream, forecast: Forecast, trace: Trace, said: string): void {
    const shown = [stream, forecast, trace, said];
    if (shown.every((item, i) => item === this.shown[i])) return;
    this.shown = shown;
    const end = forecast.issue_time + Math.max(3 * HOUR, (forecast.leads_s.at(-1) ?? 0) * 1000);
    const around = part(trace, forecast.issue_time - BEFORE_H * HOUR, end);
    const picture = { stream, forecast, trace: around, hours: BEFORE_H, label: m("issuedLine") };
    this.box.setAttribute("aria-label", said);
    put(this.key, ...key(forecast));
    this.graph.draw(picture, forecast.issue_time);
  }

  /** Draw anew: colours or words are others. */
  redraw(): void {
    this.shown = [];
    this.graph.rebuild();
  }
}

export interface HindcastProps {
  stream: Datastream;
  forecasts: Forecast[];
  index: number;
  trace: Trace;
  now: number;
  fan: Fan;
  slide(index: number): void;
}

function Facts({ all, forecast, stream, now }: { all: Pair[]; forecast: Forecast; stream: Datastream; now: number }): JSX.Element {
  const { observed, leads, inside, worst } = hindsight(all);
  const come = all.some((p) => p.came === null && p.valid > now);
  return (
    <p class="note" role="status">
      {m("seen", observed, leads)}{" "}
      {observed > 0 && (inside === null ? m("noInterval") : m("inside", inside, observed))}{" "}
      {worst !== null && m("worst", amount(worst, stream.unit))} {come && m("toCome")}{" "}
      {forecast.degraded.length > 0 && m("degraded", forecast.degraded.join(", "))}
    </p>
  );
}

function Figures({ all, stream, now }: { all: Pair[]; stream: Datastream; now: number }): JSX.Element {
  const code = stream.unit;
  return (
    <details>
      <summary>{m("figures")}</summary>
      <div class="tables" tabIndex={0}>
        <table>
          <thead>
            <tr>
              {[m("lead"), m("valid"), "10 %", w("median"), "90 %", m("came"), m("error")].map((title, i) => (
                <th key={title} scope="col">{i < 2 ? title : `${title} [${unit(code)}]`}</th>
              ))}
            </tr>
          </thead>
          <tbody>
            {all.map((p) => (
              <tr key={p.lead_s}>
                <th scope="row">{duration(p.lead_s * 1000)}</th>
                <td>{moment(p.valid, now)}</td>
                {[p.low, p.median, p.high, p.came].map((value, i) => <td key={i}>{figure(value, code)}</td>)}
                <td>{p.came === null || p.median === null ? "–" : figure(p.median - p.came, code)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}

export function Hindcast({ stream, forecasts, index, trace, now, fan, slide }: HindcastProps): JSX.Element {
  const forecast = forecasts[index]!;
  const at = moment(forecast.issue_time, now);
  const all = pairs(forecast, trace, stream.interval_s);
  const { observed, leads } = hindsight(all);
  fan.draw(stream, forecast, trace, m("graph", at, m("seen", observed, leads)));
  return (
    <>
      <div ref={(box) => void (box && fan.whole.parentNode !== box && box.append(fan.whole))} />
      <label class="slide">
        <span>{m("slider")}</span>
        <input
          type="range"
          min={0}
          max={forecasts.length - 1}
          step={1}
          value={index}
          aria-valuetext={at}
          onInput={(event) => slide(Number(event.currentTarget.value))}
        />
        <output>{at}</output>
      </label>
      <p class="note">{m("issuedAt", at, forecast.model)}</p>
      <Facts all={all} forecast={forecast} stream={stream} now={now} />
      <Figures all={all} stream={stream} now={now} />
    </>
  );
}
