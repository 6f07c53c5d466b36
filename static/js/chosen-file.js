// .dropzone: the names of the chosen files take the place of the invitation. Without script the browser's own field
// stands there and says them (forms.css hides it only where scripts run).

document.addEventListener("change", (event) => {
  const place = event.target.matches("input[type=file]") && event.target.closest(".dropzone")?.querySelector("[data-chosen]");
  if (!place) return;
  place.dataset.chosen = place.dataset.chosen || place.textContent;
  const names = [...event.target.files].map((file) => file.name);
  place.textContent = names.length ? `，已选：${names.join("、")}` : place.dataset.chosen;
});
