// A signature pad that keeps strokes: a canvas is cleared by rotation and by a hiding address bar, strokes are not.
import SignaturePad from "../../vendor/signature_pad-5.1.4/signature_pad.min.js";

const MIN_STROKES = 2;
const MIN_LENGTH = 40;
const MAX_POINTS = 6000;

export class Pad {
  constructor(place) {
    this.place = place.querySelector("[data-canvas]");
    this.canvas = this.place.querySelector("canvas");
    this.pad = new SignaturePad(this.canvas, { minWidth: 1.4, maxWidth: 3.4, penColor: "#14181c" });
    this.width = 0;
    this.height = 0;
    place.querySelector("[data-again]").addEventListener("click", () => this.clear());
    this.pad.addEventListener("beginStroke", () => this.place.classList.remove("is-error"));
    new ResizeObserver(() => this.fit()).observe(this.canvas);
  }

  // The same strokes, scaled into the new size; one factor for both directions, so that nothing is distorted.
  fit() {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    if (!width || !height || (width === this.width && height === this.height)) return;
    const factor = this.width ? Math.min(width / this.width, height / this.height) : 1;
    const data = this.pad.toData().map((stroke) => ({
      ...stroke,
      points: stroke.points.map((point) => ({ ...point, x: point.x * factor, y: point.y * factor })),
    }));
    const dense = Math.max(window.devicePixelRatio || 1, 1);
    this.canvas.width = width * dense;
    this.canvas.height = height * dense;
    this.canvas.getContext("2d").scale(dense, dense);
    [this.width, this.height] = [width, height];
    this.pad.clear();
    this.pad.fromData(data);
  }

  clear() {
    this.pad.clear();
  }

  // {width, height, strokes: [[[x, y, ms], …], …]} in whole numbers, or null when nothing was drawn.
  drawing() {
    const data = this.pad.toData().filter((stroke) => stroke.points.length);
    if (!data.length) return null;
    const start = data[0].points[0].time;
    const every = Math.ceil(data.reduce((sum, stroke) => sum + stroke.points.length, 0) / MAX_POINTS);
    const strokes = data.map(({ points }) =>
      points
        .filter((_, place) => place % every === 0 || place === points.length - 1)
        .map(({ x, y, time }) => [Math.round(x), Math.round(y), Math.max(0, Math.round(time - start))]),
    );
    return { width: this.width, height: this.height, strokes };
  }

  // Why this is no signature yet; empty when it is one.
  problem() {
    const strokes = this.drawing()?.strokes ?? [];
    const length = strokes.reduce(
      (sum, points) => sum + points.slice(1).reduce((part, [x, y], i) => part + Math.hypot(x - points[i][0], y - points[i][1]), 0),
      0,
    );
    const short = strokes.length < MIN_STROKES || length < MIN_LENGTH;
    this.place.classList.toggle("is-error", short);
    if (!strokes.length) return "请在签字板上签字。";
    return short ? "签字太短，看不清，请重新签一次。" : "";
  }
}
