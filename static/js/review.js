// 复核: how many opinions are written stands on the button that sends the record back.

const form = document.querySelector("#review");
const place = document.querySelector("[data-opinions]");

function count() {
  const written = [...form.querySelectorAll("textarea[name^=item_]")].filter((area) => area.value.trim()).length;
  place.textContent = written ? `（${written} 条意见）` : "";
}

if (form && place) {
  form.addEventListener("input", count);
  window.addEventListener("pageshow", count);
  count();
}
