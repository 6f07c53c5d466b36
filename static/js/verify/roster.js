// The frozen roster and SELECT: one SHA-256 per enterprise, then the lowest tickets of every stratum.
// Long work stops for a moment every few milliseconds, so that the page stays alive and can be told to stop.

import { DrawFileError, before, checkRow, checkText, readHeader, textOf } from "./files.js";
import { Seeded, Sha256, compareWords } from "./sha256.js";

const SLICE_MS = 16;
const IS_ID = /^[0-9A-Z]{1,32}$/;
const clock = () => (typeof performance === "undefined" ? Date.now() : performance.now());

export class Cancelled extends Error {}

// Lets the browser draw and react; a message, because timers are slowed down to 4 ms.
function breathe() {
  return new Promise((resolve) => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => { channel.port1.close(); resolve(); };
    channel.port2.postMessage(0);
  });
}

// Calls `step(from, to)` over 0..count in pieces. work: {progress(share), cancelled()}
export async function inPieces(count, piece, step, work, from = 0, share = 1) {
  let last = clock();
  for (let at = 0; at < count; at += piece) {
    step(at, Math.min(at + piece, count));
    if (clock() - last > SLICE_MS) {
      work.progress?.(from + (share * Math.min(at + piece, count)) / count);
      await breathe();
      if (work.cancelled?.()) throw new Cancelled("已停止");
      last = clock();
    }
  }
  work.progress?.(from + share);
}

export async function digestOf(bytes, work = {}) {
  const hash = new Sha256();
  await inPieces(bytes.length, 1 << 16, (from, to) => hash.update(bytes.subarray(from, to)), {
    cancelled: work.cancelled,
  });
  return hash.hex();
}

// {drawId, ids, needs, strata, stratumOf: index into strata, counts: Map}; refuses what is not exactly a roster.
export async function readRoster(bytes, drawId = null, work = {}) {
  checkText("roster", bytes);
  const lines = textOf(bytes).split("\n");
  lines.pop();
  const [found, count] = readHeader("roster", lines[0], drawId);
  const total = lines.length - 1;
  const ids = new Array(total);
  const needs = new Array(total);
  const stratumOf = new Uint32Array(total);
  const index = new Map();
  const sizes = [];
  const good = new Set();
  let previous = "";
  await inPieces(total, 2048, (from, to) => {
    for (let row = from; row < to; row++) {
      const line = lines[row + 1];
      const first = line.indexOf("\t");
      const second = line.indexOf("\t", first + 1);
      const id = line.slice(0, first);
      const code = line.slice(first + 1, second);
      const need = line.slice(second + 1);
      let at = index.get(code);
      // The whole row is judged once for each stratum and each set of needs, its id always.
      if (second <= first || at === undefined || !good.has(need) || !IS_ID.test(id)) {
        checkRow("roster", row + 2, line);
        good.add(need);
      }
      if (id <= previous) throw new DrawFileError("roster", row + 2, "没有按主体代码升序排列，或代码重复");
      previous = id;
      if (at === undefined) { at = sizes.length; index.set(code, at); sizes.push(0); }
      sizes[at]++;
      ids[row] = id;
      stratumOf[row] = at;
      needs[row] = need;
    }
  }, work, 0, 0.35);
  if (count !== String(total)) throw new DrawFileError("roster", 1, `首行写 ${count} 行，实有 ${total} 行`);
  const strata = [...index.keys()];
  const counts = new Map(strata.map((code, at) => [code, sizes[at]]).sort((a, b) => before(a[0], b[0])));
  return { drawId: found, ids, needs, strata, stratumOf, counts, total };
}

// All tickets of a roster under one seed, to be asked for the order of any stratum.
export class Ranks {
  constructor(roster, seed) {
    this.roster = roster;
    this.seeded = new Seeded(seed);
    this.keys = new Float64Array(roster.total);
    this.rows = new Map(); // stratum -> its rows
    this.sorted = new Map(); // stratum -> its keys ascending
  }

  async hash(work = {}) {
    const { ids, strata, stratumOf, counts, total } = this.roster;
    await inPieces(total, 1024, (from, to) => {
      for (let row = from; row < to; row++) this.keys[row] = this.seeded.first52(`/E/${ids[row]}`);
    }, work, 0.35, 0.65);
    const filled = strata.map(() => 0);
    const rows = strata.map((code) => new Uint32Array(counts.get(code)));
    for (let row = 0; row < total; row++) rows[stratumOf[row]][filled[stratumOf[row]]++] = row;
    strata.forEach((code, at) => {
      this.rows.set(code, rows[at]);
      this.sorted.set(code, Float64Array.from(rows[at], (row) => this.keys[row]).sort());
    });
    return this;
  }

  ticket(row) {
    return this.seeded.hex(`/E/${this.roster.ids[row]}`);
  }

  // By ticket, equal first bits by the whole hash, then by id (rows are in the order of their ids).
  compare(a, b) {
    if (this.keys[a] !== this.keys[b]) return this.keys[a] - this.keys[b];
    const { ids } = this.roster;
    return compareWords(this.seeded.words(`/E/${ids[a]}`), this.seeded.words(`/E/${ids[b]}`)) || a - b;
  }

  // The first `wanted` rows of a stratum, in order.
  first(stratum, wanted) {
    const rows = this.rows.get(stratum);
    const count = rows ? Math.min(wanted, rows.length) : 0;
    if (count <= 0) return [];
    const limit = this.sorted.get(stratum)[count - 1];
    const near = Array.from(rows).filter((row) => this.keys[row] <= limit);
    return near.sort((a, b) => this.compare(a, b)).slice(0, count);
  }

  // {rank, id, ticket, needs} of ranks from..to of a stratum, ranks from 1.
  ranked(stratum, from, to) {
    return this.first(stratum, to).slice(from - 1).map((row, i) => ({
      rank: from + i, row, id: this.roster.ids[row], ticket: this.ticket(row), needs: this.roster.needs[row],
    }));
  }

  // The rank of one row in its stratum, from 1.
  rankOf(row) {
    const rows = this.rows.get(this.roster.strata[this.roster.stratumOf[row]]);
    let rank = 1;
    for (const other of rows) if (other !== row && this.compare(other, row) < 0) rank++;
    return rank;
  }

  // The row of an id, or -1.
  find(id) {
    const { ids } = this.roster;
    let low = 0;
    let high = ids.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      if (ids[middle] === id) return middle;
      if (ids[middle] < id) low = middle + 1; else high = middle - 1;
    }
    return -1;
  }
}
