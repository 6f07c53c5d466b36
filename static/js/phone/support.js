// Whether this browser can keep work without a network, and in one sentence why not.
import { supported } from "./store.js";

const LOW = 200 * 2 ** 20;

export function lacking() {
  if (!("offline" in document.body.dataset)) return "";
  if (!window.isSecureContext) return "这个网址不是 https，不能离线填表；有网络时照常使用。请向系统管理员要 https 网址。";
  const able = supported() && "serviceWorker" in navigator && !("nostore" in document.documentElement.dataset);
  return able ? "" : "当前浏览器不支持离线，请用手机自带的浏览器打开；有网络时在这里照常使用。";
}

// A warning about room on the phone, and the request not to clear it away.
export async function room() {
  if (!navigator.storage?.estimate) return "";
  navigator.storage.persist?.().catch(() => {});
  const { quota, usage } = await navigator.storage.estimate();
  return quota - usage < LOW ? "这部手机的空间不足 200 MB，照片可能存不下，请先清理。" : "";
}
