// <button data-show-password> beside a password field: shows what was typed, and hides it again before sending.

for (const button of document.querySelectorAll("[data-show-password]")) {
  const field = button.parentElement.querySelector("input");
  const set = (visible) => {
    field.type = visible ? "text" : "password";
    button.textContent = visible ? "隐藏" : "显示";
    button.setAttribute("aria-pressed", String(visible));
  };
  button.hidden = false;
  button.addEventListener("click", () => set(field.type === "password"));
  field.form?.addEventListener("submit", () => set(false));
}
