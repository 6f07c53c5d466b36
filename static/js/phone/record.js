// The record page: saves by itself, counts, leads to the next unanswered item. Without this file the page is a plain form.
import { submitterOf } from "../older.js";
import { newKey, state } from "./api.js";
import { markSaved, paint } from "./chip.js";
import { fieldWords, itemWords, nowLocal, readField, readItem, writeField, writeItem } from "./fields.js";
import { watchPhrases } from "./phrases.js";
import { Thing } from "./things.js";
import { toast } from "./toast.js";

const PAUSE = 800;
const PATIENCE = 8000;
const form = document.querySelector("form#entry");
const pack = JSON.parse(document.querySelector("#pack").textContent);
const editable = !form.querySelector("fieldset").disabled;
const things = new Map();
const timers = new Map();
const WORDS = { OK: "符合", NOT_OK: "不符合", NOT_APPLICABLE: "合理缺项", NOT_CHECKED: "未检查" };
let photos = null; // watches them, once it is loaded
const place = document.querySelector(".bar h1").textContent.trim();
const { outbox } = state; // opened by opening.js
let arrival = null;

// ------------------------------------------------------------------------------------------------------ things to save

const common = {
  outbox,
  onstored: (thing, body) => {
    markSaved();
    clearError(thing);
    for (const warning of body.warnings ?? []) toast(warning);
    if (body.head_version) arrival?.settle(body);
  },
  oninvalid: (thing, body) => showError(thing, [body.error, ...(body.problems ?? [])]),
  onrefused: (thing, body) => {
    showError(thing, [body.error]);
    refused(body.error);
  },
  onconflict: async (thing) => (await import("./conflicts.js")).add(thing, thing.view),
};

function watchItem(card) {
  const id = Number(card.dataset.item);
  const { version, ...value } = pack.items[id];
  const what = card.querySelector("h3").textContent.trim();
  const thing = new Thing({ ...common, name: `item-${id}`, target: "item", id, what, value, shared: { version } });
  thing.card = card;
  thing.read = () => readItem(card);
  thing.view = {
    get mine() {
      return itemWords(thing.local);
    },
    show: (value) => {
      writeItem(card, value);
      count();
    },
    // 符合 and an emptied item have no text in which the other's could stand
    get join() {
      const { answer } = thing.local;
      return answer && answer !== "OK" ? (value, note) => ({ ...value, text: (value.text + note).slice(0, 2000) }) : null;
    },
  };
  things.set(`item-${id}`, thing);
}

function watchFields(prefix, { version, ...values }) {
  const shared = { version };
  for (const [name, value] of Object.entries(values)) {
    const what = prefix === "head" ? "入场信息" : "本部门信息";
    const thing = new Thing({ ...common, name: `${prefix}-${name}`, target: prefix, field: name, what, value, shared });
    thing.card = form.querySelector(prefix === "head" ? "#head" : "#section");
    thing.read = () => readField(form, prefix, name);
    const text = typeof value === "string" && !["visit_from", "visit_to"].includes(name);
    thing.view = {
      get mine() {
        return fieldWords(thing.local);
      },
      show: (shown) => writeField(form, prefix, name, shown),
      join: text ? (mine, note) => mine + note : null,
    };
    things.set(`${prefix}-${name}`, thing);
  }
}

function thingOf(input) {
  const card = input.closest("[data-item]");
  if (card) return things.get(`item-${card.dataset.item}`);
  return things.get(input.dataset.thing ?? input.name);
}

function take(thing) {
  clearTimeout(timers.get(thing));
  timers.delete(thing);
  const before = thing.local;
  const value = thing.read();
  if (thing.target === "item" && before.answer && before.answer !== value.answer) return leave(thing, before, value);
  return thing.change(value);
}

// An answer that is left takes its text, photos and 当场改正 with it; one tap brings them back.
function leave(thing, before, { answer, text, corrected }) {
  const waiting = before.answer === "NOT_OK" && photos ? photos.leave(thing.card) : null;
  writeItem(thing.card, { answer, text: "", corrected: false });
  thing.change({ answer, text: "", corrected: false });
  if (!before.text && !before.corrected && !waiting && !text && !corrected) return;
  const lost = waiting ? "文字和照片" : "文字";
  toast(`已改为${WORDS[answer] || "未填"}，原来的${lost}已撤下`, "撤销", () => {
    writeItem(thing.card, before);
    thing.change(before, { restore: true });
    if (waiting) waiting();
    count();
  }, () => waiting && waiting.end());
}

form.addEventListener("change", (event) => {
  const thing = thingOf(event.target);
  if (thing && event.target.type !== "file") take(thing);
  count();
});
form.addEventListener("input", (event) => {
  if (!event.target.matches("textarea, input[type=text]")) return;
  const thing = thingOf(event.target);
  if (!thing) return;
  clearTimeout(timers.get(thing));
  timers.set(thing, setTimeout(() => take(thing), outbox.offline ? PAUSE / 4 : PAUSE));
});
form.addEventListener("focusout", (event) => {
  const thing = thingOf(event.target);
  if (thing && timers.has(thing)) take(thing);
});

// --------------------------------------------------------------------------------------------------- errors and states

function showError(thing, lines) {
  const box = thing.card.querySelector("[data-error]");
  box.textContent = lines.join(" ");
  box.hidden = false;
  thing.card.classList.add("is-error");
}

function clearError(thing) {
  const box = thing.card.querySelector("[data-error]");
  if (!box || box.hidden) return;
  box.hidden = true;
  thing.card.classList.remove("is-error");
}

function refused(words) {
  const notice = document.querySelector("[data-refused]");
  notice.querySelector("p").textContent = words;
  notice.hidden = false;
  notice.scrollIntoView({ block: "center" });
}

const conflicted = () => [...things.values()].filter((thing) => thing.conflict).length;

function states() {
  paint(outbox, conflicted());
  for (const thing of things.values()) {
    const card = thing.card.closest("[data-item]");
    card?.classList.toggle("is-local", outbox.lasting && thing.changes.some((op) => op.kept));
  }
}

outbox.listen(states);
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "hidden") for (const thing of [...timers.keys()]) take(thing);
});
window.addEventListener("beforeunload", (event) => {
  for (const thing of [...timers.keys()]) take(thing);
  if (outbox.unkept || (conflicted() && !outbox.lasting)) event.preventDefault();
});

// ------------------------------------------------------------------------------------------------- counting, next item

const cards = [...form.querySelectorAll("[data-item]")];
const answered = (card) => Boolean(card.querySelector("input[name$=-answer]:checked:not([value=''])"));

function count() {
  const left = cards.filter((card) => !answered(card)).length;
  const filled = cards.length - left;
  for (const place of document.querySelectorAll("[data-filled]")) place.textContent = String(filled);
  const meter = document.querySelector(".bar progress");
  meter.value = filled;
  meter.setAttribute("aria-label", `已填 ${filled}/${cards.length}`);
  for (const card of cards) card.querySelector("[data-clear-item]").hidden = !answered(card) || !editable;
  const next = document.querySelector("[data-next]");
  if (!next) return;
  next.hidden = left === 0;
  next.querySelector("b").textContent = String(left);
  document.querySelector("[data-check]").hidden = left > 0;
  arrival?.sticky();
}

function nextItem() {
  const top = document.querySelector(".bar").offsetHeight + 16;
  const open = cards.filter((card) => !answered(card));
  const below = open.find((card) => card.getBoundingClientRect().top > top + 4);
  const card = below ?? open[0];
  card.closest("details.sec").open = true;
  card.scrollIntoView({ block: "start", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
  card.querySelector("input[name$=-answer]").focus({ preventScroll: true });
}

form.addEventListener("click", (event) => {
  const clear = event.target.closest("[data-clear-item]");
  const now = event.target.closest("[data-now]");
  if (clear) {
    const card = clear.closest("[data-item]");
    writeItem(card, { answer: "", text: "", corrected: false });
    take(things.get(`item-${card.dataset.item}`));
    count();
    card.querySelector("input[name$=-answer]").focus();
  }
  if (now) {
    const input = form.querySelector(`[name="head-${now.dataset.now}"]`);
    input.value = nowLocal();
    take(things.get(`head-${now.dataset.now}`));
    toast(`已记录 ${input.value.slice(11)}`, "撤销", () => {
      input.value = "";
      take(things.get(`head-${now.dataset.now}`));
    });
  }
  if (event.target.closest("[data-rest-ok]")) restOk();
});
document.querySelector("[data-next]")?.addEventListener("click", nextItem);

// ------------------------------------------------------------------------------- 其余全部符合 (only where it is allowed)

function restOk() {
  const rest = cards.filter((card) => !answered(card));
  if (!rest.length || rest.length === cards.length) return toast("请先逐项填写至少一项。");
  const ids = rest.map((card) => Number(card.dataset.item));
  const body = { key: newKey(), user: state.user, record: state.record, target: "rest_ok", ids, device: state.device };
  const done = (_, { kind, body: answer }) => {
    if (kind !== "stored") return refused(answer.error ?? "没有保存，请逐项填写。");
    markSaved();
    const changed = Object.entries(answer.versions).map(([id, version]) => settle(things.get(`item-${id}`), version));
    count();
    toast(`${changed.length} 项记为符合（批量）`, "撤销", () => changed.forEach(undo));
  };
  outbox.on(state.record, "rest_ok", done);
  outbox.put({ key: body.key, record: state.record, name: "rest_ok", lane: "answers", url: state.urls.save, body, what: "其余全部符合", place });
  if (outbox.offline) for (const id of ids) things.get(`item-${id}`).view.show({ answer: "OK", text: "", corrected: false });
}

function settle(thing, version) {
  thing.base = thing.local = { answer: "OK", text: "", corrected: false };
  thing.shared.version = version;
  writeItem(thing.card, thing.base);
  return thing;
}

function undo(thing) {
  writeItem(thing.card, { answer: "", text: "", corrected: false });
  take(thing);
  count();
}

// ------------------------------------------------------------------------- leaving the page: only with everything saved

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const then = submitterOf(event)?.value ?? "";
  for (const thing of [...timers.keys()]) take(thing);
  if (conflicted()) return document.querySelector("[data-conflicts]").scrollIntoView();
  const sent = await Promise.race([outbox.idle(), new Promise((resolve) => setTimeout(resolve, PATIENCE, outbox.lasting))]);
  if (conflicted() || (outbox.stopped && !outbox.lasting)) return undefined;
  if (then === "submit") return arrival?.end();
  if (sent !== null) location.assign(pack.urls[then] ?? location.pathname);
  return undefined;
});

for (const card of cards) watchItem(card);
watchFields("head", pack.head);
watchFields("section", pack.section);
arrival = editable ? state.arriving.watchArrival({ form, things, pack, outbox, place, take, count }) : null;
if (!arrival) for (const name of ["section-arrival", "section-attempts"]) things.delete(name);
for (const thing of things.values()) if (thing.recall()) thing.view.show(thing.local);
if (things.get("section-arrival")?.changes.length) arrival.follow();
arrival?.paint();
for (const op of outbox.of(state.record, "rest_ok")) {
  for (const id of op.body.ids) if (!things.get(`item-${id}`).local.answer) things.get(`item-${id}`).view.show({ answer: "OK", text: "", corrected: false });
}
watchPhrases(form, (card) => take(things.get(`item-${card.dataset.item}`)));
count();
states();
document.documentElement.classList.add("js");
outbox.wakeAll();
const watchers = async () => {
  photos = (await import("./photos.js")).watchPhotos({ form, outbox, pack, place });
};
export const ready = editable ? watchers() : null;
