// 今日: whether the tasks are on the phone, the button that puts them there, and what has waited too long.
import { clockText } from "./chip.js";
import { download } from "./download.js";
import { fill } from "../older.js";
import { device, note } from "./store.js";
import { room } from "./support.js";
import { el, icon, moment } from "./words.js";

export async function begin({ place, outbox, why, registration, cached, late }) {
  const line = place.querySelector("[data-downloaded]");
  const say = (name, text) => fill(line, icon(name), ` ${text}`);
  if (why) return place.prepend(unable(why));
  const main = document.querySelector("main");
  if (late) main.prepend(tooLate(late));
  const others = Object.values(await device.others(outbox.user)).reduce((sum, number) => sum + number, 0);
  if (others) main.prepend(notice("is-warn", `这部手机上还有别人的 ${others} 项没有送达。`, "请原来的人登录，登录后自动送出；没有用您的账号送。"));
  const button = place.querySelector("[data-download]");
  const fetchAll = async () => {
    button.hidden = true;
    try {
      const done = await download(outbox.user, await versionOf(registration), (number, all) => say("download", `正在下载 ${number + 1}/${all}`));
      say("cloud-check", done ? `${done} 家均已下载，无信号也能填` : "没有要下载的任务");
      const short = await room();
      if (short) place.append(notice("is-warn", short, ""));
    } catch {
      button.hidden = false;
      const pulled = await note("pulled");
      say("cloud-slash", pulled ? `下载没有完成，手机上的是 ${moment(pulled)} 的` : "还没有下载，无信号时打不开");
    }
  };
  button.addEventListener("click", fetchAll);
  if (cached || outbox.offline) {
    const pulled = await note("pulled");
    return say("cloud-slash", pulled ? `离线，数据截至 ${clockText(new Date(pulled))}` : "离线");
  }
  if (outbox.size) await Promise.race([outbox.idle(), new Promise((resolve) => setTimeout(resolve, 10000))]);
  return fetchAll();
}

const notice = (kind, title, text) => el("section", { class: `card ${kind}`, role: "status" }, el("h2", {}, title), text ? el("p", {}, text) : null);

const tooLate = (at) =>
  el("section", { class: "card is-late", role: "alert" }, el("h2", {}, "有内容超过 24 小时没有送达"), el("p", {}, `最早的保存于 ${moment(at)}，只在这部手机上。`), el("a", { class: "btn btn-primary btn-block", href: "daitongbu/" }, "去“待同步”看原因"));

function unable(why) {
  const copy = el("button", { type: "button", class: "btn btn-secondary" }, "复制本页网址");
  copy.addEventListener("click", async () => {
    await navigator.clipboard?.writeText(location.href).catch(() => {});
    copy.textContent = navigator.clipboard ? "已复制" : location.href;
  });
  return el("section", { class: "card is-warn", "data-unable": "" }, el("p", {}, why), copy);
}

// The version of the worker: pages downloaded under an older one are downloaded anew.
function versionOf(registration) {
  const worker = registration?.active;
  if (!worker) return "";
  const pipe = new MessageChannel();
  worker.postMessage("version", [pipe.port2]);
  return Promise.race([new Promise((resolve) => (pipe.port1.onmessage = ({ data }) => resolve(data))), new Promise((resolve) => setTimeout(resolve, 1000, ""))]);
}
