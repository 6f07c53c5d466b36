// Chips with common phrases: a tap writes the phrase into the text, another takes it out again.

function paint(chips, box) {
  for (const chip of chips) chip.setAttribute("aria-pressed", String(box.value.includes(chip.dataset.phrase)));
}

export function watchPhrases(form, changed) {
  for (const group of form.querySelectorAll("[data-phrases]")) {
    const box = group.parentElement.querySelector("textarea");
    const chips = [...group.querySelectorAll("[data-phrase]")];
    group.addEventListener("click", (event) => {
      const chip = event.target.closest("[data-phrase]");
      if (!chip) return;
      const { phrase } = chip.dataset;
      if (box.value.includes(phrase)) {
        const rest = box.value.replace(phrase, "").split("；").map((part) => part.trim());
        box.value = rest.filter(Boolean).join("；");
      } else box.value = [box.value.trim(), phrase].filter(Boolean).join("；");
      paint(chips, box);
      changed(group.closest("[data-item]"));
    });
    box.addEventListener("input", () => paint(chips, box));
    paint(chips, box);
  }
}
