// <button data-copy="text">复制</button>: says that it did; hidden where the clipboard is closed (plain http).

for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset.copy);
    const label = button.lastChild;
    const before = label.textContent;
    label.textContent = "已复制";
    setTimeout(() => (label.textContent = before), 2000);
  });
}
