// Ask for a change and say why it was not done.

import { change } from "../session.ts";

/** Answer of a change; an Error says in the server's words why it was refused. */
export async function send<T>(path: string, body: unknown): Promise<T> {
  const answer = await change(path, body);
  const said = (await answer.json().catch(() => ({}))) as T & { error?: string };
  if (!answer.ok) throw new Error(said.error ?? String(answer.status));
  return said;
}

/** Ids of sites as people type them. */
export const sitesOf = (text: string): string[] => text.split(/[\s,，、]+/).filter(Boolean);
