// How many from each stratum, in exact integers: sampling/quotas.py in this language. Fractions are pairs of BigInt.

import { DrawFileError, before, parse, ticket } from "./files.js";

const gcd = (a, b) => { while (b) [a, b] = [b, a % b]; return a; };
const lowest = (p, q) => { const d = gcd(p, q) || 1n; return [p / d, q / d]; };
export const fraction = ([p, q]) => `${p}/${q}`;

function twice(codes) {
  return codes.filter((code, i) => codes.indexOf(code) !== i).sort(before)[0];
}

function checkPlan(plan) {
  const refuse = (reason) => new DrawFileError("plan", null, reason);
  for (const [what, codes] of [
    ["分组", plan.groups.map((g) => g.code)],
    ["分层", plan.strata.map((s) => s.code)],
    ["部门", plan.depts.map((d) => d.code)],
    ["专业人数", plan.quotas.map((q) => `${q.dept}/${q.category}`)],
  ]) {
    const code = twice(codes);
    if (code !== undefined) throw refuse(`${what} ${code} 写了两次`);
  }
  const groups = new Set(plan.groups.map((g) => g.code));
  const depts = new Set(plan.depts.map((d) => d.code));
  for (const s of plan.strata) if (!groups.has(s.group)) throw refuse(`分层 ${s.code} 属于未写明的分组 ${s.group}`);
  for (const q of plan.quotas) if (!depts.has(q.dept)) throw refuse(`专业人数 ${q.category} 属于未写明的部门 ${q.dept}`);
  if ((plan.teams === null) !== (plan.depts.length === 0)) throw refuse("部门与队数要么都写，要么都不写");
}

// {drawId, groups, strata, depts, quotas, teams}, everything by code; teams null without teams.
export function readPlan(bytes, drawId = null) {
  const parsed = parse(bytes, "plan", drawId);
  const plan = { drawId: parsed.drawId, groups: [], strata: [], depts: [], quotas: [], teams: null };
  let teams = 0;
  parsed.rows.forEach((row, i) => {
    if (row[0] === "group" && row[2] === "total") plan.groups.push({ code: row[1], rate: null, total: BigInt(row[3]) });
    else if (row[0] === "group") {
      const [p, q] = row[3].split("/").map(BigInt);
      if (p > q) throw new DrawFileError("plan", i + 2, `分组 ${row[1]} 的比例 ${row[3]} 大于 1`);
      plan.groups.push({ code: row[1], rate: [p, q], total: null });
    } else if (row[0] === "stratum") plan.strata.push({ code: row[1], group: row[2], weight: BigInt(row[3]) });
    else if (row[0] === "dept") plan.depts.push({ code: row[1], seats: Number(row[2]) });
    else if (row[0] === "quota") plan.quotas.push({ dept: row[1], category: row[2], count: Number(row[3]) });
    else { plan.teams = Number(row[1]); teams++; }
  });
  if (teams > 1) throw new DrawFileError("plan", null, "队数（teams）写了两次");
  plan.groups.sort((a, b) => before(a.code, b.code));
  plan.strata.sort((a, b) => before(a.code, b.code));
  plan.depts.sort((a, b) => before(a.code, b.code));
  plan.quotas.sort((a, b) => before(a.dept, b.dept) || before(a.category, b.category));
  checkPlan(plan);
  return plan;
}

// How many the group draws: ceil(p N / q), at most what has a weight; or its total.
export function groupNumber(group, sizes, weights) {
  const drawable = sizes.reduce((sum, size, h) => (weights[h] > 0n ? sum + size : sum), 0n);
  if (group.rate) {
    const [p, q] = group.rate;
    const all = sizes.reduce((sum, size) => sum + size, 0n);
    const number = (p * all + q - 1n) / q;
    return number < drawable ? number : drawable;
  }
  if (group.total > drawable) {
    const reason = `分组 ${group.code} 要抽 ${group.total} 家，可抽的只有 ${drawable} 家。请减少总数或扩大范围`;
    throw new DrawFileError("plan", null, reason);
  }
  return group.total;
}

// Capped proportional shares x_h: the exact water-filling solution.
export function shares(number, sizes, weights) {
  const result = sizes.map(() => [0n, 1n]);
  let active = sizes.map((_, h) => h).filter((h) => sizes[h] * weights[h] > 0n);
  let rest = number;
  while (active.length && rest) {
    const mass = active.reduce((sum, h) => sum + weights[h] * sizes[h], 0n);
    const full = new Set(active.filter((h) => rest * weights[h] >= mass));
    if (!full.size) {
      for (const h of active) result[h] = lowest(rest * weights[h] * sizes[h], mass);
      break;
    }
    for (const h of full) {
      result[h] = [sizes[h], 1n];
      rest -= sizes[h];
    }
    active = active.filter((h) => !full.has(h));
  }
  return result;
}

// Systematic rounding: n_h = floor(U + x_1+..+x_h) - floor(U + x_1+..+x_{h-1}).
export function roundShares(expected, uniform) {
  let [p, q] = uniform;
  let beforeIt = 0n;
  return expected.map(([a, b]) => {
    [p, q] = lowest(p * b + a * q, q * b);
    const now = p / q;
    const drawn = now - beforeIt;
    beforeIt = now;
    return Number(drawn);
  });
}

export const roundingNumber = (seed, group) => lowest(BigInt(`0x${ticket(seed, "R", group)}`), 2n ** 256n);

// [{stratum, size, drawn, expected, group}] by code. counts: Map stratum -> rows.
export function allocate(plan, counts, seed) {
  const known = new Set(plan.strata.map((s) => s.code));
  const unknown = [...counts.keys()].filter((code) => !known.has(code)).sort(before);
  if (unknown.length) throw new DrawFileError("roster", null, `分层 ${unknown.join("、")} 不在 plan.tsv 中`);
  const all = [];
  for (const group of plan.groups) {
    const cells = plan.strata.filter((s) => s.group === group.code);
    const sizes = cells.map((cell) => BigInt(counts.get(cell.code) ?? 0));
    const weights = cells.map((cell) => cell.weight);
    const expected = shares(groupNumber(group, sizes, weights), sizes, weights);
    const drawn = roundShares(expected, roundingNumber(seed, group.code));
    cells.forEach((cell, h) => {
      all.push({ stratum: cell.code, group: group.code, size: Number(sizes[h]), drawn: drawn[h], expected: expected[h] });
    });
  }
  return all.sort((a, b) => before(a.stratum, b.stratum));
}
