// The sync chip in the bar, and one polite line for screen readers. Quiet when all is well.
import { serverNow } from "./api.js";

const chip = document.querySelector("[data-chip]");
const line = document.querySelector("[data-live]");
let shown = "";

export const clockText = (date) =>
  new Intl.DateTimeFormat("zh-CN", { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: "Asia/Shanghai" }).format(date);

function show(kind, icon, text, aloud) {
  if (shown === kind + text) return;
  shown = kind + text;
  chip.className = `chip-sync ${kind}`;
  chip.hidden = false;
  const use = chip.querySelector("use");
  use.setAttribute("href", `${use.getAttribute("href").split("#")[0]}#${icon}`);
  chip.querySelector("span").textContent = text;
  if (aloud && line) line.textContent = text;
}

let saved = "";
let spoken = 0;

// What is where: on the server, on the way, or on this phone only.
export function paint({ size, waiting, failing, offline, stopped, unkept, lasting, writing, trouble }, conflicts = 0) {
  if (!chip) return;
  const here = lasting ? `，${size} 项待同步` : "";
  if (unkept && !writing && trouble) show("is-failed", "exclamation-triangle-fill", "本机存不下，请勿关闭", true);
  else if (conflicts) show("is-failed", "exclamation-triangle-fill", conflicts > 1 ? `${conflicts} 处冲突` : "有冲突", true);
  else if (stopped) show("is-failed", "exclamation-triangle-fill", lasting ? `请登录${here}` : "没有保存，请登录", true);
  else if (offline && lasting) show("is-offline", "pause-circle", size ? `离线${here}` : "离线", true);
  else if (failing && size) show("is-offline", "arrow-repeat", "保存失败，正在重试", true);
  else if (size) show("", "arrow-up", waiting.every((op) => op.lane === "answers") ? "正在保存" : `正在送 ${size} 项`, false);
  else if (saved) {
    const quiet = Date.now() - spoken < 30000;
    if (!quiet) spoken = Date.now();
    show("", "check-lg", `已保存 ${saved}`, !quiet);
  } else if (shown) {
    shown = "";
    chip.hidden = true;
  }
}

export function markSaved() {
  saved = clockText(serverNow());
}
