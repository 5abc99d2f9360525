// Documents of one kind: chosen or dropped.

/** @import { Document, DocumentForm, Limits } from "../core/schemas.js" */

import { t } from "../core/catalogue.js";
import { button, h } from "../core/dom.js";
import { bytes, list } from "../core/format.js";
import { field } from "../core/forms.js";
import { HEAD_BYTES, mediaType } from "../core/sniff.js";

/** How far an upload is, in words. @param {number} share */
export const sending = (share) =>
  share < 1 ? t("sending-share", { share: Math.round(share * 100) }) : t("sent-waiting");

/** @param {File} file @returns {Promise<Uint8Array | null>} null: it cannot be read */
async function headOf(file) {
  try {
    return new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer());
  } catch {
    return null;
  }
}

/**
 * A file that was changed, moved or is a folder cannot be sent, and the browser says only that the line broke.
 * @param {Iterable<File>} files
 * @returns {Promise<string>} "" or what to do
 */
export async function unreadable(files) {
  for (const file of files) if (!(await headOf(file))) return t("file-unreadable", { file: file.name });
  return "";
}

/** @typedef {ReturnType<typeof dropZone>} DropZone */

/**
 * `old` are those of the revision before, which are kept unless they are taken out.
 * @param {DocumentForm} kind
 * @param {Document[]} old
 * @param {Limits} limits
 */
export function dropZone(kind, old, limits) {
  /** @type {File[]} */
  const chosen = [];
  const kept = [...old];
  const limit = Math.min(kind.max_bytes, limits.max_document_bytes);
  const names = kind.types.map((type) => t("media-type", { type: type.replace(/[^\w]+/g, "-"), other: type }));
  const input = h("input", { type: "file", multiple: true, name: `document:${kind.id}`, accept: kind.types.join(",") });
  const files = h("ul", { class: "files" });
  const warning = h("p", { class: "wrong", role: "status" });
  /** @template T @param {T & { name: string, size: number }} file @param {T[]} from */
  const row = (file, from) => {
    const remove = () => {
      from.splice(from.indexOf(file), 1);
      draw();
      input.focus();
    };
    const about = h("span", { class: "meta" }, bytes(file.size));
    return h("li", {}, h("span", { class: "text" }, file.name), about, button(t("remove"), remove, "small", file.name));
  };
  const draw = async () => {
    files.replaceChildren(...kept.map((file) => row(file, kept)), ...chosen.map((file) => row(file, chosen)));
    warning.textContent = await wrong();
  };
  /** @param {Iterable<File> | null | undefined} more */
  const take = (more) => {
    chosen.push(...(more ?? []));
    return draw();
  };
  input.addEventListener("change", () => {
    take(input.files);
    input.value = "";
  });
  const hint = t("drop-hint", { required: kind.required ? "yes" : "no", size: bytes(limit), types: list(names) });
  const zone = h("div", { class: "drop" }, field(kind.title, input, hint), files, warning);
  const over = (/** @type {boolean} */ on) => (/** @type {DragEvent} */ event) => {
    event.preventDefault();
    zone.classList.toggle("over", on);
  };
  zone.addEventListener("dragover", over(true));
  zone.addEventListener("dragleave", over(false));
  zone.addEventListener("drop", (event) => {
    over(false)(event);
    take(event.dataTransfer?.files);
  });
  draw();

  /** What the automatic checks would find in what was chosen: "" or what to do. */
  async function wrong() {
    for (const file of chosen) {
      const head = await headOf(file);
      if (!head) return t("file-unreadable", { file: file.name });
      if (file.size > limit) return tooLarge(file, limit);
      if (!kind.types.includes(mediaType(file.name, head)))
        return t("file-type", { file: file.name, types: list(names) });
    }
    return "";
  }
  const problem = async () => (await wrong()) || (kind.required && !chosen.length && !kept.length ? t("missing") : "");
  return { kind: kind.id, node: zone, files: () => chosen, keeping: () => kept.map(({ sha256 }) => sha256), problem };
}

/** @param {File} file @param {number} limit */
export const tooLarge = (file, limit) =>
  t("file-too-large", { file: file.name, size: bytes(file.size), limit: bytes(limit) });
