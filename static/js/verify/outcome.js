// The whole draw from its files, and the events since: sampling/outcome.py in this language.

import { DrawFileError, before, firstDifference, need, parse, textOf, write } from "./files.js";
import { Infeasible, formTeams, match, readPool, teamMembers } from "./matching.js";
import { allocate, fraction, readPlan } from "./quotas.js";
import { applyBatch, startOf } from "./replacing.js";
import { Ranks } from "./roster.js";

export function recusedPairs(files, drawId) {
  if (!files.has("recuse")) return new Set();
  return new Set(parse(files.get("recuse"), "recuse", drawId).rows.map((row) => row.join("\t")));
}

function resultText(drawId, strata, picks, seats) {
  const lines = [
    ...picks.map((p) => `pick\t${p.stratum}\t${p.rank}\t${p.id}\t${p.ticket}\t${p.team === null ? "-" : p.team + 1}`),
    ...strata.map((a) => `strat\t${a.stratum}\t${a.size}\t${a.drawn}\t${fraction(a.expected)}`),
    ...seats.map((s) => `team\t${s.team}\t${s.dept}\t${s.seat}\t${s.pid}\t${s.phase}\t${s.ticket}`),
  ].sort(before);
  return `dr1\tresult\t${drawId}\t${lines.length}\n${lines.map((line) => `${line}\n`).join("")}`;
}

// {drawId, seed, plan, strata, picks, ranks, crews, branch, result: text, stopped: Infeasible | null}
// roster: as from readRoster. A draw that cannot be matched has its picks without teams, and says why in `stopped`.
export async function compute(files, roster, seed, work = {}) {
  const plan = readPlan(need(files, "plan"), roster.drawId);
  const strata = allocate(plan, roster.counts, seed);
  const ranks = await new Ranks(roster, seed).hash(work);
  const picks = strata.flatMap((a) =>
    ranks.ranked(a.stratum, 1, a.drawn).map((ranked) => ({ stratum: a.stratum, ...ranked, team: null })),
  );
  let crews = { seats: [], standby: new Map() };
  let branch = "none";
  let stopped = null;
  if (plan.teams !== null) {
    const pool = readPool(need(files, "pool"), plan.drawId);
    try {
      crews = formTeams(plan, pool, seed);
      const members = teamMembers(crews, pool, plan.teams);
      const [places, used] = match(picks, members, recusedPairs(files, plan.drawId), seed);
      branch = used;
      places.forEach((team, i) => { picks[i].team = team; });
    } catch (error) {
      if (!(error instanceof Infeasible)) throw error;
      crews = { seats: [], standby: new Map() };
      stopped = error;
    }
  }
  const result = resultText(plan.drawId, strata, picks, crews.seats);
  return { drawId: plan.drawId, seed, plan, strata, picks, ranks, crews, branch, result, stopped };
}

export const eventNames = (files) => [...files.keys()].filter((name) => /^events-[0-9]{3}$/.test(name)).sort(before);

// The reserve of a stratum a little deeper each time it is asked: most draws need the first few only.
function reserveOf(outcome) {
  const drawn = new Map(outcome.strata.map((a) => [a.stratum, a]));
  const kept = new Map();
  return (stratum) => {
    if (!kept.has(stratum)) {
      const { drawn: n, size } = drawn.get(stratum);
      kept.set(stratum, outcome.ranks.ranked(stratum, n + 1, size));
    }
    return kept.get(stratum);
  };
}

// Checks every events-NNN file against what its triggers give; returns who stands now.
export function replay(files, outcome) {
  const drawId = outcome.drawId;
  const pool = files.has("pool") ? readPool(files.get("pool"), drawId) : [];
  const picked = new Set(outcome.picks.map((p) => p.id));
  const frame = {
    plan: outcome.plan, pool, seed: outcome.seed, recused: recusedPairs(files, drawId), reserve: reserveOf(outcome),
    inReserve: (id) => outcome.ranks.find(id) >= 0 && !picked.has(id),
  };
  const now = startOf(outcome.picks, outcome.crews);
  eventNames(files).forEach((name, i) => {
    const wanted = `events-${String(i + 1).padStart(3, "0")}`;
    if (name !== wanted) throw new DrawFileError(name, null, `事项文件应从 events-001 起连续编号，缺 ${wanted}`);
    let rows;
    try {
      const batch = parse(files.get(name), "events", drawId).rows.map((row) => row.slice(0, 3));
      rows = applyBatch(frame, now, batch);
    } catch (error) {
      if (error instanceof DrawFileError) throw new DrawFileError(name, error.line, error.reason);
      throw error;
    }
    const expected = write("events", drawId, rows);
    if (expected !== textOf(files.get(name))) throw firstDifference(name, files.get(name), expected);
  });
  return now;
}

// public.tsv and public-plan.tsv, strictly; see sampling/public.py.
export function readPublic(bytes, drawId) {
  const parsed = parse(bytes, "public", drawId);
  const refuse = (line, reason) => new DrawFileError("public", line, reason);
  if (!parsed.rows.length || parsed.rows[0][0] !== "count") throw refuse(2, "第一行数据应为 count、名单户数、抽中户数");
  const [, total, drawn] = parsed.rows[0];
  const picks = [];
  const seen = new Set();
  parsed.rows.slice(1).forEach((row, i) => {
    if (row[0] !== "pick") throw refuse(i + 3, "count 行只能有一行");
    const [, id, ticket] = row;
    const last = picks[picks.length - 1];
    if (last && (before(ticket, last.ticket) || before(id, last.id)) <= 0) {
      throw refuse(i + 3, "没有按号码升序排列，或与上一行重复");
    }
    if (seen.has(id)) throw refuse(i + 3, `${id} 出现了两次`);
    seen.add(id);
    picks.push({ id, ticket });
  });
  if (drawn !== String(picks.length) || picks.length > Number(total)) {
    throw refuse(2, `count 写抽中 ${drawn} 家、名单 ${total} 家，实有 ${picks.length} 家抽中`);
  }
  return { total: Number(total), picks };
}

export function checkTickets(shown, seeded) {
  shown.picks.forEach(({ id, ticket }, i) => {
    const expected = seeded.hex(`/E/${id}`);
    if (ticket === expected) return;
    throw new DrawFileError(
      "public",
      i + 3,
      `${id} 的号码与重算结果不符，应为 ${expected}。` +
        "不是这个文件被改，就是种子的来源（freeze.tsv、entropy.tsv、nonces.tsv）被改",
    );
  });
}

export function publicText(outcome) {
  const picks = [...outcome.picks].sort((a, b) => before(a.ticket, b.ticket) || before(a.id, b.id));
  const lines = [
    `count\t${outcome.ranks.roster.total}\t${picks.length}`, ...picks.map((p) => `pick\t${p.id}\t${p.ticket}`),
  ];
  return `dr1\tpublic\t${outcome.drawId}\t${lines.length}\n${lines.map((line) => `${line}\n`).join("")}`;
}

export function publicPlanText(files) {
  const { drawId, rows } = parse(files.get("plan"), "plan");
  return write("public-plan", drawId, rows.filter(([kind]) => kind === "dept" || kind === "quota" || kind === "teams"));
}

