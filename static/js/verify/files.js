// The exact bytes of dr1 files and one strict way to read them: sampling/canonical.py in this language.
// A file is a Uint8Array; whatever differs from the format is refused with file and line, never mended.

import { Seeded, sha256Hex } from "./sha256.js";

const CODE = "(?!-(?![0-9A-Za-z._-]))[0-9A-Za-z._-]{1,32}";
const ID = "[0-9A-Z]{1,32}";
const INT = "(?:0|[1-9][0-9]*)";
const POSITIVE = "[1-9][0-9]*";
const PID = "[0-9a-f]{32}";
const HEX = "[0-9a-f]{64}";
const CODES = `(?:-|${CODE}(?:,${CODE})*)`;
const TEAM = `(?:-|${POSITIVE})`;
const TIME = "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\+08:00";
const EXCLUDE = "industry|after-cutoff|authority|status|no-id|cap";
const E_OUT = "deregistered|revoked|annulled|moved-out|not-in-scope|duplicate|cap";
const I_OUT = "sick|leave|transferred|certificate|recused";

export const whole = (pattern) => new RegExp(`^(?:${pattern})$`);
export const isCode = (text) => IS_CODE.test(text);
export const isHex64 = (text) => IS_HEX.test(text);
const IS_CODE = whole(CODE);
const IS_HEX = whole(HEX);
const IS_TIME = whole(TIME);
const IS_INT = whole(INT);

// kind -> [whole-row pattern, what the row should look like]; blanks stand for TAB
const SHAPES = Object.fromEntries(
  Object.entries({
    roster: [`${ID} ${CODE} ${CODES}`, "主体代码、分层、所需专业（没有写 -）"],
    pool: [`${CODE} ${PID} ${CODES}`, "部门、人员号（32 位小写十六进制）、专业（没有写 -）"],
    recuse: [`${PID} ${ID}`, "人员号、主体代码"],
    exclude: [`${ID} (?:${EXCLUDE})`, `主体代码、原因（${EXCLUDE.replaceAll("|", "/")}）`],
    plan: [
      `group ${CODE} (?:rate ${INT}/${POSITIVE}|total ${INT})|stratum ${CODE} ${CODE} ${INT}` +
        `|dept ${CODE} ${POSITIVE}|quota ${CODE} ${CODE} ${POSITIVE}|teams ${POSITIVE}`,
      "group G rate p/q、group G total n、stratum 分层 G 权重、dept 部门 席位、quota 部门 专业 人数、teams 队数 之一",
    ],
    result: [
      `pick ${CODE} ${POSITIVE} ${ID} ${HEX} ${TEAM}|strat ${CODE} ${INT} ${INT} ${INT}/${POSITIVE}` +
        `|team ${POSITIVE} ${CODE} ${POSITIVE} ${PID} (?:-|${CODE}) ${HEX}`,
      "pick 分层 名次 代码 签值 队、strat 分层 N n x、team 队 部门 席 人员号 轮次 签值 之一",
    ],
    events: [
      `E-OUT ${ID} (?:${E_OUT}) (?:-|${ID}) ${TEAM} (?:-|${POSITIVE})` +
        `|I-OUT ${PID} (?:${I_OUT}) (?:-|${PID}) ${TEAM} (?:-|${POSITIVE})`,
      "E-OUT 代码 原因 替补 队 名次、I-OUT 人员号 原因 替补 队 席 之一",
    ],
    public: [`count ${INT} ${INT}|pick ${ID} ${HEX}`, "count 名单户数 抽中户数、pick 代码 号码 之一"],
    "public-plan": [
      `dept ${CODE} ${POSITIVE}|quota ${CODE} ${CODE} ${POSITIVE}|teams ${POSITIVE}`,
      "dept 部门 席位、quota 部门 专业 人数、teams 队数 之一",
    ],
    log: [`${POSITIVE} ${TIME} [A-Z][A-Z0-9-]{0,31} ${CODE} ${HEX} ${HEX}`, "序号、时间、类型、抽取编号、摘要、链值"],
  }).map(([kind, [pattern, shape]]) => [kind, [whole(pattern.replaceAll(" ", "\\t")), shape]]),
);
const IN_OWN_ORDER = new Set(["log", "public"]);
const CATEGORY_FIELD = { roster: 2, pool: 2 };

// A file is not exactly what the protocol asks. `file`: name without suffix; `line` from 1, null: the file as a whole.
export class DrawFileError extends Error {
  constructor(file, line, reason) {
    super(`${line === null ? `${file}.tsv` : `${file}.tsv 第 ${line} 行`}：${reason}`);
    this.file = file;
    this.line = line;
    this.reason = reason;
  }
}

// Text in quotes as the Python program prints it, so that both say the same.
export function quoted(text) {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const inside = text.replace(/[\\\x00-\x1f\x7f]|'/g, (c) => {
    if (c === "'") return quote === "'" ? "\\'" : c;
    const named = { "\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r" }[c];
    return named ?? `\\x${c.charCodeAt(0).toString(16).padStart(2, "0")}`;
  });
  return quote + inside + quote;
}

const decoder = new TextDecoder("latin1");
const encoder = new TextEncoder();
export const textOf = (bytes) => decoder.decode(bytes);
export const bytesOf = (text) => encoder.encode(text);
export const before = (a, b) => (a < b ? -1 : a > b ? 1 : 0); // code units of ASCII: the order of bytes

function lineAt(bytes, position) {
  let line = 1;
  for (let i = 0; i < position; i++) if (bytes[i] === 10) line++;
  return line;
}

// Refuse BOM, CR, anything outside ASCII and a missing last LF.
export function checkText(file, bytes) {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) {
    throw new DrawFileError(file, 1, "开头有 BOM，应另存为不带 BOM 的文本");
  }
  const cr = bytes.indexOf(13);
  if (cr >= 0) throw new DrawFileError(file, lineAt(bytes, cr), "含回车符 CR，换行应只用 LF");
  for (let i = 0; i < bytes.length; i++) {
    if (bytes[i] > 127) throw new DrawFileError(file, lineAt(bytes, i), "含 ASCII 以外的字符，冻结文件只写代码不写名称");
  }
  if (bytes[bytes.length - 1] !== 10) throw new DrawFileError(file, null, "最后一行之后缺换行 LF，文件可能不完整");
}

export function splitRows(file, bytes) {
  checkText(file, bytes);
  const lines = textOf(bytes).split("\n");
  lines.pop();
  return lines;
}

// [draw id, number of rows] from the first line.
export function readHeader(kind, first, drawId = null) {
  const fields = first.split("\t");
  if (fields.length !== 4 || fields[0] !== "dr1" || fields[1] !== kind || !IS_INT.test(fields[3])) {
    throw new DrawFileError(kind, 1, `首行应为 dr1、${kind}、抽取编号、行数；读到 ${quoted(first.slice(0, 120))}`);
  }
  if (!isCode(fields[2])) throw new DrawFileError(kind, 1, `抽取编号 ${quoted(fields[2])} 不合规`);
  if (drawId !== null && fields[2] !== drawId) throw new DrawFileError(kind, 1, `属于抽取 ${fields[2]}，不是 ${drawId}`);
  return [fields[2], fields[3]];
}

export function checkRow(kind, line, row) {
  const [pattern, shape] = SHAPES[kind];
  if (!pattern.test(row)) {
    throw new DrawFileError(kind, line, `格式不符，应为${shape}，以制表符分隔；读到 ${quoted(row.slice(0, 120))}`);
  }
  const field = CATEGORY_FIELD[kind];
  if (field === undefined || row.endsWith("\t-")) return;
  const codes = row.split("\t")[field].split(",");
  if (codes.some((code, i) => i > 0 && codes[i - 1] >= code)) {
    throw new DrawFileError(kind, line, "专业代码要按字节升序、不重复，用英文逗号相连");
  }
}

// {drawId, rows}: every row as an array of fields, in file order.
export function parse(bytes, kind, drawId = null) {
  const [first, ...lines] = splitRows(kind, bytes);
  const [found, count] = readHeader(kind, first, drawId);
  if (count !== String(lines.length)) throw new DrawFileError(kind, 1, `首行写 ${count} 行，实有 ${lines.length} 行`);
  const own = IN_OWN_ORDER.has(kind);
  let previous = "";
  lines.forEach((line, i) => {
    checkRow(kind, i + 2, line);
    if (!own && line <= previous) throw new DrawFileError(kind, i + 2, "没有按字节升序排列，或与上一行重复");
    previous = line;
  });
  return { drawId: found, rows: lines.map((line) => line.split("\t")) };
}

// The text of a row file from its rows, sorted.
export function write(kind, drawId, rows) {
  const lines = rows.map((row) => row.join("\t")).sort(before);
  return `dr1\t${kind}\t${drawId}\t${lines.length}\n${lines.map((line) => `${line}\n`).join("")}`;
}

// A real moment, written 2026-04-17T09:00:00+08:00.
export function isTime(text) {
  if (!IS_TIME.test(text)) return false;
  const [year, month, day, hour, minute, second] = text.match(/[0-9]+/g).map(Number);
  const days = new Date(Date.UTC(year, month, 0)).getUTCDate();
  const day_ok = month >= 1 && month <= 12 && day >= 1 && day <= (year < 100 ? 28 : days);
  return year >= 1 && day_ok && hour < 24 && minute < 60 && second < 60;
}

export const ticket = (seed, tag, ...parts) => new Seeded(seed).hex(`/${[tag, ...parts].join("/")}`);
export const commit = (drawId, party, nonce) => sha256Hex(`dr1 nonce\n${drawId}\n${party}\n${nonce}\n`);

// The text whose SHA-256 is the seed. values: lines "TYPE VALUE"; nonces: Map party -> hex.
export function seedInput(freezeBytes, values, nonces) {
  const parties = [...nonces.keys()].sort(before);
  return [
    "dr1 seed",
    `freeze ${sha256Hex(freezeBytes)}`,
    ...values.map((value, i) => `entropy ${i + 1} ${value}`),
    ...parties.map((party) => `nonce ${party} ${nonces.get(party)}`),
    "",
  ].join("\n");
}

export function need(files, name) {
  if (!files.has(name)) throw new DrawFileError(name, null, "缺少这个文件");
  return files.get(name);
}

// The first line that differs from the recomputed one.
export function firstDifference(name, found, expected) {
  const have = textOf(found).split("\n");
  const want = expected.split("\n");
  let line = have.findIndex((text, i) => i < want.length && text !== want[i]);
  if (line < 0) line = Math.min(have.length, want.length);
  const told = line < want.length ? quoted(want[line]) : quoted("（到此为止）");
  return new DrawFileError(
    name,
    line + 1,
    `与重算结果不符，应为 ${told}。不是这个文件被改，就是种子的来源（freeze.tsv、entropy.tsv、nonces.tsv）被改`,
  );
}
