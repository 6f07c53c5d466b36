// What a report says to a shop owner: one title and one sentence a light, the verdict, and what is wrong. No DOM here.

import { DRAW, LIST, LOG, SEED } from "./verify.js";

const NUMBERS = "①②③④";
const GOOD = ["名单没有改过", "种子由当众掷出的数字算出", "抽中名单由种子算出", "记录没有被替换"];
const BAD = ["名单或冻结的文件被改动", "种子的来源对不上", "抽中名单与种子对不上", "记录链对不上"];
const PART = ["冻结清单没有改过", "数字已公布，种子还不能算", "公布的号码由种子算出", "记录没有被替换"];
const OPEN = ["名单", "种子", "抽取与配对", "记录链"];
export const TAGS = { ok: "一致", bad: "不一致", part: "部分核对", skip: "没有核对" };
const REASONS = {
  industry: "行业不在范围内", "after-cutoff": "登记日期在截止日以后", authority: "登记机关不符", status: "登记状态不是存续",
  "no-id": "没有统一社会信用代码", cap: "本年检查次数已到上限",
};

export const thousands = (n) => String(n).replace(/\B(?=(\d{3})+(?!\d))/g, ",");
// 2026-04-17T09:00:00+08:00 -> 2026年4月17日 09:00
export function dayAndTime(text) {
  const m = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}:\d{2})/.exec(text);
  return m ? `${m[1]}年${Number(m[2])}月${Number(m[3])}日 ${m[4]}` : text;
}

const ownLog = (report, type) => report.entries.find((e) => e.drawId === report.freeze.drawId && e.type === type);

function audited(report) {
  if (!report.audit) return "要由审计角色用全部文件核对，记录链里还没有核对记录。";
  return `已由审计角色核对（${dayAndTime(report.audit.time)}，摘要 ${report.audit.digest.slice(0, 12)}…）。`;
}

function listText(report) {
  const when = dayAndTime(report.freeze.time);
  if (report.mode === "whole") {
    const others = report.freeze.files.filter(({ name }) => name !== "roster").length;
    return ["ok", `${thousands(report.roster.total)} 家企业的名单和另外 ${others} 个文件，指纹与 ${when} 冻结时写下的相同。`];
  }
  const sealed = ownLog(report, "FREEZE") ? "与记录链里的相同" : "格式无误";
  if (report.mode === "early") return ["part", `冻结清单（${when}）${sealed}。名单里的每个文件在那时已留下指纹，现在还不公开。`];
  return ["part", `冻结清单（${when}）${sealed}。各等级的名单不公开；名单是否完整，${audited(report)}`];
}

function seedText(report) {
  const sealed = report.freeze.nonces.length;
  if (!report.values) return ["skip", report.drawn ? "掷出的数字在公开以后才能核对。" : "还没有掷数字。"];
  const kinds = report.values.map((value) => value.split(" "));
  const digits = kinds.filter(([kind]) => kind === "dice10").map(([, value]) => `${value.length} 位数字`);
  const sources = [...digits, ...kinds.filter(([kind]) => kind !== "dice10").map(() => "公开随机数")].join("、");
  if (!report.seed) return ["part", `${sources}已公布；另有 ${sealed} 方封存的随机数还没有打开，现在不能算出种子。`];
  const opened = sealed ? `，${sealed} 方封存的随机数与冻结时的承诺相符` : "";
  return ["ok", `由 ${sources}和冻结指纹算出${opened}。`];
}

function drawText(report) {
  if (report.mode === "whole") {
    const { outcome } = report;
    if (!outcome) return ["skip", "前面的文件不对，没有继续重算。"];
    const n = report.count;
    const all = `${thousands(report.roster.total)} 家企业全部重算，抽中的 ${thousands(n)} 家逐一相同（${n}/${n}）`;
    if (outcome.stopped) return ["ok", `${all}；检查队无法配对，这次抽取因此作废。`];
    const teams = outcome.plan.teams === null ? "" : `；${outcome.plan.teams} 个检查队的人员和分配也相同`;
    const events = report.batches ? `；${report.batches} 批递补和替换按规则复算相同` : "";
    return ["ok", `${all}${teams}${events}。`];
  }
  if (report.mode === "early") {
    return ["skip", report.drawn ? "这次抽取结果封存，揭示以后才能核对。" : "还没有抽取。"];
  }
  if (!report.seed) return ["skip", "没有种子，没有继续重算。"];
  const n = report.count;
  return ["part", `公布的 ${thousands(n)} 家，号码逐一重算相同（${n}/${n}）。抽中的是否齐全，${audited(report)}`];
}

function logText(report) {
  const { entries } = report;
  if (!entries.length) return ["skip", "没有 log.tsv，这一项没有核对。"];
  const noted = report.head ? "，与您留存的链首相同" : "";
  return ["ok", `从第 ${entries[0].seq} 条到第 ${entries[entries.length - 1].seq} 条记录环环相扣${noted}。`];
}

// [{state, title, text, problems}] for ① ② ③ ④.
export function lightsOf(report) {
  const texts = [listText, seedText, drawText, logText];
  return texts.map((text, light) => {
    const problems = report.problems.filter((problem) => problem.light === light).map(({ error }) => error);
    if (problems.length) {
      return { state: "bad", title: `${NUMBERS[light]} ${BAD[light]}`, text: problems[0].message, problems };
    }
    if (!report.freeze) return { state: "skip", title: `${NUMBERS[light]} ${OPEN[light]}`, text: "没有可用的 freeze.tsv，无从核对。", problems };
    if (light === LIST && report.mode === "whole" && !report.roster) {
      return { state: "skip", title: `${NUMBERS[light]} ${OPEN[light]}`, text: "没有名单。", problems };
    }
    const [state, sentence] = text(report);
    const title = { ok: GOOD, part: PART, skip: OPEN }[state][light];
    return { state, title: `${NUMBERS[light]} ${title}`, text: sentence, problems };
  });
}

// Picks of the published result that recomputing does not give, and the ones it gives instead.
export function pickDifferences(report) {
  if (!report.outcome || !report.files.has("result")) return { extra: [], missing: [] };
  const rows = new TextDecoder("latin1").decode(report.files.get("result")).split("\n").map((line) => line.split("\t"));
  const shown = new Map(rows.filter((row) => row[0] === "pick").map((row) => [row[3], row]));
  const right = new Set(report.outcome.picks.map(({ id }) => id));
  return {
    extra: [...shown.values()].filter((row) => !right.has(row[3])).map((row) => ({ stratum: row[1], id: row[3] })),
    missing: report.outcome.picks.filter(({ id }) => !shown.has(id)),
  };
}

function whatIsWrong(report) {
  const { error } = report;
  if (error.file === "result") {
    const { extra } = pickDifferences(report);
    if (extra.length) return `公布的名单里有 ${extra.length} 家算不出来`;
  }
  if (/^[a-z0-9-]+$/.test(error.file ?? "") && error.file !== "--head") {
    return `${error.file}.tsv ${/缺少|没有提供/.test(error.message) ? "没有提供" : "不对"}`;
  }
  return error.file === "种子" ? "页面上的种子不是文件算出的" : "对不上";
}

// {state, title, text} of the whole page. seconds: how long the check took; own: files chosen by the visitor.
export function bannerOf(report, seconds, own, now) {
  const lights = lightsOf(report);
  const which = report.freeze ? `抽取 ${report.freeze.drawId}。` : "";
  const where = (own ? "数据来自您选择的文件，不是本站下载的。" : "") + which;
  const when = `${now.getFullYear()}年${now.getMonth() + 1}月${now.getDate()}日 ${String(now.getHours()).padStart(2, "0")}:${String(now.getMinutes()).padStart(2, "0")}`;
  const spent = seconds < 0.1 ? "用时不到 0.1 秒" : `用时 ${seconds.toFixed(1)} 秒`;
  const done = `${spent}，在您的浏览器中完成，没有向任何地方发送数据。`;
  if (report.error) {
    const first = report.problems[0].light;
    const good = lights.filter(({ state }) => state === "ok" || state === "part").length;
    const rest = good ? `其余 ${good} 项没有问题。` : "";
    return { state: "bad", title: `第${NUMBERS[first]}步不一致：${whatIsWrong(report)}`, text: `${rest}${where}${when}` };
  }
  if (report.mode === "early") {
    const title = report.drawn ? "已抽取、封存待揭示：现在能核对的没有问题" : "已冻结、还没有抽取：现在能核对的没有问题";
    return { state: "part", title, text: `能核对的是冻结清单和记录链。${done}${where}${when}` };
  }
  if (report.partial) {
    return {
      state: "part",
      title: `验证通过（公开部分）：${thousands(report.count)} 家的号码逐一相同`,
      text: `验证通过，${done}${where}${when}`,
    };
  }
  const counted = lights.every(({ state }) => state === "ok") ? "四项全部一致" : "三项一致，没有记录链";
  return { state: "ok", title: `验证通过：${counted}`, text: `验证通过，${done}${where}${when}` };
}

export function voidText(report) {
  if (!report.void) return "";
  return `这次抽取已于 ${dayAndTime(report.void.time)} 作废（记录链第 ${report.void.seq} 条），结果不用于检查。作废的抽取也公开、也能验证。`;
}

export const groupName = (report, stratum) => {
  const codes = report.outcome.strata.map((a) => a.stratum);
  return codes.length > 1 ? `第 ${codes.indexOf(stratum) + 1} 组` : "全部";
};

function afterwards(report, id) {
  const { standing, outcome } = report;
  if (!standing) return "";
  const drawn = outcome.picks.some((pick) => pick.id === id);
  if (drawn && !standing.teamOf.has(id)) return "后来它退出了检查，由后备企业按次序递补。";
  if (!drawn && standing.teamOf.has(id)) return "后来有企业退出，它作为后备按次序递补，接受检查。";
  return "";
}

// One enterprise in words. shown: {ticket, limit} as printed on its notice, where the public has no roster.
// {title, text, facts: [[name, value]], bar: {rank, n, size} | null}
export function enterprise(report, id, name = "", shown = {}) {
  const who = name || id;
  if (report.error) return { title: "文件没有通过验证，先不查单个企业。", text: "", facts: [], bar: null };
  if (!report.seed) return { title: "种子还没有公开，现在算不出号码。", text: "公开以后再来查。", facts: [], bar: null };
  if (report.mode === "whole") return inRoster(report, id, who);
  const pick = report.shown.picks.find((each) => each.id === id);
  const ticket = report.ticketOf(id);
  const facts = [["代码", id], ["它的号码", ticket]];
  const printed = compareNotice(ticket, shown, Boolean(pick));
  if (pick) return { title: `${who}被抽中了。`, text: `公布的号码与重算的相同。${printed}`, facts, bar: null };
  const text = `公布的 ${thousands(report.count)} 家里没有它。名次和分界号码只印在企业自己的通知书上。${printed}`;
  return { title: `${who}不在抽中名单里。`, text, facts, bar: null };
}

function compareNotice(ticket, { ticket: printed = "", limit = "" }, drawn) {
  let text = "";
  if (printed) text += printed === ticket.slice(0, printed.length) ? "通知书上的号码与重算的相同。" : "通知书上的号码与重算的不同，请打电话询问。";
  if (!limit) return text;
  const within = ticket.slice(0, limit.length) <= limit;
  if (within === drawn) return `${text}按分界号码，它${within ? "应当抽中" : "不应抽中"}，与公布的一致。`;
  return `${text}按分界号码，它${within ? "应当抽中，公布的名单里却没有" : "不应抽中，公布的名单里却有"}，请打电话询问。`;
}

function inRoster(report, id, who) {
  const { ranks, strata, picks } = report.outcome;
  const row = ranks.find(id);
  if (row < 0) {
    const line = new TextDecoder().decode(report.files.get("exclude") ?? new Uint8Array()).split("\n").find((text) => text.startsWith(`${id}\t`));
    if (line) return { title: `${who}不在抽取名单里。`, text: `冻结时没有列入，原因：${REASONS[line.split("\t")[1]]}。`, facts: [["代码", id]], bar: null };
    return { title: `${who}不在冻结的名单里。`, text: "请核对代码；不在名单里的企业不会被抽中。", facts: [], bar: null };
  }
  const stratum = report.roster.strata[report.roster.stratumOf[row]];
  const { size, drawn: n } = strata.find((a) => a.stratum === stratum);
  const rank = ranks.rankOf(row);
  const limit = n ? picks.filter((pick) => pick.stratum === stratum)[n - 1].ticket : "";
  const group = groupName(report, stratum);
  const distance = rank <= n ? "" : n ? `，差 ${thousands(rank - n)} 名` : "";
  const cut = n ? `前 ${thousands(n)} 名抽中${distance}。` : "这一组这次没有抽。";
  return {
    title: rank <= n ? `${who}被抽中了。` : `${who}没有被抽中。`,
    text: `它在${group} ${thousands(size)} 家企业里排第 ${thousands(rank)} 名，${cut}${afterwards(report, id)}`,
    facts: [["代码", id], ["它的号码", ranks.ticket(row)], ...(limit ? [["分界号码", limit]] : [])],
    bar: { rank, n, size },
  };
}

export { DRAW, LIST, LOG, SEED };
