// A picture from the camera or the album: when it was taken (read before the canvas drops it), upright, small enough to be sent.
import { state } from "./api.js";

const EDGE = 1600;
const QUALITY = 0.8;
const MOST = 8 * 2 ** 20;
const DAY = 86400000;
const HEAD = 256 * 1024; // EXIF stands in the first 64 KB, with some makers behind a preview
const HEIF = "这张照片是 HEIF 格式，这部手机的浏览器打不开。请在相机的“设置”里关掉“高效图片”（或把照片格式改成 JPG），再拍一次。";
const BIG = "这张照片太大，这部手机缩不小它。请在相机设置里把分辨率调到 1200 万像素左右，再拍一次。";

// A JPEG of at most 1600 px, upright. What this browser cannot decode is sent as it is: the server says what to do.
export async function scale(file, edge = EDGE, quality = QUALITY) {
  try {
    const { picture, width, height, turn, done } = await opened(file);
    const factor = Math.min(1, edge / Math.max(width, height));
    const [wide, high] = [Math.round(width * factor), Math.round(height * factor)];
    const canvas = document.createElement("canvas");
    const aside = turn > 4;
    [canvas.width, canvas.height] = aside ? [high, wide] : [wide, high];
    const paper = canvas.getContext("2d");
    paper.transform(...turned(turn, wide, high));
    paper.drawImage(picture, 0, 0, wide, high);
    done();
    return (await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", quality))) ?? file;
  } catch {
    return file;
  }
}

// {picture, width, height, turn}: turn is 1 where the browser stands it upright by itself.
async function opened(file) {
  if (typeof createImageBitmap === "function") {
    try {
      const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
      return { picture, width: picture.width, height: picture.height, turn: 1, done: () => picture.close() };
    } catch {
      // before Chrome 111 the option itself is refused
    }
  }
  const picture = new Image();
  const address = URL.createObjectURL(file);
  await new Promise((yes, no) => Object.assign(picture, { onload: yes, onerror: no, src: address }));
  const upright = CSS.supports("image-orientation", "from-image"); // Chrome 81
  const turn = upright ? 1 : (await exif(file)).turn;
  return { picture, width: picture.naturalWidth, height: picture.naturalHeight, turn, done: () => URL.revokeObjectURL(address) };
}

// The eight ways a camera may be held (EXIF 0x0112), as a transformation of what is drawn w × h.
function turned(turn, w, h) {
  const ways = { 2: [-1, 0, 0, 1, w, 0], 3: [-1, 0, 0, -1, w, h], 4: [1, 0, 0, -1, 0, h], 5: [0, 1, 1, 0, 0, 0], 6: [0, 1, -1, 0, h, 0], 7: [0, -1, -1, 0, h, w], 8: [0, -1, 1, 0, 0, w] };
  return ways[turn] ?? [1, 0, 0, 1, 0, 0];
}

// Why a picture that could not be made smaller is not worth sending; empty when it is.
export async function hopeless(file, blob) {
  if (blob !== file) return "";
  const start = String.fromCharCode(...new Uint8Array(await file.slice(0, 12).arrayBuffer()));
  if (/ftyp(hei|hev|mif|msf)/.test(start)) return HEIF;
  return file.type.startsWith("image/") && file.size > MOST ? BIG : "";
}

// {taken_at, taken_from}: the camera's time, else the file's, by the server's clock; nothing where neither can be true.
export async function facts(file) {
  const { taken, zone } = await exif(file);
  const now = Date.now();
  const camera = taken ? Date.parse(`${taken}${zone || "+08:00"}`) : NaN;
  const at = Number.isNaN(camera) ? file.lastModified || NaN : camera;
  if (Number.isNaN(at) || at > now + DAY) return {};
  // What was just taken was taken by the clock that is wrong now; of an old picture nobody knows how wrong it was then.
  const just = Math.abs(now - at) < DAY ? state.offset : 0;
  return { taken_at: new Date(at + just).toISOString(), taken_from: Number.isNaN(camera) ? "FILE" : "EXIF" };
}

const EARLY = DAY / 2; // inspections/pictures.py has the same

// 2023年1月2日 03:04, in Shanghai, always with its year; 文件时间 where only the file says so.
export function takenWords({ taken_at: at, taken_from: from }) {
  if (!at) return "拍摄时间不明";
  const local = new Date(Date.parse(at) + 8 * 3600000);
  const clock = local.toISOString().slice(11, 16);
  return `${local.getUTCFullYear()}年${local.getUTCMonth() + 1}月${local.getUTCDate()}日 ${clock}${from === "FILE" ? "（文件时间）" : ""}`;
}

// How long before the visit a picture was taken, in words; empty when it was not. arrival: the field of the page, if it has one.
export function earlier({ taken_at: at }, arrival) {
  const start = arrival?.value ? Date.parse(`${arrival.value}:00+08:00`) : Date.now() + state.offset;
  if (!at || Date.parse(at) >= start - EARLY) return "";
  const day = (moment) => Math.floor((moment + 8 * 3600000) / DAY);
  const days = day(start) - day(Date.parse(at));
  return days ? `比检查早 ${days} 天` : "比检查早半天以上";
}

// ------------------------------------------------------------------------------------------------------------------ EXIF

const TAGS = { turn: 0x0112, changed: 0x0132, more: 0x8769, taken: 0x9003, zone: 0x9011 };

// {taken: "2024-09-24T14:02:00", zone: "+08:00", turn: 1…8} of a JPEG; what is missing or broken is empty.
export async function exif(file) {
  const nothing = { taken: "", zone: "", turn: 1 };
  try {
    const view = new DataView(await file.slice(0, HEAD).arrayBuffer());
    const start = header(view);
    if (!start) return nothing;
    const little = view.getUint16(start) === 0x4949;
    const found = directory(view, start, view.getUint32(start + 4, little), little);
    if (found.more) Object.assign(found, { ...directory(view, start, found.more, little), turn: found.turn });
    const text = found.taken ?? found.changed ?? "";
    const [, ...parts] = /^(\d{4})[:-](\d\d)[:-](\d\d)[ T](\d\d):(\d\d):(\d\d)/.exec(text) ?? [];
    const [year, month, day, ...clock] = parts;
    const zone = /^[+-]\d\d:\d\d$/.test(found.zone ?? "") ? found.zone : "";
    return { taken: parts.length ? `${year}-${month}-${day}T${clock.join(":")}` : "", zone, turn: found.turn ?? 1 };
  } catch {
    return nothing;
  }
}

// Where the TIFF block of a JPEG's APP1 begins; 0 without one.
function header(view) {
  if (view.getUint16(0) !== 0xffd8) return 0;
  for (let place = 2; place + 10 < view.byteLength; place += 2 + view.getUint16(place + 2)) {
    if (view.getUint8(place) !== 0xff || view.getUint8(place + 1) === 0xda) return 0;
    if (view.getUint8(place + 1) === 0xe1 && view.getUint32(place + 4) === 0x45786966) return place + 10;
  }
  return 0;
}

function directory(view, start, offset, little) {
  const found = {};
  const number = view.getUint16(start + offset, little);
  for (let i = 0; i < number; i += 1) {
    const entry = start + offset + 2 + 12 * i;
    const [name] = Object.entries(TAGS).find(([, tag]) => tag === view.getUint16(entry, little)) ?? [];
    if (!name) continue;
    const [kind, size] = [view.getUint16(entry + 2, little), view.getUint32(entry + 4, little)];
    if (kind === 3) found[name] = view.getUint16(entry + 8, little);
    else if (kind === 4) found[name] = view.getUint32(entry + 8, little);
    else if (kind === 2 && size < 64) {
      const place = size > 4 ? start + view.getUint32(entry + 8, little) : entry + 8;
      found[name] = String.fromCharCode(...new Uint8Array(view.buffer, place, size)).replace(/\0.*$/, "").trim();
    }
  }
  return found;
}
