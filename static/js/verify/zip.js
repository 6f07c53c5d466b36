// The .tsv files of a ZIP: stored entries, and deflated ones where the browser can inflate. Nothing else of the format.

const END = 0x06054b50, CENTRAL = 0x02014b50, LOCAL = 0x04034b50;
const LARGEST = 1 << 29;
const TSV = /(?:^|\/)([0-9a-z-]+)\.tsv$/;

// What is wrong with the ZIP, in words for the visitor.
export class ZipError extends Error {}

const CRC = new Uint32Array(256).map((_, n) => {
  let value = n;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value;
});

function crc32(data) {
  let value = 0xffffffff;
  for (const byte of data) value = CRC[(value ^ byte) & 255] ^ (value >>> 8);
  return (value ^ 0xffffffff) >>> 0;
}

// Raw deflate; never more than `size` bytes, whatever the entry holds.
async function inflated(packed, size) {
  let stream;
  try {
    stream = new DecompressionStream("deflate-raw");
  } catch {
    throw new ZipError("这个浏览器不能解压缩，请先把压缩包解开，再选择里面的 .tsv 文件。");
  }
  const made = new Uint8Array(size);
  let at = 0;
  const reader = new Blob([packed]).stream().pipeThrough(stream).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    if (at + value.length > size) {
      await reader.cancel();
      throw new Error("longer than it says");
    }
    made.set(value, at);
    at += value.length;
  }
  if (at !== size) throw new Error("shorter than it says");
  return made;
}

function endOf(view) {
  for (let at = view.byteLength - 22; at >= 0 && at > view.byteLength - 65558; at--) {
    if (view.getUint32(at, true) === END) return at;
  }
  throw new ZipError("这不是 ZIP 压缩包，或者没有下载完整。");
}

// Name, method, sizes and place of every .tsv entry, from the central directory.
function entriesOf(bytes, view) {
  const end = endOf(view);
  const found = new Map();
  let at = view.getUint32(end + 16, true);
  for (let left = view.getUint16(end + 10, true); left > 0; left--) {
    if (view.getUint32(at, true) !== CENTRAL) throw new Error("no entry here");
    const length = view.getUint16(at + 28, true);
    const path = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + length));
    const name = TSV.exec(path)?.[1];
    if (name !== undefined) {
      if (found.has(name)) throw new ZipError(`压缩包里有两个 ${name}.tsv，请只留一次抽取的文件。`);
      if (view.getUint16(at + 8, true) & 1) throw new ZipError("压缩包有密码，请先解开，再选择里面的 .tsv 文件。");
      found.set(name, {
        method: view.getUint16(at + 10, true), crc: view.getUint32(at + 16, true),
        packed: view.getUint32(at + 20, true), size: view.getUint32(at + 24, true), start: view.getUint32(at + 42, true),
      });
    }
    at += 46 + length + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  return found;
}

async function contentOf(name, entry, bytes, view) {
  if (entry.size > LARGEST) throw new ZipError(`${name}.tsv 太大，请先把压缩包解开，再选择里面的 .tsv 文件。`);
  if (view.getUint32(entry.start, true) !== LOCAL) throw new Error("no file here");
  const start = entry.start + 30 + view.getUint16(entry.start + 26, true) + view.getUint16(entry.start + 28, true);
  const packed = bytes.subarray(start, start + entry.packed);
  if (packed.length !== entry.packed) throw new Error("cut off");
  if (entry.method !== 0 && entry.method !== 8) {
    throw new ZipError("压缩包用了少见的压缩办法，请先解开，再选择里面的 .tsv 文件。");
  }
  const data = entry.method ? await inflated(packed, entry.size) : packed.slice();
  if (data.length !== entry.size || crc32(data) !== entry.crc) throw new Error("wrong checksum");
  return data;
}

export const isZip = (bytes) => bytes[0] === 0x50 && bytes[1] === 0x4b;

// bytes: a ZIP. Map of name (without folder and .tsv) -> Uint8Array. Throws ZipError in words.
export async function readZip(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const files = new Map();
  try {
    for (const [name, entry] of entriesOf(bytes, view)) files.set(name, await contentOf(name, entry, bytes, view));
  } catch (error) {
    if (error instanceof ZipError) throw error;
    throw new ZipError("压缩包损坏，或者没有下载完整，请重新下载。");
  }
  if (!files.size) throw new ZipError("压缩包里没有 .tsv 文件。");
  return files;
}
