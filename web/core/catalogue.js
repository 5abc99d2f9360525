// Every text that people read, from the catalogue in Project Fluent's format (projectfluent.org).

import { FluentBundle, FluentResource } from "../vendor/index.js";

/** @typedef {Record<string, string | number | Node>} Values */

/** The language of the texts, and so of dates and amounts too: no view speaks two. */
export const LANGUAGE = globalThis.document?.documentElement.lang || "en-GB";

/** @type {any} */
let bundle = null;

/** Read the catalogue; nothing can be said before. */
export async function loadCatalogue() {
  const answer = await fetch(new URL("../en/page.ftl", import.meta.url));
  useCatalogue(await answer.text());
}

/** @param {string} source the catalogue's text */
export function useCatalogue(source) {
  // isolating marks around each value would be copied with what people copy; the page is written from left to right
  bundle = new FluentBundle(LANGUAGE, { useIsolating: false });
  bundle.addResource(new FluentResource(source));
}

/**
 * The text of a message.
 * @param {string} id
 * @param {Record<string, string | number>} [values]
 * @returns {string}
 */
export function t(id, values = {}) {
  const pattern = bundle?.getMessage(id)?.value;
  if (!pattern) return lacking(id);
  /** @type {Error[]} */
  const errors = [];
  const text = bundle.formatPattern(pattern, values, errors);
  for (const error of errors) console.error(`catalogue: ${id}: ${error.message}`);
  return text;
}

/** @param {string} id */
function lacking(id) {
  console.error(`catalogue: there is no ${id}`);
  return id;
}

const FIRST_MARK = 0xe000; // private use: in no text that people write

/**
 * A message that holds elements: the text around them, and they where the message has them.
 * @param {string} id
 * @param {Values} values
 * @returns {(string | Node)[]}
 */
export function rich(id, values) {
  /** @type {Node[]} */
  const nodes = [];
  /** @type {Record<string, string | number>} */
  const marked = {};
  for (const [name, value] of Object.entries(values)) {
    if (typeof value === "string" || typeof value === "number") marked[name] = value;
    else marked[name] = String.fromCharCode(FIRST_MARK + nodes.push(value) - 1);
  }
  return t(id, marked)
    .split(/([\ue000-\ue0ff])/)
    .filter((part) => part !== "")
    .map((part) => nodes[part.charCodeAt(0) - FIRST_MARK] ?? part);
}
