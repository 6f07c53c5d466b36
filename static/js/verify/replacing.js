// EVENTS: replacements and substitutions in batches, sampling/replacing.py in this language.

import { DrawFileError, before, ticket } from "./files.js";
import { Infeasible, blockedTeams, lacking, teamMembers } from "./matching.js";

// Who is in play right after the draw. picks: [{stratum, id, needs, team}]; crews as from formTeams.
export function startOf(picks, crews) {
  return {
    teamOf: new Map(picks.map((p) => [p.id, p.team])),
    stratumOf: new Map(picks.map((p) => [p.id, p.stratum])),
    needsOf: new Map(picks.map((p) => [p.id, p.needs])),
    used: new Set(picks.map((p) => p.id)),
    out: new Set(),
    seats: crews.seats.map((seat) => ({ ...seat })),
    standby: new Map([...crews.standby].map(([dept, people]) => [dept, [...people]])),
  };
}

const membersNow = (frame, now) => teamMembers({ seats: now.seats }, frame.pool, frame.plan.teams ?? 0);

function enterpriseOut(frame, now, id) {
  if (!now.teamOf.has(id)) return ["-", "-", "-"];
  const stratum = now.stratumOf.get(id);
  const vacated = now.teamOf.get(id);
  now.teamOf.delete(id);
  const called = frame.reserve(stratum).find((ranked) => !now.used.has(ranked.id));
  if (!called) return ["-", "-", "-"];
  let team = vacated;
  if (vacated !== null) {
    const members = membersNow(frame, now);
    const [blocked] = blockedTeams([called], members, frame.recused);
    if (blocked.has(vacated)) {
      const loads = members.map((_, t) => [...now.teamOf.values()].filter((other) => other === t).length);
      const allowed = members.map((_, t) => t).filter((t) => !blocked.has(t));
      if (!allowed.length) {
        throw new Infeasible(`替补主体 ${called.id} 没有任何一队可去：各队都有须回避的人员或缺所需专业`);
      }
      const order = new Map(allowed.map((t) => [t, ticket(frame.seed, "X", called.id, t)]));
      [team] = allowed.sort((a, b) => loads[a] - loads[b] || before(order.get(a), order.get(b)));
    }
  }
  now.teamOf.set(called.id, team);
  now.stratumOf.set(called.id, stratum);
  now.needsOf.set(called.id, called.needs);
  now.used.add(called.id);
  return [called.id, team === null ? "-" : String(team + 1), String(called.rank)];
}

// Whether the team keeps its quotas and may still visit all its enterprises with `candidate` in this seat.
function fits(frame, now, seat, candidate) {
  const team = membersNow(frame, now)[seat.team - 1].filter((person) => person.pid !== seat.pid).concat(candidate);
  for (const quota of frame.plan.quotas) {
    const holders = team.filter((p) => p.dept === quota.dept && p.categories.has(quota.category)).length;
    if (holders < quota.count) return false;
  }
  for (const [id, where] of now.teamOf) {
    if (where !== seat.team - 1) continue;
    if (frame.recused.has(`${candidate.pid}\t${id}`) || lacking(now.needsOf.get(id), team).length) return false;
  }
  return true;
}

function inspectorOut(frame, now, pid) {
  const seat = now.seats.find((each) => each.pid === pid);
  if (!seat) return ["-", "-", "-"];
  const people = new Map(frame.pool.map((person) => [person.pid, person]));
  const waiting = now.standby.get(seat.dept) ?? [];
  const called = waiting.find((s) => !now.out.has(s.pid) && fits(frame, now, seat, people.get(s.pid)));
  if (!called) {
    throw new Infeasible(
      `部门 ${seat.dept} 没有可替补第 ${seat.team} 队第 ${seat.seat} 席（${pid}）的待命人员：` +
        `${waiting.length} 人待命，均须回避、不具备所需专业或已退出`,
    );
  }
  Object.assign(seat, { pid: called.pid, ticket: called.ticket, phase: "-" });
  now.standby.set(seat.dept, waiting.filter((s) => s !== called));
  return [called.pid, String(seat.team), String(seat.seat)];
}

// Applies one batch of [E-OUT | I-OUT, id or pid, reason] to `now`; the rows of events-NNN.tsv.
// frame: {plan, pool, recused, reserve(stratum) -> [{id, rank, needs}], seed}
export function applyBatch(frame, now, batch) {
  const lines = [...batch].sort((a, b) => before(a.join("\t"), b.join("\t")));
  const names = lines.map(([, name]) => name);
  const known = new Set(frame.pool.map((person) => person.pid));
  lines.forEach(([kind, name], i) => {
    const gone = now.out.has(name) || (now.used.has(name) && !now.teamOf.has(name));
    if (names.indexOf(name) !== names.lastIndexOf(name) || gone) {
      throw new DrawFileError("events", i + 2, `${name} 已经退出或重复`);
    }
    if (kind === "I-OUT" ? !known.has(name) : !now.teamOf.has(name) && !frame.inReserve(name)) {
      const among = kind === "I-OUT" ? "备选人员" : "抽取名单与后备";
      throw new DrawFileError("events", i + 2, `${name} 不在${among}之中`);
    }
  });
  for (const [kind, name] of lines) (kind === "E-OUT" ? now.used : now.out).add(name);
  return lines.map(([kind, name, reason]) => [
    kind, name, reason, ...(kind === "E-OUT" ? enterpriseOut : inspectorOut)(frame, now, name),
  ]);
}
