// What is still missing before a section can be handed in, out of what is on the phone: [{text, page, anchor}], in the order of the form.
// The rules are the server's (rules.js); it asks them once more when the submission arrives.
import { broken, derived, followFacts, itemFacts, measureFacts, outcomeOf, resultFacts, visitFacts } from "./rules.js";

const PLACES = { results: "result", result_note: "id_result_note" };

// Of the visit, as the phone can tell it without a network.
const visit = (site, { head, section }) => broken(site, "visit", visitFacts(site, head, section)).map(({ field, text }) => ({ text, page: "record", anchor: field }));

const items = (site, { section }) =>
  section.items.flatMap((item) => broken(site, "item", itemFacts(site, item, outcomeOf(site, section))).map(({ text }) => ({ text, page: "record", anchor: `item-${item.id}` })));

function concluded({ site, market }, { section }) {
  const { results, result_note, result_confirmed, follow_ups } = section.conclusion;
  if (!results.length && derived(section.items)) return [{ text: site.rules.find((rule) => rule.scope === "confirm").text, page: "check", anchor: "result" }];
  const facts = resultFacts(site, section.items, results, result_note, market, result_confirmed, outcomeOf(site, section));
  const wrong = broken(site, "result", facts);
  const first = wrong.length ? wrong : broken(site, "confirm", facts);
  const found = first.map(({ field, text }) => ({ text, page: "check", anchor: PLACES[field] }));
  for (const { text } of broken(site, "follow", followFacts(site, results, follow_ups.map((row) => row.measure)))) found.push({ text, page: "check", anchor: "follow-up" });
  for (const row of follow_ups) {
    for (const { field, text } of broken(site, "measure", measureFacts(site, row))) found.push({ text, page: "check", anchor: `id_${row.measure}-${field}` });
  }
  return found;
}

function signed({ site, second_officer, scan }, { section, signature, signed: hands }) {
  const shared = { written_only: section.written_only };
  const found = [];
  for (const { id, name, attended } of section.members) {
    const attested = Boolean(attended) || (hands || []).includes(id);
    const facts = { ...shared, name, attested, scan, second_officer, present: section.present.includes(id) };
    for (const { field, text } of broken(site, "officer", facts)) found.push({ text, page: "sign", anchor: field });
  }
  const { signs } = outcomeOf(site, section);
  const facts = { ...shared, signs, covered: Boolean(signature.covered), current: Boolean(signature.current) };
  for (const { field, text } of broken(site, "gate", facts)) found.push({ text, page: "sign", anchor: field });
  return found;
}

// local: the phone knows more than the server said with the page.
export function gaps(pack, seen, local) {
  const onRecord = local ? [...visit(pack.site, seen), ...items(pack.site, seen)] : pack.problems;
  return [...onRecord, ...concluded(pack, seen), ...signed(pack, seen)];
}
