// Photos: scaled on the phone (which drops the place as well), sent one by one, shown with their state; a deletion can be undone.
import { newKey, state } from "./api.js";
import { here } from "./locate.js";
import { earlier, facts, hopeless, scale, takenWords } from "./pictures.js";
import { settleToast, toast } from "./toast.js";

const MOST = 9;

export function watchPhotos({ form, outbox, pack, place: enterprise }) {
  for (const place of form.querySelectorAll("[data-photos]")) {
    const input = place.querySelector("input[type=file]");
    input.addEventListener("change", async () => {
      const files = [...input.files];
      input.value = "";
      for (const file of files) {
        if (place.querySelectorAll("[data-photo]").length >= MOST) return toast(`每个事项最多 ${MOST} 张照片。`);
        await add(place, file);
      }
    });
    place.addEventListener("click", (event) => {
      const button = event.target.closest("[data-remove]");
      if (button) remove(place, button.closest("[data-photo]"));
    });
    tally(place);
  }

  function tile(place, source, told) {
    const made = document.querySelector("#tpl-photo").content.firstElementChild.cloneNode(true);
    made.querySelector("img").src = source;
    made.querySelector("img").alt = `照片：${place.dataset.label}`;
    made.querySelector("[data-taken]").textContent = takenWords(told);
    place.querySelector("[data-add]").before(made);
    tally(place);
    return made;
  }

  async function add(place, file) {
    const [told, blob] = [await facts(file), await scale(file)];
    const why = await hopeless(file, blob);
    if (why) return toast(why);
    const early = earlier(told, form.elements["head-visit_from"]);
    if (early) toast(`这张照片是 ${takenWords(told)} 拍的，${early}。会照实记下；拿错了的请删掉重拍。`);
    const key = newKey();
    const body = { key, user: state.user, record: state.record, finding: place.dataset.photos, kind: place.dataset.kind || "PHOTO", device: state.device };
    Object.assign(body, { client_time: new Date().toISOString(), file_name: file.name || "", ...told, ...here() });
    const what = `照片：${place.dataset.label}`;
    const op = { key, record: state.record, name: `photo-${key}`, lane: "files", url: pack.urls.photo, body, what, place: enterprise };
    watch(place, op, tile(place, URL.createObjectURL(blob), body));
    const put = await outbox.put(op, blob);
    if (outbox.lasting && !put.kept) toast("这部手机存不下这张照片了：请连网送出，或清理手机空间后重拍。");
  }

  // A tile follows its change: on this phone, on the way, received, or refused and why.
  function watch(place, { key, record, name }, made) {
    const follow = () => {
      const op = outbox.ops.find((one) => one.key === key);
      if (!op) return;
      if (op.state !== "waiting") mark(made, "exclamation-triangle-fill", "没送成");
      else if (outbox.flying.has(key)) mark(made, "arrow-up", "正在送");
      else mark(made, "phone", outbox.lasting && op.kept ? "已存本机" : "等待");
    };
    outbox.listen(follow);
    outbox.on(record, name, (_, { kind, body }) => {
      if (kind !== "stored") return outbox.lasting ? toast(body.error ?? "没有收下这张照片。") : failed(place, made, body.error);
      outbox.listeners.delete(follow);
      made.dataset.photo = body.id;
      if (place.querySelectorAll(`[data-photo="${body.id}"]`).length > 1) made.remove();
      mark(made, "check-lg", "已送达");
      return tally(place);
    });
    made.dataset.key = key;
    follow();
  }

  function failed(place, made, words) {
    made.remove();
    tally(place);
    toast(words ?? "没有收下这张照片。");
  }

  // What an earlier page left unsent.
  async function recall(op) {
    if (op.body.id) return document.querySelector(`[data-photo="${op.body.id}"]`)?.setAttribute("hidden", "");
    const place = form.querySelector(`[data-photos="${op.body.finding}"]`);
    if (!place) return undefined;
    const blob = await outbox.blob(op).catch(() => null);
    return watch(place, op, tile(place, blob ? URL.createObjectURL(blob) : "", op.body));
  }

  async function remove(place, made) {
    const waiting = outbox.ops.find((op) => op.key === made.dataset.key);
    if (waiting && (outbox.flying.has(waiting.key) || (waiting.flown && waiting.state === "waiting"))) return toast("这张照片还在送，送达后再删。");
    if (waiting) {
      await outbox.drop([waiting]);
      made.remove();
      return tally(place);
    }
    const id = Number(made.dataset.photo);
    made.hidden = true;
    tally(place);
    const back = () => {
      made.hidden = false;
      tally(place);
    };
    const body = { key: newKey(), user: state.user, record: state.record, id, device: state.device };
    const name = `delete-${id}`;
    outbox.on(state.record, name, (_, { kind, body: answer }) => {
      if (kind === "stored") return made.remove();
      back();
      return toast(answer.error ?? "没有删除，请稍后再试。");
    });
    const op = { key: body.key, record: state.record, name, lane: "files", url: pack.urls.photo_delete, body, what: "删除照片", place: enterprise };
    return toast("已删除 1 张照片", "撤销", back, () => outbox.put(op));
  }

  // The photos of a finding that is taken back: those on the server are withdrawn by it with the answer; those still here are held
  // back, and dropped when the line with 撤销 ends. Returns the way back, or nothing when there were none.
  function leave(card) {
    const tiles = [...card.querySelectorAll("[data-photo]:not([hidden])")];
    if (!tiles.length) return null;
    const place = card.querySelector("[data-photos]");
    for (const made of tiles) made.hidden = true;
    tally(place);
    const back = () => {
      for (const made of tiles) made.hidden = false;
      tally(place);
    };
    back.end = () => {
      const gone = outbox.ops.filter((op) => tiles.some((made) => made.dataset.key === op.key));
      if (gone.length) outbox.drop(gone);
      for (const made of tiles) made.remove();
    };
    return back;
  }

  for (const op of outbox.of(state.record).filter((one) => one.lane === "files")) recall(op).catch(() => {});
  window.addEventListener("pagehide", settleToast);
  form.addEventListener("submit", settleToast, { capture: true });
  return { leave };
}

function mark(made, icon, text) {
  const use = made.querySelector("figcaption use");
  use.setAttribute("href", `${use.getAttribute("href").split("#")[0]}#${icon}`);
  made.querySelector("figcaption span").textContent = text;
}

function tally(place) {
  const number = place.querySelectorAll("[data-photo]:not([hidden])").length;
  place.querySelector("[data-tally]").textContent = number ? `已拍 ${number} 张` : "";
  place.querySelector("[data-add]").hidden = number >= MOST;
}
