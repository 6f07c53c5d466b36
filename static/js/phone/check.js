// 核对: result, note and measures save by themselves, as the record page does. Gaps, the derived result and what is 必填 are worked out
// on the phone by the server's own rules (rules.js), so that they are true after every tap, with a network and without.
import { submitterOf } from "../older.js";
import { newKey, state } from "./api.js";
import { markSaved, paint as paintChip } from "./chip.js";
import { gaps } from "./gaps.js";
import { abovePad, laid, put, record } from "./kept.js";
import { itemWords } from "./fields.js";
import { broken, demands, derived, followFacts, measureFacts, noteOf, outcomeOf, resultFacts, sameKind, whyNot } from "./rules.js";
import { Thing } from "./things.js";
import { toast } from "./toast.js";
import { el, icon } from "./words.js";

const PAUSE = 800;
const PATIENCE = 8000;
const PARTS = ["text", "deadline", "reference", "receiving"];
const root = document.body.dataset.sync.replace(/tongbu\/$/, "");

export async function begin({ place: form, outbox, cached }) {
  const pack = JSON.parse(document.querySelector("#pack").textContent);
  const page = new Check(form, outbox, pack, cached, await record(outbox.user, pack.record).catch(() => null));
  page.watch();
  page.show(page.thing.recall() ? page.thing.local : page.source.section.conclusion);
  page.refresh();
  document.documentElement.classList.add("js");
  outbox.wakeAll();
}

class Check {
  constructor(form, outbox, pack, cached, kept) {
    Object.assign(this, { form, outbox, pack, id: pack.record, site: pack.site, timer: 0, confirming: false, bar: "" });
    this.source = cached && kept ? { ...pack.whole, ...kept, signed: [...pack.whole.signed, ...(kept.signed || [])] } : pack.whole;
    this.local = cached || outbox.of(this.id).length > 0; // whether the phone knows more than the page
    const { version, conclusion } = this.source.section;
    this.thing = new Thing({
      outbox, name: "section-conclusion", target: "section", field: "conclusion", what: "检查结果和处置", value: conclusion, shared: { version },
      onstored: () => markSaved(),
      oninvalid: (_, body) => this.mark([{ field: "results", text: [...new Set([body.error, ...(body.problems || [])])].join(" ") }]),
      onrefused: (_, body) => this.mark([{ field: "results", text: body.error }]),
      onconflict: async (thing) => (await import("./conflicts.js")).add(thing, this.view()),
    });
    for (const op of outbox.of(this.id)) {
      if (op.name !== "section-conclusion") outbox.on(this.id, op.name, (one, outcome) => outcome.kind === "stored" && put(this.source, one.name, one.body.value, outcome.body));
    }
    const { answered } = this.thing;
    this.thing.answered = (op, outcome) => {
      if (outcome.kind === "stored") put(this.source, op.name, op.body.value, outcome.body);
      answered.call(this.thing, op, outcome);
    };
  }

  view() {
    const page = this;
    return {
      get mine() {
        const { results, result_note } = page.thing.local;
        return [results.map((code) => page.site.labels[code]).join("、") || "未选", result_note].filter(Boolean).join("：");
      },
      show: (value) => {
        page.show(value);
        page.refresh();
      },
      join: null,
    };
  }

  get seen() {
    return laid(this.source, this.outbox.of(this.id));
  }

  get items() {
    return this.seen.section.items;
  }

  get outcome() {
    return outcomeOf(this.site, this.source.section);
  }

  // ---------------------------------------------------------------------------------------------------- form ↔ conclusion

  boxes(name) {
    return [...this.form.querySelectorAll(`input[name=${name}]`)];
  }

  codes() {
    const chosen = this.boxes("results").filter((box) => box.checked && !box.disabled).map((box) => box.value);
    return Object.keys(this.site.labels).filter((code) => chosen.includes(code));
  }

  read() {
    const follow_ups = this.boxes("measures").filter((box) => box.checked).map(({ value: measure }) => {
      const part = (name) => (this.form.elements[`${measure}-${name}`] ? this.form.elements[`${measure}-${name}`].value.trim() : "");
      return { measure, text: part("text"), deadline: part("deadline") || null, reference: part("reference"), receiving: part("receiving") };
    });
    const result_note = this.form.elements.result_note.value.trim();
    return { results: this.codes(), result_note, result_confirmed: this.confirming, follow_ups };
  }

  show({ results, result_note, follow_ups }) {
    const lead = derived(this.items);
    const fitting = results.filter((code) => !whyNot(this.site, this.items, code, this.pack.market, this.outcome));
    const codes = fitting.length || !lead ? fitting : [lead];
    for (const box of this.boxes("results")) box.checked = codes.includes(box.value);
    this.form.elements.result_note.value = result_note || this.suggested(codes);
    for (const box of this.boxes("measures")) {
      const row = follow_ups.find((one) => one.measure === box.value);
      box.checked = Boolean(row);
      for (const name of PARTS) {
        const input = this.form.elements[`${box.value}-${name}`];
        if (input) input.value = (row && row[name]) || "";
      }
    }
    for (const fold of this.form.querySelectorAll("details.codes")) if (fold.querySelector(":checked") || !lead) fold.open = true;
    this.last = codes;
  }

  suggested(codes) {
    return codes.some((code) => this.site.problem.includes(code)) ? noteOf(this.items) : "";
  }

  // ------------------------------------------------------------------------------------------------------ what is tapped

  watch() {
    this.form.addEventListener("change", ({ target }) => {
      if (target.name === "results") this.choose(target);
      if (target.name === "measures") this.follow(target);
      this.take();
    });
    this.form.addEventListener("input", ({ target }) => {
      if (!target.matches("textarea, input[type=text]")) return;
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.take(), this.outbox.offline ? PAUSE / 4 : PAUSE);
    });
    this.form.addEventListener("focusout", () => this.flush());
    document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && this.flush());
    window.addEventListener("beforeunload", (event) => {
      this.flush();
      if (this.outbox.unkept || (this.thing.conflict && !this.outbox.lasting)) event.preventDefault();
    });
    document.addEventListener("submit", (event) => {
      if (!event.target.matches("form#conclusion, form[data-submit]")) return;
      event.preventDefault();
      const submitter = submitterOf(event);
      if (submitter) submitter.disabled = true;
      this.go(event.target, submitter).finally(() => submitter && (submitter.disabled = false));
    });
    this.outbox.listen(() => this.refresh());
  }

  // What cannot stand beside the chosen result goes; note and measures of another kind of result go with it, with a way back.
  choose(box) {
    const before = { ...this.read(), results: this.last };
    const apart = (code) => this.site.alone.includes(code) || this.site.alone.includes(box.value) || (this.site.problem.includes(code) && this.site.problem.includes(box.value));
    if (box.checked) for (const other of this.boxes("results")) if (other !== box && apart(other.value)) other.checked = false;
    const codes = this.codes();
    if (!codes.length) return;
    if (this.last.length && !sameKind(this.site, this.last, codes)) this.leave(before, codes);
    else if (!this.form.elements.result_note.value.trim()) this.form.elements.result_note.value = this.suggested(codes);
    this.last = codes;
  }

  leave(before, codes) {
    const dropped = before.follow_ups.length || (before.result_note && before.result_note !== this.suggested(before.results));
    this.form.elements.result_note.value = this.suggested(codes);
    for (const box of this.boxes("measures")) {
      box.checked = false;
      for (const name of PARTS) if (this.form.elements[`${box.value}-${name}`]) this.form.elements[`${box.value}-${name}`].value = "";
    }
    if (!dropped) return;
    toast("结果改了，原来的说明和处置已撤下", "撤销", () => {
      this.show(before);
      this.take();
    });
  }

  follow(box) {
    const none = (one) => one.value === "NONE";
    if (box.checked) for (const other of this.boxes("measures")) if (other !== box && (none(box) || none(other))) other.checked = false;
  }

  take() {
    clearTimeout(this.timer);
    this.timer = 0;
    this.confirming = false;
    this.mark([]);
    this.thing.change(this.read());
    this.refresh();
  }

  flush() {
    if (this.timer) this.take();
  }

  // ----------------------------------------------------------------------------------------------------- what is pressed

  async go(target, submitter) {
    this.flush();
    if (this.thing.conflict) return document.querySelector("[data-conflicts]").scrollIntoView();
    if (target !== this.form) return this.handIn();
    if (submitter && submitter.value === "record") return this.away(`${root}${this.id}/#${submitter.dataset.anchor || ""}`);
    const missing = this.missing();
    this.mark(missing);
    if (missing.length) return undefined;
    this.confirming = true;
    await this.thing.change(this.read());
    const next = gaps(this.pack, this.seen, this.local).some(({ page }) => page === "sign");
    if (!next) await this.settled();
    else await this.away(this.pack.urls.sign);
    this.refresh();
    return window.scrollTo(0, 0);
  }

  settled() {
    return Promise.race([this.outbox.idle(), new Promise((resolve) => setTimeout(resolve, PATIENCE))]);
  }

  // To another page, once everything is on the server or on this phone.
  async away(address) {
    await this.settled();
    const wrong = this.thing.conflict || this.thing.changes.some((op) => op.state !== "waiting");
    if (!wrong && !this.outbox.unkept) location.assign(address);
  }

  missing() {
    const { results, result_note, follow_ups } = this.read();
    const facts = resultFacts(this.site, this.items, results, result_note, this.pack.market, true, this.outcome);
    const found = [...broken(this.site, "result", facts), ...broken(this.site, "follow", followFacts(this.site, results, follow_ups.map((row) => row.measure)))];
    for (const row of follow_ups) {
      for (const { field, text } of broken(this.site, "measure", measureFacts(this.site, row))) found.push({ field: `${row.measure}-${field}`, text });
    }
    return found;
  }

  async handIn() {
    const { id, outbox } = this;
    const body = { key: newKey(), user: outbox.user, record: id, client_time: new Date().toISOString(), device: state.device };
    const to = `${root}lixian/?biao=${id}`;
    outbox.on(id, "submit", (_, { kind, body: answer }) => location.assign(kind === "stored" ? answer.done : to));
    const op = await outbox.put({ key: body.key, record: id, name: "submit", lane: "last", url: this.pack.urls.submit, body, what: "提交", place: state.place });
    if (!op.kept) return;
    await this.settled();
    if (outbox.of(id, "submit").length) location.assign(to);
  }

  // --------------------------------------------------------------------------------------------------------- what is shown

  mark(problems) {
    for (const box of this.form.querySelectorAll("[data-problem]")) box.textContent = "";
    for (const field of this.form.querySelectorAll("[data-field].is-wrong")) {
      field.classList.remove("is-wrong");
      for (const old of field.querySelectorAll(".errorlist")) old.remove();
    }
    for (const { field, text } of problems) {
      const box = this.form.querySelector(`[data-problem="${field}"]`);
      const place = this.form.querySelector(`[data-field="${field}"]`);
      if (box) box.textContent = [box.textContent, text].filter(Boolean).join(" ");
      else if (place) {
        place.classList.add("is-wrong");
        place.querySelector("label, legend").after(el("p", { class: "errorlist" }, text));
      }
    }
    const first = this.form.querySelector("[data-problem]:not(:empty), [data-field].is-wrong");
    if (problems.length && first) {
      first.scrollIntoView({ block: "center" });
      const input = (first.closest("[data-field]") || first.parentElement).querySelector("input:not([disabled]), textarea");
      if (input) input.focus({ preventScroll: true });
    }
  }

  refresh() {
    paintChip(this.outbox, this.thing.conflict ? 1 : 0);
    const seen = this.seen;
    const missing = gaps(this.pack, seen, this.local);
    const of = (answer) => seen.section.items.filter((item) => item.value.answer === answer);
    for (const place of document.querySelectorAll("[data-number]")) place.textContent = of(place.dataset.number).length;
    if (this.local) document.querySelector("[data-groups]").innerHTML = "";
    if (this.local) document.querySelector("[data-groups]").append(...groups(of, seen));
    this.list(missing);
    this.offer(seen);
    this.ask();
    this.thumb(missing, seen);
  }

  list(missing) {
    const place = document.querySelector("[data-gaps]");
    const key = JSON.stringify(missing);
    if (this.listed === key) return;
    this.listed = key;
    place.innerHTML = "";
    const to = { record: "", check: "hedui/", sign: "qianzi/" };
    const link = ({ text, page, anchor }) => el("li", {}, el("a", { class: "card-row", href: page === "check" ? `#${anchor}` : `${root}${this.id}/${to[page]}#${anchor}` }, icon("circle"), el("span", { class: "grow" }, text), el("span", { class: "end" }, page === "sign" ? "去签字" : "去填")));
    if (missing.length) place.append(el("h2", {}, `还有 ${missing.length} 处要补充`), el("section", { class: "card is-warn" }, el("ul", { class: "card-rows" }, ...missing.map(link))));
    else place.append(el("section", { class: "card" }, el("p", {}, icon("check-lg"), " 都填齐了，可以提交。提交后内容锁定，由部门管理员复核。")));
  }

  // Which results may be chosen, and why the others may not.
  offer({ section: { items } }) {
    const lead = derived(items);
    for (const box of this.boxes("results")) {
      const why = whyNot(this.site, items, box.value, this.pack.market, this.outcome);
      const small = box.parentElement.querySelector("[data-why]");
      box.disabled = Boolean(why);
      if (why) box.checked = false;
      small.textContent = why || small.dataset.hint;
      const mend = box.parentElement.querySelector(".mend");
      if (mend) mend.hidden = !why;
    }
    document.querySelector("[data-derived]").textContent = lead ? `按各项填写情况，结果是“${this.site.labels[lead]}”，请核对。公示时按所选显示。` : "没有一项实际检查过，请按企业状况选择。";
    const note = this.form.elements.result_note.value;
    this.form.querySelector("[data-from]").hidden = !note || note !== noteOf(items);
  }

  ask() {
    const { results, result_note } = this.read();
    const asked = demands(this.site, "result", resultFacts(this.site, this.items, results, result_note, this.pack.market, false, this.outcome));
    for (const { value: measure } of this.boxes("measures")) {
      for (const [name, word] of Object.entries(demands(this.site, "measure", measureFacts(this.site, { measure })))) asked[`${measure}-${name}`] = word;
    }
    for (const field of this.form.querySelectorAll("[data-field]")) field.querySelector("[data-asked]").textContent = asked[field.dataset.field] || "选填";
  }

  thumb(missing, seen) {
    const first = (page) => missing.filter((one) => one.page === page);
    const [onRecord, onCheck, onSign] = [first("record"), first("check"), first("sign")];
    const parts = onRecord.length
      ? ["then", "record", `先补齐 ${onRecord.length} 处`]
      : onCheck.length ? ["confirmed", "on", onSign.length ? "结果没有错，去签字" : "确认结果和处置"] : onSign.length ? ["link", this.pack.urls.sign, "去签字"] : ["submit", "", `提交${seen.section.department}的检查记录`];
    const handed = this.outbox.of(this.id, "submit").length > 0;
    const key = `${handed} ${parts.join(" ")}`;
    if (this.bar === key || this.form.querySelector("fieldset").disabled) return;
    this.bar = key;
    const [name, value, label] = handed ? ["link", `${root}lixian/?biao=${this.id}`, "看送达情况"] : parts;
    const button = (attributes) => el("button", { class: "btn btn-primary btn-block", ...attributes }, label);
    const bar = document.querySelector(".thumb");
    bar.innerHTML = "";
    if (name === "link") bar.append(el("a", { class: "btn btn-primary btn-block", href: value }, label));
    else if (name === "submit") bar.append(el("form", { "data-submit": "", method: "post" }, button({})));
    else bar.append(button({ form: this.form.id, name, value, "data-anchor": onRecord.length ? onRecord[0].anchor : "" }));
  }
}

function groups(of, seen) {
  const line = (item) => el("li", {}, el("span", { class: "card-row" }, el("span", { class: "grow" }, el("strong", {}, `${item.order} ${item.name}`), el("br"), itemWords(item.value), item.photos.length ? `（照片 ${item.photos.length} 张）` : ""), el("a", { href: `${root}${seen.id}/#item-${item.id}` }, "更改")));
  const group = ([answer, title]) => (of(answer).length ? [el("h2", {}, `${title} ${of(answer).length} 项`), el("section", { class: "card" }, el("ul", { class: "card-rows" }, ...of(answer).map(line)))] : []);
  return [["NOT_OK", "不符合"], ["NOT_APPLICABLE", "合理缺项"], ["NOT_CHECKED", "未检查"], ["OK", "符合"]].map(group).reduce((all, one) => all.concat(one), []);
}

// 签字 without a network: what is to be confirmed comes from the phone and names the own department only.
export async function beforeSigning(user, id) {
  const kept = await record(user, id);
  const { device } = await import("./store.js");
  if (!kept) return;
  const seen = laid(kept, (await device.ops(user)).filter((op) => op.record === id));
  abovePad.shown = seen;
  const { items, conclusion, department } = seen.section;
  const number = (answer, label) => items.filter((item) => item.value.answer === answer).length && `${label} ${items.filter((item) => item.value.answer === answer).length}`;
  const counts = [number("OK", "符合"), number("NOT_OK", "不符合"), number("NOT_APPLICABLE", "合理缺项"), number("NOT_CHECKED", "未检查"), number("", "未填")];
  const lines = items.map((item) => el("li", {}, el("span", { class: "card-row" }, el("span", { class: "grow" }, `${item.order} ${item.name}`, el("br"), el("small", {}, itemWords(item.value))))));
  const orders = conclusion.follow_ups.filter((row) => row.deadline).map((row) => el("p", {}, el("strong", {}, `限 ${row.deadline} 前改正`)));
  const place = document.querySelector("[data-to-sign]");
  place.innerHTML = "";
  place.append(
    el("h2", {}, "请您确认的内容"),
    el("p", {}, el("span", { "data-enterprise": "" }, seen.enterprise.name), el("br"), `${department}共查 ${items.length} 项：${counts.filter(Boolean).join("，")}`),
    ...orders,
    el("ul", { class: "card-rows" }, ...lines),
  );
}
