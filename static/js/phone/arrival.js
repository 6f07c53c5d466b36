// 到场情况 on the record page: the first question, what its answer asks and fills, the way to the end where nobody was met.
// Without this file the same fields are a plain form.
import { newKey, state } from "./api.js";
import { nowLocal, toInstant, toLocal, writeItem } from "./fields.js";
import { conclusionAfter, headAfter, itemAfter } from "./outcome.js";
import { broken, itemFacts, outcomeOf, visitFacts } from "./rules.js";
import { toast } from "./toast.js";

const PATIENCE = 8000;

// 9月24日 14:05
const stamp = (instant) => toLocal(instant).slice(5).replace(/^0?(\d+)-0?(\d+)T/, "$1月$2日 ");

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

  // ------------------------------------------------------------------------------------------------------------- tries

  const list = form.querySelector("[data-tries]");
  tries.what = "联系经过";
  tries.read = () => tries.local;
  tries.view = {
    get mine() {
      return tries.local.map((row) => wayOf(row.how)).join("、") || "没有记录";
    },
    show: paintTries,
    join: null,
  };
  const wayOf = (how) => form.querySelector(`[data-way="${how}"]`).textContent.trim();
  const save = (rows) => {
    const kept = tries.change(rows.slice().sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0)));
    sticky();
    return kept;
  };

  function paintTries() {
    for (const old of list.querySelectorAll(".try")) old.remove();
    tries.local.forEach((row, number) => {
      const made = document.querySelector("#tpl-try").content.firstElementChild.cloneNode(true);
      const [note, at, by] = ["note", "at", "by"].map((name) => made.querySelector(`[data-${name}]`));
      made.querySelector("[data-what]").textContent = wayOf(row.how);
      note.setAttribute("aria-label", `${wayOf(row.how)}的情况`);
      note.value = row.note;
      at.value = toLocal(row.at);
      by.value = String(row.by);
      const person = by.selectedOptions.length ? by.selectedOptions[0].textContent : "";
      made.querySelector("[data-when]").textContent = `${stamp(row.at)} ${person}`;
      const change = (part) => save(tries.local.map((one, place) => (place === number ? { ...one, ...part } : one)));
      note.addEventListener("change", () => change({ note: note.value.trim() }));
      for (const [input, part] of [[at, () => ({ at: toInstant(at.value) })], [by, () => ({ by: Number(by.value) })]]) {
        input.addEventListener("change", () => {
          if (!at.value) at.value = toLocal(row.at);
          change(part());
          paintTries();
        });
      }
      made.querySelector("[data-drop]").addEventListener("click", () => {
        const before = tries.local;
        save(before.filter((_, place) => place !== number));
        paintTries();
        toast("已删去 1 次", "撤销", () => {
          save(before);
          paintTries();
        });
      });
      list.append(made);
    });
    for (const chip of form.querySelectorAll("[data-way]")) chip.setAttribute("aria-pressed", String(tries.local.some((row) => row.how === chip.dataset.way)));
  }

  form.addEventListener("click", (event) => {
    const way = event.target.closest("[data-way]");
    const say = event.target.closest("[data-say]");
    if (way) {
      save(tries.local.concat({ how: way.dataset.way, at: toInstant(nowLocal()), by: pack.me, note: "" }));
      paintTries();
    }
    if (say) {
      form.querySelector(`[name="section-${say.dataset.say}"]`).value = say.dataset.words;
      take(things.get(`section-${say.dataset.say}`));
      sticky();
    }
  });

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

  // What stands here now, in the form in which the phone keeps a record.
  function facts() {
    const section = {};
    const head = {};
    for (const name of Object.keys(pack.section)) if (name !== "version") section[name] = value(`section-${name}`);
    for (const name of Object.keys(pack.head)) if (name !== "version") head[name] = value(`head-${name}`);
    return [head, { ...section, door: [...form.querySelectorAll("#door [data-photo]:not([hidden])")] }];
  }

  function gaps() {
    const [head, section] = facts();
    const found = broken(pack.site, "visit", visitFacts(pack.site, head, section)).map(({ field, text }) => [text, field]);
    for (const thing of things.values()) {
      if (thing.target !== "item") continue;
      const order = thing.card.querySelector("h3 b").textContent;
      const item = { order, name: thing.what.slice(order.length), value: thing.local };
      for (const { text } of broken(pack.site, "item", itemFacts(pack.site, item, outcomeOf(pack.site, section)))) found.push([text, `item-${thing.id}`]);
    }
    if (!form.querySelector("[name=section-result]:checked")) found.push(["请选择检查结果。", "result"]);
    return found;
  }

  function sticky() {
    if (!finish) return;
    const [check, next] = [document.querySelector("[data-check]"), document.querySelector("[data-next]")];
    finish.hidden = !away();
    const bar = finish.closest(".thumb");
    bar.hidden = !rule() && !value("section-written_only");
    if (away() || bar.hidden) check.hidden = next.hidden = true;
    if (!away()) return;
    const open = gaps();
    finish.textContent = open.length ? `还差 ${open.length} 样：${open[0][0].split(/[，。；（]/)[0]}` : "确认结果并提交";
  }

  // The last tap: what is missing, or the confirmed result and the submission.
  async function end() {
    const [first] = gaps();
    if (first) {
      const target = document.getElementById(first[1]);
      const fold = target.closest("details");
      if (fold) fold.open = true;
      return target.scrollIntoView({ block: "center" });
    }
    const results = [form.querySelector("[name=section-result]:checked").value];
    const said = { ...conclusion, results, result_confirmed: true };
    const body = { key: newKey(), user: outbox.user, record: state.record, target: "section", field: "conclusion", value: said, device: state.device };
    Object.assign(body, { base_version: told.shared.version, base_value: conclusion, client_time: new Date().toISOString() });
    await outbox.put({ key: body.key, record: state.record, name: "section-conclusion", lane: "answers", url: pack.urls.save, body, what: "检查结果和处置", place });
    return handIn();
  }

  async function handIn() {
    const body = { key: newKey(), user: outbox.user, record: state.record, client_time: new Date().toISOString(), device: state.device };
    const to = `${pack.urls.offline}?biao=${state.record}`;
    outbox.on(state.record, "submit", (_, { kind, body: answer }) => location.assign(kind === "stored" ? answer.done : to));
    const op = await outbox.put({ key: body.key, record: state.record, name: "submit", lane: "last", url: pack.urls.submit, body, what: "提交", place });
    if (!op.kept) return;
    await Promise.race([outbox.idle(), new Promise((resolve) => setTimeout(resolve, PATIENCE))]);
    if (outbox.of(state.record, "submit").length) location.assign(to);
  }

  form.querySelector("[data-results]").addEventListener("change", sticky);
  things.get("section-written_only").card.addEventListener("change", () => setTimeout(paint));
  outbox.listen(sticky);
  return { settle, end, paint, paintTries, sticky, follow: () => {
    follow(told.base, told.local);
    fold();
  } };
}
