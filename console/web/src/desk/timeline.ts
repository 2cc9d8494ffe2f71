// What happened to an incident, newest first.

import type { Act, Case, Delivery, Message } from "./wire.ts";

export type Entry =
  | { kind: "message"; at: number; message: Message; deliveries: Delivery[] }
  | { kind: "act"; at: number; act: Act };

/** Messages with where they went, and acts, by world time; at the same time the message is older. */
export function timeline({ messages, acts, deliveries }: Case): Entry[] {
  const entries: Entry[] = messages.map((message) => ({
    kind: "message",
    at: message.sent,
    message,
    deliveries: deliveries.filter((d) => d.identifier === message.identifier),
  }));
  for (const act of acts) entries.push({ kind: "act", at: act.at, act });
  return entries
    .map((entry, index) => ({ entry, index }))
    .sort((a, b) => b.entry.at - a.entry.at || b.index - a.index)
    .map(({ entry }) => entry);
}
