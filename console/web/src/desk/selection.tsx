// What several selected incidents can be given at once.

import type { JSX } from "preact";
import type { ActName } from "./offer.ts";
import { d, dOr } from "./words.ts";

export interface SelectionHost {
  count: number;
  busy: ActName | undefined;
  trouble: string;
  press(act: "ack" | "shelve"): void;
  clear(): void;
}

const KEYS = { ack: "a", shelve: "s" } as const;

export function Selection({ host }: { host: SelectionHost }): JSX.Element | null {
  if (!host.count && !host.trouble) return null;
  return (
    <div class="acts selection" role="group" aria-label={d("picked", host.count)}>
      {host.count > 0 && (
        <>
          <strong>{d("picked", host.count)}</strong>
          {(["ack", "shelve"] as const).map((act) => (
            <button key={act} type="button" disabled={!!host.busy} onClick={() => host.press(act)}>
              {host.busy === act ? d("onItsWay") : dOr(`do_${act}`)} <kbd aria-hidden="true">{KEYS[act]}</kbd>
            </button>
          ))}
          <button type="button" onClick={host.clear}>{d("unpick")}</button>
        </>
      )}
      {host.trouble && <p class="note warn" role="alert">{host.trouble}</p>}
    </div>
  );
}
