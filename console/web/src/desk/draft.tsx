// A draft that waits for people, and how long they have.

import type { JSX } from "preact";
import { clock } from "../format.ts";
import { levelWord } from "../icons.ts";
import type { Draft } from "./wire.ts";
import { d } from "./words.ts";

/** `4:59`, `1:04:59`, from milliseconds; `0:00` once they are over. */
export function minutes(milliseconds: number): string {
  const seconds = Math.max(0, Math.ceil(milliseconds / 1000));
  const two = (n: number): string => String(n).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  const rest = Math.floor((seconds % 3600) / 60);
  return hours ? `${hours}:${two(rest)}:${two(seconds % 60)}` : `${rest}:${two(seconds % 60)}`;
}

/** How long until `due`; where the world runs fast, by one's own watch too. */
export function countdown(due: number, now: number, speed: number): string {
  const left = due - now;
  return speed === 1 ? d("dueLeft", minutes(left)) : d("dueReal", minutes(left), minutes(left / speed));
}

export function Waiting({ draft, now, speed }: { draft: Draft; now: number; speed: number }): JSX.Element {
  const names = draft.approvals.length ? `: ${draft.approvals.join(", ")}` : "";
  return (
    <p class={`waiting level-${draft.level}`}>
      {d("waits", levelWord(draft.level), draft.approvals.length, draft.needs, names)}{" "}
      {d(draft.otherwise === "issue" ? "dueIssue" : "dueWithdraw", clock(draft.due))} <span class="countdown">{countdown(draft.due, now, speed)}</span>
    </p>
  );
}
