// What a document is by its name and by how it begins; the server looks at all of it, and by the same rules.

export const HEAD_BYTES = 4096;

/** @param {...number} given */
const bytesOf = (...given) => given;
const PDF = bytesOf(0x25, 0x50, 0x44, 0x46);
const PNG = bytesOf(0x89, 0x50, 0x4e, 0x47);
const JPEG = bytesOf(0xff, 0xd8, 0xff);
const ZIP = bytesOf(0x50, 0x4b);
const OFFICE = "application/vnd.openxmlformats-officedocument.";

/** @type {Record<string, { type: string, begins: number[] | null }>} a text begins with anything but zeros */
const BY_SUFFIX = {
  pdf: { type: "application/pdf", begins: PDF },
  png: { type: "image/png", begins: PNG },
  jpg: { type: "image/jpeg", begins: JPEG },
  jpeg: { type: "image/jpeg", begins: JPEG },
  zip: { type: "application/zip", begins: ZIP },
  docx: { type: `${OFFICE}wordprocessingml.document`, begins: ZIP },
  xlsx: { type: `${OFFICE}spreadsheetml.sheet`, begins: ZIP },
  pptx: { type: `${OFFICE}presentationml.presentation`, begins: ZIP },
  md: { type: "text/markdown", begins: null },
  txt: { type: "text/plain", begins: null },
  csv: { type: "text/csv", begins: null },
};

/**
 * The media type that a file's name promises and its beginning keeps; "" where it does not, or nobody knows.
 * @param {string} name
 * @param {Uint8Array} head
 */
export function mediaType(name, head) {
  const suffix = name.includes(".") ? (name.split(".").at(-1) ?? "").toLowerCase() : "";
  const known = Object.hasOwn(BY_SUFFIX, suffix) ? BY_SUFFIX[suffix] : undefined;
  if (!known) return "";
  const kept = known.begins ? known.begins.every((byte, place) => head[place] === byte) : !head.includes(0);
  return kept ? known.type : "";
}
