// Where nobody was met: the ways in which somebody was looked for, what is still owed, the confirmed result and the submission.
// Loaded by arrival.js when an outcome of the kind is chosen.
import { newKey, state } from "./api.js";
import { nowLocal, stamp, toInstant, toLocal } from "./fields.js";
import { broken, itemFacts, outcomeOf, visitFacts } from "./rules.js";
import { toast } from "./toast.js";

const PATIENCE = 8000;

// share: what the page holds in common; `conclusion` asks for what is proposed now.
export function watchDoor({ form, things, pack, outbox, place, told, tries, sticky, conclusion }) {
  // ------------------------------------------------------------------------------------------------------------- tries

  const list = form.querySelector("[data-tries]");
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
    if (!way) return;
    save(tries.local.concat({ how: way.dataset.way, at: toInstant(nowLocal()), by: pack.me, note: "" }));
    paintTries();
  });

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

  function words() {
    const open = gaps();
    return open.length ? `还差 ${open.length} 样：${open[0][0].split(/[，。；（]/)[0]}` : "确认结果并提交";
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
    const said = { ...conclusion(), results, result_confirmed: true };
    const body = { key: newKey(), user: outbox.user, record: state.record, target: "section", field: "conclusion", value: said, device: state.device };
    Object.assign(body, { base_version: told.shared.version, base_value: conclusion(), client_time: new Date().toISOString() });
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

  paintTries();
  return { paint: paintTries, words, end };
}
