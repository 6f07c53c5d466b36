// Photos: scaled on the phone (which drops the place as well), sent one by one, shown with their state; a deletion can be undone.
import { newKey, state } from "./api.js";
import { settleToast, toast } from "./toast.js";

const EDGE = 1600;
const QUALITY = 0.8;
const MOST = 9;

// A JPEG of at most 1600 px, upright. What this browser cannot decode is sent as it is: the server says what to do.
export async function scale(file) {
  try {
    const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
    const factor = Math.min(1, EDGE / Math.max(picture.width, picture.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(picture.width * factor);
    canvas.height = Math.round(picture.height * factor);
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    picture.close();
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
    return blob ?? file;
  } catch {
    return file;
  }
}

export function watchPhotos({ form, outbox, pack, device }) {
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

  function tile(place, source) {
    const made = document.querySelector("#tpl-photo").content.firstElementChild.cloneNode(true);
    made.querySelector("img").src = source;
    made.querySelector("img").alt = `照片：${place.dataset.label}`;
    place.querySelector("[data-add]").before(made);
    tally(place);
    return made;
  }

  async function add(place, file) {
    const blob = await scale(file);
    const source = URL.createObjectURL(blob);
    const made = tile(place, source);
    const fields = { key: newKey(), user: state.user, record: state.record, finding: place.dataset.photos, kind: "PHOTO", device };
    fields.client_time = new Date().toISOString();
    mark(made, "arrow-up", "正在送");
    outbox.put({
      key: fields.key,
      lane: "files",
      url: pack.urls.photo,
      payload: () => {
        const data = new FormData();
        for (const [name, value] of Object.entries(fields)) data.append(name, value);
        data.append("file", blob, file.name || "照片.jpg");
        return data;
      },
      done: ({ kind, body }) => {
        if (kind !== "stored") return failed(place, made, body.error ?? "没有收下这张照片。");
        made.dataset.photo = body.id;
        if (place.querySelectorAll(`[data-photo="${body.id}"]`).length > 1) made.remove();
        mark(made, "check-lg", "已送达");
        tally(place);
      },
    });
  }

  function failed(place, made, words) {
    made.remove();
    tally(place);
    toast(words);
  }

  function remove(place, made) {
    const id = Number(made.dataset.photo);
    if (!id) return toast("这张照片还在送，送达后再删。");
    made.hidden = true;
    tally(place);
    const back = () => {
      made.hidden = false;
      tally(place);
    };
    const body = { key: newKey(), user: state.user, record: state.record, id, device };
    const done = ({ kind, body: answer }) => {
      if (kind === "stored") return made.remove();
      back();
      toast(answer.error ?? "没有删除，请稍后再试。");
    };
    const end = () => outbox.put({ key: body.key, lane: "files", url: pack.urls.photo_delete, payload: () => body, done });
    toast("已删除 1 张照片", "撤销", back, end);
  }

  window.addEventListener("pagehide", settleToast);
  form.addEventListener("submit", settleToast, { capture: true });
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
