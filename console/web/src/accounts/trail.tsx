// The audit trail: filtered, page by page, checked, and as a file.

import { render, type JSX } from "preact";
import { ask } from "../wire.ts";
import type { AuditRow, AuditRows, Checked } from "./wire.ts";
import { a } from "./words.ts";

const FILTERS = ["actor", "action", "subject", "day"] as const;

/** Real time in the browser's words would be the browser's zone: ISO is the same for everybody. */
const instant = (text: string): string => text.replace("T", " ").replace(/\.\d+/, "");

export class Trail {
  private rows: AuditRow[] | undefined;
  private more = false;
  private before: number | undefined;
  private filter = "";
  private trouble = "";
  private verdict = "";
  private bad = false;
  private checking = false;
  private wanted = 0;

  constructor(private readonly box: HTMLElement) {}

  async load(): Promise<void> {
    const number = ++this.wanted;
    const before = this.before === undefined ? "" : `&before=${this.before}`;
    try {
      const { rows, more } = await ask<AuditRows>(`/api/audit?${this.filter}${before}`);
      if (number !== this.wanted) return;
      [this.rows, this.more, this.trouble] = [rows, more, ""];
    } catch (error) {
      if (number !== this.wanted) return;
      this.trouble = (error as Error).message;
    }
    this.draw();
  }

  private search(event: Event): void {
    event.preventDefault();
    const typed = new FormData(event.currentTarget as HTMLFormElement);
    const said = FILTERS.map((name) => [name, String(typed.get(name) ?? "").trim()]).filter(([, text]) => text);
    this.filter = new URLSearchParams(said as [string, string][]).toString();
    this.turn(undefined);
  }

  private turn(before: number | undefined): void {
    [this.before, this.rows] = [before, undefined];
    this.draw();
    void this.load();
  }

  private async verify(): Promise<void> {
    [this.checking, this.bad] = [true, false];
    let checked = 0;
    try {
      for (let next: number | null = 1; next !== null; ) {
        const part: Checked = await ask<Checked>(`/api/audit/verify?from=${next}`);
        [checked, next] = [part.checked, part.next];
        this.bad = part.broken !== null;
        this.verdict = this.bad ? a("broken", part.broken!, part.reason, checked) : a("verifying", checked);
        if (next === null && !this.bad) this.verdict = checked ? a("whole", checked, part.newest) : a("emptyTrail");
        this.draw();
      }
    } catch (error) {
      this.bad = true;
      this.verdict = a("notVerified", checked, (error as Error).message);
    }
    this.checking = false;
    this.draw();
  }

  private table(rows: AuditRow[]): JSX.Element {
    if (!rows.length) return <p class="note">{a("noRows")}</p>;
    return (
      <div class="tables" tabIndex={0} role="group" aria-label={a("trail")}>
        <table class="figures trail">
          <thead>
            <tr>{(["number", "at", "actor", "action", "subject", "detail"] as const).map((word) => <th key={word} scope="col">{a(word)}</th>)}</tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row.number}>
                <th scope="row">{row.number}</th>
                <td>{instant(row.at)}</td>
                <td>{row.actor}</td>
                <td>{row.action}</td>
                <td>{row.subject}</td>
                <td class="detail">{row.detail === "{}" ? "" : row.detail}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    );
  }

  draw(): void {
    render(
      <>
        <div class="panel-top">
          <h2>{a("trail")}</h2>
          <div class="hours">
            <button type="button" disabled={this.checking} onClick={() => void this.verify()}>{a("verify")}</button>
            <a href={`/api/audit/export?${this.filter}`} download>{a("export")}</a>
          </div>
        </div>
        {this.verdict && <p class={this.bad ? "note warn verdict" : "note verdict"} role="status">{this.verdict}</p>}
        <form class="fields" onSubmit={(event) => this.search(event)}>
          {FILTERS.map((name) => (
            <label key={name}>
              <span>{a(name)}</span>
              {name === "day" ? <input name={name} type="date" /> : <input name={name} type="text" maxLength={100} autoComplete="off" />}
            </label>
          ))}
          <button type="submit">{a("show")}</button>
        </form>
        {this.trouble && <p class="note warn" role="status">{a("notLoaded", this.trouble)}</p>}
        {this.rows ? this.table(this.rows) : !this.trouble && <p class="note">{a("loading")}</p>}
        <p class="fields">
          {this.before !== undefined && <button type="button" onClick={() => this.turn(undefined)}>{a("newest")}</button>}
          {this.more && <button type="button" onClick={() => this.turn(this.rows?.at(-1)?.number)}>{a("older")}</button>}
        </p>
      </>,
      this.box,
    );
  }
}
