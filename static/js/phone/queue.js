// 待同步: what is still on this phone, record by record: waiting, being sent, not received and why, in conflict.
import { clockText } from "./chip.js";
import { fill } from "../older.js";
import { device, note } from "./store.js";
import { el, icon, moment } from "./words.js";

const root = document.body.dataset.sync.replace(/tongbu\/$/, "");
const STATES = {
  sending: ["doing", "arrow-up", "正在送"],
  conflict: ["soon", "exclamation-triangle-fill", "有冲突"],
  failed: ["late", "x-octagon-fill", "没送成"],
  waiting: ["mute", "clock", "等待"],
};

export async function begin({ place, outbox, why, cached }) {
  const list = place.querySelector("[data-records]");
  document.querySelector("[data-retry-all]").addEventListener("click", async () => {
    for (const op of outbox.ops.filter((one) => one.state === "invalid" || one.state === "refused")) await outbox.retry(op);
    outbox.wakeAll();
  });
  document.querySelector("[data-export]").addEventListener("click", async () => (await import("./export.js")).save(outbox));
  const others = Object.values(why ? {} : await device.others(outbox.user)).reduce((sum, number) => sum + number, 0);
  const most = new Map();
  const show = async () => {
    const groups = new Map();
    for (const op of outbox.ops) groups.set(op.record, [...(groups.get(op.record) ?? []), op]);
    for (const [id, ops] of groups) most.set(id, Math.max(most.get(id) ?? 0, ops.length));
    fill(list, ...[...groups].map(([id, ops]) => card(id, ops, outbox, most.get(id))));
    const delivered = why ? null : await note("delivered");
    const head = place.querySelector("[data-summary]");
    const first = outbox.ops.map((op) => op.at).sort()[0];
    if (why) head.textContent = why;
    else if (groups.size) fill(head, el("strong", {}, `${groups.size} 份记录还在这部手机上`), el("br"), `最早的保存于 ${moment(first)}`);
    else fill(head, icon("check-lg"), delivered ? ` 全部已送达 ${clockText(new Date(delivered))}` : " 没有要送的内容");
    place.querySelector("[data-others]").hidden = !others;
    place.querySelector("[data-others] p").textContent = `另有别人的 ${others} 项在这部手机上，没有用您的账号送；请原来的人登录后自动送出。`;
    place.querySelector("[data-stopped]").hidden = !outbox.stopped;
    place.querySelector("[data-stopped] p").textContent = outbox.stopped?.body.error ?? "";
    document.querySelector("[data-retry-all]").hidden = !groups.size;
    place.querySelector("[data-export]").closest("section").hidden = !groups.size;
    await handed(place.querySelector("[data-handed]"), why);
  };
  outbox.listen(show);
  await show();
  if (!cached) outbox.wakeAll();
}

function stateOf(ops, outbox) {
  if (ops.some((op) => op.state === "conflict")) return "conflict";
  if (ops.some((op) => op.state !== "waiting")) return "failed";
  return ops.some((op) => outbox.flying.has(op.key)) ? "sending" : "waiting";
}

function card(id, ops, outbox, most) {
  const state = stateOf(ops, outbox);
  const [kind, sign, words] = STATES[state];
  const open = el("a", { class: "btn btn-outline btn-block", href: ops.some((op) => op.name === "submit") ? `${root}lixian/?biao=${id}` : `${root}${id}/` }, state === "conflict" ? "去选择" : "打开这份记录");
  const parts = [["答案", "项", "answers"], ["照片", "张", "files"]].map(([label, unit, lane]) => [label, unit, ops.filter((op) => op.lane === lane).length]);
  const rest = ops.filter((op) => op.lane === "last").map((op) => op.what);
  const text = [...parts.filter(([, , number]) => number).map(([label, unit, number]) => `${label} ${number} ${unit}`), ...rest].join("，");
  return el(
    "section", { class: "card", "data-state": state },
    el("div", { class: "card-top" }, el("span", { class: `tag tag-${kind}` }, icon(sign), words)),
    el("h2", {}, ops[0].place || "检查记录"),
    state === "sending" ? el("progress", { class: "meter", max: most, value: most - ops.length, "aria-label": `已送 ${most - ops.length}/${most}` }) : null,
    el("p", {}, state === "sending" ? `已送 ${most - ops.length}/${most}，还有${text}` : text),
    ...ops.filter((op) => op.state !== "waiting").map((op) => failure(op, outbox)),
    open,
  );
}

function failure(op, outbox) {
  const reason = [op.note?.error, ...(op.note?.problems ?? []).map((one) => one.text ?? one)].filter(Boolean).join(" ");
  const acts = el("div", { class: "btn-row" });
  if (op.state !== "conflict") {
    acts.append(el("button", { type: "button", class: "btn btn-secondary", onclick: () => outbox.retry(op) }, "重试"));
    const away = el("button", { type: "button", class: "btn btn-secondary" }, "不要这一项了");
    away.addEventListener("click", () => (away.dataset.sure ? outbox.drop([op]) : Object.assign(away, { textContent: "确定删除" }).setAttribute("data-sure", "1")));
    acts.append(away);
  }
  return el("div", { class: "conflict" }, el("p", {}, el("strong", {}, op.what), el("br"), reason, op.tries > 1 ? `（已试 ${op.tries} 次）` : ""), acts);
}

async function handed(box, why) {
  const today = ((why ? null : await note("handed")) ?? []).filter((one) => Date.now() - Date.parse(one.at) < 86400000);
  box.hidden = !today.length;
  box.querySelector("span").textContent = `今天已送达 ${today.length} 份`;
  fill(box.querySelector("ul"), ...today.map((one) => el("li", {}, `${one.place} ${clockText(new Date(one.at))}`)));
}
