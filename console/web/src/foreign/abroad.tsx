// Beside an incident: what other authorities warn of in its area, and whether we would know.

import { Component, type JSX } from "preact";
import { moment } from "../format.ts";
import { LevelTag } from "../levelbadge.tsx";
import { ask } from "../wire.ts";
import { speaks } from "../words.ts";
import { concerning, texts } from "./concerns.ts";
import type { ForeignAlert, ForeignInfo, Foreigns, ForeignSource } from "./wire.ts";
import { f } from "./words.ts";

const AGAIN_MS = 30_000;

interface Props {
  /** Name of the area, as the incident has it. */
  area: string;
  now: number;
}

interface State {
  found: Foreigns | undefined;
  trouble: string;
}

/** Draws nothing where the site takes in no foreign messages. */
export class Abroad extends Component<Props, State> {
  override state: State = { found: undefined, trouble: "" };
  private timer = 0;
  private gone = false;

  override componentDidMount(): void {
    void this.load();
  }

  override componentWillUnmount(): void {
    this.gone = true;
    clearTimeout(this.timer);
  }

  private async load(): Promise<void> {
    try {
      const found = await ask<Foreigns>("/api/foreign");
      if (!this.gone) this.setState({ found, trouble: "" });
    } catch (error) {
      if (!this.gone) this.setState({ trouble: (error as Error).message });
    }
    if (!this.gone) this.timer = window.setTimeout(() => void this.load(), AGAIN_MS);
  }

  override render(): JSX.Element | null {
    const { found, trouble } = this.state;
    const { area, now } = this.props;
    if ((!found && !trouble) || (found && !found.sources.length)) return null;
    const shown = found ? concerning(found, area, now) : [];
    const unsure = found?.sources.some((s) => s.silent || s.error) ?? true;
    return (
      <section class="part part-abroad">
        <h3>{f("title")}</h3>
        {trouble && <p class="note warn">{f("failed", trouble)}</p>}
        {found && !shown.length && <p class={unsure ? "note warn" : "note"}>{f(unsure ? "unknown" : "none")}</p>}
        <ul class="plain">
          {shown.map((alert) => (
            <Message key={alert.number} alert={alert} area={area} now={now} />
          ))}
        </ul>
        {found?.cut && <p class="note warn">{f("cut")}</p>}
        {found?.sources.map((source) => <Trouble key={source.source} source={source} />)}
      </section>
    );
  }
}

function Message({ alert, area, now }: { alert: ForeignAlert } & Props): JSX.Element {
  return (
    <li>
      {texts(alert, area, speaks(), now).map((info) => (
        <Info key={`${info.headline} ${info.where}`} info={info} now={now} />
      ))}
      {!alert.areas.includes(area) && <p class="note warn">{f("words", alert.infos[0]?.where ?? "")}</p>}
      <p class="note">
        {f("sent", alert.infos[0]?.sender_name || alert.sender, moment(alert.sent, now))}
        {alert.use === "relay" && ` · ${f("relayed")}`}
      </p>
    </li>
  );
}

function Info({ info, now }: { info: ForeignInfo; now: number }): JSX.Element {
  const until = moment(info.expires, now);
  return (
    <>
      <p>
        {info.level !== null && <LevelTag level={info.level} />} <strong>{info.headline || info.event}</strong>
      </p>
      {info.level === null && <p class="note">{f("no_level")}</p>}
      {info.level_from === "severity" && <p class="note">{f("of_severity", info.severity)}</p>}
      {info.description && <p>{info.description}</p>}
      <p class="note">
        {info.where} · {info.expires_given ? f("until", until) : f("noExpiry", until)}
      </p>
    </>
  );
}

function Trouble({ source }: { source: ForeignSource }): JSX.Element {
  const now = Date.now(); // real time: sources are asked in it
  const when = source.answered === null ? f("ever") : f("since", moment(source.answered, now));
  return (
    <>
      {(source.silent || source.error) && <p class="note warn">{f("silent", source.source, when, source.error)}</p>}
      {source.refused.length > 0 && (
        <p class="note">{f("refused", source.source, source.refused.length, source.refused[0] ?? "")}</p>
      )}
    </>
  );
}
