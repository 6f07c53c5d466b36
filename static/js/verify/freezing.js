// freeze.tsv, entropy.tsv, nonces.tsv and the chained log.tsv: sampling/freezing.py in this language.

import { DrawFileError, before, bytesOf, commit, isCode, isHex64, isTime, parse, quoted, splitRows, textOf } from "./files.js";
import { sha256Hex } from "./sha256.js";

export const GENESIS = "0".repeat(64);
const TYPES = "dice10、drand、ssq";
const ENOUGH = 2n ** 128n;
const BEACON = 2n ** 256n;
const LOTTERY = 1107568n * 16n; // 33 choose 6, times 16
const DRAND = /^[0-9a-f]{64}:[1-9][0-9]*$/;
const SPEC = /^[!-~](?:[ -~]{0,198}[!-~])?$/;
const WHOLE = /^[1-9][0-9]{0,14}$/;
const SINGLE = ["alg", "seq", "prev", "time", "not-before", "reveal-by", "supersedes"];

const refuseFreeze = (reason, line = null) => new DrawFileError("freeze", line, reason);

function announced(kind, spec) {
  if (kind === "dice10") return 10n ** 40n;
  if (kind === "drand") {
    if (!DRAND.test(spec)) throw refuseFreeze("drand 的说明应为 链摘要（64 位十六进制）:轮次");
    return BEACON;
  }
  if (kind === "ssq") {
    if (!/^[0-9]{5,7}(?![0-9])/.test(spec)) throw refuseFreeze("ssq 的说明应以期号开头");
    return LOTTERY;
  }
  throw refuseFreeze(`不认识的随机来源 ${quoted(kind)}，可用：${TYPES}`);
}

function checkTimes(freeze) {
  for (const [name, value] of [["time", freeze.time], ["not-before", freeze.notBefore], ["reveal-by", freeze.revealBy]]) {
    if (!isTime(value) && !(name === "reveal-by" && value === "-")) {
      throw refuseFreeze(`${name} 应写成 2026-04-17T09:00:00+08:00 这样的时间，现为 ${quoted(value)}`);
    }
  }
  if (freeze.notBefore < freeze.time) throw refuseFreeze("not-before 早于冻结时间");
  if (freeze.revealBy !== "-" && freeze.revealBy < freeze.notBefore) throw refuseFreeze("reveal-by 早于 not-before");
}

function checkFreeze(freeze) {
  if (!isCode(freeze.drawId)) throw refuseFreeze(`抽取编号 ${quoted(freeze.drawId)} 不合规`);
  const number = /([0-9]+)$/.exec(freeze.drawId);
  if (!number || Number(number[1]) !== freeze.seq || freeze.seq < 1) {
    throw refuseFreeze(`seq 应为抽取编号 ${freeze.drawId} 末尾的数字，现为 ${freeze.seq}`);
  }
  if (!isHex64(freeze.prev)) throw refuseFreeze("prev 应为 64 位小写十六进制的链值");
  checkTimes(freeze);
  if (freeze.supersedes !== "-" && !isCode(freeze.supersedes)) {
    throw refuseFreeze(`supersedes ${quoted(freeze.supersedes)} 不是抽取编号`);
  }
  if (!freeze.files.length || freeze.files.some((file) => !isCode(file.name) || !isHex64(file.digest))) {
    throw refuseFreeze("file 行应为文件名、SHA-256、字节数，且至少一个");
  }
  if (freeze.nonces.some(([party, value]) => !isCode(party) || !isHex64(value))) {
    throw refuseFreeze("nonce 行应为持有方代码、64 位承诺值");
  }
  for (const names of [freeze.files.map((file) => file.name), freeze.nonces.map(([party]) => party)]) {
    if (names.some((name, i) => i > 0 && names[i - 1] >= name)) throw refuseFreeze("file 与 nonce 行要按名称升序、不重复");
  }
  let outcomes = 1n;
  for (const [kind, spec] of freeze.entropy) {
    if (!SPEC.test(spec)) throw refuseFreeze(`随机来源 ${kind} 的说明应为 1–200 个可打印的 ASCII 字符`);
    outcomes *= announced(kind, spec);
  }
  if (outcomes < ENOUGH) throw refuseFreeze("公开随机来源不足 128 比特：至少要有 40 位骰子数字（dice10）或一轮 drand");
}

function freezeText(freeze) {
  const rows = [
    ["dr1", "freeze", freeze.drawId],
    ["alg", "dr1"],
    ["seq", String(freeze.seq)],
    ["prev", freeze.prev],
    ["time", freeze.time],
    ...freeze.files.map((file) => ["file", file.name, file.digest, String(file.size)]),
    ...freeze.nonces.map(([party, value]) => ["nonce", party, value]),
    ...freeze.entropy.map(([kind, spec], i) => ["entropy", String(i + 1), kind, spec]),
    ["not-before", freeze.notBefore],
    ["reveal-by", freeze.revealBy],
    ["supersedes", freeze.supersedes],
  ];
  return rows.map((row) => `${row.join("\t")}\n`).join("");
}

export function readFreeze(bytes) {
  const single = new Map();
  const files = [];
  const nonces = [];
  const entropy = [];
  splitRows("freeze", bytes).forEach((line, i) => {
    const f = line.split("\t");
    if (f.length === 3 && f[0] === "dr1" && f[1] === "freeze") single.set("drawId", f[2]);
    else if (f.length === 4 && f[0] === "file" && WHOLE.test(f[3])) files.push({ name: f[1], digest: f[2], size: Number(f[3]) });
    else if (f.length === 3 && f[0] === "nonce") nonces.push([f[1], f[2]]);
    else if (f.length === 4 && f[0] === "entropy") entropy.push([f[2], f[3]]);
    else if (f.length === 2 && f[0] === "seq" && !WHOLE.test(f[1])) throw refuseFreeze("seq 应为正整数", i + 1);
    else if (f.length === 2 && SINGLE.includes(f[0])) single.set(f[0], f[1]);
    else throw refuseFreeze(`不认识的行：${quoted(line.slice(0, 120))}`, i + 1);
  });
  for (const field of ["drawId", ...SINGLE]) {
    if (!single.has(field)) throw refuseFreeze(`缺少${field === "drawId" ? "首" : ` ${field} `}行`);
  }
  const freeze = {
    drawId: single.get("drawId"), seq: Number(single.get("seq")), prev: single.get("prev"), time: single.get("time"),
    files, nonces, entropy,
    notBefore: single.get("not-before"), revealBy: single.get("reveal-by"), supersedes: single.get("supersedes"),
  };
  checkFreeze(freeze);
  if (single.get("alg") !== "dr1") throw refuseFreeze(`算法应为 dr1，现为 ${quoted(single.get("alg"))}`);
  if (freezeText(freeze) !== textOf(bytes)) {
    throw refuseFreeze("各行的次数或顺序不符：dr1、alg、seq、prev、time、file、nonce、entropy…");
  }
  return freeze;
}

// How many values this source could have taken.
function checkSource(line, kind, value, spec) {
  const refuse = (reason) => new DrawFileError("entropy", line, reason);
  if (kind === "dice10") {
    if (!/^[0-9]{40,4096}$/.test(value)) {
      throw refuse(`骰子数字应为至少 40 位 0–9，中间不留空格；读到 ${value.length} 个字符`);
    }
    return 10n ** BigInt(value.length);
  }
  if (kind === "drand") {
    const cut = value.lastIndexOf(":");
    const event = value.slice(0, Math.max(cut, 0));
    if (!DRAND.test(event) || !isHex64(value.slice(cut + 1))) {
      throw refuse("drand 应写成 链摘要:轮次:随机值（64 位小写十六进制）");
    }
    if (event !== spec) throw refuse(`drand 的链或轮次与冻结时指定的 ${spec} 不同`);
    return BEACON;
  }
  if (kind === "ssq") {
    const match = /^([0-9]{5,7}):((?:[0-9]{2},){5}[0-9]{2})\+([0-9]{2})$/.exec(value);
    if (!match) throw refuse("双色球应写成 期号:01,02,03,04,05,06+07（红球升序、两位数）");
    const reds = match[2].split(",").map(Number);
    const blue = Number(match[3]);
    if (reds.some((red, i) => red < 1 || red > 33 || (i > 0 && reds[i - 1] >= red)) || blue < 1 || blue > 16) {
      throw refuse("双色球红球应为 01–33 升序不重复，蓝球 01–16");
    }
    if (!spec.startsWith(match[1]) || /^[0-9]/.test(spec.slice(match[1].length))) {
      throw refuse(`双色球期号 ${match[1]} 与冻结时指定的 ${spec} 不同`);
    }
    return LOTTERY;
  }
  throw refuse(`不认识的随机来源 ${quoted(kind)}，可用：${TYPES}`);
}

// The lines "TYPE VALUE", each as announced in the freeze.
export function readEntropy(bytes, promised) {
  const lines = splitRows("entropy", bytes);
  const pairs = lines.map((line, i) => {
    const cut = line.indexOf(" ");
    if (cut < 0) throw new DrawFileError("entropy", i + 1, "每行应为 类型、一个空格、数值");
    return [line.slice(0, cut), line.slice(cut + 1)];
  });
  if (pairs.map(([kind]) => kind).join("\n") !== promised.map(([kind]) => kind).join("\n")) {
    const wanted = promised.map(([kind]) => kind).join("、");
    throw new DrawFileError("entropy", null, `随机来源应依次为 ${wanted}，一个不多、一个不少`);
  }
  let outcomes = 1n;
  pairs.forEach(([kind, value], i) => { outcomes *= checkSource(i + 1, kind, value, promised[i][1]); });
  if (outcomes < ENOUGH) throw new DrawFileError("entropy", null, "公开随机数不足 128 比特，不能抽取");
  return lines;
}

// Map party -> hex; every commitment of the freeze must be opened, and nothing else.
export function readNonces(bytes, freeze) {
  const nonces = new Map();
  splitRows("nonces", bytes).forEach((line, i) => {
    const cut = line.indexOf("\t");
    const party = cut < 0 ? line : line.slice(0, cut);
    const value = cut < 0 ? "" : line.slice(cut + 1);
    nonces.set(party, value);
    const promised = new Map(freeze.nonces).get(party);
    if (promised === undefined || !isHex64(value)) return;
    if (commit(freeze.drawId, party, value) !== promised) {
      throw new DrawFileError("nonces", i + 1, `${party} 的随机数与冻结时的承诺不符`);
    }
  });
  const parties = [...nonces.keys()].sort(before);
  parties.forEach((party, i) => {
    if (!isCode(party) || !isHex64(nonces.get(party))) {
      throw new DrawFileError("nonces", i + 1, "应为持有方代码、64 位小写十六进制随机数");
    }
  });
  if (parties.map((party) => `${party}\t${nonces.get(party)}\n`).join("") !== textOf(bytes)) {
    throw new DrawFileError("nonces", null, "应每方一行、按持有方升序、不重复");
  }
  if (parties.join("\n") !== freeze.nonces.map(([party]) => party).join("\n")) {
    const who = freeze.nonces.map(([party]) => party).join("、") || "零";
    throw new DrawFileError("nonces", null, `应有 ${who} 方的随机数`);
  }
  return nonces;
}

export const chainAfter = (prev, line) => sha256Hex(bytesOf(`dr1 log\n${prev}\n${line}\n`));

// Lines {seq, time, type, drawId, digest, chain}: numbers consecutive, times not going back, every chain value right.
export function readLog(bytes, drawId, prev) {
  const entries = [];
  let chain = prev;
  parse(bytes, "log", drawId).rows.forEach((row, i) => {
    const refuse = (reason) => new DrawFileError("log", i + 2, reason);
    const entry = { seq: Number(row[0]), time: row[1], type: row[2], drawId: row[3], digest: row[4], chain: row[5] };
    const last = entries[entries.length - 1];
    chain = chainAfter(chain, row.slice(0, 5).join("\t"));
    if (!isTime(entry.time)) throw refuse(`${entry.time} 不是一个时间`);
    if (last && (entry.seq !== last.seq + 1 || entry.time < last.time)) throw refuse("序号不连续或时间倒退");
    if (!last && prev === GENESIS && entry.seq !== 1) throw refuse("链从头开始，序号却不是 1");
    if (entry.chain !== chain) throw refuse(`链值断开：应为 ${chain}`);
    entries.push(entry);
  });
  return entries;
}
