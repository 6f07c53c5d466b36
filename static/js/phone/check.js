// 核对 without a network: counts, gaps and the derived result out of what is on the phone; conclusion and submission wait in the outbox.
// With a network, and nothing waiting, the page is the server's and its forms are sent as they are.
import { newKey, state } from "./api.js";
import { laid, record } from "./kept.js";
import { itemWords } from "./fields.js";
import { el, icon } from "./words.js";

const WORDS = { NOT_OK: "写明问题", NOT_APPLICABLE: "写明缺项原因", NOT_CHECKED: "写明未检查原因" };
const PATIENCE = 8000;
const root = document.body.dataset.sync.replace(/tongbu\/$/, "");

export async function begin({ place: form, outbox, cached }) {
  const id = Number(form.dataset.record);
  const kept = await record(outbox.user, id);
  Object.assign(state, { record: id, place: kept?.enterprise.name ?? "" });
  const away = () => Boolean(kept) && (cached || outbox.of(id).length > 0);
  let shown = away();
  if (shown) paint(form, laid(kept, outbox.of(id)), outbox);
  document.documentElement.classList.add("js");
  outbox.listen(() => {
    if (shown && !cached && !outbox.of(id).length) location.reload();
    shown ||= away();
  });
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("form#conclusion, form[data-submit]")) return;
    event.preventDefault();
    const { submitter } = event;
    if (submitter) submitter.disabled = true;
    settle(event.target, submitter, { form, kept, outbox, id, away }).finally(() => submitter && (submitter.disabled = false));
  });
}

async function settle(target, submitter, { form, kept, outbox, id, away }) {
  const online = !away() && (await outbox.probe()).online && !outbox.stopped;
  if (online || !kept) {
    if (submitter?.name) target.append(el("input", { type: "hidden", name: submitter.name, value: submitter.value }));
    return target.submit();
  }
  if (target !== form) return handIn(outbox, id);
  const seen = laid(kept, outbox.of(id));
  const body = { key: newKey(), user: outbox.user, record: id, target: "section", field: "conclusion", value: conclusionOf(form), device: state.device };
  Object.assign(body, { base_version: kept.section.version, base_value: kept.section.conclusion, client_time: new Date().toISOString() });
  await outbox.put({ key: body.key, record: id, name: "section-conclusion", lane: "answers", url: `${root}tongbu/baocun/`, body, what: "检查结果和处置", place: state.place });
  paint(form, laid(kept, outbox.of(id)), outbox);
  return window.scrollTo(0, 0);
}

async function handIn(outbox, id) {
  const body = { key: newKey(), user: outbox.user, record: id, client_time: new Date().toISOString(), device: state.device };
  outbox.on(id, "submit", (_, { kind, body: answer }) => location.assign(kind === "stored" ? answer.done : `${root}lixian/?biao=${id}`));
  const op = await outbox.put({ key: body.key, record: id, name: "submit", lane: "last", url: `${root}tongbu/tijiao/`, body, what: "提交", place: state.place });
  if (!op.kept) return undefined;
  await Promise.race([outbox.idle(), new Promise((resolve) => setTimeout(resolve, PATIENCE))]);
  return outbox.of(id, "submit").length ? location.assign(`${root}lixian/?biao=${id}`) : undefined;
}

function conclusionOf(form) {
  const data = new FormData(form);
  const follow_ups = data.getAll("measures").map((measure) => {
    const part = (name) => data.get(`${measure}-${name}`) ?? "";
    return { measure, deadline: part("deadline") || null, text: part("text"), reference: part("reference"), receiving: part("receiving") };
  });
  return { results: data.getAll("results"), result_note: data.get("result_note"), result_confirmed: true, follow_ups };
}

// What the answers lead to; the server derives and checks it again (inspections/services/results.py).
export function derived(items) {
  const given = items.map((item) => item.value).filter((value) => value.answer);
  const bad = given.filter((value) => value.answer === "NOT_OK");
  if (bad.length) return bad.every((value) => value.corrected) ? "CORRECTED" : "PENDING";
  if (given.some((value) => value.answer === "OK")) return "NO_PROBLEM";
  return given.length && given.every((value) => value.answer === "NOT_APPLICABLE") ? "NO_ITEMS" : "";
}

// [text, page, anchor] of what is plainly missing; the server looks again when it gets the submission.
export function gaps({ head, section, signature }) {
  const found = [];
  const say = (text, page, anchor) => found.push([text, page, anchor]);
  if (!section.written_only) {
    if (section.present.length < 2) say(`到场的检查人员只有 ${section.present.length} 人，不少于 2 人才能提交。`, "", "present");
    if (!head.certificates_shown) say("请确认已出示执法证件。", "", "certificates");
    if (!head.informed) say("请确认已告知检查事由、依据、权利义务和申请回避权。", "", "informed");
    if (!head.visit_from || !head.visit_to) say("请填写检查开始和结束时间。", "", "visit");
    if (!head.methods.length) say("请选择检查方式。", "", "methods");
  }
  for (const { id, order, name, value } of section.items) {
    if (!value.answer) say(`${order} ${name}：还没有填`, "", `item-${id}`);
    else if (WORDS[value.answer] && !value.text.trim()) say(`${order} ${name}：请${WORDS[value.answer]}`, "", `item-${id}`);
  }
  const { results, result_confirmed, follow_ups } = section.conclusion;
  if (!results.length || !result_confirmed || !fits(results, section.items)) say("请核对并确认本部门的检查结果。", "hedui/", "result");
  else if (results.some((code) => code === "PENDING" || code === "CORRECTED") && !follow_ups.length) say("发现问题的，请选择后续处置。", "hedui/", "follow-up");
  if (!section.written_only && signature.state === "PENDING" && !results.includes("UNREACHABLE")) say("请企业签字或盖章；拒绝签字的，登记原因和见证人。", "qianzi/", "sign");
  return found;
}

const fits = (results, items) => (["CORRECTED", "PENDING"].includes(derived(items)) ? results.some((code) => code === "CORRECTED" || code === "PENDING") : true);

function paint(form, seen, outbox) {
  const { items, conclusion } = seen.section;
  const of = (answer) => items.filter((item) => item.value.answer === answer);
  for (const place of document.querySelectorAll("[data-number]")) place.textContent = of(place.dataset.number).length;
  const missing = gaps(seen);
  const link = ([text, page, anchor]) => el("li", {}, el("a", { class: "card-row", href: `${root}${seen.id}/${page}#${anchor}` }, icon("circle"), el("span", { class: "grow" }, text), el("span", { class: "end" }, page === "qianzi/" ? "去签字" : "去填")));
  const list = document.querySelector("[data-gaps]");
  if (missing.length) list.replaceChildren(el("h2", {}, `还有 ${missing.length} 处要补充`), el("section", { class: "card is-warn" }, el("ul", { class: "card-rows" }, ...missing.map(link))));
  else list.replaceChildren(el("section", { class: "card" }, el("p", {}, icon("check-lg"), " 都填齐了，可以提交。有信号后自动送达，由系统再核对一遍。")));
  const line = (item) => el("li", {}, el("span", { class: "card-row" }, el("span", { class: "grow" }, el("strong", {}, `${item.order} ${item.name}`), el("br"), itemWords(item.value), item.photos.length ? `（照片 ${item.photos.length} 张）` : ""), el("a", { href: `${root}${seen.id}/#item-${item.id}` }, "更改")));
  const group = (answer, title) => (of(answer).length ? [el("h2", {}, `${title} ${of(answer).length} 项`), el("section", { class: "card" }, el("ul", { class: "card-rows" }, ...of(answer).map(line)))] : []);
  document.querySelector("[data-groups]").replaceChildren(...group("NOT_OK", "不符合"), ...group("NOT_APPLICABLE", "合理缺项"), ...group("NOT_CHECKED", "未检查"), ...group("OK", "符合"));
  choose(form, conclusion, derived(items), of("NOT_OK").length);
  sticky(form, missing, seen, outbox);
}

function choose(form, conclusion, code, bad) {
  const results = conclusion.result_confirmed && conclusion.results.length ? conclusion.results : [code];
  for (const box of form.querySelectorAll("input[name=results]")) {
    box.disabled = bad > 0 && ["NO_PROBLEM", "NO_ITEMS"].includes(box.value);
    box.checked = results.includes(box.value) && !box.disabled;
  }
  const label = form.querySelector(`input[name=results][value="${code}"]`)?.nextElementSibling.firstChild.textContent;
  document.querySelector("[data-derived]").textContent = label ? `按各项填写情况，结果是“${label}”，请核对。公示时按所选显示。` : "没有一项实际检查过，请按企业状况选择。";
  if (!conclusion.result_confirmed) return;
  form.elements.result_note.value = conclusion.result_note;
  for (const box of form.querySelectorAll("input[name=measures]")) {
    const row = conclusion.follow_ups.find((one) => one.measure === box.value);
    box.checked = Boolean(row);
    for (const name of ["deadline", "text", "reference", "receiving"]) if (row && form.elements[`${box.value}-${name}`]) form.elements[`${box.value}-${name}`].value = row[name] ?? "";
  }
}

function sticky(form, missing, seen, outbox) {
  const bar = document.querySelector(".thumb");
  const first = (page) => missing.filter(([, where]) => where === page);
  const button = (words, attributes) => el("button", { class: "btn btn-primary btn-block", ...attributes }, words);
  const go = (words, page, anchor) => el("a", { class: "btn btn-primary btn-block", href: `${root}${seen.id}/${page}#${anchor}` }, words);
  if (outbox.of(seen.id, "submit").length) bar.replaceChildren(el("a", { class: "btn btn-primary btn-block", href: `${root}lixian/?biao=${seen.id}` }, "看送达情况"));
  else if (first("").length) bar.replaceChildren(go(`先补齐 ${first("").length} 处`, "", first("")[0][2]));
  else if (first("hedui/").length) bar.replaceChildren(button("确认结果和处置", { form: form.id, name: "confirmed", value: "on" }));
  else if (missing.length) bar.replaceChildren(go("去签字", "qianzi/", ""));
  else bar.replaceChildren(el("form", { "data-submit": "", method: "post" }, button(`提交${seen.section.department}的检查记录`, {})));
}

// 签字 without a network: what is to be confirmed comes from the phone and names the own department only.
export async function beforeSigning(user, id) {
  const kept = await record(user, id);
  const { device } = await import("./store.js");
  if (!kept) return;
  const seen = laid(kept, (await device.ops(user)).filter((op) => op.record === id));
  const { items, conclusion, department } = seen.section;
  const number = (answer, label) => items.filter((item) => item.value.answer === answer).length && `${label} ${items.filter((item) => item.value.answer === answer).length}`;
  const counts = [number("OK", "符合"), number("NOT_OK", "不符合"), number("NOT_APPLICABLE", "合理缺项"), number("NOT_CHECKED", "未检查"), number("", "未填")];
  const lines = items.map((item) => el("li", {}, el("span", { class: "card-row" }, el("span", { class: "grow" }, `${item.order} ${item.name}`, el("br"), el("small", {}, itemWords(item.value))))));
  const orders = conclusion.follow_ups.filter((row) => row.deadline).map((row) => el("p", {}, el("strong", {}, `限 ${row.deadline} 前改正`)));
  document.querySelector("[data-to-sign]").replaceChildren(
    el("h2", {}, "请您确认的内容"),
    el("p", {}, el("span", { "data-enterprise": "" }, seen.enterprise.name), el("br"), `${department}共查 ${items.length} 项：${counts.filter(Boolean).join("，")}`),
    ...orders,
    el("ul", { class: "card-rows" }, ...lines),
  );
}
