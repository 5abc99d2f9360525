// Building the page: elements from data, never markup from text.

import { t } from "./catalogue.js";

/** @typedef {Node | string | null | undefined | false} Leaf */
/** @typedef {Leaf | Leaf[] | (Leaf | Leaf[])[] | (Leaf | Leaf[] | (Leaf | Leaf[])[])[]} Child */
/** @typedef {Record<string, string | number | boolean | null | undefined | ((event: any) => unknown)>} Attributes */

/**
 * An element. Attributes: strings, true (present), false/null (absent), functions for `on…`. Children: nodes, text,
 * lists.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Attributes | null} [attributes]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function h(tag, attributes, ...children) {
  const element = document.createElement(tag);
  fill(element, attributes, children);
  return element;
}

/** @param {Element} element @param {Attributes | null | undefined} attributes @param {Child[]} children */
function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === false || value === null || value === undefined) continue;
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  const leaves = /** @type {Leaf[]} */ (children.flat(4));
  for (const leaf of leaves) if (leaf !== null && leaf !== undefined && leaf !== false) element.append(leaf);
}

/**
 * The value under a key that people may have chosen: what every object inherits does not count.
 * @template T, O
 * @param {Record<string, T>} object
 * @param {string} key
 * @param {O} otherwise
 * @returns {T | O}
 */
export const own = (object, key, otherwise) =>
  Object.hasOwn(object, key) ? /** @type {T} */ (object[key]) : otherwise;

/** An element that index.html has. @param {string} id @returns {HTMLElement} */
export function fixed(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`index.html has no ${id}`);
  return found;
}

/** Say something to who listens to the page instead of looking at it. @param {string} text */
export function announce(text) {
  fixed("live").textContent = text;
}

/**
 * A banner over the whole page. Each kind has its own, which stays as it is until its text changes or it is taken away.
 * @param {string} kind
 * @param {string} text
 * @param {...Child} actions
 */
export function banner(kind, text, ...actions) {
  const place = fixed("banner");
  const old = banners().find((each) => each.dataset.kind === kind);
  if (old?.dataset.text === text) return;
  old?.remove();
  if (text)
    place.append(h("div", { "data-kind": kind, "data-text": text, role: "alert" }, h("p", {}, text), ...actions));
}

/** Another view: what was said about the last one goes. */
export function clearBanners() {
  for (const each of banners()) if (!LASTING.includes(each.dataset.kind ?? "")) each.remove();
}
const LASTING = ["offline", "failed"]; // about the connection, and about what was sent from a view that is left
const banners = () => /** @type {HTMLElement[]} */ ([...fixed("banner").children]);

/**
 * `about` names what it acts on, for who does not see where it stands.
 * @param {string} text
 * @param {(event: any) => unknown} onclick
 * @param {string} [kind]
 * @param {string} [about]
 */
export const button = (text, onclick, kind = "", about = "") =>
  h(
    "button",
    { type: "button", class: kind, onclick },
    text,
    about ? h("span", { class: "unseen" }, ` ${about}`) : null,
  );

let count = 0;
/** A fresh id, to tie labels, hints and errors to their input. @param {string} prefix */
export const freshId = (prefix) => `${prefix}-${++count}`;

const LINES = 24;
const LETTERS = 2000;

/**
 * What people wrote; so long that it would hide what comes after it, it is cut, and shown whole on demand.
 * @param {string} text
 * @param {keyof HTMLElementTagNameMap} [tag]
 */
export function prose(text, tag = "p") {
  const body = h(tag, { class: "text" }, text);
  if (text.length < LETTERS && text.split("\n").length <= LINES) return body;
  body.classList.add("cut");
  const all = button(
    t("show-all"),
    () => {
      body.classList.remove("cut");
      all.remove();
    },
    "small",
  );
  return h("div", {}, body, all);
}

/** @typedef {[key: string, sign: string, make: () => HTMLElement | null]} Part */

/**
 * Bring a place up to date: a part whose sign is the same stays as it is, with what was typed, opened, focused in it;
 * the others are made once more.
 * @param {HTMLElement} place
 * @param {Part[]} parts
 */
export function reconcile(place, parts) {
  const children = () => /** @type {HTMLElement[]} */ ([...place.children]);
  const before = new Map(children().map((child) => [child.dataset.part, child]));
  const held = children().find((child) => child.contains(document.activeElement));
  /** @type {HTMLElement[]} */
  const after = [];
  for (const [key, sign, make] of parts) {
    const old = before.get(key);
    const made = old?.dataset.sign === sign ? old : make();
    if (!made) continue;
    Object.assign(made.dataset, { part: key, sign });
    after.push(made);
  }
  const kept = new Set(after);
  for (const child of children()) if (!kept.has(child)) child.remove();
  after.forEach((child, index) => {
    if (place.children[index] !== child) place.insertBefore(child, place.children[index] ?? null);
  });
  if (held && !kept.has(held)) keepFocus(after.find((child) => child.dataset.part === held.dataset.part));
}

/**
 * What had the focus was replaced, or is gone: the focus stays near, and never falls to the top of the page.
 * @param {HTMLElement | undefined} part
 */
function keepFocus(part) {
  const near = part ?? /** @type {HTMLElement | null} */ (document.querySelector("main h1"));
  if (!near?.matches("a, button, summary, [tabindex]")) near?.setAttribute("tabindex", "-1");
  near?.focus({ preventScroll: true });
}

/** @param {number} size @param {string} name of the sprite @returns {SVGElement} */
export function icon(name, size = 20) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  fill(made, { class: "icon", width: size, height: size, "aria-hidden": "true" }, []);
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `${new URL("../styles/icons.svg", import.meta.url).pathname}#${name}`);
  made.append(use);
  return made;
}

/** The letters that stand for a person. @param {string} name */
export function avatar(name) {
  const words = name.split(/\s+/).filter(Boolean);
  const letters = [words[0], words.length > 1 ? words.at(-1) : ""].map((word) => [...(word ?? "")][0] ?? "").join("");
  return h("span", { class: "avatar", "aria-hidden": "true" }, letters.toUpperCase());
}
