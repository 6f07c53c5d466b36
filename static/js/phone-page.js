// What every page of the phone needs, and no more: each file costs a round trip on a slow line.
import "./confirm-once.js";

document.querySelector("[data-error-summary]")?.focus();
