// Texts that must survive a sign-in or a reload, for this tab and for who wrote them. Without storage they live in
// their form alone.

import { session } from "./session.js";

/** @param {string} key */
const place = (key) => `draft:${session.me?.id}:${key}`;

export const draft = {
  /** @param {string} key @returns {any} */
  read: (key) => attempt(() => JSON.parse(sessionStorage.getItem(place(key)) ?? "null")),
  /** @param {string} key @param {unknown} value */
  keep: (key, value) => attempt(() => sessionStorage.setItem(place(key), JSON.stringify(value))),
  /** @param {string} key */
  drop: (key) => attempt(() => sessionStorage.removeItem(place(key))),
  dropAll: () => attempt(() => sessionStorage.clear()),
};

/** @param {() => unknown} work */
function attempt(work) {
  try {
    return work() ?? null;
  } catch {
    return null; // storage is switched off, or full
  }
}
