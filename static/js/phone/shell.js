// No network: the page that was asked for is taken out of the phone, with its scripts of today. Nothing is shown that was not stored here.
import { fill as refill } from "../older.js";
import { expire, record } from "./kept.js";
import { note, read } from "./store.js";
import { moment } from "./words.js";

const patterns = document.querySelector("[data-shell]");
const icons = patterns.querySelector("use").getAttribute("href").split("#")[0];
const { pathname } = location;
const search = new URLSearchParams(location.search);

async function open() {
  document.querySelector("a[data-home]").href = document.body.dataset.sync.replace(/tongbu\/$/, "");
  const known = await note("user").catch(() => null);
  if (!known) return missing("这部手机上没有存任务", "连上网络并登录后，打开“今日”，任务会自动存到手机上。");
  await expire(known.id);
  if (search.has("biao")) {
    document.documentElement.dataset.from = new Date().toISOString();
    return (await import("./local.js")).show(known.id, Number(search.get("biao")));
  }
  const refused = search.has("refused") ? "?refused=1" : "";
  const kept = await read("pages", known.id, pathname + refused);
  if (!kept) return missing("这一页没有存在手机上", "没有网络时只能打开已下载的任务。连上网络后再看这一页。");
  await fill(kept, known.id);
  const page = await import("./page.js");
  if (document.querySelector("form#entry")) await (await import("./opening.js")).opening;
  else if (document.querySelector("form#sign")) {
    document.body.dataset.ownOnly = "";
    await (await import("./check.js")).beforeSigning(known.id, Number(pathname.match(/\d+/)[0]));
    if (search.has("absent")) absent();
    await (await import("./sign.js")).ready;
  }
  return page.start();
}

async function fill({ html, at }, user) {
  const page = new DOMParser().parseFromString(html, "text/html");
  for (const one of page.querySelectorAll("body script")) one.remove();
  for (const use of page.querySelectorAll("use")) use.setAttribute("href", `${icons}#${use.getAttribute("href").split("#")[1]}`);
  document.title = page.title;
  document.documentElement.dataset.from = at;
  const pack = page.querySelector("#pack");
  refill(document.body, ...page.body.childNodes, patterns);
  if (pack) {
    await freshen(pack, user);
    document.body.append(pack);
  }
  document.querySelector("main").prepend(patterns.querySelector("#tpl-offline").content.cloneNode(true));
  document.querySelector("[data-as-of]").textContent = moment(at);
}

// What the server took after the download stands in the copy of the record, not in the stored page.
async function freshen(pack, user) {
  const values = JSON.parse(pack.textContent);
  const kept = await record(user, values.record);
  if (!kept || !values.items) return;
  for (const name of Object.keys(values.head)) if (name !== "version") values.head[name] = kept.head[name];
  for (const name of Object.keys(values.section)) if (name !== "version") values.section[name] = kept.section[name];
  values.head.version = kept.version;
  values.section.version = kept.section.version;
  Object.assign(values, { conclusion: kept.section.conclusion, filled: kept.section.items.filter((item) => item.outcome).map((item) => item.id) });
  for (const item of kept.section.items) values.items[item.id] = { version: item.version, ...item.value };
  pack.textContent = JSON.stringify(values);
}

function absent() {
  document.querySelector("input[name=signature][value=UNABLE]").checked = true;
  const reason = document.querySelector("textarea[name=refusal_reason]");
  reason.value = reason.value || "负责人不在场";
}

function missing(title, text) {
  const box = document.querySelector("[data-missing]");
  box.querySelector("h2").textContent = title;
  box.querySelector("p").textContent = text;
  box.hidden = false;
  box.querySelector("a").href = `${pathname}?${new URLSearchParams({ ...Object.fromEntries(search), wang: 1 })}`;
  document.documentElement.classList.add("js");
}

if (document.querySelector("[data-shell]")) open();
