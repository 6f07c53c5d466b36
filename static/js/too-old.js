// Says that this browser cannot be used before anything is typed into a page that would not keep it. No module, nothing later
// than 2009: it must run where the rest does not (docs/adr/0007-oldest-browser.md). The words stand in _too_old.html.
(function () {
  var page = document.documentElement;
  var shown = false;

  function able() {
    var style = window.CSS && CSS.supports;
    return (
      "noModule" in document.createElement("script") &&
      !!window.Promise && !!Promise.prototype["finally"] && !!Promise.allSettled && !!window.fetch && !!window.AbortController &&
      !!window.ResizeObserver && !!Object.fromEntries && !!Array.prototype.flatMap && !!String.prototype.matchAll &&
      !!window.Blob && !!Blob.prototype.arrayBuffer && !!Element.prototype.append && !!window.Intl && !!Intl.DateTimeFormat.prototype.formatToParts &&
      !!style && CSS.supports("display", "grid") && CSS.supports("width", "min(1px, 2px)") && CSS.supports("color", "var(--any)")
    );
  }

  function browser() {
    var agent = navigator.userAgent;
    var inside = /MicroMessenger/.test(agent) ? "微信内置，" : /DingTalk/.test(agent) ? "钉钉内置，" : /MQQBrowser|QQ\//.test(agent) ? "QQ，" : /UCBrowser/.test(agent) ? "UC，" : "";
    var engine = /Chrome\/(\d+)/.exec(agent);
    var apple = /Version\/(\d+(?:\.\d+)?).*Safari/.exec(agent);
    return inside + (engine ? "Chrome " + engine[1] : apple ? "Safari " + apple[1] : "认不出的版本");
  }

  function copy(button, address) {
    var range = document.createRange();
    var chosen = window.getSelection();
    range.selectNodeContents(address);
    chosen.removeAllRanges();
    chosen.addRange(range);
    var done = false;
    try {
      done = document.execCommand("copy");
    } catch (error) {
      done = false;
    }
    button.lastChild.nodeValue = done ? "已复制，去自带的浏览器粘贴" : "请长按上面的网址复制";
  }

  // Between flex items there is no gap before Chrome 84 and Safari 14.1: record.css then puts margins there.
  function gaps() {
    var box = document.createElement("div");
    box.className = "gap-probe";
    box.appendChild(document.createElement("i"));
    box.appendChild(document.createElement("i"));
    document.body.appendChild(box);
    if (box.scrollHeight === 0) page.className += " no-gap";
    document.body.removeChild(box);
  }

  // reason: "old", or "broken" when a script of ours did not arrive.
  function show(reason) {
    var box = document.querySelector("[data-too-old]");
    if (!box || shown) return;
    shown = true;
    var parts = box.querySelectorAll("[data-when]");
    for (var i = 0; i < parts.length; i += 1) parts[i].hidden = parts[i].getAttribute("data-when") !== reason;
    box.hidden = false;
    var address = box.querySelector("[data-address]");
    address.textContent = location.href;
    box.querySelector("[data-browser]").textContent = browser();
    var button = box.querySelector("[data-copy-address]");
    button.onclick = function () {
      copy(button, address);
    };
    var again = box.querySelector("[data-reload]");
    again.onclick = function () {
      location.reload();
    };
    page.className += " too-old";
  }

  function look() {
    gaps();
    if (!able()) show("old");
    else if (!page.hasAttribute("data-alive")) show("broken");
  }

  // A script that does not parse is too new for this browser; one that does not arrive was lost on the way.
  window.addEventListener(
    "error",
    function (event) {
      var target = event.target;
      if (target && target.tagName === "SCRIPT" && target.type === "module") show("broken");
      else if (event.error && event.error.name === "SyntaxError") show("old");
    },
    true
  );
  document.addEventListener("DOMContentLoaded", look);
})();
