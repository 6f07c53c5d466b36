// The ceremony, one step a screen: the list, the witnesses, 40 digits with read-back, a last look, one button.
// Without this script the same form stands there whole. Nothing is sent before the button, and nothing is decided here.
import { onKey, onTyped } from "./keys.js";
import { fill } from "./older.js";

const READ = "零一二三四五六七八九";
const form = document.querySelector("[data-ceremony]");
const steps = [...form.querySelectorAll("[data-step]")];
const groups = [...form.querySelectorAll("[data-group]")].map((box) => ({
  box, input: box.querySelector("input"), state: box.querySelector("[data-state]"), read: false,
}));
const bar = form.querySelector("[data-read-back]");
const live = form.querySelector("[data-live]");
const full = (group) => /^[0-9]{5}$/.test(group.input.value);
let now = 0;

function tell(step, text) {
  const place = step.querySelector("[data-told]");
  if (place) place.textContent = text;
}

function show(index) {
  now = index;
  steps.forEach((step, at) => (step.hidden = at !== now));
  form.querySelectorAll("[data-step-list] li").forEach((mark, at) => {
    mark.className = at < now ? "is-done" : at === now ? "is-now" : "";
    if (at === now) mark.setAttribute("aria-current", "step");
    else mark.removeAttribute("aria-current");
  });
  tell(steps[now], "");
  if (steps[now].dataset.step === "check") summarise();
  if (steps[now].dataset.step === "digits") look();
  else steps[now].querySelector("input:not([type=hidden]), [data-next], .pj-draw")?.focus();
  window.scrollTo(0, 0);
}

// ── witnesses ─────────────────────────────────────────────────────────

function witnesses() {
  const rows = [];
  for (const name of form.querySelectorAll("[name^=witness_name_]")) {
    const unit = form.elements[name.name.replace("name", "unit")];
    rows.push([name.value.trim(), unit.value.trim()]);
  }
  return rows.filter(([name, unit]) => name || unit);
}

// ── digits ────────────────────────────────────────────────────────────

const current = () => groups.findIndex((group) => !group.read);

function look() {
  const at = current();
  groups.forEach((group, index) => {
    const waiting = index === at && full(group);
    group.box.className = `pj-group ${group.read ? "is-done" : waiting ? "is-read" : index === at ? "is-now" : "is-next"}`;
    group.input.readOnly = group.read || waiting || index !== at;
    if (group.read) again(group);
    else group.state.textContent = waiting ? "等待复述" : index === at ? "正在输入" : index === at + 1 ? "下一组" : "未输入";
  });
  form.querySelector("[data-digits]").textContent = String(
    groups.reduce((sum, group) => sum + group.input.value.length, 0),
  );
  const group = groups[at];
  const waiting = at >= 0 && full(group);
  bar.hidden = !waiting;
  if (waiting) {
    bar.querySelector("[data-read-title]").textContent = `请见证人复述第 ${at + 1} 组`;
    bar.querySelector("[data-read-digits]").textContent = group.input.value;
    bar.querySelector("[data-read-aloud]").textContent = [...group.input.value].map((digit) => READ[digit]).join("");
    live.textContent = `第 ${at + 1} 组 ${[...group.input.value].join(" ")}，请复述`;
    bar.querySelector("[data-right]").focus();
  } else if (at >= 0) group.input.focus();
  const onward = form.querySelector("[data-step=digits] [data-next]");
  onward.hidden = at >= 0;
  if (at < 0) onward.focus();
}

function again(group) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "改";
  button.setAttribute("aria-label", `改${group.box.querySelector("label").textContent}`);
  button.addEventListener("click", () => retype(group));
  fill(group.state, "✓ 已复述　", button);
}

function retype(group) {
  group.read = false;
  group.input.value = "";
  look();
}

for (const group of groups) {
  onTyped(group.input, () => {
    // Full-width digits are digits; whatever else was typed is not.
    const digits = group.input.value.normalize("NFKC").replace(/[^0-9]/g, "").slice(0, 5);
    if (group.input.value !== digits) group.input.value = digits;
    tell(steps[now], "");
    if (digits.length === 5) look();
    else form.querySelector("[data-digits]").textContent = String(groups.reduce((n, one) => n + one.input.value.length, 0));
  });
}
bar?.querySelector("[data-right]").addEventListener("click", () => {
  groups[current()].read = true;
  look();
});
bar?.querySelector("[data-wrong]").addEventListener("click", () => retype(groups[current()]));

// ── on, back, and the last look ───────────────────────────────────────

const ready = {
  list: () => "",
  witnesses: () => {
    const rows = witnesses();
    if (!rows.length) return "至少要有 1 名见证人，请填写姓名和单位。";
    return rows.every(([name, unit]) => name && unit) ? "" : "每名见证人的姓名和单位都要填写。";
  },
  digits: () => {
    const left = groups.filter((group) => !group.read).length;
    return left ? `还有 ${left} 组没有输入或复述。` : "";
  },
  beacon: () => {
    const empty = [...form.querySelectorAll("[data-step=beacon] input")].find((input) => !input.value.trim());
    return empty ? `请填写${empty.labels[0].textContent}。` : "";
  },
  check: () => "",
};

function summarise() {
  const list = form.querySelector("[data-sum-witnesses]");
  list.textContent = witnesses().map(([name, unit]) => `${name}（${unit}）`).join("、");
  const digits = groups.map((group) => {
    const one = document.createElement("span");
    one.textContent = group.input.value;
    return one;
  });
  fill(form.querySelector("[data-sum-digits]"), ...digits);
  const beacon = form.querySelector("[data-sum-beacon]");
  if (beacon) beacon.textContent = form.querySelector("[data-step=beacon] input").value.trim();
}

form.addEventListener("click", (event) => {
  if (event.target.closest("[data-back]")) show(now - 1);
  if (event.target.closest("[data-next]")) {
    const problem = ready[steps[now].dataset.step]();
    if (problem) tell(steps[now], problem);
    else show(now + 1);
  }
});

// Enter goes on, it never draws: the draw has one button.
onKey(form, (event) => {
  if (event.key === "Enter" && event.target.matches("input")) {
    event.preventDefault();
    if (steps[now].dataset.step === "witnesses") steps[now].querySelector("[data-next]").click();
  }
});

if (steps.length > 1) {
  form.querySelectorAll("[data-only-js], [data-step-list]").forEach((part) => (part.hidden = false));
  // What came back from the server had been read back before it was sent.
  if (form.hasAttribute("data-read")) groups.forEach((group) => (group.read = full(group)));
  show(Math.max(0, steps.findIndex((step) => step.dataset.step === form.dataset.start)));
}
