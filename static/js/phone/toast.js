// One line at the bottom with an optional way back; gone after eight seconds, or when the next one comes.

const place = document.querySelector("[data-toast]");
let timer = 0;
let after = null;

// Ends the line that stands; what was waiting for its end happens now.
export function settleToast() {
  clearTimeout(timer);
  place.hidden = true;
  const end = after;
  after = null;
  end?.();
}

export function toast(text, label = "", back = null, end = null) {
  settleToast();
  place.querySelector("p").textContent = text;
  const button = place.querySelector("button");
  button.hidden = !back;
  button.textContent = label;
  button.onclick = () => {
    after = null;
    settleToast();
    back();
  };
  after = end;
  place.hidden = false;
  timer = setTimeout(settleToast, 8000);
}
