// Once a page of the phone stands: the service worker, the number on 待同步, and what only this page needs. Everything here is extra:
// without it, or where the browser cannot, the pages work as they are.
import { state } from "./api.js";
import { lacking } from "./support.js";
import { note } from "./store.js";
import { el, icon } from "./words.js";

const WORKER = "sw.js";
const DAY = 86400000;
const PARTS = {
  "[data-today]": () => import("./today.js"),
  "[data-queue]": () => import("./queue.js"),
  "[data-logout]": () => import("./leave.js"),
  "form[data-upload]": () => import("./evidence.js"),
};
const root = document.body.dataset.sync.replace(/tongbu\/$/, "");
const cached = "from" in document.documentElement.dataset;

export async function start() {
  const check = document.querySelector("form#conclusion");
  if (!document.querySelector("form#entry, form#sign, form#conclusion")) document.documentElement.classList.add("js");
  if (!("offline" in document.body.dataset)) {
    if (check) await (await import("./check.js")).begin({ place: check, outbox: await outboxOf(true), cached });
    const upload = document.querySelector("form[data-upload]");
    if (upload) await (await import("./evidence.js")).begin({ place: upload, outbox: null });
    return (await import("./leave.js")).empty();
  }
  const why = lacking();
  const registration = why ? null : await register();
  const outbox = await outboxOf(Boolean(why));
  if (!outbox) return undefined;
  outbox.onstored = async (op, body) => (await import("./kept.js")).amend(outbox.user, op, body);
  outbox.onhello = async (seen) => seen.offline === false && (await import("./leave.js")).empty(outbox);
  const badge = () => count(outbox.ops.length);
  outbox.listen(badge);
  badge();
  if (cached) outbox.listen(() => back(outbox));
  if (registration) watchUpdate(registration, outbox);
  if (check) await (await import("./check.js")).begin({ place: check, outbox, cached });
  for (const [selector, load] of Object.entries(PARTS)) {
    const place = document.querySelector(selector);
    if (place) await (await load()).begin({ place, outbox, why, registration, cached, late: late(outbox) });
  }
  document.documentElement.dataset.ready = "";
  return undefined;
}

// The outbox of the page, or, where the page saves nothing by itself, one of the person signed in.
async function outboxOf(unable) {
  if (document.querySelector("form#entry, form#sign")) {
    await state.opening;
    return state.outbox ?? null;
  }
  const { attach, begin } = await import("./start.js");
  const check = document.querySelector("form#conclusion");
  if (check) return begin(JSON.parse(document.querySelector("#pack").textContent), check, document.querySelector(".card h2").textContent.trim());
  const user = Number(document.body.dataset.user) || (await note("user").catch(() => null))?.id;
  return user ? attach(user, unable) : null;
}

async function register() {
  try {
    return await navigator.serviceWorker.register(root + WORKER, { updateViaCache: "none" });
  } catch {
    return null;
  }
}

function count(number) {
  const tab = document.querySelector(`.tabs a[href$="daitongbu/"] span`);
  if (tab) tab.textContent = number ? `待同步（${number}）` : "待同步";
}

// Since when the oldest change waits here, when that is more than a day.
const late = (outbox) => outbox.ops.map((op) => op.at).filter((at) => Date.now() - Date.parse(at) > DAY).sort()[0];

// Out of the phone, and the network is back: with everything sent, the newest page is one tap away.
function back(outbox) {
  const link = document.querySelector("[data-back-online]");
  if (!link || outbox.offline || outbox.size) return;
  link.href = location.href;
  link.hidden = false;
  link.closest("[data-banner]").querySelector("h2").lastChild.textContent = "已连上网络，都已送达";
}

// A new version waits until nothing is under way; then the person decides when.
function watchUpdate(registration, outbox) {
  const offer = () => {
    if (!registration.waiting || outbox.ops.length || document.querySelector("[data-update]")) return;
    const button = el("button", { type: "button", class: "btn btn-secondary", onclick: () => registration.waiting.postMessage("skip") }, "点此更新");
    document.querySelector("main").prepend(el("section", { class: "card", "data-update": "" }, el("p", {}, icon("arrow-clockwise"), " 有新版本。"), button));
  };
  let controlled = Boolean(navigator.serviceWorker.controller);
  navigator.serviceWorker.addEventListener("controllerchange", () => {
    if (controlled) location.reload();
    controlled = true;
  });
  registration.addEventListener("updatefound", () => registration.installing?.addEventListener("statechange", offer));
  outbox.listen(offer);
  offer();
}
