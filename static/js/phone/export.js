// Everything unsent as one file, for the day a phone cannot send it: readable by anybody, so it says whose data it holds.

const base64 = (blob) =>
  new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(",") + 1));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });

export async function content(outbox) {
  const changes = [];
  for (const { key, record, what, place, at, url, state, tries, note, body, lane, name } of outbox.ops) {
    const change = { key, name, record, place, what, at, url, state, tries, error: note?.error ?? "", body };
    if (lane === "files" && name.startsWith("photo")) {
      const blob = await outbox.blob({ key, user: outbox.user }).catch(() => null);
      Object.assign(change, blob ? { type: blob.type, photo: await base64(blob) } : { unreadable: true });
    }
    changes.push(change);
  }
  const words = "没有送达的检查内容，未加密，含个人信息。请交给牵头部门，由其登记接收；送达以后请删除本文件。";
  return { format: "kuancheng-unsent-1", words, user: outbox.user, made: new Date().toISOString(), changes };
}

export async function save(outbox) {
  if (!window.confirm("导出的文件没有加密，含企业和个人信息，只交给牵头部门。继续导出吗？")) return false;
  const text = JSON.stringify(await content(outbox), null, 1);
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  link.download = `待同步-${new Date().toISOString().slice(0, 16).replace(/[T:]/g, "-")}.json`;
  document.body.append(link);
  link.click();
  link.remove();
  return true;
}
