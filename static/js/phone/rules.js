// The rules of inspections/site_rules.py, read on the phone: the page hands the table over (`site`), this asks it. What the rules are
// asked of is made here as inspections/site_facts.py makes it; a test feeds both the same cases.

const blank = (fact) => (typeof fact === "string" ? !fact.trim() : Array.isArray(fact) ? !fact.length : !fact);

function holds([name, test, value], facts) {
  const fact = facts[name];
  if (test === "filled") return !blank(fact);
  if (test === "empty") return blank(fact);
  if (test === "is") return fact === value;
  if (test === "in") return value.includes(fact);
  if (test === "min") return fact >= value;
  const among = fact.some((one) => value.includes(one));
  return test === "has" ? among : !among;
}

const applies = (rule, facts) => rule.when.every((clause) => holds(clause, facts));
const kept = (rule, facts) => rule.need.some((clause) => holds(clause, facts));
const words = (text, facts) => text.replace(/\{(\w+)\}/g, (_, name) => String(facts[name]));
const of = (site, scope) => site.rules.filter((rule) => rule.scope === scope);

// [{field, text}] of everything a scope misses.
export const broken = (site, scope, facts) =>
  of(site, scope)
    .filter((rule) => applies(rule, facts) && !kept(rule, facts))
    .map((rule) => ({ field: rule.field, text: words(rule.text, facts), why: words(rule.why, facts) }));

// Field → 必填, or 二选一 while neither of two is filled; what is not named is 选填.
export function demands(site, scope, facts) {
  const found = {};
  for (const rule of of(site, scope).filter((one) => applies(one, facts))) {
    const ways = rule.need.filter((clause) => clause[1] === "filled");
    const done = ways.filter((clause) => holds(clause, facts));
    if (ways.length < 2) found[rule.field] = "必填";
    else if (done.length) found[done[0][0]] = "必填";
    else for (const [name] of ways) found[name] = "二选一";
  }
  return found;
}

const none = { label: "", answers: null, results: null, met: true, signs: true };

// What follows from what the officers met with; of a written check nothing, and nothing is forbidden before it is told.
export const outcomeOf = (site, section) => (section.written_only ? none : site.outcomes[section.arrival.outcome] || none);

// section: as the phone keeps it, with its photos of the door.
export function visitFacts(site, head, section) {
  const { visit_from: start, visit_to: end } = head;
  const span = start && end ? "" : !start && !end ? "开始和结束" : start ? "结束" : "开始";
  const found = { span, present: section.present.length, door: section.door.length, ways: new Set(section.attempts.map((row) => row.how)).size };
  for (const name of ["certificates_shown", "informed", "methods"]) found[name] = head[name];
  for (const name of ["written_only", "attempts", "found_at", "said", "met_name", "met_post", "onlooker_name", "onlooker_unit", "no_onlooker"]) found[name] = section[name];
  found.arrival = site.outcomes[section.arrival.outcome] ? section.arrival.outcome : "";
  return found;
}

// items: [{order, value: {answer, text, corrected}}]
export function resultFacts(site, items, codes, note, market, confirmed, outcome = none) {
  const chosen = Object.keys(site.labels).filter((code) => codes.includes(code));
  const kinds = [...new Set(items.map((item) => item.value.answer).filter(Boolean))].sort();
  const bad = items.filter((item) => item.value.answer === "NOT_OK");
  const first = (list) => (list.length ? site.labels[list[0]] : "");
  return {
    results: chosen, result_note: note, result_confirmed: confirmed, answers: kinds, bad: bad.length,
    open: bad.filter((item) => !item.value.corrected).map((item) => item.order).join("、"),
    only_na: kinds.join() === "NOT_APPLICABLE",
    noted: outcome.met ? first(chosen.filter((code) => !site.unnoted.includes(code))) : "",
    arrived: outcome.label, astray: outcome.results ? first(chosen.filter((code) => !outcome.results.includes(code))) : "",
    alone: chosen.length > 1 ? first(chosen.filter((code) => site.alone.includes(code))) : "",
    foreign: market ? "" : first(chosen.filter((code) => site.market.includes(code))),
    problem: first(chosen.filter((code) => site.problem.includes(code))),
  };
}

export function followFacts(site, codes, measures) {
  const known = Object.keys(site.measures).filter((one) => measures.includes(one));
  const against = site.against.filter((one) => measures.includes(one)).map((one) => site.measures[one]).join("、");
  return { results: codes, measures: known, count: known.length, against };
}

export const measureFacts = (site, { measure, deadline, receiving, text }) => ({
  measure, deadline: deadline || null, receiving: receiving || "", text: text || "", label: site.measures[measure],
});

export const itemFacts = (site, { order, name, value: { answer, text } }, outcome = none) => ({
  order, name, answer, text, arrived: outcome.label, says: site.answers[answer] || "", fits: !answer || !outcome.answers || outcome.answers.includes(answer),
});

export function signFacts(site, values, met) {
  const text = (name) => values[name] || "";
  const found = { signature: text("signature"), signatory_role: text("signatory_role"), met: met.join("、"), word: site.words[text("signature")] || "" };
  for (const name of ["signatory_name", "opinion_text", "refusal_reason", "witness_name", "witness_unit", "no_witness_reason"]) found[name] = text(name);
  found.opinion_agrees = values.opinion_agrees === undefined ? null : values.opinion_agrees;
  return found;
}

// What the answers lead to; the server derives and checks it again (inspections/services/results.py).
export function derived(items) {
  const given = items.map((item) => item.value).filter((value) => value.answer);
  const bad = given.filter((value) => value.answer === "NOT_OK");
  if (bad.length) return bad.every((value) => value.corrected) ? "CORRECTED" : "PENDING";
  if (given.some((value) => value.answer === "OK")) return "NO_PROBLEM";
  return given.length && given.every((value) => value.answer === "NOT_APPLICABLE") ? "NO_ITEMS" : "";
}

// Why the answers forbid a result, in short.
export function whyNot(site, items, code, market, outcome = none) {
  const lead = derived(items);
  const together = site.single.includes(code) || !lead ? [code] : [code, lead];
  const rule = broken(site, "result", resultFacts(site, items, together, "-", market, false, outcome)).find((one) => one.why);
  return rule ? rule.why : "";
}

// A 结果说明 as the items already say it.
export const noteOf = (items) =>
  items
    .filter(({ value }) => value.answer === "NOT_OK" && value.text)
    .map(({ order, name, value }) => `${order} ${name}：${value.text}${value.corrected ? "（已当场改正）" : ""}`)
    .join("；");

// Found problems are of one kind, every other result is a kind of its own: note and measures stay within a kind.
export function sameKind(site, codes, others) {
  const kind = (list) => (list.some((code) => site.problem.includes(code)) ? "problem" : list.slice().sort().join());
  return kind(codes) === kind(others);
}
