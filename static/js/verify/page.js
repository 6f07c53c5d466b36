// The verification page of the site: the files that the list of downloads names, or files the visitor has.

import { VerifyView } from "./view.js";

const root = document.querySelector("[data-verify]");

async function loadListed(progress) {
  const links = [...document.querySelectorAll("a[data-file]")];
  if (!links.length) throw new Error("这次抽取还没有公开的文件");
  const files = new Map();
  for (const [done, link] of links.entries()) {
    let answer;
    try {
      answer = await fetch(link.href, { credentials: "omit" });
    } catch {
      throw new Error(`${link.dataset.file}.tsv 下载不了，可能是网络断开`);
    }
    if (!answer.ok) throw new Error(`${link.dataset.file}.tsv 下载不了（${answer.status}）`);
    files.set(link.dataset.file, new Uint8Array(await answer.arrayBuffer()));
    progress((done + 1) / links.length);
  }
  return files;
}

if (root) {
  const names = JSON.parse(document.getElementById("published-names").textContent);
  const help = document.querySelector("[data-help]");
  const listed = document.querySelector("[data-listed]");
  const view = new VerifyView(root, { names: new Map(names), help, listed, load: loadListed, seed: root.dataset.seed });
  view.fromSite();
}
