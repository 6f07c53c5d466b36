// Between the form on the page and the values of the protocol.
import { serverNow } from "./api.js";

const TEXT_OF = { NOT_OK: "text_bad", NOT_APPLICABLE: "text_na", NOT_CHECKED: "text_skip" };

// An item's card as {answer, text, corrected}: what belongs to the answer that is chosen, and nothing of the others. 符合 has no text.
export function readItem(card) {
  const chosen = card.querySelector("input[name$=-answer]:checked");
  const answer = chosen ? chosen.value : "";
  const box = TEXT_OF[answer] && card.querySelector(`textarea[name$=-${TEXT_OF[answer]}]`);
  const right = card.querySelector("input[name$=-corrected]:checked");
  return { answer, text: box ? box.value.trim() : "", corrected: answer === "NOT_OK" && Boolean(right) && right.value === "1" };
}

export function writeItem(card, { answer, text, corrected }) {
  for (const radio of card.querySelectorAll("input[name$=-answer]")) radio.checked = radio.value === answer && answer !== "";
  for (const name of Object.values(TEXT_OF)) {
    const box = card.querySelector(`textarea[name$=-${name}]`);
    box.value = TEXT_OF[answer] === name ? text : "";
    box.dispatchEvent(new Event("input")); // the chips of usual words follow it
  }
  for (const radio of card.querySelectorAll("input[name$=-corrected]")) {
    radio.checked = answer === "NOT_OK" && radio.value === (corrected ? "1" : "0");
  }
}

const LABELS = { OK: "符合", NOT_OK: "不符合", NOT_APPLICABLE: "合理缺项", NOT_CHECKED: "未检查", "": "未填" };

export const itemWords = ({ answer, text }) => LABELS[answer] + (text ? `：${text}` : "");

// A datetime-local of Shanghai as an instant in the form the server stores, and back. One minute is as fine as it gets.
export const toInstant = (text) => (text ? new Date(`${text}:00+08:00`).toISOString().replace(".000Z", "+00:00") : null);

export function toLocal(instant) {
  if (!instant) return "";
  return new Date(Date.parse(instant) + 8 * 3600000).toISOString().slice(0, 16);
}

export const nowLocal = () => toLocal(serverNow().toISOString());
// 9月24日 14:05
export const stamp = (instant) => toLocal(instant).slice(5).replace(/^0?(\d+)-0?(\d+)T/, "$1月$2日 ");

export function readField(form, prefix, name) {
  const inputs = [...form.querySelectorAll(`[name="${prefix}-${name}"]`)];
  const kind = inputs[0].type;
  if (kind === "checkbox" && (inputs.length > 1 || name === "methods" || name === "present")) {
    const chosen = inputs.filter((input) => input.checked).map((input) => input.value);
    return name === "present" ? chosen.map(Number) : chosen;
  }
  if (kind === "checkbox") return inputs[0].checked;
  if (kind === "radio") {
    const chosen = inputs.find((input) => input.checked);
    return chosen ? chosen.value === "1" : null;
  }
  if (kind === "datetime-local") return toInstant(inputs[0].value);
  if (kind === "date") return inputs[0].value || null;
  return inputs[0].value.trim();
}

export function writeField(form, prefix, name, value) {
  for (const input of form.querySelectorAll(`[name="${prefix}-${name}"]`)) {
    if (input.type === "checkbox") input.checked = Array.isArray(value) ? value.map(String).includes(input.value) : Boolean(value);
    else if (input.type === "radio") input.checked = value !== null && input.value === (value ? "1" : "0");
    else if (input.type === "datetime-local") input.value = toLocal(value);
    else input.value = value ?? "";
  }
}

export function fieldWords(value) {
  if (typeof value === "boolean") return value ? "是" : "否";
  if (Array.isArray(value)) return value.length ? `${value.length} 项` : "未选";
  return value ? String(value) : "空";
}

// 9月24日 14:05
export const stamp = (instant) => toLocal(instant).slice(5).replace(/^0?(\d+)-0?(\d+)T/, "$1月$2日 ");
