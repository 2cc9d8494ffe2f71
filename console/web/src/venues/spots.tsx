// The places of a venue as tiles, the gravest first.

import type { JSX } from "preact";
import { duration } from "../format.ts";
import { w } from "../words.ts";
import { levelClass, StateBadge } from "./badges.tsx";
import { Chart } from "./chart.tsx";
import { bounds, coming, course, flows, held, labelOf, nameOf, outlook, shown } from "./figures.ts";
import { gravest, stateOf, worstLevel } from "./judge.ts";
import type { Spot } from "./wire.ts";
import { v } from "./words.ts";
import { levelWord } from "../icons.ts";

export interface Look {
  now: number;
  /** The link is lost: nothing that is shown is of now. */
  lost: boolean;
  speed: number;
  wall: boolean;
}

/** What a wall has room for. */
const TILES = 9;

function Tile({ spot, look }: { spot: Spot; look: Look }): JSX.Element {
  const { now, lost } = look;
  const state = stateOf(spot, now, lost);
  const { level, old } = state;
  const age = spot.issue_time === null ? v("never") : v(old ? "old" : "age", duration(now - spot.issue_time));
  const said = [course(spot), outlook(spot)];
  const next = old ? "" : coming(spot, now);
  const trusted = spot.observed !== null || spot.outcome === "" || spot.outcome === "failed";
  return (
    <li class={`spot ${levelClass(level)}${old ? " old" : ""}`} data-spot={spot.id}>
      <h3>
        {nameOf(spot)} <span class="quiet">{v(spot.kind)}</span> {spot.invented && <span class="tag">{w("simulatedStation")}</span>}
      </h3>
      <p class="spot-now">
        <strong>{shown(spot, spot.observed)}</strong> <StateBadge level={level} /> <span class={old ? "age note warn" : "age quiet"}>{age}</span>
      </p>
      {!old && spot.label && level !== 0 && <p class="reached">{labelOf(spot)}</p>}
      {!old && held(spot) && <p class="held">{held(spot)}</p>}
      {!old && flows(spot).length > 0 && <p class="quiet flows">{flows(spot).join(" · ")}</p>}
      <Chart spot={spot} now={now} label={`${nameOf(spot)}, ${v("lastHour")}: ${said.join("; ")}`} />
      {!old && <p class="course">{said[0]}</p>}
      {!old && <p class="quiet outlook">{said[1]}</p>}
      {next && <p class="note warn">{next}</p>}
      {spot.outcome === "failed" && <p class="note warn">{v("failed", spot.reason)}</p>}
      {!trusted && <p class="note warn">{v("notTrusted")}</p>}
      {spot.outcome === "degraded" && <p class="note warn">{v("degraded", spot.reason)}</p>}
      <p class="note bounds">{bounds(spot)}</p>
      {spot.evidence.length > 0 && (
        <details>
          <summary>{v("evidence")}</summary>
          {spot.evidence.map((line) => (
            <p key={line} class="note">{line}</p>
          ))}
        </details>
      )}
    </li>
  );
}

export function Spots({ spots, look }: { spots: Spot[]; look: Look }): JSX.Element {
  const all = gravest(spots, look.now, look.lost);
  const [first, rest] = look.wall ? [all.slice(0, TILES), all.slice(TILES)] : [all, []];
  const worst = worstLevel(rest, look.now, look.lost);
  return (
    <section class="panel venue-spots" aria-labelledby="venue-spots-title">
      <div class="panel-top">
        <h2 id="venue-spots-title">{v("places")}</h2>
        {rest.length > 0 && <p class="quiet">{v("more", rest.length, worst === null ? v("moreUnknown") : levelWord(worst))}</p>}
      </div>
      <ul class="spots">
        {first.map((spot) => (
          <Tile key={spot.key} spot={spot} look={look} />
        ))}
      </ul>
    </section>
  );
}
