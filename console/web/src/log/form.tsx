// Where an officer writes an entry or a correction.

import type { JSX } from "preact";
import type { Sketch } from "./sketch.ts";
import { l, lOr } from "./words.ts";

export interface FormHost {
  sketch: Sketch;
  /** Something is on its way. */
  busy: boolean;
  /** Why it was not written down. */
  trouble: string;
  /** What came of the last one. */
  came: string;
  incidents: { id: string; headline: string }[];
  change(part: Partial<Sketch>): void;
  send(): void;
  drop(): void;
}

const CATEGORIES = ["note", "call", "measure", "fault"];

export function EntryForm({ host }: { host: FormHost }): JSX.Element {
  const { sketch, busy, trouble, came } = host;
  const value = (event: Event): string => (event.currentTarget as HTMLInputElement).value;
  return (
    <form
      class="log-form"
      onSubmit={(event) => {
        event.preventDefault();
        host.send();
      }}
    >
      <h3>{sketch.corrects === null ? l("write") : l("correcting", sketch.corrects)}</h3>
      <label class="log-text">
        {l("text")}
        <textarea
          rows={3}
          maxLength={4000}
          value={sketch.text}
          onInput={(event) => host.change({ text: value(event) })}
          onKeyDown={(event) => event.key === "Enter" && (event.ctrlKey || event.metaKey) && host.send()}
        />
      </label>
      <div class="log-fields">
        <label>
          {l("category")}
          <select value={sketch.category} onChange={(event) => host.change({ category: value(event) })}>
            {CATEGORIES.map((category) => (
              <option key={category} value={category}>
                {lOr(category)}
              </option>
            ))}
          </select>
        </label>
        <label>
          {l("clock")}
          <input type="time" value={sketch.clock} onInput={(event) => host.change({ clock: value(event) })} />
        </label>
        <label class="log-about">
          {l("about")}
          <select value={sketch.incident} onChange={(event) => host.change({ incident: value(event) })}>
            <option value="">{l("aboutNothing")}</option>
            {host.incidents.map(({ id, headline }) => (
              <option key={id} value={id}>
                {headline}
              </option>
            ))}
          </select>
        </label>
        <button type="submit" class="primary" disabled={busy || !sketch.text.trim()}>
          {busy ? l("saving") : l("save")}
        </button>
        {(sketch.text || sketch.corrects !== null) && !busy && (
          <button type="button" onClick={host.drop}>
            {l("drop")}
          </button>
        )}
      </div>
      <p class={trouble ? "note warn" : "note"} role="status">
        {trouble ? l("notSaved", trouble) : sketch.text.trim() && !busy ? l("kept") : came}
      </p>
    </form>
  );
}
