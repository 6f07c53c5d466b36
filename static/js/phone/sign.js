// The signing page: pads for the enterprise, a witness and the inspectors. Without this file the form notes a signature on paper.
import { hello, newKey, send, state } from "./api.js";
import { markSaved, paint } from "./chip.js";
import { recover } from "./login.js";
import { Outbox } from "./outbox.js";
import { Pad } from "./pad.js";
import { watchPhrases } from "./phrases.js";
import { toast } from "./toast.js";

const form = document.querySelector("form#sign");
const pack = JSON.parse(document.querySelector("#pack").textContent);
const outbox = new Outbox(send);
const pads = new Map();
const SIGNED = "SIGNED";
let paper = false;
Object.assign(state, { urls: pack.urls, user: pack.user, record: pack.record, token: form.elements.csrfmiddlewaretoken.value });
document.documentElement.classList.add("js");

outbox.listen(() => paint({ waiting: outbox.size, failing: outbox.failing, conflicts: 0, stopped: outbox.stopped }));
outbox.onstop = async (outcome) => {
  if (await recover(outcome)) outbox.go();
};
window.addEventListener("online", () => outbox.wakeAll());
window.addEventListener("beforeunload", (event) => {
  if (outbox.size) event.preventDefault();
});

function problems(lines) {
  const box = document.querySelector("[data-problems]");
  box.querySelector("ul").replaceChildren(...lines.map((line) => Object.assign(document.createElement("li"), { textContent: line })));
  box.hidden = !lines.length;
  if (lines.length) box.focus();
}

function put(body, done) {
  const payload = { key: newKey(), user: state.user, record: state.record, seen: pack.seen, client_time: new Date().toISOString(), ...body };
  outbox.put({ key: payload.key, lane: "answers", url: pack.urls.sign, payload: () => payload, done });
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

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (outbox.size) return;
  const fields = values();
  if (!fields.signature) return problems(["请选择是哪一种情况。"]);
  const pad = pads.get("drawing");
  const lacking = pad && !paper ? pad.problem() : "";
  if (lacking) return problems([lacking]);
  const drawings = {};
  for (const [name, one] of pads) if (!(paper && name === "drawing")) drawings[name] = one.drawing();
  put({ kind: "enterprise", fields, ...drawings }, ({ kind, body }) => {
    if (kind !== "stored") return problems([body.error, ...(body.problems ?? [])].filter((line, place, all) => line && all.indexOf(line) === place));
    markSaved();
    location.assign(pack.urls.check);
  });
});

form.elements.signatory_name?.addEventListener("input", (event) => {
  document.querySelector("[data-who]").textContent = event.target.value.trim() || "当事人";
});
if (form.elements.signatory_name?.value) document.querySelector("[data-who]").textContent = form.elements.signatory_name.value;
document.querySelector("[data-on-paper]")?.addEventListener("click", () => usePaper(!paper));
if (paperCard) usePaper(false);
watchPhrases(form, () => {});

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
  dialog.showModal();
});
dialog.querySelector("[data-signing-cancel]").addEventListener("click", () => dialog.close());
dialog.querySelector("[data-signing-done]").addEventListener("click", () => {
  const lacking = own.problem();
  error.textContent = lacking;
  error.hidden = !lacking;
  if (lacking) return;
  const button = asking;
  dialog.close();
  button.disabled = true;
  button.textContent = "正在保存";
  put({ kind: "inspector", member: Number(button.dataset.signMember), drawing: own.drawing() }, ({ kind, body }) => {
    if (kind !== "stored") {
      button.disabled = false;
      button.textContent = "去签";
      return problems([body.error]);
    }
    markSaved();
    const done = Object.assign(document.createElement("span"), { className: "end", textContent: "已签" });
    const use = button.closest(".card-row").querySelector("use");
    use.setAttribute("href", `${use.getAttribute("href").split("#")[0]}#check-lg`);
    button.replaceWith(done);
    toast(`${button.dataset.name}已签字。`);
  });
});
hello();
