// The page to sign in, with a test of the sound by which a warning is heard.

import "./signin.css";
import { byId, say } from "./dom.ts";
import { ring } from "./sound.ts";

const EN = {
  title: "Forewarn: sign in",
  language: "中文",
  account: "Account",
  password: "Password",
  code: "Code",
  codeNote: "Six digits of your authenticator app; empty if you have none.",
  enter: "Sign in",
  sound: "Test the sound",
  soundNote: "A warning sounds like this. Turn the volume up until you hear it.",
  heard: "Three tones were played. Not heard? Check volume and loudspeaker.",
  silent: "This browser plays no sound.",
  wrong: "Account, password or code is wrong.",
  locked: "Too many wrong attempts. Try again in {0} min.",
  down: "The server cannot check it now. Try again soon.",
  lost: "The server does not answer.",
};

type Say = keyof typeof EN;

const ZH: Record<Say, string> = {
  title: "Forewarn：登录",
  language: "English",
  account: "账号",
  password: "密码",
  code: "验证码",
  codeNote: "身份验证器中的六位数字；未设置则留空。",
  enter: "登录",
  sound: "测试声音",
  soundNote: "预警响起时就是这个声音。请调高音量直到听见。",
  heard: "已播放三声。没听见？请检查音量和扬声器。",
  silent: "此浏览器不能播放声音。",
  wrong: "账号、密码或验证码有误。",
  locked: "错误次数过多，请在 {0} 分钟后再试。",
  down: "服务器暂时无法核对，请稍后再试。",
  lost: "服务器没有回应。",
};

const remembered = (name: string): string | null => {
  try {
    return localStorage.getItem(`forewarn.${name}`);
  } catch {
    return null;
  }
};

let chinese = (remembered("language") ?? navigator.language).startsWith("zh");
let wrong: [Say, number] | undefined;

const word = (key: Say, minutes = 0): string => (chinese ? ZH : EN)[key].replace("{0}", String(minutes));

function label(): void {
  document.documentElement.lang = chinese ? "zh-CN" : "en";
  document.title = word("title");
  for (const element of document.querySelectorAll<HTMLElement>("[data-say]")) {
    say(element, word(element.dataset["say"] as Say));
  }
  say(byId("wrong"), wrong ? word(...wrong) : "");
}

/** Where to go then: only a path of ours, whatever the address says. */
function next(): string {
  const wanted = new URLSearchParams(location.search).get("next") ?? "/";
  const target = new URL(wanted, location.origin);
  return target.origin === location.origin && wanted.startsWith("/") ? target.href + location.hash : "/";
}

function input(id: string): HTMLInputElement {
  return byId(id) as HTMLInputElement;
}

async function enter(): Promise<void> {
  const said = { account: input("account").value, password: input("password").value, code: input("code").value };
  try {
    const answer = await fetch("/api/sign-in", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(said),
      signal: AbortSignal.timeout(20_000),
    });
    if (answer.ok) return location.replace(next());
    const minutes = Math.ceil(Number(answer.headers.get("Retry-After") ?? "60") / 60);
    wrong = [answer.status === 429 ? "locked" : answer.status < 500 ? "wrong" : "down", minutes];
  } catch {
    wrong = ["lost", 0];
  }
  label();
  input("code").value = "";
  input("password").select();
}

async function sound(): Promise<void> {
  const heard = byId("heard");
  heard.dataset["say"] = (await ring()) ? "heard" : "silent";
  label();
}

const theme = remembered("theme");
if (theme) document.documentElement.dataset["theme"] = theme;
label();
byId("form").addEventListener("submit", (event) => {
  event.preventDefault();
  const button = byId("enter") as HTMLButtonElement;
  button.disabled = true;
  void enter().finally(() => (button.disabled = false));
});
byId("sound").addEventListener("click", () => void sound());
byId("language").addEventListener("click", () => {
  chinese = !chinese;
  try {
    localStorage.setItem("forewarn.language", chinese ? "zh" : "en");
  } catch {
    // storage is switched off: the page works without it
  }
  label();
});

// A link out of a message comes without the cookie (SameSite=Strict): we may be signed in.
void fetch("/api/me", { cache: "no-store" }).then(async (answer) => {
  if (answer.ok && ((await answer.json()) as { id: string }).id) location.replace(next());
}, () => undefined);
