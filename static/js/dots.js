// The drawn light up one after another, in the order of their tickets. The draw is stored already: this only shows it.
// Still (everything lit) without this script and under prefers-reduced-motion; 跳过 lights the rest at once.

const LONGEST = 24_000; // ms for all
const SLOWEST = 700; // ms for one
const LISTED = 6;

const stage = document.querySelector("[data-show]");
const dots = [...stage.querySelectorAll("[data-order]")].sort((a, b) => a.dataset.order - b.dataset.order);
const skip = stage.querySelector("[data-skip]");
const name = stage.querySelector("[data-lit-name]");
const list = stage.querySelector("[data-lit-list]");
const count = stage.querySelector("[data-lit]");
const all = Number(count.textContent);
const BIG = "5";
const SMALL = "3.5";
const nameOf = (dot) => dot.querySelector("title")?.textContent ?? "";

let lit = 0;

function light(upTo) {
  if (upTo === lit) return;
  const before = lit;
  for (; lit < upTo; lit += 1) {
    dots[lit].classList.add("on");
    dots[lit].setAttribute("r", BIG);
    dots[lit - 1]?.classList.remove("is-new");
    dots[lit].classList.add("is-new");
  }
  count.textContent = String(lit === dots.length ? all : dots[lit - 1].dataset.order);
  name.textContent = nameOf(dots[lit - 1]);
  for (let at = Math.max(before, lit - LISTED); at < lit; at += 1) {
    if (!nameOf(dots[at])) continue;
    const row = document.createElement("li");
    const number = document.createElement("b");
    number.textContent = dots[at].dataset.order;
    row.append(number, nameOf(dots[at]));
    list.prepend(row);
  }
  while (list.children.length > LISTED) list.lastChild.remove();
}

function finish() {
  light(dots.length);
  dots[dots.length - 1]?.classList.remove("is-new");
  skip.hidden = true;
  stage.dataset.done = "";
}

if (dots.length && !matchMedia("(prefers-reduced-motion: reduce)").matches) {
  for (const dot of dots) {
    dot.classList.remove("on");
    dot.setAttribute("r", SMALL);
  }
  count.textContent = "0";
  skip.hidden = false;
  const each = Math.min(SLOWEST, LONGEST / dots.length);
  const begin = performance.now();
  let stopped = false;
  skip.addEventListener("click", () => {
    stopped = true;
    finish();
  });
  const frame = (moment) => {
    if (stopped) return;
    const due = Math.min(dots.length, Math.floor((moment - begin) / each));
    light(Math.max(due, lit));
    if (lit < dots.length) requestAnimationFrame(frame);
    else finish();
  };
  requestAnimationFrame(frame);
} else {
  lit = dots.length;
  stage.dataset.done = "";
}
