// The desk's keys.

import { ACTS, type ActName } from "./offer.ts";

export type Key = "down" | "up" | "help" | "select" | "undo" | ActName[];

const KEYS = new Map<string, Key>([
  ["j", "down"],
  ["k", "up"],
  ["?", "help"],
  ["v", "select"],
  ["u", "undo"],
]);
for (const act of ACTS) {
  const [name, letter] = act;
  if (letter) KEYS.set(letter, [...((KEYS.get(letter) as ActName[] | undefined) ?? []), name]);
}

type Press = Pick<KeyboardEvent, "key" | "ctrlKey" | "altKey" | "metaKey" | "repeat" | "target">;
type Target = { tagName?: string; isContentEditable?: boolean; closest?: (name: string) => unknown } | null;

/** What a key asks for; nothing while somebody types, in a dialog, or together with Ctrl, Alt or Meta. */
export function move(event: Press): Key | undefined {
  if (event.ctrlKey || event.altKey || event.metaKey) return undefined;
  const target = event.target as Target;
  if (["INPUT", "TEXTAREA", "SELECT"].includes(target?.tagName ?? "") && !isBox(target)) return undefined;
  if (target?.isContentEditable || target?.closest?.("dialog")) return undefined;
  const key = KEYS.get(event.key);
  return event.repeat && key !== "down" && key !== "up" ? undefined : key;
}

/** Nobody types into a box that is ticked. */
const isBox = (target: Target): boolean => (target as { type?: string } | null)?.type === "checkbox";
