// The desk's keys.

export type Key = "down" | "up" | "help";

const KEYS = new Map<string, Key>([["j", "down"], ["k", "up"], ["?", "help"]]);

/** What a key asks for; nothing while somebody types, or together with Ctrl, Alt or Meta. */
export function move(event: Pick<KeyboardEvent, "key" | "ctrlKey" | "altKey" | "metaKey" | "target">): Key | undefined {
  if (event.ctrlKey || event.altKey || event.metaKey) return undefined;
  const field = (event.target as { tagName?: string } | null)?.tagName ?? "";
  return ["INPUT", "TEXTAREA", "SELECT"].includes(field) ? undefined : KEYS.get(event.key);
}
