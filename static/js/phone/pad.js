// A signature pad that keeps strokes: a canvas is cleared by rotation and by a hiding address bar, strokes are not. They are kept in
// the size of the pad on which the first of them was written, so that turning the phone there and back changes nothing.
import SignaturePad from "../../vendor/signature_pad-5.1.4/signature_pad.min.js";

const LEAST_INK = 40; // px of that first pad; inspections/ink.py has the same two numbers
const MOST_POINTS = 6000;
const [THIN, THICK] = [1.4, 3.4];

export class Pad {
  constructor(place) {
    this.place = place.querySelector("[data-canvas]");
    this.whole = place.querySelector("[data-pad-place]");
    this.canvas = this.place.querySelector("canvas");
    this.pad = new SignaturePad(this.canvas, { minWidth: THIN, maxWidth: THICK, penColor: "#14181c" });
    this.size = [0, 0];
    this.first = [0, 0];
    this.factor = 1;
    place.querySelector("[data-again]").addEventListener("click", () => this.clear());
    place.querySelector("[data-large]")?.addEventListener("click", () => this.large(true));
    place.querySelector("[data-small]")?.addEventListener("click", () => this.large(false));
    this.pad.addEventListener("beginStroke", () => this.place.classList.remove("is-error"));
    document.addEventListener("fullscreenchange", () => document.fullscreenElement || this.large(false));
    new ResizeObserver(() => this.fit()).observe(this.canvas);
  }

  // The strokes in the size of the first pad.
  strokes() {
    return this.pad.toData().filter((stroke) => stroke.points.length).map((stroke) => scaled(stroke, 1 / this.factor));
  }

  // The same strokes in the new size; one factor for both directions, taken from the first pad each time.
  fit() {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    if (!width || !height || (width === this.size[0] && height === this.size[1])) return;
    const strokes = this.strokes();
    this.size = [width, height];
    if (!strokes.length) this.first = this.size;
    this.factor = Math.min(width / this.first[0], height / this.first[1]);
    Object.assign(this.pad, { minWidth: THIN * this.factor, maxWidth: THICK * this.factor });
    const dense = Math.max(window.devicePixelRatio || 1, 1);
    this.canvas.width = width * dense;
    this.canvas.height = height * dense;
    this.canvas.getContext("2d").scale(dense, dense);
    this.pad.clear();
    this.pad.fromData(strokes.map((stroke) => scaled(stroke, this.factor)));
  }

  // Over the whole screen, and sideways where the browser can turn it; else the hand does.
  async large(on) {
    if (!this.whole || this.whole.classList.contains("is-big") === on) return;
    this.whole.classList.toggle("is-big", on);
    try {
      if (on) {
        await this.whole.requestFullscreen();
        await screen.orientation.lock("landscape");
      } else if (document.fullscreenElement) await document.exitFullscreen();
    } catch {
      // not allowed here: the pad is large all the same
    }
  }

  clear() {
    this.pad.clear();
    this.size = [0, 0];
    this.fit();
  }

  // {width, height, strokes: [[[x, y, ms], …], …]} in whole numbers, or null when nothing was drawn.
  drawing() {
    const data = this.strokes();
    if (!data.length) return null;
    const start = data[0].points[0].time;
    const every = Math.ceil(data.reduce((sum, stroke) => sum + stroke.points.length, 0) / MOST_POINTS);
    const strokes = data.map(({ points }) =>
      points
        .filter((_, place) => place % every === 0 || place === points.length - 1)
        .map(({ x, y, time }) => [Math.round(x), Math.round(y), Math.max(0, Math.round(time - start))]),
    );
    const [width, height] = this.size.map((edge) => Math.round(edge / this.factor));
    return { width, height, strokes };
  }

  // Why this is no signature yet; empty when it is one. The length of the ink says it: many sign without lifting the finger.
  problem() {
    const drawn = this.drawing();
    const length = drawn ? inkOf(drawn.strokes) : 0;
    this.place.classList.toggle("is-error", length < LEAST_INK);
    if (!drawn) return "请在签字板上签字。";
    return length < LEAST_INK ? "签字太短，看不清，请重新签一次。" : "";
  }
}

function scaled(stroke, factor) {
  const points = stroke.points.map((point) => ({ ...point, x: point.x * factor, y: point.y * factor }));
  return { ...stroke, minWidth: stroke.minWidth * factor, maxWidth: stroke.maxWidth * factor, points };
}

const inkOf = (strokes) =>
  strokes.reduce((sum, points) => sum + points.slice(1).reduce((part, [x, y], i) => part + Math.hypot(x - points[i][0], y - points[i][1]), 0), 0);
