// SHA-256 (FIPS 180-4), synchronous, without crypto.subtle: that is missing on plain http, where office networks live.
// A seed is exactly one block, so the state after it is computed once and every ticket costs one compression.

// Literal on purpose: Math.cbrt promises no precision.
const K = new Int32Array([
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
  0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
  0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
  0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
  0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
  0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
  0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
  0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
]);
const START = new Int32Array([
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
]);
const W = new Int32Array(64);

// One block (W[0..15]) into `state`.
function compress(state, out) {
  for (let i = 16; i < 64; i++) {
    const x = W[i - 15];
    const y = W[i - 2];
    const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
    const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
    W[i] = (W[i - 16] + s0 + W[i - 7] + s1) | 0;
  }
  let a = state[0], b = state[1], c = state[2], d = state[3], e = state[4], f = state[5], g = state[6], h = state[7];
  for (let i = 0; i < 64; i++) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + K[i] + W[i]) | 0;
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g; g = f; f = e; e = (d + t1) | 0; d = c; c = b; b = a; a = (t1 + t2) | 0;
  }
  out[0] = state[0] + a; out[1] = state[1] + b; out[2] = state[2] + c; out[3] = state[3] + d;
  out[4] = state[4] + e; out[5] = state[5] + f; out[6] = state[6] + g; out[7] = state[7] + h;
}

const HEX = Array.from({ length: 256 }, (_, n) => n.toString(16).padStart(2, "0"));

export function hexOf(words) {
  let text = "";
  for (let i = 0; i < 8; i++) {
    const w = words[i];
    text += HEX[w >>> 24] + HEX[(w >>> 16) & 255] + HEX[(w >>> 8) & 255] + HEX[w & 255];
  }
  return text;
}

function loadBytes(bytes, at) {
  for (let i = 0, p = at; i < 16; i++, p += 4) {
    W[i] = (bytes[p] << 24) | (bytes[p + 1] << 16) | (bytes[p + 2] << 8) | bytes[p + 3];
  }
}

// Bytes in pieces: new Sha256().update(…).update(…).hex()
export class Sha256 {
  constructor() {
    this.state = START.slice();
    this.rest = new Uint8Array(64);
    this.held = 0;
    this.length = 0;
  }

  update(bytes) {
    let at = 0;
    this.length += bytes.length;
    if (this.held) {
      const take = Math.min(64 - this.held, bytes.length);
      this.rest.set(bytes.subarray(0, take), this.held);
      this.held += take;
      at = take;
      if (this.held < 64) return this;
      loadBytes(this.rest, 0);
      compress(this.state, this.state);
      this.held = 0;
    }
    for (; at + 64 <= bytes.length; at += 64) {
      loadBytes(bytes, at);
      compress(this.state, this.state);
    }
    this.rest.set(bytes.subarray(at), 0);
    this.held = bytes.length - at;
    return this;
  }

  hex() {
    const size = this.held < 56 ? 64 : 128;
    const last = new Uint8Array(size);
    last.set(this.rest.subarray(0, this.held));
    last[this.held] = 0x80;
    const view = new DataView(last.buffer);
    view.setUint32(size - 8, Math.floor(this.length / 0x20000000));
    view.setUint32(size - 4, (this.length % 0x20000000) * 8);
    for (let at = 0; at < size; at += 64) {
      loadBytes(last, at);
      compress(this.state, this.state);
    }
    return hexOf(this.state);
  }
}

export function sha256Hex(data) {
  return new Sha256().update(typeof data === "string" ? new TextEncoder().encode(data) : data).hex();
}

// SHA-256 of `seed` followed by ASCII text, the state after the seed kept. seed: 64 characters.
export class Seeded {
  constructor(seed) {
    if (seed.length !== 64) throw new RangeError("a seed has 64 characters");
    this.state = new Int32Array(8);
    for (let i = 0, p = 0; i < 16; i++, p += 4) {
      W[i] = (seed.charCodeAt(p) << 24) | (seed.charCodeAt(p + 1) << 16) | (seed.charCodeAt(p + 2) << 8) | seed.charCodeAt(p + 3);
    }
    compress(START, this.state);
  }

  // The digest of seed + text as 8 words in `out`.
  words(text, out = new Int32Array(8)) {
    const length = text.length;
    const blocks = (length + 9 + 63) >> 6;
    let from = this.state;
    for (let block = 0, p = 0; block < blocks; block++) {
      W.fill(0, 0, 16);
      for (let i = 0; i < 64 && p <= length; i++, p++) {
        W[i >> 2] |= (p < length ? text.charCodeAt(p) : 0x80) << (24 - ((i & 3) << 3));
      }
      if (block === blocks - 1) W[15] = (64 + length) * 8;
      compress(from, out);
      from = out;
    }
    return out;
  }

  hex(text) {
    return hexOf(this.words(text));
  }

  // The first 52 bits, an exact number: enough to sort by, equal ones are compared in full.
  first52(text) {
    this.words(text, SCRATCH);
    return (SCRATCH[0] >>> 0) * 1048576 + (SCRATCH[1] >>> 12);
  }
}

const SCRATCH = new Int32Array(8);

export function compareWords(a, b) {
  for (let i = 0; i < 8; i++) {
    if (a[i] !== b[i]) return a[i] >>> 0 < b[i] >>> 0 ? -1 : 1;
  }
  return 0;
}
