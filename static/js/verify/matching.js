// TEAMS and MATCH: sampling/matching.py in this language. Teams count from 0 inside, from 1 in seats and messages.

import { before, parse } from "./files.js";
import { Seeded, compareWords } from "./sha256.js";

const ATTEMPTS = 4096;

// The draw cannot be finished as planned; the message says why, with codes.
export class Infeasible extends Error {
  constructor(message, picks = null) {
    super(message);
    this.picks = picks;
  }
}

// [{dept, pid, categories: Set}]
export function readPool(bytes, drawId = null) {
  return parse(bytes, "pool", drawId).rows.map(([dept, pid, codes]) => ({
    dept, pid, categories: new Set(codes === "-" ? [] : codes.split(",")),
  }));
}

function short(dept, category, needed, free) {
  const what = category ? `具备专业 ${category} 的人员` : "人员";
  return new Infeasible(`部门 ${dept} 还需要 ${needed} 名${what}，可分配的只有 ${free} 名。请补充人员、降低要求或减少队数`);
}

const range = (n) => Array.from({ length: n }, (_, i) => i);

// {seats: [{team, dept, seat, pid, phase, ticket}], standby: Map dept -> [{pid, ticket}]}
export function formTeams(plan, pool, seed) {
  const seeded = new Seeded(seed);
  const teams = range(plan.teams ?? 0);
  const taken = [];
  const standby = new Map();
  for (const dept of plan.depts) {
    const free = new Map(pool.filter((person) => person.dept === dept.code).map((person) => [person.pid, person]));
    const members = teams.map(() => []);
    const give = (todo, phase, candidates) => {
      const order = candidates
        .map((person) => [seeded.hex(`/I/${dept.code}/${phase}/${person.pid}`), person.pid])
        .sort((a, b) => before(a[0], b[0]) || before(a[1], b[1]));
      if (order.length < todo.length) throw short(dept.code, phase === "-" ? null : phase, todo.length, order.length);
      todo.forEach((team, i) => {
        const [drawn, pid] = order[i];
        const person = free.get(pid);
        free.delete(pid);
        members[team].push(person);
        taken.push({ team, phase, person, drawn });
      });
      return order.slice(todo.length);
    };
    for (const quota of plan.quotas.filter((q) => q.dept === dept.code)) {
      const holders = members.map((people) => people.filter((p) => p.categories.has(quota.category)).length);
      const todo = range(quota.count).flatMap((r) => teams.filter((t) => holders[t] <= r));
      give(todo, quota.category, [...free.values()].filter((p) => p.categories.has(quota.category)));
    }
    const todo = range(dept.seats).flatMap((r) => teams.filter((t) => members[t].length <= r));
    standby.set(dept.code, give(todo, "-", [...free.values()]).map(([drawn, pid]) => ({ pid, ticket: drawn })));
  }
  const seats = teams.flatMap((team) =>
    taken.filter((entry) => entry.team === team).map(({ phase, person, drawn }, i) => ({
      team: team + 1, dept: person.dept, seat: i + 1, pid: person.pid, phase, ticket: drawn,
    })),
  );
  return { seats, standby };
}

export function teamMembers(crews, pool, teams) {
  const people = new Map(pool.map((person) => [person.pid, person]));
  const members = range(teams).map(() => []);
  for (const seat of crews.seats) members[seat.team - 1].push(people.get(seat.pid));
  return members;
}

// The categories of `needs` that nobody in the team holds.
export function lacking(needs, members) {
  return needs === "-" ? [] : needs.split(",").filter((c) => !members.some((person) => person.categories.has(c)));
}

// For each {id, needs} the Set of teams it must not go to. recused: Set "pid TAB id".
export function blockedTeams(drawn, members, recused) {
  const teamOf = new Map(members.flatMap((people, team) => people.map((person) => [person.pid, team])));
  const blocked = new Map();
  for (const pair of recused) {
    const [pid, id] = pair.split("\t");
    if (!teamOf.has(pid)) continue;
    if (!blocked.has(id)) blocked.set(id, new Set());
    blocked.get(id).add(teamOf.get(pid));
  }
  const without = new Map();
  return drawn.map(({ id, needs }) => {
    if (!without.has(needs)) without.set(needs, range(members.length).filter((t) => lacking(needs, members[t]).length));
    return new Set([...(blocked.get(id) ?? []), ...without.get(needs)]);
  });
}

function byHash(seeded, prefix, teams) {
  const digests = range(teams).map((t) => seeded.words(`${prefix}${t}`));
  return range(teams).sort((a, b) => compareWords(digests[a], digests[b]) || a - b);
}

function dealBlock(seeded, number, block, teams) {
  if (block.some((forbidden) => forbidden.size === teams)) return null;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const order = byHash(seeded, `/M/${number}/${attempt}/`, teams);
    if (block.every((forbidden, j) => !forbidden.has(order[j]))) return order.slice(0, block.length);
  }
  return null;
}

// GLOBAL: augmenting paths over all drawn enterprises, loads at most `cap`.
class Fallback {
  constructor(seeded, ids, forbidden, teams) {
    this.preference = ids.map((id, i) => byHash(seeded, `/G/${id}/`, teams).filter((t) => !forbidden[i].has(t)));
    this.team = ids.map(() => null);
    this.load = range(teams).map(() => []);
  }

  // Breadth first from one enterprise: null when assigned, else [enterprises reached, teams reached].
  search(start, cap) {
    const cameFrom = new Map();
    const reached = [start];
    const queue = [start];
    for (let head = 0; head < queue.length; head++) {
      for (const team of this.preference[queue[head]]) {
        if (cameFrom.has(team)) continue;
        cameFrom.set(team, queue[head]);
        if (this.load[team].length < cap) {
          this.augment(team, cameFrom);
          return null;
        }
        queue.push(...this.load[team]);
        reached.push(...this.load[team]);
      }
    }
    return [reached, [...cameFrom.keys()]];
  }

  augment(team, cameFrom) {
    for (let to = team; to !== null;) {
      const enterprise = cameFrom.get(to);
      const from = this.team[enterprise];
      this.team[enterprise] = to;
      this.load[to].push(enterprise);
      this.load[to].sort((a, b) => a - b);
      if (from !== null) this.load[from] = this.load[from].filter((other) => other !== enterprise);
      to = from;
    }
  }

  run() {
    const number = this.team.length;
    const teams = this.load.length;
    let stuck = null;
    for (const cap of [Math.floor(number / teams), Math.ceil(number / teams)]) {
      stuck = null;
      for (let enterprise = 0; enterprise < number; enterprise++) {
        if (this.team[enterprise] !== null) continue;
        const failed = this.search(enterprise, cap);
        if (failed && !stuck) stuck = [cap, ...failed];
      }
    }
    return stuck;
  }
}

// The Hall set in words. `teams` from 0 are those that the enterprises `drawn` can go to.
function whyNot(drawn, teams, cap, members, recused) {
  const counts = new Map();
  for (const { id, needs } of drawn) {
    for (const team of range(members.length).filter((t) => !teams.includes(t))) {
      const reasons = members[team].filter((p) => recused.has(`${p.pid}\t${id}`)).map((p) => `pid\t${p.pid}`);
      reasons.push(...lacking(needs, members[team]).map((category) => `category\t${category}`));
      for (const reason of reasons) {
        if (!counts.has(reason)) counts.set(reason, { pairs: 0, example: [id, team + 1] });
        counts.get(reason).pairs++;
      }
    }
  }
  const blockers = [...counts].sort((a, b) => b[1].pairs - a[1].pairs || before(a[0], b[0])).slice(0, 5);
  const places = [...teams].sort((a, b) => a - b).map((team) => team + 1).join("、");
  const names = drawn.map(({ id }) => id);
  let text = teams.length
    ? `这 ${names.length} 家（${names.join("、")}）只能由第 ${places} 队检查，而合计只容得下 ${cap * teams.length} 家（每队 ${cap} 家）。`
    : `${names.join("、")} 没有任何一队可去。`;
  const lift = blockers.map(([reason, { pairs, example }]) => {
    const [kind, value] = reason.split("\t");
    const what = kind === "pid" ? `人员 ${value} 的回避` : `专业 ${value} 的需要`;
    return `${what}（挡住 ${pairs} 对，如 ${example[0]} 与第 ${example[1]} 队）`;
  });
  text += lift.length ? `可解除其一：${lift.join("；")}；或增加队数。` : "请增加队数。";
  return new Infeasible(text);
}

// [team of each drawn enterprise from 0, "block" | "global"]. drawn: [{id, needs}] by (stratum, ticket, id).
export function match(drawn, members, recused, seed) {
  const seeded = new Seeded(seed);
  const teams = members.length;
  const forbidden = blockedTeams(drawn, members, recused);
  const dealt = [];
  let number = 0;
  for (let start = 0; start < drawn.length; start += teams, number++) {
    const order = dealBlock(seeded, number, forbidden.slice(start, start + teams), teams);
    if (!order) break;
    dealt.push(...order);
  }
  if (dealt.length === drawn.length) return [dealt, "block"];
  const fallback = new Fallback(seeded, drawn.map(({ id }) => id), forbidden, teams);
  const stuck = fallback.run();
  if (stuck) {
    const [cap, reached, around] = stuck;
    throw whyNot([...reached].sort((a, b) => a - b).map((e) => drawn[e]), around, cap, members, recused);
  }
  return [fallback.team, "global"];
}

