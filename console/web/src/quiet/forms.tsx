// The forms: a drill says plainly who will get what; a silence shows what its pattern matches.

import type { JSX } from "preact";
import { levelWord } from "../icons.ts";
import type { Level } from "../wire.ts";
import { hazard, speaks } from "../words.ts";
import { STAFF, type DrillForm, type SilenceForm } from "./choose.ts";
import { Choice, focused, SpanFields, TextField, TickField } from "./fields.tsx";
import { Match } from "./running.tsx";
import type { Quiet, Touched } from "./wire.ts";
import { q } from "./words.ts";

const LONGEST_REASON = 300;
const LONGEST_PATTERN = 130;

interface DrillOf {
  quiet: Quiet;
  form: DrillForm;
  now: number;
  sure: boolean;
  trouble: string;
  set(change: Partial<DrillForm>): void;
  look(): void;
  start(): void;
  back(): void;
}

export function DrillFields(given: DrillOf): JSX.Element {
  const { quiet, form, now, sure, trouble, set } = given;
  const choice = quiet.choices.find((c) => c.area === form.area);
  const levels = choice?.hazards[form.hazard] ?? [];
  const name = (c: Quiet["choices"][number]): string => (speaks() === "zh" ? c.name_zh : c.name);
  const submit = (event: Event): void => {
    event.preventDefault();
    if (!sure) given.look();
  };
  return (
    <form class="quiet-form" aria-label={q("startDrill")} onSubmit={submit}>
      <fieldset class="quiet-fields" disabled={sure}>
        <Choice label={q("area")} value={form.area} options={quiet.choices.map((c) => [c.area, name(c)] as const)} set={(area) => set({ area })} />
        <Choice label={q("hazard")} value={form.hazard} options={Object.keys(choice?.hazards ?? {}).map((h) => [h, hazard(h)] as const)} set={(chosen) => set({ hazard: chosen })} />
        <Choice label={q("level")} value={form.level} options={levels.map((l) => [l, levelWord(l)] as const)} set={(level) => set({ level })} />
        <SpanFields begin={form.begin} length={form.length} now={now} set={set} />
        <TextField label={q("reason")} help={q("reasonHelp")} value={form.reason} longest={LONGEST_REASON} set={(reason) => set({ reason })} />
        <TickField label={q("siren")} value={form.siren} set={(siren) => set({ siren, told: false })} />
        {form.siren && <TickField label={q("sirenTold")} value={form.told} set={(told) => set({ told })} />}
      </fieldset>
      <Who quiet={quiet} form={form} area={choice ? name(choice) : ""} />
      {trouble && <p class="note warn" role="alert">{trouble}</p>}
      {sure ? (
        <p class="run-end" role="group">
          <strong>{q("sure")}</strong>
          <button type="button" class="danger" ref={focused} onClick={given.start}>{q("yes")}</button>
          <button type="button" onClick={given.back}>{q("back")}</button>
        </p>
      ) : (
        <p class="run-end"><button type="submit">{q("look")}</button></p>
      )}
    </form>
  );
}

function Who({ quiet, form, area }: { quiet: Quiet; form: DrillForm; area: string }): JSX.Element {
  const staff = STAFF.includes(form.hazard);
  const channels = quiet.channels.filter((name) => !name.startsWith("siren"));
  const level = levelWord(form.level);
  return (
    <div class="who">
      <h3>{q("whoGets")}</h3>
      <ul>
        <li>{q("whoPublic", area, level, hazard(form.hazard))}</li>
        {channels.length > 0 && <li>{q("whoChannels", channels.join(", "))}</li>}
        <li>{q("whoPaged", level)}</li>
        {staff && <li>{q("whoStaff")}</li>}
        {!staff && <li class={form.siren ? "loud" : ""}>{q(form.siren ? "whoSounds" : "whoSilent", area)}</li>}
        <li>{q("whoReal")}</li>
        <li>{q("whoEnd")}</li>
      </ul>
    </div>
  );
}

interface SilenceOf {
  quiet: Quiet;
  form: SilenceForm;
  now: number;
  preview: Touched | undefined;
  trouble: string;
  set(change: Partial<SilenceForm>): void;
  start(): void;
}

export function SilenceFields({ quiet, form, now, preview, trouble, set, start }: SilenceOf): JSX.Element {
  const areas = quiet.choices.map((c) => [c.area, speaks() === "zh" ? c.name_zh : c.name] as const);
  const hazards = quiet.hazards.map((h) => [h, hazard(h)] as const);
  const levels = ([1, 2, 3, 4] as Level[]).map((l) => [l, levelWord(l)] as const);
  const kind = (name: SilenceForm["kind"]): JSX.Element => (
    <label class="quiet-tick wide">
      <input type="radio" name="quiet-kind" checked={form.kind === name} onChange={() => set({ kind: name })} />
      <span>{q(name === "silence" ? "kindSilence" : "kindMaintenance")}</span>
    </label>
  );
  const submit = (event: Event): void => {
    event.preventDefault();
    start();
  };
  return (
    <form class="quiet-form" aria-label={q("startSilence")} onSubmit={submit}>
      <div class="quiet-fields">
        <fieldset class="wide">
          <legend>{q("kind")}</legend>
          {kind("silence")}
          {kind("maintenance")}
        </fieldset>
        {form.kind === "silence" && (
          <>
            <Choice label={q("area")} value={form.area} options={[["", q("anyArea")] as const, ...areas]} set={(area) => set({ area })} />
            <Choice label={q("hazard")} value={form.hazard} options={[["", q("anyHazard")] as const, ...hazards]} set={(chosen) => set({ hazard: chosen })} />
            <Choice label={q("levels")} value={form.upTo} options={levels} set={(upTo) => set({ upTo })} />
          </>
        )}
        <TextField label={q("pattern")} help={q("patternHelp")} value={form.pattern} longest={LONGEST_PATTERN} set={(pattern) => set({ pattern })} />
        <div class="wide" role="status">{preview && <Match touched={form.kind === "maintenance" ? preview : { ...preview, degraded: [] }} />}</div>
        <SpanFields begin={form.begin} length={form.length} now={now} set={set} />
        <TextField label={q("reason")} help={q("reasonHelp")} value={form.reason} longest={LONGEST_REASON} set={(reason) => set({ reason })} />
      </div>
      {form.kind === "silence" && <p class="note">{q("levelsHelp")}</p>}
      {trouble && <p class="note warn" role="alert">{trouble}</p>}
      <p class="run-end"><button type="submit">{q("startThis")}</button></p>
    </form>
  );
}
