// Keys a person means. While an input method composes, Enter takes the letters and the arrows choose a word: such a key
// (isComposing, or 229 where a browser says so after the fact) is nobody's command. Every key handler goes through here.
export const composing = (event) => event.isComposing === true || event.keyCode === 229;

export function onKey(place, act) {
  place.addEventListener("keydown", (event) => {
    if (!composing(event)) act(event);
  });
}

// What was typed, once an input method is done with it.
export function onTyped(input, act) {
  input.addEventListener("input", (event) => {
    if (!event.isComposing) act();
  });
  input.addEventListener("compositionend", act);
}
