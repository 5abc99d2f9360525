// Building the page: elements from data, never markup from text.

/** An element. Attributes: strings, true (present), false/null (absent), functions for `on…`. Children: nodes, text, lists. */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === false || value === null || value === undefined) continue;
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** Say something to who listens to the page instead of looking at it. */
export function announce(text) {
  document.getElementById("live").textContent = text;
}

/** A banner over the whole page, until the next one; without text it goes. */
export function banner(text, ...actions) {
  const place = document.getElementById("banner");
  place.replaceChildren(...(text ? [h("p", {}, text), ...actions] : []));
}

/** `about` names what it acts on, for who does not see where it stands. */
export const button = (text, onclick, kind = "", about = "") =>
  h("button", { type: "button", class: kind, onclick }, text, about ? h("span", { class: "unseen" }, ` ${about}`) : null);

let count = 0;
/** A fresh id, to tie labels, hints and errors to their input. */
export const freshId = (prefix) => `${prefix}-${++count}`;

/** A labelled input: `input` is an element; the hint is read with it. */
export function field(label, input, hint) {
  input.id ||= freshId("field");
  const about = hint ? h("p", { class: "hint", id: `${input.id}-hint` }, hint) : null;
  if (about) input.setAttribute("aria-describedby", about.id);
  const required = input.required ? h("span", { class: "required" }, " (required)") : null;
  return h("div", { class: "field" }, h("label", { for: input.id }, label, required), about, input);
}

/** Show a problem's errors at their inputs, and all of them on top with links; focus goes to the top. */
export function showErrors(form, problem) {
  clearErrors(form);
  const items = (problem.errors ?? []).map((error) => {
    const input = inputFor(form, error.field);
    if (!input) return h("li", {}, error.field, ": ", error.message);
    const id = `${input.id}-error`;
    input.setAttribute("aria-invalid", "true");
    input.dataset.described = input.getAttribute("aria-describedby") ?? "";
    input.setAttribute("aria-describedby", `${id} ${input.dataset.described}`.trim());
    input.insertAdjacentElement("afterend", h("p", { class: "error", id }, error.message));
    const label = form.querySelector(`label[for="${input.id}"]`)?.firstChild?.textContent ?? error.field;
    const jump = (event) => {
      event.preventDefault();
      input.focus();
    };
    return h("li", {}, h("a", { href: `#${input.id}`, onclick: jump }, label), ": ", error.message);
  });
  const box = h("div", { class: "problem", role: "alert", tabindex: "-1" },
    h("p", {}, problem.message), items.length ? h("ul", {}, items) : null);
  form.prepend(box);
  box.focus();
}

export function clearErrors(form) {
  form.querySelectorAll(":scope > .problem, p.error").forEach((old) => old.remove());
  for (const input of form.querySelectorAll("[aria-invalid]")) {
    input.removeAttribute("aria-invalid");
    if (input.dataset.described) input.setAttribute("aria-describedby", input.dataset.described);
    else input.removeAttribute("aria-describedby");
  }
}

/** The input of `fields.goal`, `conditions[0].due` or, where only the whole is named, its first part. */
function inputFor(form, name) {
  const inputs = [...form.elements].filter((element) => element.id && element.type !== "hidden");
  return inputs.find((element) => element.name === name) ?? inputs.find((element) => element.name && name.startsWith(element.name));
}
