// What every page of the phone needs, and no more: each file costs a round trip on a slow line. The rest comes once the page stands.
import "./confirm-once.js";

document.documentElement.dataset.alive = ""; // read by too-old.js; `?.` and `??` below are what Chrome 79 cannot read
document.querySelector("[data-error-summary]")?.focus();
if (!document.querySelector("[data-shell]")) window.addEventListener("load", () => import("./phone/page.js").then((page) => page.start()));
