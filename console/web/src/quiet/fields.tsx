// The fields that both forms have.

import type { ComponentChildren, JSX } from "preact";
import { duration, moment } from "../format.ts";
import { BEGINNINGS, LENGTHS } from "./choose.ts";
import { q } from "./words.ts";

/** Where the keyboard goes when a question appears; one function, so that it is asked only then. */
export const focused = (element: HTMLElement | null): void => element?.focus();

interface ChoiceOf<T> {
  label: string;
  value: T;
  options: readonly (readonly [T, string])[];
  set(value: T): void;
}

export function Choice<T extends string | number>({ label, value, options, set }: ChoiceOf<T>): JSX.Element {
  const choose = (event: { currentTarget: HTMLSelectElement }): void => {
    const found = options[event.currentTarget.selectedIndex];
    if (found) set(found[0]);
  };
  return (
    <label class="quiet-field">
      <span>{label}</span>
      <select value={String(value)} onChange={choose}>
        {options.map(([key, text]) => <option key={key} value={String(key)} selected={key === value}>{text}</option>)}
      </select>
    </label>
  );
}

interface Text {
  label: string;
  help: string;
  value: string;
  longest: number;
  set(value: string): void;
  children?: ComponentChildren;
}

export const TextField = ({ label, help, value, longest, set, children }: Text): JSX.Element => (
  <label class="quiet-field wide">
    <span>{label}</span>
    <input type="text" value={value} maxLength={longest} onInput={(event) => set(event.currentTarget.value)} />
    <small class="note">{help}</small>
    {children}
  </label>
);

interface Tick {
  label: string;
  value: boolean;
  set(value: boolean): void;
}

export const TickField = ({ label, value, set }: Tick): JSX.Element => (
  <label class="quiet-tick wide">
    <input type="checkbox" checked={value} onChange={(event) => set(event.currentTarget.checked)} />
    <span>{label}</span>
  </label>
);

interface Span {
  begin: number;
  length: number;
  now: number;
  set(span: { begin?: number; length?: number }): void;
}

export const SpanFields = ({ begin, length, now, set }: Span): JSX.Element => (
  <>
    <Choice
      label={q("begin")}
      value={begin}
      options={BEGINNINGS.map((ms) => [ms, ms ? q("later", duration(ms)) : q("atOnce")] as const)}
      set={(value) => set({ begin: value })}
    />
    <Choice
      label={q("length")}
      value={length}
      options={LENGTHS.map((ms) => [ms, duration(ms)] as const)}
      set={(value) => set({ length: value })}
    />
    <p class="note wide">{q("until", moment(now + begin, now), moment(now + begin + length, now))}</p>
  </>
);
