// One's own account: a dialog from the name in the header.

import { render, type JSX } from "preact";
import { h } from "../dom.ts";
import { roleName } from "../session.ts";
import { ask } from "../wire.ts";
import { Code } from "./picture.tsx";
import { send } from "./send.ts";
import type { Mine, Picture } from "./wire.ts";
import { a, type AccountsWord } from "./words.ts";

type Part = "password" | "factor" | "others";

class MyAccount {
  private readonly dialog = h("dialog", { class: "mine", "aria-labelledby": "mine-title" });
  private mine: Mine | undefined;
  private picture: Picture | undefined;
  /** What was typed to get the picture: asked for once. */
  private password = "";
  private busy = false;
  private told: { part: Part; text: string; wrong: boolean } | undefined;

  constructor() {
    document.body.append(this.dialog);
    this.dialog.addEventListener("close", () => {
      [this.picture, this.password, this.told] = [undefined, "", undefined];
      render(null, this.dialog); // what was typed is gone
    });
  }

  async open(): Promise<void> {
    if (this.dialog.open) return;
    this.draw();
    this.dialog.showModal();
    await this.load();
  }

  private async load(): Promise<void> {
    try {
      this.mine = await ask<Mine>("/api/me/account");
    } catch (error) {
      this.told = { part: "others", text: a("notLoaded", (error as Error).message), wrong: true };
    }
    this.draw();
  }

  private async run(part: Part, act: () => Promise<string>): Promise<void> {
    [this.busy, this.told] = [true, undefined];
    this.draw();
    try {
      this.told = { part, text: await act(), wrong: false };
    } catch (error) {
      this.told = { part, text: a("refused", (error as Error).message), wrong: true };
    }
    this.busy = false;
    await this.load();
  }

  private submit(part: Part, act: (typed: Record<string, string>) => Promise<string>): (event: Event) => void {
    return (event) => {
      event.preventDefault();
      const form = event.currentTarget as HTMLFormElement;
      const typed = Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, String(value)]));
      void this.run(part, () => act(typed)).then(() => !this.told?.wrong && form.reset());
    };
  }

  private async changePassword({ old, fresh, again }: Record<string, string>): Promise<string> {
    if (fresh !== again) throw new Error(a("differ"));
    const { ended } = await send<{ ended: number }>("/api/me/password", { old, new: fresh });
    return a("passwordChanged", ended);
  }

  private async begin({ password }: Record<string, string>): Promise<string> {
    this.picture = await send<Picture>("/api/me/totp", { password });
    this.password = password!;
    return "";
  }

  private async turnOn({ code }: Record<string, string>): Promise<string> {
    const { secret } = this.picture!;
    await send("/api/me/totp/on", { password: this.password, secret, code });
    [this.picture, this.password] = [undefined, ""];
    return a("turnedOn");
  }

  private async turnOff({ password, code }: Record<string, string>): Promise<string> {
    await send("/api/me/totp/off", { password, code });
    return a("turnedOff");
  }

  private async endOthers(): Promise<string> {
    const { ended } = await send<{ ended: number }>("/api/me/sessions/end", {});
    return a("ended", ended);
  }

  private said(part: Part): JSX.Element | false {
    if (this.told?.part !== part || !this.told.text) return false;
    return <p class={this.told.wrong ? "note warn" : "note"} role="alert">{this.told.text}</p>;
  }

  private field(name: string, word: AccountsWord, complete: string): JSX.Element {
    const more = { name, autoComplete: complete, required: true, maxLength: 256 } as const;
    const code = complete === "one-time-code";
    return (
      <label>
        <span>{a(word)}</span>
        {code ? <input type="text" inputMode="numeric" {...more} /> : <input type="password" {...more} />}
      </label>
    );
  }

  /** Hidden: password managers want to know whose password it is. */
  private username(): JSX.Element {
    return <input type="text" name="username" autoComplete="username" value={this.mine?.id ?? ""} hidden readOnly />;
  }

  private factor(): JSX.Element {
    const button = (word: AccountsWord): JSX.Element => <button type="submit" disabled={this.busy}>{a(word)}</button>;
    if (this.mine?.totp) {
      return (
        <form onSubmit={this.submit("factor", (typed) => this.turnOff(typed))}>
          <p>{a("factorOn")}</p>
          {this.username()}
          {this.field("password", "password", "current-password")}
          {this.field("code", "code", "one-time-code")}
          {button("turnOff")}
        </form>
      );
    }
    if (this.picture) {
      return (
        <form key="code" onSubmit={this.submit("factor", (typed) => this.turnOn(typed))}>
          <p>{a("scanMine")}</p>
          <Code picture={this.picture} label={a("factor")} />
          {this.field("code", "code", "one-time-code")}
          {button("turnOn")}
        </form>
      );
    }
    return (
      <form key="begin" onSubmit={this.submit("factor", (typed) => this.begin(typed))}>
        <p>{a("factorOff")}</p>
        {this.username()}
        {this.field("password", "password", "current-password")}
        {button("begin")}
      </form>
    );
  }

  private draw(): void {
    const { mine } = this;
    render(
      <>
        <div class="panel-top">
          <h2 id="mine-title">{a("mine")}</h2>
          <button type="button" class="shut" onClick={() => this.dialog.close()}>{a("close")}</button>
        </div>
        {mine ? <p class="quiet">{`${mine.name} (${mine.id}) · ${roleName(mine.role)} · ${mine.sites.join(", ") || a("everySite")}`}</p> : <p>{a("loading")}</p>}
        <h3>{a("changePassword")}</h3>
        <form onSubmit={this.submit("password", (typed) => this.changePassword(typed))}>
          {this.username()}
          {this.field("old", "old", "current-password")}
          {this.field("fresh", "new", "new-password")}
          {this.field("again", "again", "new-password")}
          <p class="note">{a("others")}</p>
          <button type="submit" disabled={this.busy}>{a("changePassword")}</button>
        </form>
        {this.said("password")}
        <h3>{a("factor")}</h3>
        {mine && this.factor()}
        {this.said("factor")}
        {mine && (
          <p class="elsewhere">
            {a("elsewhere", mine.sessions)}{" "}
            {mine.sessions > 1 && <button type="button" disabled={this.busy} onClick={() => void this.run("others", () => this.endOthers())}>{a("endOthers")}</button>}
          </p>
        )}
        {this.said("others")}
      </>,
      this.dialog,
    );
  }
}

let mine: MyAccount | undefined;

/** Show the dialog. */
export function openMine(): void {
  mine ??= new MyAccount();
  void mine.open();
}
