// 到场情况 on the record page: the first question, what its answer asks and fills. Where nobody was met door.js goes on.
// Without this file the same fields are a plain form.
import { state } from "./api.js";
import { nowLocal, stamp, toInstant, toLocal, writeItem } from "./fields.js";
import { conclusionAfter, headAfter, itemAfter } from "./outcome.js";

export function watchArrival({ form, things, pack, outbox, place, take, count }) {
  const { outcomes } = pack.site;
  const told = things.get("section-arrival");
  const tries = things.get("section-attempts");
  const filled = new Set(pack.filled);
  const box = form.querySelector("#arrival");
  const came = form.querySelector('[name="section-arrived_at"]');
  const radios = [...form.querySelectorAll('[name="section-arrival"]')];
  const finish = document.querySelector("[data-finish]");
  let { conclusion } = pack;
  let doorway = null;
  let opening = null;

  // ---------------------------------------------------------------------------------------------- outcome and its time

  came.dataset.thing = "section-arrival";
  told.what = "到场情况";
  told.read = () => {
    const chosen = radios.find((radio) => radio.checked);
    const outcome = chosen ? chosen.value : "";
    if (outcome !== told.local.outcome || !came.value) came.value = nowLocal();
    return { outcome, at: toInstant(came.value) };
  };
  told.view = {
    get mine() {
      return words(told.local);
    },
    show: (value) => {
      for (const radio of radios) radio.checked = radio.value === value.outcome;
      came.value = toLocal(value.at);
      paint();
    },
    join: null,
  };
  const keep = told.change.bind(told);
  told.change = (value) => {
    const old = told.local;
    const kept = keep(value);
    if (old.outcome !== value.outcome || old.at !== value.at) follow(old, value);
    if (old.outcome !== value.outcome) fold();
    paint();
    return kept;
  };
  form.querySelector("[data-came-now]").addEventListener("click", () => {
    came.value = nowLocal();
    take(told);
  });

  const rule = () => outcomes[told.local.outcome];
  const away = () => Boolean(rule() && !rule().met && !things.get("section-written_only").local);
  const words = ({ outcome, at }) => (outcomes[outcome] ? `${outcomes[outcome].label}，${toLocal(at).slice(11)} 到达` : "未选");

  // The question folds once it is answered; items that are filled fold with it.
  function fold() {
    box.open = !rule();
    form.querySelector("#mine").open = !(rule() && rule().fills);
    form.querySelector("#head").open = Boolean(rule() && rule().met) && !["certificates_shown", "informed", "visit_to"].every((name) => value(`head-${name}`));
  }

  // What follows is shown at once; the server does the same and its answer is laid over (settle).
  function follow(old, value) {
    outbox.drop(outbox.of(state.record, "section-conclusion").filter((op) => op.state === "waiting"));
    if (old.outcome !== value.outcome) {
      for (const thing of things.values()) if (thing.target === "item") followItem(thing, value.outcome);
      conclusion = conclusionAfter(outcomes, old.outcome, value.outcome, conclusion);
    }
    const head = {};
    for (const name of Object.keys(pack.head)) if (name !== "version") head[name] = things.get(`head-${name}`).local;
    const after = headAfter(outcomes, old, value, head);
    for (const [name, one] of Object.entries(after)) put(things.get(`head-${name}`), one);
    count();
  }

  function followItem(thing, outcome) {
    if (thing.changes.length) return;
    const after = itemAfter(outcomes, outcome, thing.local, filled.has(thing.id));
    if (!after) return;
    put(thing, after);
    if (after.answer) filled.add(thing.id);
    else filled.delete(thing.id);
  }

  // What stands there now without a person having said it.
  function put(thing, value) {
    if (thing.changes.length) return;
    thing.base = value;
    thing.local = value;
    if (thing.target === "item") writeItem(thing.card, value);
    else thing.view.show(value);
  }

  // The server's answer to an outcome: items, head, proposed result. Versions count at once; what the answer shows only while no other
  // outcome has been chosen since, whose own answer is still to come.
  function settle(body) {
    const newest = !told.changes.length;
    const { fills } = outcomes[told.base.outcome];
    for (const [id, value] of Object.entries(body.items)) {
      const thing = things.get(`item-${id}`);
      thing.shared.version = Math.max(thing.shared.version, body.versions[id]);
      if (!newest) continue;
      put(thing, value);
      if (fills) filled.add(thing.id);
      else filled.delete(thing.id);
    }
    for (const [name, value] of Object.entries(body.head)) {
      const thing = things.get(`head-${name}`);
      thing.shared.version = Math.max(thing.shared.version, body.head_version);
      if (newest) put(thing, value);
    }
    if (!newest) return;
    for (const thing of things.values()) if (thing.target === "item") followItem(thing, told.local.outcome);
    if (!outbox.of(state.record, "section-conclusion").length) conclusion = body.conclusion;
    count();
    paint();
  }

  tries.what = "联系经过";
  tries.read = () => tries.local;
  tries.view = {
    get mine() {
      return `${tries.local.length} 次`;
    },
    show: () => doorway && doorway.paint(),
    join: null,
  };
  form.addEventListener("click", (event) => {
    const say = event.target.closest("[data-say]");
    if (!say) return;
    form.querySelector(`[name="section-${say.dataset.say}"]`).value = say.dataset.words;
    take(things.get(`section-${say.dataset.say}`));
    sticky();
  });

  // Where nobody was met the page leads to the end by itself; what that needs is loaded when it comes to it.
  async function atTheDoor() {
    const share = { form, things, pack, outbox, place, told, tries, sticky, conclusion: () => conclusion };
    opening = opening || import("./door.js").then(({ watchDoor }) => (doorway = watchDoor(share)), () => (opening = null));
    await opening;
    if (doorway) sticky();
  }

  // --------------------------------------------------------------------------------------------------- what is to be seen

  function paint() {
    const now = rule();
    const written = things.get("section-written_only").local;
    const [shown, met] = [Boolean(now) || written || form.querySelector("fieldset").disabled, !away()];
    const each = (selector, act) => [...document.querySelectorAll(selector)].forEach(act);
    each("[data-outcome]", (one) => (one.textContent = now ? now.label : "现场是什么情况"));
    form.querySelector("[data-came]").textContent = now ? `${stamp(told.local.at)} 到达` : "先选一样，后面只问用得着的";
    each("[data-change], [data-came-at]", (one) => (one.hidden = !now));
    each("[data-told]", (one) => (one.hidden = !now || written));
    each("[data-all]", (one) => (one.hidden = !shown));
    each("[data-met]", (one) => (one.hidden = !met));
    each("[data-unmet]", (one) => (one.hidden = met));
    each("[data-ask]", (one) => (one.hidden = written || !now || !now.asks.includes(one.dataset.ask)));
    for (const radio of form.querySelectorAll("[name=section-result]")) {
      radio.checked = conclusion.results.includes(radio.value);
      radio.closest("label").hidden = Boolean(now) && !now.results.includes(radio.value);
    }
    sticky();
  }

  const value = (name) => things.get(name).local;

  function sticky() {
    if (!finish) return;
    const [check, next] = [document.querySelector("[data-check]"), document.querySelector("[data-next]")];
    finish.hidden = !away();
    const bar = finish.closest(".thumb");
    bar.hidden = !rule() && !value("section-written_only");
    if (away() || bar.hidden) check.hidden = next.hidden = true;
    if (!away()) return;
    if (!doorway) return void atTheDoor();
    finish.textContent = doorway.words();
  }

  form.querySelector("[data-results]").addEventListener("change", sticky);
  things.get("section-written_only").card.addEventListener("change", () => setTimeout(paint));
  outbox.listen(sticky);
  const end = async () => {
    await atTheDoor();
    return doorway ? doorway.end() : undefined;
  };
  return { settle, end, paint, sticky, follow: () => {
    follow(told.base, told.local);
    fold();
  } };
}
