// 今日 with a network: today's tasks and their pages are put on the phone, so that they open without one.
import { expire } from "./kept.js";
import { keep, prune, read, setNote } from "./store.js";

const root = () => document.body.dataset.sync.replace(/tongbu\/$/, "");

async function page(path) {
  const answer = await fetch(path, { headers: { Accept: "text/html" }, cache: "no-store" });
  if (!answer.ok || answer.redirected) throw new Error(path);
  return answer.text();
}

export const pagesOf = (id) => ["", "hedui/", "qianzi/", "qianzi/?refused=1", "cailiao/"].map((end) => `${root()}${id}/${end}`);

// How many records are on the phone now; said(done, all) while it goes on. Pages of an unchanged record stay.
export async function download(user, version, said) {
  const answer = await fetch(`${root()}tongbu/xiazai/`, { headers: { Accept: "application/json" }, cache: "no-store" });
  const pull = await answer.json();
  if (pull.sync !== 1 || pull.user?.id !== user) throw new Error("pull");
  await expire(user);
  for (const path of [root(), `${root()}renwu/`, `${root()}daitongbu/`]) await keep("pages", user, path, { html: await page(path), at: pull.time });
  let done = 0;
  for (const record of pull.records) {
    said(done, pull.records.length);
    const stamp = JSON.stringify([version, record]);
    const kept = await read("records", user, String(record.id));
    if (kept?.stamp !== stamp) {
      for (const path of pagesOf(record.id)) await keep("pages", user, path, { html: await page(path), at: pull.time });
    }
    await keep("records", user, String(record.id), { ...record, stamp, at: pull.time });
    done += 1;
  }
  const own = new Set(pull.records.map((record) => String(record.id)));
  const gone = (id) => /^\d+$/.test(id) && !own.has(id);
  await prune("records", (row) => row.user === user && gone(row.id));
  await prune("pages", (row) => row.user === user && gone(row.id.slice(root().length).split("/")[0]));
  await setNote("pulled", pull.time);
  return done;
}
