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

export function paint({ waiting, failing, conflicts, stopped }) {
  if (!chip) return;
  if (conflicts) show("is-failed", "exclamation-triangle-fill", conflicts > 1 ? `${conflicts} 处冲突` : "有冲突", true);
  else if (stopped) show("is-failed", "exclamation-triangle-fill", "没有保存，请登录", true);
  else if (failing && waiting) show("is-offline", "arrow-repeat", "保存失败，正在重试", true);
  else if (waiting) show("", "arrow-up", "正在保存", false);
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
