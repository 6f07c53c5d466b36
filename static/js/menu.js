// details[data-menu]: closes on Escape and on a click elsewhere.
import { onKey } from "./keys.js";

const close = (except) => {
  for (const menu of document.querySelectorAll("details[data-menu][open]")) {
    if (menu !== except) menu.open = false;
  }
};

document.addEventListener("click", (event) => close(event.target.closest?.("details[data-menu]")));
onKey(document, (event) => {
  if (event.key !== "Escape") return;
  const open = document.querySelector("details[data-menu][open]");
  close(null);
  open?.querySelector("summary").focus();
});
