// Documents of one kind: chosen or dropped.

import { button, field, h } from "../core/dom.js";
import { bytes } from "../core/words.js";

/** How far an upload is, in words. */
export const sending = (share) => (share < 1 ? `Sending… ${Math.round(share * 100)} %` : "Sent. Waiting for the answer…");

/** A file that was changed, moved or is a folder cannot be sent, and the browser says only that the line broke: "" or what to do. */
export async function unreadable(files) {
  for (const file of files) {
    try {
      await file.slice(0, 1).arrayBuffer();
    } catch {
      return `${file.name} was changed or moved since you chose it, or is a folder: remove it and choose it again`;
    }
  }
  return "";
}

/** `old` are those of the revision before, which are kept unless they are taken out. */
export function dropZone(kind, old, limits) {
  const chosen = [];
  const kept = [...old];
  const limit = Math.min(kind.max_bytes, limits.max_document_bytes);
  const input = h("input", { type: "file", multiple: true, name: `document:${kind.id}`, accept: kind.types.join(",") });
  const list = h("ul", { class: "files" });
  const row = (file, from) => h("li", {}, h("span", { class: "text" }, file.name), h("span", { class: "meta" }, bytes(file.size)), button("Remove", () => {
    from.splice(from.indexOf(file), 1);
    draw();
    input.focus();
  }, "small", file.name));
  const draw = () => list.replaceChildren(...kept.map((file) => row(file, kept)), ...chosen.map((file) => row(file, chosen)));
  const take = (files) => {
    chosen.push(...files);
    draw();
  };
  input.addEventListener("change", () => {
    take(input.files);
    input.value = "";
  });
  const zone = h("div", { class: "drop" }, field(kind.title, input, `${kind.required ? "Needed. " : ""}Up to ${bytes(limit)} each; choose files or drop them here.`), list);
  const over = (on) => (event) => {
    event.preventDefault();
    zone.classList.toggle("over", on);
  };
  zone.addEventListener("dragover", over(true));
  zone.addEventListener("dragleave", over(false));
  zone.addEventListener("drop", (event) => {
    over(false)(event);
    take(event.dataTransfer.files);
  });
  draw();
  const problem = () => {
    const large = chosen.find(({ size }) => size > limit);
    if (large) return `${large.name} has ${bytes(large.size)}; at most ${bytes(limit)} are taken`;
    return kind.required && !chosen.length && !kept.length ? "is missing" : "";
  };
  return { kind: kind.id, node: zone, files: () => chosen, keeping: () => kept.map(({ sha256 }) => sha256), problem };
}
