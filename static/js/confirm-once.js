// form[data-once]: a second click sends nothing. The server refuses a repeat on its own; this spares the user the refusal.
import { submitterOf } from "./older.js";

const sent = new WeakSet();

function buttonsOf(form) {
  return [...form.elements].filter((element) => element.type === "submit");
}

function release(form) {
  sent.delete(form);
  for (const button of buttonsOf(form)) {
    button.disabled = false;
    button.removeAttribute("aria-busy");
    if (button.dataset.idle !== undefined) {
      button.lastChild.textContent = button.dataset.idle;
      delete button.dataset.idle;
    }
  }
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("form[data-once]")) return;
  if (sent.has(form)) {
    event.preventDefault();
    return;
  }
  sent.add(form);
  // After the browser has read the form: a disabled button would drop its own name and value.
  setTimeout(() => {
    if (event.defaultPrevented) {
      sent.delete(form);
      return;
    }
    for (const button of buttonsOf(form)) button.disabled = true;
    const pressed = submitterOf(event);
    if (pressed?.lastChild?.nodeType === Node.TEXT_NODE) {
      pressed.setAttribute("aria-busy", "true");
      pressed.dataset.idle = pressed.lastChild.textContent;
      pressed.lastChild.textContent = `正在${pressed.dataset.idle.trim()}…`;
    }
  });
});

// Back button: the page comes out of the cache with its buttons still off.
window.addEventListener("pageshow", () => document.querySelectorAll("form[data-once]").forEach(release));
// A page that answers with a file stays open: give the buttons back after a while.
window.addEventListener("focus", () => document.querySelectorAll("form[data-once][data-download]").forEach(release));
