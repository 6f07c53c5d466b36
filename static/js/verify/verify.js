// A folder of published files, checked from nothing but itself: sampling/verifying.py in this language, told as four
// lights. The verdict line and the sentence after FAILED are those of the Python program.

import { DrawFileError, before, bytesOf, firstDifference, parse, seedInput } from "./files.js";
import { readEntropy, readFreeze, readLog, readNonces } from "./freezing.js";
import { checkTickets, compute, eventNames, publicPlanText, publicText, readPublic, replay } from "./outcome.js";
import { Cancelled, digestOf, readRoster } from "./roster.js";
import { Seeded, sha256Hex } from "./sha256.js";

export { Cancelled };

const WHOLE = ["freeze", "plan", "pool", "recuse", "roster", "entropy", "result"];
const FROZEN = ["plan", "pool", "recuse", "roster"];
export const LIST = 0;
export const SEED = 1;
export const DRAW = 2;
export const LOG = 3;

export function lightOf(file) {
  if (["freeze", "exclude", ...FROZEN].includes(file)) return LIST;
  if (file === "entropy" || file === "nonces") return SEED;
  return file === "result" || file.startsWith("public") || file.startsWith("events-") ? DRAW : LOG;
}

export class StepError extends Error {
  constructor(step, message) {
    super(message.startsWith(step) ? message : `${step}：${message}`);
    this.file = step;
  }
}

class Check {
  constructor(files, options) {
    this.files = files;
    this.options = options;
    this.problems = []; // {order, light, error}: `order` is where the Python program would meet it
    this.found = { files, digests: new Map(), entries: [], seed: "", batches: 0, outcome: null, shown: null, void: null };
  }

  // Runs one step; a wrong file becomes a problem of `light` and the answer is undefined.
  async step(order, light, run) {
    try {
      return await run();
    } catch (error) {
      if (error instanceof Cancelled || error instanceof TypeError || error instanceof RangeError) throw error;
      this.problems.push({ order, light: light ?? lightOf(error.file ?? ""), error });
      return undefined;
    }
  }

  wrong(light) {
    return this.problems.some((problem) => problem.light === light);
  }

  async run() {
    const { files, found } = this;
    const whole = files.has("result") || files.has("roster") || !(files.has("public") || files.has("log"));
    found.mode = whole ? "whole" : files.has("public") ? "public" : "early";
    const needed = { whole: WHOLE, public: ["freeze", "entropy", "log"], early: ["freeze", "log"] }[found.mode];
    for (const [i, name] of needed.entries()) {
      await this.step(i / 100, null, () => {
        if (!files.has(name)) throw new DrawFileError(name, null, "缺少这个文件");
      });
    }
    found.freeze = files.has("freeze") ? await this.step(2, LIST, () => readFreeze(files.get("freeze"))) : undefined;
    if (found.freeze) {
      for (const [name, bytes] of files) {
        found.digests.set(name, bytes.length > 65536 ? await digestOf(bytes, this.options) : sha256Hex(bytes));
      }
      await this.log();
      await (whole ? this.whole() : this.part());
    }
    return this.report();
  }

  // The chain, the records it seals, and the head that was noted down elsewhere.
  async log() {
    const { files, found } = this;
    if (!files.has("log")) return;
    const entries = await this.step(3, LOG, () => readLog(files.get("log"), found.freeze.drawId, found.freeze.prev));
    if (!entries) return;
    found.entries = entries;
    const own = entries.filter((entry) => entry.drawId === found.freeze.drawId);
    await this.step(3, LOG, () => {
      if (own[0]?.type !== "FREEZE") throw new DrawFileError("log", 2, "这次抽取的第一条记录应为 FREEZE");
    });
    for (const [i, entry] of own.entries()) {
      const name = entry.type.toLowerCase();
      await this.step(3 + (i + 1) / 1e6, null, () => {
        if (files.has(name) && found.digests.get(name) !== entry.digest) {
          const what = `摘要与记录链第 ${entry.seq} 条（${entry.type}）不符，应为 ${entry.digest}`;
          throw new DrawFileError(name, null, what);
        }
        if (entry.type === "ENTROPY" && entry.time < found.freeze.notBefore) {
          throw new DrawFileError("log", null, `随机数在 not-before（${found.freeze.notBefore}）之前就已记录`);
        }
      });
    }
    found.void = own.find((entry) => entry.type === "VOID") ?? null;
    if (this.options.head) await this.step(4, LOG, () => this.head(this.options.head));
  }

  head(noted) {
    const { entries, freeze } = this.found;
    const parts = /^(0|[1-9][0-9]{0,14}):([0-9a-f]{64})$/.exec(noted);
    if (!parts) throw new StepError("--head", `应写成 序号:链值（64 位小写十六进制），读到 '${noted.slice(0, 100)}'`);
    if (!entries.length) throw new DrawFileError("log", null, "没有这个文件，无法与留存的链首对照");
    const number = Number(parts[1]);
    const known = new Map([[entries[0].seq - 1, freeze.prev], ...entries.map((entry) => [entry.seq, entry.chain])]);
    if (!known.has(number)) {
      const range = `第 ${entries[0].seq} 到第 ${entries[entries.length - 1].seq} 条`;
      throw new DrawFileError("log", null, `只有${range}，无法与留存的第 ${number} 条对照`);
    }
    if (known.get(number) !== parts[2]) {
      const both = `留存 ${parts[2]}，文件 ${known.get(number)}`;
      throw new DrawFileError("log", null, `第 ${number} 条的链值与留存的链首不符：${both}。记录被整体改写过`);
    }
  }

  // The files of the freeze are the ones at hand.
  async frozen() {
    const { files, found } = this;
    const frozen = new Map(found.freeze.files.map((file) => [file.name, file]));
    let order = 6;
    const look = (run) => this.step((order += 1e-4), LIST, run);
    for (const name of FROZEN) {
      await look(() => { if (!frozen.has(name)) throw new DrawFileError("freeze", null, `没有列出 ${name}.tsv`); });
    }
    for (const [name, { digest, size }] of frozen) {
      await look(() => {
        if (!files.has(name) && name !== "exclude") throw new DrawFileError(name, null, "冻结清单列有这个文件，却没有提供");
        if (files.has(name) && (found.digests.get(name) !== digest || files.get(name).length !== size)) {
          const now = `${found.digests.get(name)}（${files.get(name).length} 字节）`;
          throw new DrawFileError(name, null, `冻结后被改动：freeze.tsv 所列摘要为 ${digest}（${size} 字节），现为 ${now}`);
        }
      });
    }
    await look(() => {
      if (files.has("exclude") && !frozen.has("exclude")) {
        throw new DrawFileError("exclude", null, "冻结清单没有列出这个文件");
      }
    });
  }

  // Entropy and nonces to the seed.
  async seed() {
    const { files, found } = this;
    const { freeze } = found;
    if (!files.has("entropy")) return;
    found.values = await this.step(8, SEED, () => readEntropy(files.get("entropy"), freeze.entropy));
    found.nonces = new Map();
    if (files.has("nonces") && (freeze.nonces.length || found.mode !== "whole")) {
      found.nonces = await this.step(8.1, SEED, () => readNonces(files.get("nonces"), freeze));
    } else if (freeze.nonces.length && found.mode !== "early") {
      await this.step(8.1, SEED, () => { throw new DrawFileError("nonces", null, "缺少这个文件"); });
    }
    if (!found.values || !found.nonces || found.nonces.size !== freeze.nonces.length) return;
    found.seedInput = seedInput(files.get("freeze"), found.values, found.nonces);
    found.seed = sha256Hex(found.seedInput);
    const { shownSeed } = this.options;
    if (!shownSeed || shownSeed === found.seed) return;
    await this.step(8.2, SEED, () => {
      throw new StepError("种子", `抽取页面上写的是 ${shownSeed}，由公布的文件算出的是 ${found.seed}`);
    });
  }

  async whole() {
    const { files, found } = this;
    const roster = files.has("roster") ? await this.step(5, LIST, () => this.roster()) : undefined;
    found.roster = roster;
    await this.frozen();
    await this.seed();
    if (!roster || !found.seed || this.wrong(LIST) || this.wrong(SEED)) return;
    const outcome = await this.step(9, DRAW, () => compute(files, roster, found.seed, this.options));
    if (!outcome) return;
    found.outcome = outcome;
    if (outcome.stopped && !files.has("void")) {
      await this.step(10, DRAW, () => { throw new StepError("分队与配对", outcome.stopped.message); });
    }
    if (files.has("result")) {
      await this.step(11, DRAW, () => {
        const same = sha256Hex(outcome.result) === found.digests.get("result");
        if (!same) throw firstDifference("result", files.get("result"), outcome.result);
      });
    }
    await this.step(12, LIST, () => this.exclusions(roster));
    await this.beside(outcome);
    found.batches = eventNames(files).length;
    if (found.batches) await this.step(14, DRAW, () => this.events(outcome));
  }

  async roster() {
    const { files, found } = this;
    try {
      return await readRoster(files.get("roster"), found.freeze.drawId, this.options);
    } catch (error) {
      if (!(error instanceof DrawFileError)) throw error;
      const frozen = found.freeze.files.find((file) => file.name === "roster");
      const changed = found.digests.get("roster") !== frozen?.digest ? "冻结后被改动：" : "";
      throw new DrawFileError("roster", error.line, changed + error.reason);
    }
  }

  exclusions(roster) {
    if (!this.files.has("exclude")) return;
    const excluded = new Set(parse(this.files.get("exclude"), "exclude", roster.drawId).rows.map(([id]) => id));
    const both = roster.ids.filter((id) => excluded.has(id)).sort(before);
    if (both.length) throw new DrawFileError("exclude", null, `${both[0]} 既在名单中又在排除清单中`);
  }

  // public.tsv and public-plan.tsv, where they lie beside the whole files, say the same as those.
  async beside(outcome) {
    const { files, found } = this;
    for (const [name, make] of [["public", () => publicText(outcome)], ["public-plan", () => publicPlanText(files)]]) {
      if (!files.has(name)) continue;
      await this.step(13, DRAW, () => {
        const text = make();
        if (sha256Hex(text) !== found.digests.get(name)) throw firstDifference(name, files.get(name), text);
      });
    }
  }

  events(outcome) {
    try {
      this.found.standing = replay(this.files, outcome);
    } catch (error) {
      if (error instanceof DrawFileError) throw error;
      throw new StepError("分队与配对", error.message);
    }
  }

  // What can be checked without roster and result.
  async part() {
    const { files, found } = this;
    if (files.has("public-plan")) {
      await this.step(7, DRAW, () => {
        const { rows } = parse(files.get("public-plan"), "public-plan", found.freeze.drawId);
        if (rows.filter(([kind]) => kind === "teams").length > 1) {
          throw new DrawFileError("public-plan", null, "队数（teams）写了两次");
        }
      });
    }
    await this.seed();
    if (!files.has("public")) return;
    found.shown = await this.step(9, DRAW, () => readPublic(files.get("public"), found.freeze.drawId));
    if (found.shown && found.seed && !this.wrong(SEED)) await this.step(11, DRAW, () => checkTickets(found.shown, new Seeded(found.seed)));
  }

  report() {
    const { found, problems } = this;
    problems.sort((a, b) => a.order - b.order);
    const first = problems[0]?.error ?? null;
    const partial = found.mode !== "whole";
    const count = partial ? (found.shown?.picks.length ?? 0) : (found.outcome?.picks.length ?? 0);
    const good = partial ? `PARTIAL ${count} tickets` : `VERIFIED ${count} picks`;
    const own = found.entries.filter((entry) => entry.drawId === found.freeze?.drawId);
    return {
      ...found,
      problems,
      error: first,
      ok: !first,
      partial,
      count,
      verdict: first ? `FAILED ${first.message}` : good,
      drawn: own.some((entry) => entry.type === "RESULT"),
      head: this.options.head ?? "",
      ticketOf: (id) => new Seeded(found.seed).hex(`/E/${id}`),
      audit: own.filter((entry) => entry.type === "AUDIT").pop() ?? null,
    };
  }
}

// files: Map name without suffix -> Uint8Array. options: {head: "SEQ:CHAIN", shownSeed: the seed that was told beside the
// files, progress(share), cancelled()}.
// Never fails for a wrong file: the report says what is wrong. Throws Cancelled when told to stop.
export function verify(files, options = {}) {
  const wanted = [...files].filter(([name]) => name !== "names").sort((a, b) => before(a[0], b[0]));
  return new Check(new Map(wanted), options).run();
}

// The report of the same files under other digits: the last digit of the first source replaced by `digit`.
export async function redraw(report, position, digit, options = {}) {
  const [kind, digits] = report.values[0].split(" ");
  const changed = `${kind} ${digits.slice(0, position)}${digit}${digits.slice(position + 1)}`;
  const values = [changed, ...report.values.slice(1)];
  const seed = sha256Hex(bytesOf(seedInput(report.files.get("freeze"), values, report.nonces)));
  if (report.outcome) return { seed, values, outcome: await compute(report.files, report.roster, seed, options) };
  return { seed, values, outcome: null };
}
