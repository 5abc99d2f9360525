// Labelled inputs, and what is wrong with what was typed into them.

/** @import { FieldError } from "./schemas.js" */
/** @import { Child } from "./dom.js" */

import { rich, t } from "./catalogue.js";
import { freshId, h, own } from "./dom.js";

/** @typedef {HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement} Input */
/** @typedef {{ message: string, errors?: FieldError[] }} Complaint */

/** Nothing was sent: what is wrong. @param {...FieldError} errors */
export const complaint = (...errors) => Object.assign(new Error(t("not-sent")), { errors });

/** The input of a name; a group of radios counts as one. @param {HTMLFormElement} form @param {string} name */
export const control = (form, name) => /** @type {HTMLInputElement | null} */ (form.elements.namedItem(name));

/** @param {HTMLFormElement} form @param {string} name */
export const textOf = (form, name) => control(form, name)?.value.trim() ?? "";

/** Everything that can be typed into or chosen. @param {HTMLFormElement} form @returns {Input[]} */
export const inputsOf = (form) =>
  /** @type {Input[]} */ ([...form.elements].filter((each) => "value" in each && each.tagName !== "BUTTON"));

/** A labelled input; the hint is read with it. @param {string} label @param {Input} input @param {string} [hint] */
export function field(label, input, hint) {
  input.id ||= freshId("field");
  const about = hint ? h("p", { class: "hint", id: `${input.id}-hint` }, hint) : null;
  if (about) input.setAttribute("aria-describedby", about.id);
  const text = input.required ? requiredLabel(label) : label;
  return h("div", { class: "field" }, h("label", { for: input.id, "data-name": label }, text), about, input);
}

/** @param {string} label */
export const requiredLabel = (label) => [label, h("span", { class: "required" }, " ", t("required"))];

// What the server names as a whole is shown at the first input of its kind.
/** @type {Record<string, string>} */
const BEGINNINGS = { documents: "document:" };

/** What an error that belongs to no input is about. @param {string} name */
function nameOfField(name) {
  if (name === "documents") return t("field-documents");
  return name === "body" ? t("field-body") : name;
}

/**
 * Show a problem's errors at their inputs, and all of them on top with links; focus goes to the top.
 * @param {HTMLFormElement} form
 * @param {Complaint} problem
 * @param {...Child} actions
 */
export function showErrors(form, problem, ...actions) {
  clearErrors(form);
  const items = (problem.errors ?? []).map((error) => {
    const input = inputFor(form, error.field);
    if (!input) return h("li", {}, t("error-at", { field: nameOfField(error.field), error: error.message }));
    markWrong(form, input, error.message);
    const jump = (/** @type {Event} */ event) => {
      event.preventDefault();
      input.focus();
    };
    const link = h("a", { href: `#${input.id}`, onclick: jump }, labelOf(form, input));
    return h("li", {}, rich("error-at", { field: link, error: error.message }));
  });
  const box = h(
    "div",
    { class: "problem", role: "alert", tabindex: "-1" },
    h("p", {}, problem.message),
    items.length ? h("ul", {}, items) : null,
    ...actions,
  );
  form.prepend(box);
  box.focus();
}

/** @param {HTMLFormElement} form @param {Input} input @param {string} text */
function markWrong(form, input, text) {
  const id = freshId("error");
  const place = /** @type {HTMLElement} */ (input.type === "radio" ? input.closest("fieldset") : input);
  place.setAttribute("aria-invalid", "true");
  place.dataset.described ??= place.getAttribute("aria-describedby") ?? "";
  place.setAttribute("aria-describedby", `${id} ${place.dataset.described}`.trim());
  const error = h("p", { class: "error", id }, text);
  if (place === input) input.after(error);
  else place.append(error);
  // as soon as something is written there, what was said about the emptiness before is no longer true
  const mended = (/** @type {Event} */ event) => {
    if (event.target !== input && !place.contains(/** @type {Node} */ (event.target))) return;
    if (!(/** @type {Input} */ (event.target).value.trim())) return;
    form.removeEventListener("input", mended);
    error.remove();
    unmark(place);
  };
  form.addEventListener("input", mended);
}

/** @param {HTMLFormElement} form @param {Input} input */
function labelOf(form, input) {
  if (input.type === "radio") return input.closest("fieldset")?.querySelector("legend")?.textContent ?? input.name;
  return /** @type {HTMLElement | null} */ (form.querySelector(`label[for="${input.id}"]`))?.dataset.name ?? input.name;
}

/** @param {HTMLFormElement} form */
export function clearErrors(form) {
  for (const old of form.querySelectorAll(":scope > .problem, p.error")) old.remove();
  for (const place of form.querySelectorAll("[aria-invalid]")) unmark(/** @type {HTMLElement} */ (place));
}

/** @param {HTMLElement} place */
function unmark(place) {
  place.removeAttribute("aria-invalid");
  if (place.dataset.described) place.setAttribute("aria-describedby", place.dataset.described);
  else place.removeAttribute("aria-describedby");
  delete place.dataset.described;
}

/** The input of `fields.goal` or `conditions[0].due`. @param {HTMLFormElement} form @param {string} name */
function inputFor(form, name) {
  const inputs = inputsOf(form).filter((element) => element.id && element.name);
  const beginning = own(BEGINNINGS, name, null);
  return (
    inputs.find((element) => element.name === name) ??
    (beginning ? inputs.find((element) => element.name.startsWith(beginning)) : undefined)
  );
}
