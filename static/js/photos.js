// a[data-photo]: the picture large over the same page, so that nothing typed is lost. Without it the link opens the file.
import { onKey } from "./keys.js";
import { open, shut } from "./older.js";

const links = [...document.querySelectorAll("a[data-photo]")];
let at = 0;

const dialog = document.createElement("dialog");
dialog.className = "photo-view";
dialog.setAttribute("aria-label", "照片");
const picture = document.createElement("img");
const words = document.createElement("p");
words.setAttribute("role", "status");
const bar = document.createElement("div");

function button(text, act) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "btn btn-secondary";
  made.textContent = text;
  made.addEventListener("click", act);
  bar.append(made);
}

function show(step) {
  at = (at + step + links.length) % links.length;
  const thumb = links[at].querySelector("img");
  picture.src = links[at].href;
  picture.alt = thumb.alt;
  words.textContent = `第 ${at + 1} 张，共 ${links.length} 张　${links[at].textContent.trim()}`;
}

if (links.length) {
  if (links.length > 1) button("上一张", () => show(-1));
  if (links.length > 1) button("下一张", () => show(1));
  button("关闭", () => shut(dialog));
  dialog.append(bar, words, picture);
  document.body.append(dialog);
  onKey(dialog, (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step) show(step);
  });
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) shut(dialog);
  });
  dialog.addEventListener("close", () => links[at].focus());
  links.forEach((link, index) =>
    link.addEventListener("click", (event) => {
      event.preventDefault();
      at = index;
      show(0);
      open(dialog);
    }),
  );
}
