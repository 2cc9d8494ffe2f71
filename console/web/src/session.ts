// Who is signed in: shown in the header; signs out; tells the server that somebody is there.

import { byId, say } from "./dom.ts";
import { speaks } from "./words.ts";

export interface Me {
  /** Empty: a guest, who may only read. */
  id: string;
  name: string;
  role: string;
  permits: string[];
  csrf: string;
}

const ROLES: Record<string, [string, string]> = {
  viewer: ["viewer", "只读"],
  duty: ["duty officer", "值班员"],
  approver: ["approver", "审批人"],
  venue: ["venue", "场馆"],
  technician: ["technician", "技术员"],
  admin: ["admin", "管理员"],
  auditor: ["auditor", "审计员"],
};

/** Real milliseconds between two words that somebody is there. */
const ACTIVE_MS = 60_000;

let me: Me | undefined;
let told = 0;

export const permits = (name: string): boolean => me?.permits.includes(name) ?? false;

/** Id of who is signed in; empty for a guest. */
export const myself = (): string => me?.id ?? "";

export function goToSignIn(): void {
  location.assign(`/sign-in?next=${encodeURIComponent(location.pathname + location.search)}${location.hash}`);
}

/** Ask for a change. */
export async function change(path: string, body: unknown = {}): Promise<Response> {
  const answer = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-Forewarn-CSRF": me?.csrf ?? "" },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(10_000),
  });
  if (answer.status === 401) goToSignIn();
  return answer;
}

const listeners: (() => void)[] = [];

/** Call `listener` whenever it becomes known who is signed in. */
export function onSession(listener: () => void): void {
  listeners.push(listener);
}

/** The name of a role in the page's language. */
export const roleName = (role: string): string => ROLES[role]?.[speaks() === "zh" ? 1 : 0] ?? role;

export const ROLE_NAMES: readonly string[] = Object.keys(ROLES);

export function showSession(): void {
  const chinese = speaks() === "zh";
  say(byId("who"), me?.id ? `${me.name} · ${roleName(me.role)}` : "");
  byId("who").hidden = !me?.id;
  byId("who").title = chinese ? "我的账户" : "My account";
  say(byId("sign-out"), me?.id ? (chinese ? "退出" : "Sign out") : chinese ? "登录" : "Sign in");
  byId("sign-out").hidden = !me;
}

function active(): void {
  if (!me?.id || performance.now() - told < ACTIVE_MS) return;
  told = performance.now();
  void change("/api/active").catch(() => undefined);
}

async function leave(): Promise<void> {
  if (!me?.id) return goToSignIn();
  const answer = await change("/api/sign-out");
  if (answer.ok) location.assign("/sign-in");
}

/** Load who is signed in, again where the server does not answer. */
export async function startSession(): Promise<void> {
  try {
    const answer = await fetch("/api/me", { cache: "no-store", signal: AbortSignal.timeout(10_000) });
    if (answer.status === 401) return goToSignIn();
    if (!answer.ok) throw new Error(String(answer.status));
    me = (await answer.json()) as Me;
  } catch {
    setTimeout(() => void startSession(), 3000);
    return;
  }
  if (!told) {
    told = performance.now();
    for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, active, { passive: true });
    byId("sign-out").addEventListener("click", () => void leave().catch(() => undefined));
    byId("who").addEventListener("click", () => void import("./accounts/mine.tsx").then(({ openMine }) => openMine()));
  }
  showSession();
  for (const listener of listeners) listener();
}
