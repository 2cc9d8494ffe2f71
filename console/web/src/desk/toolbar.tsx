// The buttons of an incident, and what came of the last one, beside them.

import type { JSX } from "preact";
import type { ActName, Offer } from "./offer.ts";
import type { Act } from "./wire.ts";
import { actWord, d, dOr } from "./words.ts";

export interface ToolHost {
  busy: ActName | undefined;
  trouble: string;
  came: string;
  /** Acts that the alert service has not come to yet. */
  waiting: Act[];
  silent: boolean;
  press(act: ActName): void;
}

export function Toolbar({ offers, host }: { offers: Offer[]; host: ToolHost }): JSX.Element | null {
  if (!offers.length) return null;
  const blocked = offers.filter((offer) => offer.blocked);
  return (
    <div class="acts" role="group" aria-label={d("act")}>
      {offers.map(({ act, key, blocked }) => (
        <button
          key={act}
          type="button"
          class={act === "approve" || act === "ack" ? "primary" : act === "cancel" ? "grave" : ""}
          disabled={!!blocked || !!host.busy}
          data-act={act}
          aria-keyshortcuts={key || undefined}
          onClick={() => host.press(act)}
        >
          {host.busy === act ? d("onItsWay") : dOr(`do_${act}`)} {key && <kbd aria-hidden="true">{key}</kbd>}
        </button>
      ))}
      {host.trouble && <p class="note warn" role="alert">{host.trouble}</p>}
      {blocked.some((offer) => offer.blocked === "approved") && <p class="note">{d("approvedByMe")}</p>}
      <div role="status">
        {host.came && <p class="note">{host.came}</p>}
        {host.waiting.map((act) => (
          <p key={act.number} class="note warn">{d("waitsFor", `${act.author}: ${actWord(act.act)}`)}</p>
        ))}
        {host.silent && <p class="note warn">{d("silentService")}</p>}
      </div>
    </div>
  );
}
