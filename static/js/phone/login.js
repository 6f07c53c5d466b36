// Session over: sign in again in place; what is waiting is sent afterwards. Another account does not get it.
import { hello, signIn, state } from "./api.js";
import { open, shut } from "../older.js";

const dialog = document.querySelector("[data-login]");

// outcome: what stopped the outbox. Resolves true when sending may go on.
export async function recover(outcome) {
  if (outcome.kind === "csrf") {
    let seen = await hello();
    while (!seen.online) {
      await new Promise((resolve) => setTimeout(resolve, 3000));
      seen = await hello();
    }
    if (seen.user?.id === state.user) return true;
  }
  const words = dialog.querySelector("[data-login-words]");
  if (outcome.kind === "stop") {
    words.textContent = outcome.body.error;
    if (outcome.body.url) window.open(outcome.body.url, "_blank", "noopener");
  }
  open(dialog);
  dialog.querySelector("input[name=login]").focus();
  return new Promise((resolve) => {
    dialog.querySelector("form").onsubmit = async (event) => {
      event.preventDefault();
      if (await attempt(words)) {
        shut(dialog);
        resolve(true);
      }
    };
  });
}

async function attempt(words) {
  const form = dialog.querySelector("form");
  const button = form.querySelector("button");
  button.disabled = true;
  words.textContent = "正在登录…";
  const answer = await signIn(dialog.dataset.login, form.elements.login.value, form.elements.password.value);
  const { user } = await hello();
  button.disabled = false;
  form.elements.password.value = "";
  if (user?.id === state.user) {
    words.textContent = "";
    return true;
  }
  if (user) words.textContent = `现在登录的是${user.name}。这里没有保存的内容属于${dialog.dataset.name}，请用原来的账号登录。`;
  else if (answer.location) words.textContent = "还要第二步验证：请在新打开的页面里完成，再回到这里点“登录”。";
  else words.textContent = answer.errors.join(" ");
  if (answer.location && !answer.ok) window.open(answer.location, "_blank", "noopener");
  form.elements.password.focus();
  return false;
}
