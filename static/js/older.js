// What browsers of 2020 lack (docs/adr/0007-oldest-browser.md), said once: the lint of tests/browser_floor.py sends everybody here.

// Children of a place, the old ones gone.
export function fill(place, ...children) {
  place.textContent = "";
  place.append(...children);
}

// A copy of plain data.
export const copied = (value) => (value === undefined ? value : JSON.parse(JSON.stringify(value)));

export const last = (list) => list[list.length - 1];

// The button that sent a form: before Chrome 81 and Safari 15.4 the event does not say.
let pressed = null;
const note = ({ target }) => {
  pressed = target.closest?.("button, input[type=submit]") ?? pressed;
};
document.addEventListener("click", note, { capture: true });
export const submitterOf = (event) => event.submitter ?? (pressed?.form === event.target ? pressed : null);

// A dialog above the page: before Safari 15.4 it is an unknown element that forms.css keeps shut.
export function open(dialog) {
  if (typeof dialog.showModal === "function") return dialog.showModal();
  return dialog.setAttribute("open", "");
}

export function shut(dialog) {
  if (typeof dialog.close === "function") return dialog.close();
  return dialog.removeAttribute("open");
}
