// The signing page: pads for the enterprise, a witness and the inspectors. Without this file the form notes a signature on paper.
// What is typed is kept on the phone until it is signed; what is 必填, and what is missing, is said by the server's own rules.
import { open, shut } from "../older.js";
import { newKey, state } from "./api.js";
import { markSaved, paint } from "./chip.js";
import { abovePad, draftOf, shownOf } from "./kept.js";
import { Pad } from "./pad.js";
import { watchPhrases } from "./phrases.js";
import { broken, demands, signFacts } from "./rules.js";
import { begin } from "./start.js";
import { keep, prune, read } from "./store.js";
import { toast } from "./toast.js";
import { el } from "./words.js";

const form = document.querySelector("form#sign");
const pack = JSON.parse(document.querySelector("#pack").textContent);
const pads = new Map();
const SIGNED = "SIGNED";
const PATIENCE = 8000;
const PAUSE = 400;
let paper = false;
let outbox = null;
let timer = 0;

window.addEventListener("beforeunload", (event) => {
  remember();
  if (outbox && outbox.unkept) event.preventDefault();
});

// [{field, text}]: each sentence once, above with a link and beside its field.
function problems(found) {
  for (const old of form.querySelectorAll(".errorlist")) old.remove();
  for (const field of form.querySelectorAll("[data-field].is-wrong")) field.classList.remove("is-wrong");
  const box = document.querySelector("[data-problems]");
  const list = box.querySelector("ul");
  list.innerHTML = "";
  const seen = new Set();
  for (const { field, text } of found) {
    if (!text || seen.has(text)) continue;
    seen.add(text);
    const place = field && form.querySelector(`[data-field="${field}"]`);
    const input = place && place.querySelector("input, textarea");
    list.append(el("li", {}, input ? el("a", { href: `#${input.id}` }, text) : text));
    if (!place) continue;
    place.classList.add("is-wrong");
    place.querySelector("label, legend").after(el("p", { class: "errorlist" }, text));
  }
  box.hidden = !found.length;
  if (found.length) box.focus();
}

// ---------------------------------------------------------------------------------------------- what is typed and not signed yet

const draftId = () => `${draftOf(state.record)} ${refusing ? "refused" : "signed"}`;
const typed = () => [...form.elements].filter((one) => one.name && !["csrfmiddlewaretoken", "key", "shown"].includes(one.name) && !one.closest("[data-pad]"));

function remember() {
  clearTimeout(timer);
  if (!outbox || !outbox.lasting || !timer) return;
  timer = 0;
  const values = typed().map((one) => [one.name, one.type === "radio" || one.type === "checkbox" ? (one.checked ? one.value : null) : one.value]);
  keep("records", state.user, draftId(), { typed: values.filter(([, value]) => value !== null) }).catch(() => {});
}

async function recall() {
  const draft = outbox.lasting && (await read("records", state.user, draftId()).catch(() => null));
  if (!draft) return;
  for (const one of typed()) {
    const values = draft.typed.filter(([name]) => name === one.name).map(([, value]) => value);
    if (one.type === "radio" || one.type === "checkbox") one.checked = values.includes(one.value);
    else if (values.length) [one.value] = values;
  }
}

const forget = () => {
  clearTimeout(timer);
  timer = 0;
  if (outbox.lasting) prune("records", (row) => row.user === state.user && row.id.startsWith(`${draftOf(state.record)} `)).catch(() => {});
};

function ask() {
  const asked = { signature: "必填", ...demands(pack.site, "sign", signFacts(pack.site, values(), pack.met)) };
  for (const field of form.querySelectorAll("[data-field]")) field.querySelector("[data-asked]").textContent = asked[field.dataset.field] || "选填";
}

function watch() {
  const changed = () => {
    ask();
    clearTimeout(timer);
    timer = setTimeout(remember, PAUSE);
  };
  form.addEventListener("input", changed);
  form.addEventListener("change", changed);
  document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && remember());
}

// done(kind, body): what the server said, or "here" when the signature is on this phone and the network is away.
async function put(name, what, body, done) {
  const { user, record, device, place } = state;
  const whole = { key: newKey(), user, record, seen: pack.seen, client_time: new Date().toISOString(), device, ...body };
  let told = false;
  const tell = (kind, answer) => {
    if (!told || kind !== "here") done(kind, answer);
    told = true;
  };
  outbox.on(record, name, (_, { kind, body: answer }) => tell(kind, answer));
  const op = await outbox.put({ key: whole.key, record, name, lane: "last", url: pack.urls.sign, body: whole, what, place });
  if (!op.kept) return;
  const early = () => !told && (outbox.offline || outbox.stopped || outbox.of(record).some((one) => one.seq < op.seq)) && tell("here", {});
  const away = () => early() && outbox.listeners.delete(away);
  outbox.listen(away);
  away();
  setTimeout(() => told || tell("here", {}), PATIENCE);
}

// ---------------------------------------------------------------------------------------------------------- enterprise

for (const place of form.querySelectorAll("[data-pad]")) pads.set(place.dataset.pad, new Pad(place));
const refusing = !pads.has("drawing");
const paperCard = document.querySelector("[data-paper]");

function usePaper(on) {
  paper = on;
  paperCard.hidden = !on;
  document.querySelector("#pad").hidden = on;
  document.querySelector("[data-on-paper] .grow").textContent = on ? "改回在手机上签字" : "改用纸质签字并拍照";
  document.querySelector("[data-confirm]").textContent = on ? "保存签字情况，去提交" : "确认签字";
  if (on) paperCard.scrollIntoView({ block: "center" });
}

function values() {
  const data = new FormData(form);
  const skip = new Set(["csrfmiddlewaretoken", "key", "opinion_agrees"]);
  const fields = Object.fromEntries([...data].filter(([name]) => !skip.has(name)));
  if (!refusing) fields.opinion_agrees = data.has("opinion_agrees") ? data.get("opinion_agrees") === "1" : null;
  if (!refusing && !paper) fields.signature = SIGNED;
  return fields;
}

// What stands above the pad: as the server digested it, or as this phone told it.
const shown = () => (abovePad.shown ? shownOf(abovePad.shown) : pack.shown);

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (outbox.writing) return;
  const fields = values();
  const missing = broken(pack.site, "sign", signFacts(pack.site, fields, pack.met));
  const pad = pads.get("drawing");
  const lacking = pad && !paper ? pad.problem() : "";
  if (lacking) missing.push({ field: "", text: lacking });
  problems(missing);
  if (missing.length) return undefined;
  const drawings = {};
  for (const [name, one] of pads) if (!(paper && name === "drawing")) drawings[name] = one.drawing();
  return put("sign-enterprise", refusing ? "拒绝签字的登记" : "企业签字", { kind: "enterprise", fields, ...drawings, own_only: "ownOnly" in document.body.dataset, shown: shown() }, (kind, body) => {
    if (kind !== "stored" && kind !== "here") return problems([body.error, ...(body.problems || [])].map((text) => ({ field: "", text })));
    forget();
    if (kind === "stored") markSaved();
    return location.assign(pack.urls.check);
  });
});

form.elements.signatory_name?.addEventListener("input", (event) => {
  document.querySelector("[data-who]").textContent = event.target.value.trim() || "当事人";
});
document.querySelector("[data-on-paper]")?.addEventListener("click", () => usePaper(!paper));

// ---------------------------------------------------------------------------------------------------------- inspectors

const dialog = document.querySelector("[data-signing]");
const own = new Pad(dialog);
const error = dialog.querySelector("[data-signing-error]");
let asking = null;

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-sign-member]");
  if (!button) return;
  asking = button;
  own.clear();
  error.hidden = true;
  dialog.querySelector("[data-signing-name]").textContent = button.dataset.name;
  open(dialog);
});
dialog.querySelector("[data-signing-cancel]").addEventListener("click", () => shut(dialog));
dialog.querySelector("[data-signing-done]").addEventListener("click", () => {
  const lacking = own.problem();
  error.textContent = lacking;
  error.hidden = !lacking;
  if (lacking) return;
  const button = asking;
  shut(dialog);
  button.disabled = true;
  button.textContent = "正在保存";
  const member = Number(button.dataset.signMember);
  put(`sign-${member}`, `${button.dataset.name}签字`, { kind: "inspector", member, drawing: own.drawing() }, (kind, body) => {
    if (kind !== "stored" && kind !== "here") {
      button.disabled = false;
      button.textContent = "去签";
      return problems([{ field: "", text: body.error }]);
    }
    if (kind === "stored") markSaved();
    signed(button, kind === "here");
    return toast(kind === "here" ? `${button.dataset.name}的签字已存本机，有信号后送出。` : `${button.dataset.name}已签字。`);
  });
});

function signed(button, here) {
  const row = (button.isConnected ? button : document.querySelector(`[data-signed="${button.dataset.signMember}"]`)).closest(".card-row");
  const end = Object.assign(document.createElement("span"), { className: "end", textContent: here ? "已存本机" : "已签" });
  end.dataset.signed = button.dataset.signMember;
  const use = row.querySelector("use");
  use.setAttribute("href", `${use.getAttribute("href").split("#")[0]}#${here ? "phone" : "check-lg"}`);
  row.querySelector("[data-sign-member], [data-signed]").replaceWith(end);
}

async function main() {
  outbox = await begin(pack, form, document.querySelector("[data-enterprise]").textContent.trim());
  outbox.listen(() => paint(outbox));
  await recall();
  if (form.elements.signatory_name && form.elements.signatory_name.value) document.querySelector("[data-who]").textContent = form.elements.signatory_name.value;
  if (paperCard) usePaper(false);
  watchPhrases(form, () => {
    ask();
    timer = setTimeout(remember, PAUSE);
  });
  watch();
  ask();
  for (const button of document.querySelectorAll("[data-sign-member]")) {
    if (outbox.of(state.record, `sign-${button.dataset.signMember}`).length) signed(button, true);
  }
  document.documentElement.classList.add("js");
  outbox.wakeAll();
}

export const ready = main();
state.opening = ready;
