// <b data-left="86400">: seconds until something may begin, counted down from when the page came; then the page is asked for anew.
// The server's seconds, not the clock of this computer: a projector's clock may be wrong.

const pad = (number) => String(number).padStart(2, "0");

function words(seconds) {
  const hours = Math.floor(seconds / 3600);
  return `还有 ${hours ? `${hours} 小时 ` : ""}${pad(Math.floor(seconds / 60) % 60)} 分 ${pad(seconds % 60)} 秒`;
}

for (const place of document.querySelectorAll("[data-left]")) {
  const end = performance.now() + Number(place.dataset.left) * 1000;
  const tick = () => {
    const left = Math.ceil((end - performance.now()) / 1000);
    if (left <= 0) {
      clearInterval(timer);
      location.reload();
      return;
    }
    place.textContent = words(left);
  };
  const timer = setInterval(tick, 1000);
  tick();
}
