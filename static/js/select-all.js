// table[data-select]: tick all, live count in [data-count], [data-clear], and buttons [data-needs-selection].
// Several such tables are counted together, each with its own "all"; those in a [data-select-scope] keep apart.

for (const table of document.querySelectorAll("table[data-select]")) {
  const all = table.querySelector("[data-select-all]");
  const ticks = () => [...table.querySelectorAll("tbody .tick input[type=checkbox]:not(:disabled)")];

  const scope = table.closest("[data-select-scope]");
  const mine = (selector) =>
    [...document.querySelectorAll(selector)].filter((one) => one.closest("[data-select-scope]") === scope);

  const show = () => {
    const boxes = ticks();
    const chosen = boxes.filter((box) => box.checked).length;
    const together = mine("table[data-select] tbody .tick input[type=checkbox]:checked").length;
    for (const place of mine("[data-count]")) place.textContent = String(together);
    for (const button of mine("[data-needs-selection]")) {
      button.setAttribute("aria-disabled", String(together === 0));
    }
    if (all) {
      all.checked = boxes.length > 0 && chosen === boxes.length;
      all.indeterminate = chosen > 0 && chosen < boxes.length;
    }
  };

  const setAll = (value) => {
    for (const box of ticks()) box.checked = value;
    show();
  };

  all?.addEventListener("change", () => setAll(all.checked));
  for (const clear of mine("[data-clear]")) clear.addEventListener("click", () => setAll(false));
  table.addEventListener("change", show);
  window.addEventListener("pageshow", show);
  show();
}

document.addEventListener("click", (event) => {
  if (event.target.closest?.("[data-needs-selection][aria-disabled=true]")) event.preventDefault();
});
