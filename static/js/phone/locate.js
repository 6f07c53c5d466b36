// 记下位置: asked for by a button, never silently; kept in this page for half an hour and sent with the pictures taken meanwhile.
const LASTS = 30 * 60000;
let spot = null;

export const here = () => (spot && Date.now() - spot.at < LASTS ? spot.facts : {});

function say(words) {
  for (const button of document.querySelectorAll("[data-locate] span")) button.textContent = words;
}

const ask = () => new Promise((yes, no) => navigator.geolocation.getCurrentPosition(yes, no, { enableHighAccuracy: true, timeout: 20000, maximumAge: 60000 }));

document.addEventListener("click", async (event) => {
  if (!event.target.closest("[data-locate]")) return;
  say("正在定位…");
  try {
    const { coords } = await ask();
    const facts = { latitude: coords.latitude.toFixed(6), longitude: coords.longitude.toFixed(6), accuracy: String(Math.round(coords.accuracy)) };
    spot = { at: Date.now(), facts };
    say(`位置已记下，误差约 ${facts.accuracy} 米；随后拍的照片都带上`);
  } catch {
    say("没有取得位置，可以不记；照片照常能拍");
  }
});

for (const button of document.querySelectorAll("[data-locate]")) button.hidden = !navigator.geolocation || !window.isSecureContext;
