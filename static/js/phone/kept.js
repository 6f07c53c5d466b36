// The downloaded records: what the server had, put forward with every change it took, and with what still waits laid over.
import { conclusionAfter, headAfter, itemAfter } from "./outcome.js";
import { keep, list, note, prune, read, setNote } from "./store.js";

const DAYS = 7 * 86400000;

// What was typed on the signing page and is not signed yet: on this phone only, for nothing of it is said before the pad is.
export const draftOf = (id) => `draft-${id}`;
export const record = (user, id) => read("records", user, String(id));
export const records = async (user) => (await list("records", user)).filter((one) => one.id);

// What stood above the signature pad without a network: the signature is under this, whatever is stored when it arrives.
export const shownOf = ({ section: { items, conclusion } }) => ({
  items: Object.fromEntries(items.map(({ id, value }) => [id, [value.answer, value.text, value.corrected]])),
  results: conclusion.results,
  result_note: conclusion.result_note,
});
export const abovePad = { shown: null };

const AFTER_SIGNING = ["visit_to", "consultation", "recorder"];
const plain = (value) => JSON.stringify({ ...value, result_confirmed: true });

// Whether a change touches what the enterprise has signed.
function unsettles(kept, kind, key, value) {
  if (kind === "head") return !AFTER_SIGNING.includes(key);
  return kind !== "section" || key !== "conclusion" || plain(kept.section.conclusion) !== plain(value);
}

export function put(kept, name, value, body) {
  const [kind, key] = [name.slice(0, name.indexOf("-")), name.slice(name.indexOf("-") + 1)];
  if (["item", "head", "section"].includes(kind) && unsettles(kept, kind, key, value)) kept.signature.current = false;
  if (kind === "item") {
    const item = kept.section.items.find((one) => one.id === Number(key));
    if (item) Object.assign(item, { value, version: body.version ?? item.version, outcome: "" });
    if (item && value.answer !== "NOT_OK") item.photos = []; // withdrawn with the finding
  } else if (kind === "head") {
    kept.head[key] = value;
    kept.version = body.version ?? kept.version;
  } else if (name === "section-arrival") arrive(kept, value, body);
  else if (kind === "section") {
    kept.section[key] = value;
    kept.section.version = body.version ?? kept.section.version;
  } else if (name === "sign-enterprise") kept.signature = { state: "HERE", words: "", covered: true, current: body.current !== false };
  else if (kind === "sign") kept.signed = [...(kept.signed ?? []), Number(key)];
}

const pictures = ({ section }, { body }) => (body.kind === "DOOR" ? section.door : section.items.find((one) => one.id === Number(body.finding))?.photos);

// 到场情况 and what follows from it: as the server answered, or, while it waits, as it will.
function arrive(kept, value, body) {
  const { outcomes, section } = kept;
  const old = section.arrival;
  for (const item of section.items) {
    const after = itemAfter(outcomes, value.outcome, item.value, Boolean(item.outcome));
    if (after && old.outcome !== value.outcome) Object.assign(item, { value: after, outcome: after.answer ? value.outcome : "" });
    if (body.items?.[item.id]) Object.assign(item, { value: body.items[item.id], version: body.versions[item.id] });
  }
  Object.assign(kept.head, body.head ?? headAfter(outcomes, old, value, kept.head));
  kept.version = body.head_version ?? kept.version;
  if (old.outcome !== value.outcome) section.conclusion = conclusionAfter(outcomes, old.outcome, value.outcome, section.conclusion);
  Object.assign(section, { arrival: value, version: body.version ?? section.version, conclusion: body.conclusion ?? section.conclusion });
}

// The server took a change: the copy on the phone says so; a record that was handed in is removed from it.
export async function amend(user, op, body) {
  const kept = await record(user, op.record);
  if (op.name === "submit") {
    const gone = new RegExp(`/${op.record}/`);
    await prune("pages", (row) => row.user === user && gone.test(row.id));
    await prune("records", (row) => row.user === user && (row.id === String(op.record) || row.id.startsWith(`${draftOf(op.record)} `)));
  }
  await setNote("delivered", new Date().toISOString());
  if (op.name === "submit") await setNote("handed", [...((await note("handed")) ?? []).slice(-20), { place: op.place, at: new Date().toISOString() }]);
  if (!kept || op.name === "submit") return;
  if (op.name === "rest_ok") for (const [id, version] of Object.entries(body.versions)) put(kept, `item-${id}`, { answer: "OK", text: "", corrected: false }, { version });
  else put(kept, op.name, op.body.value, body);
  if (op.name.startsWith("photo")) pictures(kept, op)?.push({ id: body.id, small: body.small });
  await keep("records", user, String(op.record), kept);
}

// A record as the inspector sees it: with what waits in the outbox.
export function laid(kept, ops) {
  const seen = JSON.parse(JSON.stringify(kept));
  for (const op of ops) {
    if (op.name === "rest_ok") for (const id of op.body.ids) put(seen, `item-${id}`, { answer: "OK", text: "", corrected: false }, {});
    else put(seen, op.name, op.body.value, {});
    if (op.name.startsWith("photo")) pictures(seen, op)?.push({ key: op.key });
  }
  const signing = ops.find((op) => op.name === "sign-enterprise");
  if (signing && signing.body.shown && signing.body.shown.items) seen.signature.current = JSON.stringify(signing.body.shown) === JSON.stringify(shownOf(seen));
  return seen;
}

// Downloads that are a week old, and those of anybody else, are removed; what waits to be sent stays.
export async function expire(user) {
  const old = ({ user: whose, at }) => whose !== user || Math.abs(Date.now() - at) > DAYS;
  await prune("records", old);
  await prune("pages", old);
}
