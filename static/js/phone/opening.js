// The beginning of the record: the outbox is opened, then the page's own module runs with `state.outbox` in its hand.
import { state } from "./api.js";
import { begin } from "./start.js";

async function opened() {
  const form = document.querySelector("form#entry");
  if (!form) return;
  // On its way while the outbox is opened; a record that is closed asks nothing on arrival.
  const arriving = form.querySelector("fieldset").disabled ? null : import("./arrival.js");
  await begin(JSON.parse(document.querySelector("#pack").textContent), form, document.querySelector(".bar h1").textContent.trim());
  state.arriving = await arriving;
  await (await import("./record.js")).ready;
}

state.opening = opened();
export const { opening } = state;
