// A strip above every view while a drill runs.

import { byId, put } from "./dom.ts";
import { moment } from "./format.ts";
import { levelWord } from "./icons.ts";
import type { Drill, Quiet } from "./quiet/wire.ts";
import { ask } from "./wire.ts";
import { hazard, speaks, w } from "./words.ts";

const RETRY_MS = 3000;

export class DrillBanner {
  private drills: Drill[] = [];
  private wanted = 0;
  private shown = "";

  /** Ask which drills run; what was known stays until there is an answer. */
  async load(): Promise<void> {
    const number = ++this.wanted;
    try {
      const { drills } = await ask<Quiet>("/api/quiet");
      if (number === this.wanted) this.drills = drills;
    } catch {
      setTimeout(() => number === this.wanted && void this.load(), RETRY_MS);
    }
  }

  update(now: number): void {
    const running = this.drills.filter((drill) => drill.start <= now && now < drill.end);
    const said = running.map((drill) => {
      const area = speaks() === "zh" ? drill.area_name_zh : drill.area_name;
      const what = `${levelWord(drill.level)} ${hazard(drill.hazard)}`;
      return w("drillBanner", moment(drill.end, now), what, area, drill.reason, drill.author);
    });
    if (this.shown === said.join("\n")) return;
    this.shown = said.join("\n");
    const strip = byId("drill");
    strip.hidden = !said.length;
    put(strip, said.join(" · "));
  }
}
