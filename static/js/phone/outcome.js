// What follows from an outcome of the arrival (inspections/arrival.py) on the phone, before the server answers with the same. Nothing here
// touches the page or the store. outcomes: the table as the page or the record brings it.

// What an item says after a change of outcome: filled, emptied, or (null) left as a person answered it.
export function itemAfter(outcomes, outcome, value, filled) {
  const rule = outcomes[outcome];
  if (value.answer && !filled) return null;
  return rule && rule.fills ? { answer: "NOT_CHECKED", text: rule.label, corrected: false } : { answer: "", text: "", corrected: false };
}

const PROBLEMS = ["CORRECTED", "PENDING"];
const kind = (codes) => (codes.some((code) => PROBLEMS.includes(code)) ? "problem" : codes.slice().sort().join());

// The conclusion after a change of outcome, to be confirmed: what the outcome before proposed, or this one forbids, goes, and with a
// result of another kind its note and measures.
export function conclusionAfter(outcomes, old, outcome, conclusion) {
  const rule = outcomes[outcome];
  const before = outcomes[old] ? outcomes[old].preset : "";
  const { results } = conclusion;
  const kept = results.filter((code) => rule.results.includes(code) && code !== before);
  const alone = (code) => rule.alone.includes(code);
  const adds = rule.preset && !kept.includes(rule.preset) && !(kept.length && (alone(rule.preset) || kept.some(alone)));
  const next = { ...conclusion, results: adds ? kept.concat(rule.preset) : kept, result_confirmed: false };
  if (results.length && kind(results) !== kind(next.results)) Object.assign(next, { result_note: "", follow_ups: [] });
  return next;
}

// The fields of the head that follow from an outcome: times while nobody set others, and nothing shown or told where nobody was met.
export function headAfter(outcomes, old, now, head) {
  const rule = outcomes[now.outcome];
  const away = outcomes[old.outcome] && !outcomes[old.outcome].met;
  const found = {};
  if (!head.visit_from || head.visit_from === old.at) found.visit_from = now.at;
  if (rule.met && away && old.at && head.visit_to === old.at) found.visit_to = null;
  else if (!rule.met && (!head.visit_to || head.visit_to === old.at)) found.visit_to = now.at;
  const [from, to] = ["visit_from", "visit_to"].map((name) => (name in found ? found[name] : head[name]));
  if (to && Date.parse(from) > Date.parse(to)) delete found.visit_from;
  return found;
}
