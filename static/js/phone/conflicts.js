// The list of conflicts: both values stand side by side, nothing is overwritten until one is chosen.
import { clockText } from "./chip.js";

const list = document.querySelector("[data-conflicts]");
const pattern = document.querySelector("#tpl-conflict");
const open = new Map();

export const count = () => open.size;

export function add(thing, { mine, show, join }) {
  const { what, theirs, by, at } = thing.conflict;
  const card = pattern.content.firstElementChild.cloneNode(true);
  const put = (name, text) => (card.querySelector(`[data-${name}]`).textContent = text);
  put("what", what);
  put("mine", mine);
  put("theirs", theirs);
  put("by", `对方的，${by}`);
  put("at", at ? clockText(new Date(at)) : "");
  const note = `（${by} ${at ? clockText(new Date(at)) : ""} 填：${theirs}）`;
  card.querySelector("[data-both]").hidden = !join;
  const end = (choice) => {
    open.delete(thing);
    card.remove();
    list.hidden = open.size === 0;
    thing.resolve(choice, (value) => join(value, note));
    if (choice !== "mine") show(thing.local);
    title();
  };
  for (const choice of ["mine", "theirs", "both"]) {
    card.querySelector(`[data-use-${choice}]`).addEventListener("click", () => end(choice));
  }
  open.set(thing, card);
  list.append(card);
  list.hidden = false;
  title();
  if (open.size === 1) list.querySelector("h2").focus();
}

function title() {
  list.querySelector("h2 span").textContent = `${open.size} 处冲突，请选一个`;
}
