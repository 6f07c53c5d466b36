// The beginning of every page that saves: opens the outbox of the person signed in, and wakes it when there is reason to.
import { hello, state } from "./api.js";
import { Memory, Outbox } from "./outbox.js";
import { device, note, setNote, supported } from "./store.js";

// pack: {urls, user, record}; form: holds the token of the page; place: name of the enterprise.
export async function begin(pack, form, place) {
  Object.assign(state, { urls: pack.urls, user: pack.user, record: pack.record, place });
  const cached = "from" in document.documentElement.dataset; // the token of a page out of the phone is stale
  state.token = cached ? "" : (form?.elements.csrfmiddlewaretoken?.value ?? "");
  const outbox = await open(pack.user);
  state.outbox = outbox;
  outbox.paused = cached;
  outbox.offline = outbox.offline || cached;
  outbox.onstop = async (outcome) => {
    const { recover } = await import("./login.js");
    if (await recover(outcome)) outbox.go();
  };
  await clock(outbox, cached ? null : hello());
  watch(outbox);
  return outbox;
}

// For a page that saves nothing by itself: sends what waits, says so, and lets the page ask for a sign-in.
export async function attach(user, unable) {
  Object.assign(state, { user, urls: {} });
  const outbox = unable ? await Outbox.open(new Memory(), user) : await open(user);
  state.outbox = outbox;
  outbox.paused = true;
  watch(outbox);
  await clock(outbox, outbox.probe());
  return outbox;
}

// How far this phone's clock is from the server's, told by the last answer; remembered for pages without a network.
async function clock(outbox, asked) {
  if (!outbox.lasting) return asked;
  const old = (await note("offset").catch(() => 0)) ?? 0;
  state.offset = state.offset || old;
  const remember = asked?.then((seen) => seen.online && setNote("offset", state.offset).catch(() => {}));
  return state.urls.hello ? undefined : remember;
}

// The store of this phone, or the memory of the page where there is none or the office wants none.
export async function open(user) {
  if (supported() && "offline" in document.body.dataset) {
    try {
      const outbox = await Promise.race([Outbox.open(device, user), new Promise((_, no) => setTimeout(no, 4000))]);
      if (!("from" in document.documentElement.dataset)) await setNote("user", { id: user });
      return outbox;
    } catch {
      document.documentElement.dataset.nostore = ""; // private mode, full disk: said by support.js
    }
  }
  return Outbox.open(new Memory(), user);
}

function watch(outbox) {
  window.addEventListener("online", () => outbox.wakeAll());
  window.addEventListener("focus", () => outbox.wakeAll());
  window.addEventListener("pageshow", (event) => event.persisted && outbox.wakeAll());
  window.addEventListener("offline", () => {
    outbox.offline = true;
    outbox.tell();
  });
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && outbox.wakeAll());
}
