// 已保存在本机，尚未送达: a submission that waits for a network, what of it has arrived, and what happens next.
import { attach } from "./start.js";
import { amend, record } from "./kept.js";
import { state } from "./api.js";
import { fill } from "../older.js";
import { el, icon, moment } from "./words.js";

const PARTS = [
  ["答案", "项", (op) => op.lane === "answers"],
  ["照片", "张", (op) => op.lane === "files"],
  ["签字", "份", (op) => op.name.startsWith("sign")],
  ["提交", "", (op) => op.name === "submit"],
];

export async function show(user, id) {
  const root = document.body.dataset.sync.replace(/tongbu\/$/, "");
  const [kept, outbox] = [await record(user, id), await attach(user, false)];
  Object.assign(state, { user, record: id });
  outbox.onstored = (op, body) => amend(user, op, body);
  const submit = outbox.of(id, "submit")[0];
  if (!submit) return location.replace(`${root}${id}/`);
  const main = document.querySelector("main");
  fill(main, document.querySelector("#tpl-local").content.cloneNode(true), document.querySelector("[data-shell]"));
  document.querySelector(".bar h1").textContent = document.title = "尚未送达";
  main.querySelector("[data-home]").href = root;
  const put = (name, text) => (main.querySelector(`[data-${name}]`).textContent = text);
  put("enterprise", kept?.enterprise.name ?? submit.place);
  put("when", moment(submit.at));
  put("number", `本机 ${moment(submit.at).replace(/\D+/g, "-")}-${submit.key.slice(0, 2).toUpperCase()}`);
  main.querySelector("[data-retry]").addEventListener("click", () => outbox.wakeAll());
  main.querySelector("[data-export]").addEventListener("click", async () => (await import("./export.js")).save(outbox));
  main.querySelector("[data-undo]").addEventListener("click", async () => (await outbox.drop(outbox.of(id, "submit"))) && location.assign(`${root}${id}/`));
  outbox.on(id, "submit", (_, { kind, body }) => kind === "stored" && location.replace(body.done));
  const all = new Map();
  outbox.listen(() => paint(main, outbox, id, all, root));
  paint(main, outbox, id, all, root);
  document.documentElement.classList.add("js");
  return undefined;
}

function paint(main, outbox, id, all, root) {
  const ops = outbox.of(id);
  const rows = PARTS.map(([label, unit, mine]) => {
    const left = ops.filter(mine);
    all.set(label, Math.max(all.get(label) ?? 0, left.length));
    const bad = left.some((op) => op.state !== "waiting");
    const words = bad ? "没送成" : !left.length ? "已送达" : left.some((op) => outbox.flying.has(op.key)) ? "正在送" : "等待";
    const sign = bad ? "x-octagon-fill" : left.length ? "clock" : "check-lg";
    const text = left.length && unit ? `${label} ${left.length} ${unit}` : label;
    return el("li", {}, el("span", { class: "card-row" }, icon(sign), el("span", { class: "grow" }, text), el("span", { class: "end" }, words)));
  });
  fill(main.querySelector("[data-parts]"), ...rows);
  const bad = ops.filter((op) => op.state !== "waiting");
  const trouble = main.querySelector("[data-trouble]");
  const lines = bad.flatMap((op) => [op.note?.error, ...(op.note?.problems ?? []).map((one) => one.text ?? one)]);
  fill(trouble.querySelector("ul"), ...[...new Set(lines)].filter(Boolean).map((line) => el("li", {}, line)));
  trouble.hidden = !bad.length;
  trouble.querySelector("a").href = `${root}${id}/`;
  main.querySelector("[data-undo]").hidden = !ops.some((op) => op.name === "submit" && (!op.flown || op.state !== "waiting"));
}
