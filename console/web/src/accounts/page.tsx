// The page of accounts and the audit trail, for who may see one of them.

import { render } from "preact";
import { h } from "../dom.ts";
import { myself, onSession, permits } from "../session.ts";
import { ask } from "../wire.ts";
import { speaks } from "../words.ts";
import { People, type Deed, type PeopleHost, type Secret } from "./people.tsx";
import { send, sitesOf } from "./send.ts";
import { Trail } from "./trail.tsx";
import type { Account, Accounts, Shared } from "./wire.ts";
import { a } from "./words.ts";

/** Real milliseconds in which a button that does harm must be pressed again. */
const SURE_MS = 5_000;
const RETRY_MS = 3_000;

const PATHS: Record<Deed, [path: string, more: Record<string, boolean>]> = {
  password: ["password", {}],
  totp: ["totp", {}],
  "totp-off": ["totp", { off: true }],
  sessions: ["sessions/end", {}],
  disable: ["disable", {}],
  enable: ["disable", { again: true }],
};

export class AccountsPage {
  private found: Accounts | undefined;
  private trouble = "";
  private refused = "";
  private secret: Secret | undefined;
  private opened = "";
  private sure = "";
  private busy = false;
  private made = 0;
  private shown = "";
  private retry: number | undefined;
  private readonly people = h("section", { class: "panel" });
  private readonly audit = h("section", { class: "panel" });
  private readonly trail = new Trail(this.audit);

  constructor(box: HTMLElement) {
    box.append(this.people, this.audit);
    onSession(() => void this.load());
  }

  async load(): Promise<void> {
    clearTimeout(this.retry);
    if (permits("accounts")) {
      try {
        [this.found, this.trouble] = [await ask<Accounts>("/api/accounts"), ""];
      } catch (error) {
        this.trouble = (error as Error).message;
        this.retry = setTimeout(() => void this.load(), RETRY_MS);
      }
    }
    if (permits("audit")) await this.trail.load();
    this.draw();
  }

  update(): void {
    if (speaks() === this.shown) return;
    this.shown = speaks();
    this.draw();
  }

  /** Do something, then load anew; the server's words where it was refused. */
  private async run(path: string, body: unknown, tell?: (answer: Shared) => Secret): Promise<void> {
    [this.busy, this.refused, this.sure] = [true, "", ""];
    this.draw();
    try {
      const answer = await send<Shared>(`/api/accounts/${path}`, body);
      this.secret = tell?.(answer) ?? this.secret;
      this.opened = "";
      if (path.endsWith("add")) this.made += 1;
    } catch (error) {
      this.refused = (error as Error).message;
    }
    this.busy = false;
    await this.load();
    if (this.secret) this.people.querySelector<HTMLElement>(".once button")?.focus();
  }

  /** Whether `what` was asked for twice. */
  private twice(what: string): boolean {
    if (this.sure === what) return true;
    this.sure = what;
    setTimeout(() => {
      if (this.sure === what) this.sure = "";
      this.draw();
    }, SURE_MS);
    this.draw();
    return false;
  }

  private save(typed: FormData, added: boolean): void {
    const text = (name: string): string => String(typed.get(name) ?? "").trim();
    const account = text("account");
    const body = { account, name: text("name"), role: text("role"), sites: sitesOf(text("sites")) };
    const tell = ({ password }: Shared): Secret => ({ title: a("passwordOf", account), text: password, picture: null });
    void this.run(added ? "add" : "change", body, added ? tell : undefined);
  }

  private act(account: Account, deed: Deed): void {
    if (deed !== "enable" && !this.twice(`${account.id} ${deed}`)) return;
    const [path, more] = PATHS[deed];
    const tell = ({ password, picture }: Shared): Secret => ({
      title: a(picture ? "totpOf" : "passwordOf", account.id),
      text: password,
      picture,
    });
    const shows = deed === "password" || deed === "totp";
    void this.run(path, { account: account.id, ...more }, shows ? tell : undefined);
  }

  private addToken(typed: FormData): void {
    const name = String(typed.get("name"));
    const body = { name, role: String(typed.get("role")), sites: sitesOf(String(typed.get("sites"))), days: Number(typed.get("days")) };
    void this.run("tokens/add", body, ({ token }) => ({ title: a("tokenOf", name), text: token, picture: null }));
  }

  private host(): PeopleHost {
    return {
      me: myself(),
      busy: this.busy,
      open: this.opened,
      sure: this.sure,
      trouble: this.refused,
      secret: this.secret,
      made: this.made,
      turn: (id) => {
        [this.opened, this.refused, this.sure] = [id, "", ""];
        this.draw();
        this.people.querySelector<HTMLElement>(".edit input:not([type=hidden])")?.focus();
      },
      forget: () => {
        this.secret = undefined;
        this.draw();
      },
      save: (typed, added) => this.save(typed, added),
      act: (account, deed) => this.act(account, deed),
      addToken: (typed) => this.addToken(typed),
      revoke: (name) => void (this.twice(`token ${name}`) && this.run("tokens/revoke", { name })),
    };
  }

  private draw(): void {
    const [accounts, audit] = [permits("accounts"), permits("audit")];
    this.people.hidden = !accounts && audit;
    this.audit.hidden = !audit;
    render(
      <>
        <h2>{a("accounts")}</h2>
        {!accounts && <p class="note">{a("notAllowed")}</p>}
        {this.trouble && <p class="note warn" role="status">{a("notLoaded", this.trouble)}</p>}
        {accounts && (this.found ? <People found={this.found} host={this.host()} /> : !this.trouble && <p class="note">{a("loading")}</p>)}
      </>,
      this.people,
    );
    if (audit) this.trail.draw();
  }
}
