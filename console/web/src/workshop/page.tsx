// The technician's page: gateways, the worst first, their instruments, and what was refused.

import { render } from "preact";
import type { Around } from "../pages.ts";
import { ask } from "../wire.ts";
import { speaks } from "../words.ts";
import { Gateway, type Look } from "./gateway.tsx";
import { conditionOf, inOrder } from "./judge.ts";
import { RefusedPanel, type Filter } from "./refused.tsx";
import type { Refused, Technical } from "./wire.ts";
import { t } from "./words.ts";

const AGAIN_MS = 10_000;
const TYPING_MS = 300;

export class WorkshopPage {
  private found: Technical | undefined;
  private refused: Refused[] = [];
  private filter: Filter = { gateway: "", datastream: "" };
  private trouble = "";
  private filterTrouble = "";
  private now = 0;
  private shown = "";
  private wanted = 0;
  private narrowed = 0;
  private asked = -Infinity;
  private typing: number | undefined;
  private readonly open = new Map<string, boolean>();

  constructor(
    private readonly box: HTMLElement,
    private readonly around: Around,
  ) {}

  async load(): Promise<void> {
    if (this.box.hidden) return;
    this.asked = performance.now();
    const number = ++this.wanted;
    try {
      const found = await ask<Technical>("/api/technical");
      if (number !== this.wanted) return;
      [this.found, this.trouble] = [found, ""];
      if (!this.filter.gateway && !this.filter.datastream) this.refused = found.refused;
    } catch (error) {
      if (number !== this.wanted) return;
      this.trouble = (error as Error).message;
    }
    this.draw();
  }

  /** Ask again every few seconds; draw when a few seconds have passed. Called every second. */
  update(now: number): void {
    this.now = now;
    if (performance.now() - this.asked > AGAIN_MS) void this.load();
    const shown = `${Math.floor(now / 5_000)} ${speaks()} ${this.around.lost() > 0}`;
    if (shown !== this.shown) this.draw();
    this.shown = shown;
  }

  private narrow(filter: Filter): void {
    this.filter = filter;
    this.draw();
    clearTimeout(this.typing);
    this.typing = setTimeout(() => void this.loadRefused(), TYPING_MS);
  }

  private async loadRefused(): Promise<void> {
    const number = ++this.narrowed;
    try {
      const query = new URLSearchParams({ ...this.filter });
      const { refused } = await ask<{ refused: Refused[] }>(`/api/rejections?${query}`);
      if (number !== this.narrowed) return;
      [this.refused, this.filterTrouble] = [refused, ""];
    } catch (error) {
      if (number !== this.narrowed) return;
      this.filterTrouble = (error as Error).message;
    }
    this.draw();
  }

  private draw(): void {
    const { now, found, around, filter } = this;
    if (!now) return;
    const { store, graph } = around;
    const look: Look = { now, lost: around.lost() > 0, speed: store.heartbeat?.speed ?? store.site.speed, store, graph };
    const gateways = found ? inOrder(found.gateways, now, look.speed, look.lost) : [];
    const usual = (name: string): boolean => {
      const work = gateways.find(({ gateway }) => gateway === name);
      return gateways.length <= 2 || (!!work && conditionOf(work, now, look.speed, look.lost) === "faults");
    };
    const fold = (name: string): void => {
      this.open.set(name, !(this.open.get(name) ?? usual(name)));
      this.draw();
    };
    render(
      <>
        {this.trouble && <p class="note warn" role="status">{t("notLoaded", this.trouble)}</p>}
        {found && (
          <div class="work">
            <div class="work-gateways">
              <h2>{t("gateways")}</h2>
              {!gateways.length && <p class="calm">{t("none")}</p>}
              {gateways.map((work) => (
                <Gateway
                  key={work.gateway}
                  work={work}
                  look={look}
                  open={this.open.get(work.gateway) ?? usual(work.gateway)}
                  fold={() => fold(work.gateway)}
                />
              ))}
            </div>
            <RefusedPanel
              gateways={gateways}
              refused={this.refused}
              filter={filter}
              trouble={this.filterTrouble}
              now={now}
              narrow={(wanted) => this.narrow(wanted)}
            />
          </div>
        )}
      </>,
      this.box,
    );
  }
}
