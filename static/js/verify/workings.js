// 展开看过程: for each light, what was hashed and what came out.

import { commit } from "./files.js";
import { GENESIS } from "./freezing.js";
import { fraction, roundingNumber } from "./quotas.js";
import { button, h, table } from "./dom.js";
import { sha256Hex } from "./sha256.js";
import { DRAW, LIST, LOG, SEED, groupName, pickDifferences, thousands } from "./words.js";

const short = (hex) => `${hex.slice(0, 12)}…`;
const hash = (text) => h("p", { class: "hash box" }, text);
const step = (...children) => h("li", {}, ...children);
const yes = (good) => [good ? "✓" : "✗ 不同", { class: good ? "text-ok" : "text-bad" }];

function listWorking(report) {
  const { freeze, digests, files } = report;
  const rows = freeze.files.map(({ name, digest, size }) => {
    const found = digests.get(name);
    const same = found === digest && files.get(name).length === size;
    return [
      [`${name}.tsv`, { class: "code" }], [thousands(size), { class: "num" }], [short(digest), { class: "code" }],
      found ? [short(found), { class: "code" }] : "不公开", found ? yes(same) : "—",
    ];
  });
  return [
    h("p", {}, "把每个文件的全部字节算一遍 SHA-256，得到 64 位的指纹，与冻结清单 freeze.tsv 里写的比较。改一个字节，指纹就完全不同。"),
    table(["文件", ["字节", { class: "num" }], "冻结时的指纹", "重算的指纹", "相同"], rows),
    h("p", {}, "冻结清单自己的指纹："),
    hash(digests.get("freeze")),
  ];
}

function seedWorking(report) {
  const { freeze, values, nonces, seedInput, seed } = report;
  const parts = [h("p", {}, "公布的数字，按冻结时写明的来源和次序："), h("pre", { class: "box" }, (values ?? []).join("\n"))];
  for (const [party, promised] of freeze.nonces) {
    if (!nonces?.has(party)) continue;
    const opened = commit(freeze.drawId, party, nonces.get(party));
    parts.push(h("p", {}, `${party} 封存的随机数打开后，指纹 ${short(opened)}，冻结时的承诺 ${short(promised)}：`, opened === promised ? "相同。" : "不同！"));
  }
  if (seedInput) {
    parts.push(h("p", {}, "把它们和冻结清单的指纹排成这几行字（每行末尾换行）："), h("pre", { class: "box" }, seedInput));
    parts.push(h("p", {}, "这段字的 SHA-256 就是种子："), hash(seed));
  }
  return parts;
}

function ticketSteps(report, id) {
  const { seed } = report;
  return [
    step("把种子、/E/ 和企业代码连成一行字：", h("p", { class: "hash box" }, `${seed}`, h("b", {}, "/E/"), id)),
    step("算出这行字的 SHA-256，就是这家企业的号码：", hash(sha256Hex(`${seed}/E/${id}`))),
  ];
}

// The first and last drawn of a stratum and the first two behind the line, as rows of a table.
function aroundTheLine(report, stratum, n, size) {
  const { ranks } = report.outcome;
  const shown = new Set(report.files.has("result") ? publishedIds(report) : []);
  const row = (ranked) => {
    const drawn = ranked.rank <= n;
    return { cells: [
      [String(ranked.rank), { class: "num" }], [ranked.id, { class: "code" }], [short(ranked.ticket), { class: "code" }],
      drawn ? "抽中" : "未抽中", drawn || shown.has(ranked.id) ? yes(drawn === shown.has(ranked.id)) : "—",
    ] };
  };
  const order = ranks.ranked(stratum, 1, Math.min(n + 2, size));
  const rows = [];
  order.forEach((ranked) => {
    if (n > 6 && ranked.rank === 4) {
      rows.push({ attributes: { class: "row-extra" }, cells: [["", {}], [`第 4 至第 ${n - 2} 名略`, { colspan: 4 }]] });
    }
    if (ranked.rank === n + 1) {
      rows.push({ attributes: { class: "cut-line" }, cells: [[`分界线：第 ${n} 名`, { colspan: 5 }]] });
    }
    if (ranked.rank <= 3 || ranked.rank > n - 2 || n <= 6) rows.push(row(ranked));
  });
  return rows;
}

function publishedIds(report) {
  const rows = new TextDecoder("latin1").decode(report.files.get("result")).split("\n").map((line) => line.split("\t"));
  return rows.filter(([kind]) => kind === "pick").map((row) => row[3]);
}

function differencesTable(report) {
  const { extra, missing } = pickDifferences(report);
  if (!extra.length && !missing.length) return [];
  const { ranks } = report.outcome;
  const line = (who, { id }) => {
    const at = ranks.find(id);
    const told = at < 0 ? ["不在名单里", "—"] : [short(ranks.ticket(at)), String(ranks.rankOf(at))];
    return [who, [id, { class: "code" }], [told[0], { class: "code" }], [told[1], { class: "num" }]];
  };
  const rows = [...extra.slice(0, 5).map((pick) => line("文件里公布", pick)), ...missing.slice(0, 5).map((pick) => line("重算应当是", pick))];
  const count = report.count - missing.length;
  return [
    h("p", {}, h("b", {}, `不一致的有 ${extra.length || missing.length} 家，其余 ${count} 家相同：`)),
    table(["", "代码", "号码（前 12 位）", ["重算名次", { class: "num" }]], rows),
  ];
}

function drawWorking(report) {
  if (!report.outcome) {
    const first = report.shown?.picks[0];
    if (!first || !report.seed) return [];
    const rows = report.shown.picks.slice(0, 8).map(({ id, ticket }, i) => [
      [String(i + 1), { class: "num" }], [id, { class: "code" }], [short(ticket), { class: "code" }], yes(ticket === report.ticketOf(id)),
    ]);
    return [
      h("ol", {}, ticketSteps(report, first.id)),
      h("p", {}, `公布的 ${thousands(report.count)} 家都这样重算。下面是号码最小的几家：`),
      table([["", { class: "num" }], "代码", "公布的号码（前 12 位）", "相同"], rows),
    ];
  }
  const { strata, branch, plan, crews } = report.outcome;
  const widest = strata.filter((a) => a.drawn && a.drawn < a.size).sort((a, b) => b.size - a.size)[0] ?? strata.find((a) => a.drawn) ?? strata[0];
  const parts = differencesTable(report);
  if (widest?.drawn) {
    const first = report.outcome.picks.find((pick) => pick.stratum === widest.stratum);
    parts.push(h("ol", {}, ticketSteps(report, first.id), step(
      `${groupName(report, widest.stratum)}的 ${thousands(widest.size)} 家都这样算，号码从小到大排队，排在最前面的 ${thousands(widest.drawn)} 家抽中：`,
      table([["名次", { class: "num" }], "企业代码", "号码（前 12 位）", "重算结果", "与公布的一致"], aroundTheLine(report, widest.stratum, widest.drawn, widest.size)),
    )));
  }
  parts.push(h("p", {}, "每组应抽的家数先按比例算成分数，再用种子决定进位（同一大组合计不变）："));
  parts.push(table(
    ["组", ["名单家数", { class: "num" }], "应抽（精确分数）", ["实抽", { class: "num" }], "进位数 U（前 12 位）"],
    strata.map((a) => [
      `${groupName(report, a.stratum)}（${a.stratum}）`, [thousands(a.size), { class: "num" }], [fraction(a.expected), { class: "code" }],
      [thousands(a.drawn), { class: "num" }], [roundingHex(report.seed, a.group), { class: "code" }],
    ]),
  ));
  if (plan.teams !== null && !report.outcome.stopped) {
    const how = { block: "逐批排列，取第一个没有回避冲突的排列", global: "回避较多，按增广路统一配对" }[branch];
    parts.push(h("p", {}, `检查人员的号码由 种子/I/部门/轮次/人员号 算出，小的在前，依次入队；企业与队的配对：${how}。`));
    parts.push(table(
      [["队", { class: "num" }], "部门", ["席", { class: "num" }], "人员号（前 12 位）", "号码（前 12 位）"],
      crews.seats.slice(0, 12).map((s) => [[String(s.team), { class: "num" }], s.dept, [String(s.seat), { class: "num" }], [short(s.pid), { class: "code" }], [short(s.ticket), { class: "code" }]]),
    ));
    if (crews.seats.length > 12) parts.push(h("p", { class: "sub" }, `共 ${crews.seats.length} 席，这里列前 12 席。`));
  }
  return parts;
}

function roundingHex(seed, group) {
  const [p, q] = roundingNumber(seed, group);
  return `0.${((p * 10n ** 12n) / q).toString().padStart(12, "0")}`;
}

function logWorking(report, anchor) {
  const { entries, freeze } = report;
  const rows = entries.filter((e) => e.drawId === freeze.drawId).map((entry) => [
    [String(entry.seq), { class: "num" }], entry.time.slice(0, 16).replace("T", " "), entry.type, [short(entry.digest), { class: "code" }], [short(entry.chain), { class: "code" }], yes(true),
  ]);
  if (!entries.length) return [];
  const before = entries.length > 1 ? entries[entries.length - 2].chain : freeze.prev;
  const last = entries[entries.length - 1];
  const input = h("input", { type: "text", id: "noted-head", placeholder: "序号:链值", value: report.head, autocomplete: "off", spellcheck: "false" });
  return [
    h("p", {}, "每一条的链值 = 上一条链值和本条内容的 SHA-256。改动其中任何一条，后面的链值全部要变。"),
    table([["条", { class: "num" }], "时间", "类型", "文件指纹", "链值", "相同"], rows),
    h("p", {}, `例：第 ${last.seq} 条，把这几行字（每行末尾换行）算 SHA-256：`),
    h("pre", { class: "box" }, `dr1 log\n${before}\n${[last.seq, last.time, last.type, last.drawId, last.digest].join("\t")}`),
    hash(last.chain),
    before === GENESIS ? h("p", { class: "sub" }, "第一条的上一条链值写成 64 个 0。") : "",
    h("p", {}, "整条链可以被掌握数据库的人从头重算，只有外面留存的链首能发现。抄过链首（印在冻结单和抽取记录上，或来自纪检、其他部门网站）的，填在这里对照："),
    h("div", { class: "find-row" }, h("label", { for: "noted-head", class: "visually-hidden" }, "留存的链首，写成 序号:链值"), input,
      button("对照", "btn-secondary", "", () => anchor(input.value.replace(/\s/g, "")))),
  ];
}

// The elements of the working of one light. anchor(text): check again against a chain head noted down elsewhere.
export function workingOf(report, light, anchor) {
  if (!report.freeze) return [];
  if (light === LIST) return listWorking(report);
  if (light === SEED) return seedWorking(report);
  if (light === DRAW) return drawWorking(report);
  return light === LOG ? logWorking(report, anchor) : [];
}
