// Small builders of elements; text is always text, never markup.

export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== ""));
  return element;
}

const SVG = "http://www.w3.org/2000/svg";

export function icon(name, className = "icon") {
  const svg = document.createElementNS(SVG, "svg");
  for (const [key, value] of [["class", className], ["width", "16"], ["height", "16"], ["viewBox", "0 0 16 16"], ["aria-hidden", "true"]]) {
    svg.setAttribute(key, value);
  }
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#${name}`);
  svg.append(use);
  return svg;
}

export function button(label, kind, iconName, onclick) {
  return h("button", { type: "button", class: `btn ${kind}`, onclick }, iconName ? icon(iconName) : null, label);
}

export function table(head, rows, className = "tbl tbl-tight") {
  const cell = (tag, [text, options]) => h(tag, options, text);
  const asCell = (value) => (Array.isArray(value) ? value : [value, {}]);
  return h(
    "div", { class: "table-wrap" },
    h(
      "table", { class: className },
      h("thead", {}, h("tr", {}, head.map((text) => cell("th", asCell(text))))),
      h("tbody", {}, rows.map((row) => h("tr", row.attributes ?? {}, (row.cells ?? row).map((value) => cell("td", asCell(value)))))),
    ),
  );
}

// A bar of `size` places: the drawn part, the cut-off, and where this one stands.
export function rankBar({ rank, n, size }) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 320 56");
  svg.setAttribute("class", "rank-bar");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", `共 ${size} 家，前 ${n} 名抽中，它排第 ${rank} 名`);
  const put = (tag, attributes, text = "") => {
    const element = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.textContent = text;
    svg.append(element);
  };
  const x = (place) => 2 + (316 * place) / Math.max(size, 1);
  const anchor = (at) => (at < 40 ? "start" : at > 280 ? "end" : "middle");
  put("rect", { x: 2, y: 22, width: 316, height: 12, class: "all" });
  put("rect", { x: 2, y: 22, width: Math.max(x(n) - 2, n ? 2 : 0), height: 12, class: "drawn" });
  put("rect", { x: x(rank - 0.5) - 1.5, y: 18, width: 3, height: 20, class: "mine" });
  put("text", { x: Math.max(2, Math.min(318, x(rank - 0.5))), y: 13, "text-anchor": anchor(x(rank - 0.5)), class: "mine-text" }, `第 ${rank} 名`);
  if (n) put("text", { x: 2, y: 51, class: "cut-text" }, `前 ${n} 名抽中`);
  put("text", { x: 318, y: 51, "text-anchor": "end", class: "size-text" }, `${size}`);
  return svg;
}
