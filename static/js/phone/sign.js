// The signing page: pads for the enterprise, a witness and the inspectors. Without this file the form notes a signature on paper.
import { newKey, state } from "./api.js";
import { markSaved, paint } from "./chip.js";
import { Pad } from "./pad.js";
import { watchPhrases } from "./phrases.js";
import { begin } from "./start.js";
import { toast } from "./toast.js";

const form = document.querySelector("form#sign");
const pack = JSON.parse(document.querySelector("#pack").textContent);
const pads = new Map();
const SIGNED = "SIGNED";
let paper = false;
const outbox = await begin(pack, form, document.querySelector("[data-enterprise]").textContent.trim());
const PATIENCE = 8000;

outbox.listen(() => paint(outbox));
window.addEventListener("beforeunload", (event) => {
  if (outbox.unkept) event.preventDefault();
});

function problems(lines) {
  const box = document.querySelector("[data-problems]");
  box.querySelector("ul").replaceChildren(...lines.map((line) => Object.assign(document.createElement("li"), { textContent: line })));
  box.hidden = !lines.length;
  if (lines.length) box.focus();
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

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (outbox.writing) return;
  const fields = values();
  if (!fields.signature) return problems(["请选择是哪一种情况。"]);
  const pad = pads.get("drawing");
  const lacking = pad && !paper ? pad.problem() : "";
  if (lacking) return problems([lacking]);
  const drawings = {};
  for (const [name, one] of pads) if (!(paper && name === "drawing")) drawings[name] = one.drawing();
  put("sign-enterprise", refusing ? "拒绝签字的登记" : "企业签字", { kind: "enterprise", fields, ...drawings, own_only: "ownOnly" in document.body.dataset }, (kind, body) => {
    if (kind !== "stored" && kind !== "here") return problems([body.error, ...(body.problems ?? [])].filter((line, place, all) => line && all.indexOf(line) === place));
    if (kind === "stored") markSaved();
    return location.assign(pack.urls.check);
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
  const member = Number(button.dataset.signMember);
  put(`sign-${member}`, `${button.dataset.name}签字`, { kind: "inspector", member, drawing: own.drawing() }, (kind, body) => {
    if (kind !== "stored" && kind !== "here") {
      button.disabled = false;
      button.textContent = "去签";
      return problems([body.error]);
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

for (const button of document.querySelectorAll("[data-sign-member]")) {
  if (outbox.of(state.record, `sign-${button.dataset.signMember}`).length) signed(button, true);
}
document.documentElement.classList.add("js");
outbox.wakeAll();
