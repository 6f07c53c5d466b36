// 照片和扫描件: pictures are made small on the phone, as those of an item are, and wait in the outbox; with a network, and without.
// Where nothing can be kept, the form itself is sent, with the small pictures in it.
import "../chosen-file.js";
import { newKey, state } from "./api.js";
import { here } from "./locate.js";
import { earlier, facts, hopeless, scale, takenWords } from "./pictures.js";

const PATIENCE = 20000;

export async function begin({ place: form, outbox, why }) {
  const root = document.body.dataset.sync.replace(/tongbu\/$/, "");
  const id = Number(form.dataset.record);
  const error = form.querySelector("[data-upload-error]");
  const said = form.querySelector("[data-upload-said]");
  const button = document.querySelector("button[form=upload]");
  const input = form.querySelector("input[type=file]");
  const say = (lines) => {
    error.textContent = lines.join(" ");
    error.hidden = !lines.length;
  };
  const waits = () => outbox.of(id).filter((op) => op.name.startsWith("photo"));
  const count = () => {
    said.textContent = waits().length ? `这份记录有 ${waits().length} 个文件存在本机，有信号后自动送出。` : "";
  };
  const lasting = Boolean(outbox) && outbox.lasting && !why;
  if (lasting) outbox.listen(count);
  if (lasting) count();

  // [{file, told}]: what is to be sent, and why the others are not.
  async function ready() {
    const [good, bad] = [[], []];
    for (const file of [...input.files]) {
      const told = { ...(await facts(file)), ...here() };
      const small = file.type === "application/pdf" ? file : await scale(file);
      const lacking = await hopeless(file, small);
      if (lacking) bad.push(`${file.name}：${lacking}`);
      else good.push({ file: small === file ? file : new File([small], file.name || "照片.jpg", { type: small.type }), told });
    }
    return [good, bad];
  }

  async function keep({ file, told }, kind) {
    const key = newKey();
    const body = { key, user: outbox.user, record: id, kind, device: state.device, client_time: new Date().toISOString(), file_name: file.name, ...told };
    if (form.dataset.finding) body.finding = form.dataset.finding;
    const op = { key, record: id, name: `photo-${key}`, lane: "files", url: `${root}tongbu/zhaopian/`, body, what: `文件：${file.name}`, place: form.dataset.place };
    const refusals = [];
    outbox.on(id, op.name, (_, { kind: outcome, body: answer }) => outcome !== "stored" && refusals.push(answer.error) && say(refusals));
    return outbox.put(op, file);
  }

  // The form with the small pictures in it.
  function plain(good) {
    const files = new DataTransfer();
    for (const { file } of good) files.items.add(file);
    input.files = files.files;
    form.elements.facts.value = JSON.stringify(good.map(({ told }) => told));
    form.submit();
  }

  form.addEventListener("submit", async (event) => {
    const kind = form.querySelector("input[name=kind]:checked");
    if (!kind || !input.files.length) return; // the server says what is missing
    event.preventDefault();
    button.disabled = true;
    said.textContent = "正在缩小照片…";
    const [good, bad] = await ready();
    say(bad);
    if (!lasting && good.length) return plain(good);
    const old = good.filter(({ told }) => kind.value === "PHOTO" && earlier(told, null));
    if (old.length) say([...bad, ...old.map(({ told }) => `有一张照片是 ${takenWords(told)} 拍的，${earlier(told, null)}，已照实记下；拿错了的请删掉重拍。`)]);
    const kept = [];
    for (const one of good) kept.push(await keep(one, kind.value));
    input.value = "";
    button.disabled = false;
    if (lasting) count();
    if (!kept.length) return undefined;
    if (kept.some((op) => !op.kept)) return say(["这部手机存不下这个文件了：请连网再传，或清理手机空间。"]);
    const sent = await Promise.race([outbox.idle(), new Promise((resolve) => setTimeout(resolve, PATIENCE, false))]);
    if (sent && error.hidden) location.reload();
    return undefined;
  });
}
