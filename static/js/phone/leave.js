// Leaving: signing out removes everything of this person from the phone, after a warning while something is unsent; the office's switch
// removes the worker and the downloads, and what is unsent goes first.
import { open, shut } from "../older.js";
import { device, note, prune, wipe } from "./store.js";

export async function begin({ place: form, outbox }) {
  const dialog = document.querySelector("[data-unsent]");
  const { user } = outbox;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (outbox.ops.length) await Promise.race([outbox.wakeAll().then(() => outbox.idle()), new Promise((resolve) => setTimeout(resolve, 3000))]);
    if (!outbox.ops.length) return leave(form, user);
    dialog.querySelector("[data-many]").textContent = String(outbox.ops.length);
    return open(dialog);
  });
  dialog.querySelector("[data-export]").addEventListener("click", async () => {
    const { save } = await import("./export.js");
    if (await save(outbox)) dialog.querySelector("[data-discard]").disabled = false;
  });
  dialog.querySelector("[data-stay]").addEventListener("click", () => shut(dialog));
  dialog.querySelector("[data-discard]").addEventListener("click", () => leave(form, user));
}

async function leave(form, user) {
  await wipe(user).catch(() => {});
  form.submit();
}

// PHONE_OFFLINE is off: no worker, no downloads. The rest of the outbox is sent by the pages before the key is thrown away.
export async function empty(outbox) {
  if (!globalThis.indexedDB) return;
  for (const registration of (await navigator.serviceWorker?.getRegistrations?.()) ?? []) {
    if (registration.scope.startsWith(location.origin + document.body.dataset.sync.replace(/tongbu\/$/, ""))) await registration.unregister();
  }
  for (const name of (await globalThis.caches?.keys()) ?? []) if (name.startsWith("sja1-")) await caches.delete(name);
  if (!(await indexedDB.databases?.())?.some((one) => one.name === "sja1")) return;
  for (const name of ["records", "pages"]) await prune(name, () => true);
  outbox = outbox ?? (await remains());
  const end = async () => outbox.ops.length === 0 && (await wipe(outbox.user));
  if (!outbox) return;
  outbox.listen(end);
  await end();
}

async function remains() {
  const [{ Outbox }, { state }] = await Promise.all([import("./outbox.js"), import("./api.js")]);
  const user = Number(document.body.dataset.user) || (await note("user"))?.id;
  if (!user) return null;
  Object.assign(state, { user, urls: {} });
  const outbox = await Outbox.open(device, user);
  outbox.paused = true;
  if (outbox.size) outbox.probe();
  return outbox;
}
