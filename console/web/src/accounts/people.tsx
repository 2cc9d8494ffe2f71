// Accounts and tokens: tables, and the forms that change them.

import type { JSX } from "preact";
import { duration } from "../format.ts";
import { ROLE_NAMES, roleName } from "../session.ts";
import { Code } from "./picture.tsx";
import type { Account, Accounts, Picture, Token } from "./wire.ts";
import { a } from "./words.ts";

/** Something that is shown once. */
export interface Secret {
  title: string;
  text: string;
  picture: Picture | null;
}

export interface PeopleHost {
  me: string;
  busy: boolean;
  /** Id of the account whose forms are open; `+` for a new one. */
  open: string;
  /** What must be pressed again to happen. */
  sure: string;
  trouble: string;
  secret: Secret | undefined;
  /** How many accounts and tokens were made: each leaves an empty form. */
  made: number;
  turn(id: string): void;
  forget(): void;
  save(typed: FormData, added: boolean): void;
  act(account: Account, what: Deed): void;
  addToken(typed: FormData): void;
  revoke(name: string): void;
}

export type Deed = "password" | "totp" | "totp-off" | "sessions" | "disable" | "enable";

const day = (text: string): string => text.slice(0, 10);

function stateOf({ disabled, locked }: Account, now: number): string {
  if (disabled) return a("disabled", day(disabled));
  return locked ? a("locked", duration(Date.parse(locked) - now)) : a("active");
}

function seenOf({ seen, sessions }: Account, now: number): string {
  if (sessions) return `${a("now")}${sessions > 1 ? ` (${sessions})` : ""}`;
  return seen ? a("ago", duration(now - Date.parse(seen))) : a("notSeen");
}

const Roles = ({ role }: { role: string }): JSX.Element => (
  <label>
    <span>{a("role")}</span>
    <select name="role">
      {ROLE_NAMES.map((name) => <option key={name} value={name} selected={name === role}>{roleName(name)}</option>)}
    </select>
  </label>
);

const Field = ({ name, word, value = "", ...more }: { name: string; word: "id" | "name" | "sites" | "days"; value?: string } & JSX.IntrinsicElements["input"]): JSX.Element => (
  <label>
    <span>{a(word)}</span>
    <input name={name} defaultValue={value} autoComplete="off" {...more} />
  </label>
);

const on = (run: (typed: FormData) => void) => (event: Event): void => {
  event.preventDefault();
  run(new FormData(event.currentTarget as HTMLFormElement));
};

function Once({ secret, host }: { secret: Secret; host: PeopleHost }): JSX.Element {
  return (
    <div class="once" role="alert">
      <h3>{secret.title}</h3>
      {secret.text && <p><code>{secret.text}</code></p>}
      {secret.picture && <Code picture={secret.picture} label={secret.title} />}
      <p class="note warn">{a("shownOnce")} {secret.picture && a("scan")}</p>
      <button type="button" onClick={() => host.forget()}>{a("copied")}</button>
    </div>
  );
}

function Edit({ account, host }: { account: Account; host: PeopleHost }): JSX.Element {
  const own = account.id === host.me;
  const deed = (what: Deed, text: string): JSX.Element => (
    <button type="button" disabled={host.busy} onClick={() => host.act(account, what)}>
      {host.sure === `${account.id} ${what}` ? a("sure") : text}
    </button>
  );
  return (
    <div key={account.id} class="edit" role="group" aria-label={`${a("change")} ${account.id}`}>
      <h3>{`${a("change")}: ${account.id}`}</h3>
      <form class="fields" onSubmit={on((typed) => host.save(typed, false))}>
        <input type="hidden" name="account" value={account.id} />
        <Field name="name" word="name" value={account.name} maxLength={80} />
        {own ? <input type="hidden" name="role" value={account.role} /> : <Roles role={account.role} />}
        {own ? <input type="hidden" name="sites" value={account.sites.join(" ")} /> : <Field name="sites" word="sites" value={account.sites.join(" ")} />}
        <button type="submit" disabled={host.busy}>{a("save")}</button>
      </form>
      {own ? <p class="note">{a("own")}</p> : (
        <p class="fields">
          {deed("password", a("newPassword"))}
          {deed("totp", a("newTotp"))}
          {account.totp && deed("totp-off", a("totpOff"))}
          {account.sessions > 0 && deed("sessions", a("signOut", account.sessions))}
          {account.disabled ? deed("enable", a("enable")) : deed("disable", a("disable"))}
        </p>
      )}
      <p class="note">{a("sitesNote")} {!own && a("passwordNote")}</p>
    </div>
  );
}

function Row({ account, host, now }: { account: Account; host: PeopleHost; now: number }): JSX.Element {
  const open = host.open === account.id;
  return (
    <tr class={account.disabled ? "few" : ""}>
      <th scope="row">{account.id}</th>
      <td>{account.name}</td>
      <td>{roleName(account.role)}</td>
      <td>{account.sites.join(", ") || a("everySite")}</td>
      <td>{a(account.totp ? "yes" : "no")}</td>
      <td>{seenOf(account, now)}</td>
      <td class={account.locked ? "warn" : ""}>{stateOf(account, now)}</td>
      <td>
        <button type="button" aria-expanded={open} aria-label={`${a(open ? "close" : "change")} ${account.id}`} onClick={() => host.turn(open ? "" : account.id)}>
          {a(open ? "close" : "change")}
        </button>
      </td>
    </tr>
  );
}

function Machine({ token, host, now }: { token: Token; host: PeopleHost; now: number }): JSX.Element {
  const over = token.revoked !== null || Date.parse(token.expires) <= now;
  const told = token.revoked ? a("revoked", day(token.revoked)) : a(over ? "expired" : "expires", day(token.expires));
  return (
    <tr class={over ? "few" : ""}>
      <th scope="row">{token.name}</th>
      <td>{roleName(token.role)}</td>
      <td>{token.sites.join(", ") || a("everySite")}</td>
      <td>{told}</td>
      <td>
        {!over && (
          <button type="button" disabled={host.busy} aria-label={host.sure === `token ${token.name}` ? undefined : a("revokeOf", token.name)} onClick={() => host.revoke(token.name)}>
            {host.sure === `token ${token.name}` ? a("sure") : a("revoke")}
          </button>
        )}
      </td>
    </tr>
  );
}

const Head = ({ words }: { words: ("id" | "name" | "role" | "sites" | "totp" | "seen" | "state" | "change" | "revoke")[] }): JSX.Element => (
  <thead>
    <tr>{words.map((word) => <th key={word} scope="col">{a(word)}</th>)}</tr>
  </thead>
);

export function People({ found, host }: { found: Accounts; host: PeopleHost }): JSX.Element {
  const now = Date.parse(found.now);
  const open = found.accounts.find(({ id }) => id === host.open);
  return (
    <>
      {host.trouble && <p class="note warn" role="alert">{a("refused", host.trouble)}</p>}
      {host.secret && <Once secret={host.secret} host={host} />}
      <div class="tables" tabIndex={0} role="group" aria-label={a("accounts")}>
        <table class="figures">
          <Head words={["id", "name", "role", "sites", "totp", "seen", "state", "change"]} />
          <tbody>{found.accounts.map((account) => <Row key={account.id} account={account} host={host} now={now} />)}</tbody>
        </table>
      </div>
      {open && <Edit account={open} host={host} />}
      <details key={`add ${host.made}`}>
        <summary>{a("add")}</summary>
        <form class="fields" onSubmit={on((typed) => host.save(typed, true))}>
          <Field name="account" word="id" required maxLength={32} pattern="[a-z0-9][a-z0-9._\-]*" autoCapitalize="none" spellcheck={false} />
          <Field name="name" word="name" maxLength={80} />
          <Roles role="duty" />
          <Field name="sites" word="sites" />
          <button type="submit" disabled={host.busy}>{a("addIt")}</button>
        </form>
        <p class="note">{a("sitesNote")}</p>
      </details>
      <h3>{a("tokens")}</h3>
      {found.tokens.length ? (
        <div class="tables" tabIndex={0} role="group" aria-label={a("tokens")}>
          <table class="figures">
            <Head words={["name", "role", "sites", "state", "revoke"]} />
            <tbody>{found.tokens.map((token) => <Machine key={token.name} token={token} host={host} now={now} />)}</tbody>
          </table>
        </div>
      ) : <p class="note">{a("noTokens")}</p>}
      <details key={`token ${host.made}`}>
        <summary>{a("makeToken")}</summary>
        <form class="fields" onSubmit={on((typed) => host.addToken(typed))}>
          <Field name="name" word="name" required maxLength={32} pattern="[a-z0-9][a-z0-9._\-]*" autoCapitalize="none" spellcheck={false} />
          <Roles role="viewer" />
          <Field name="sites" word="sites" />
          <Field name="days" word="days" type="number" min={1} max={730} value="365" required />
          <button type="submit" disabled={host.busy}>{a("makeToken")}</button>
        </form>
      </details>
    </>
  );
}
