// Loaded by every base page; each module does nothing where its marks are absent.
import "./chosen-file.js";
import "./confirm-once.js";
import "./copy.js";
import "./menu.js";
import "./print.js";
import "./select-all.js";
import "./show-password.js";
import "./upload-on-choice.js";

document.documentElement.dataset.alive = ""; // read by too-old.js
document.querySelector("[data-error-summary]")?.focus();
