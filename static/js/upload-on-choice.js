// input[type=file][data-upload-on-choice]: choosing the file sends the form, as its button would. Without script, and
// while another required choice is open, the button does it.

document.addEventListener("change", (event) => {
  const input = event.target;
  if (!input.matches("input[type=file][data-upload-on-choice]") || !input.files.length) return;
  const open = [...input.form.querySelectorAll("input[type=radio]")];
  if (open.length && !open.some((choice) => choice.checked)) return;
  input.form.querySelector("button[type=submit]").click();
});
