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

/** The value under a key that people may have chosen: what every object inherits does not count. */
export const own = (object, key, otherwise) => (Object.hasOwn(object, key) ? object[key] : otherwise);

/** Say something to who listens to the page instead of looking at it. */
export function announce(text) {
  document.getElementById("live").textContent = text;
}

/** A banner over the whole page. Each kind has its own, which stays as it is until its text changes or it is taken away. */
export function banner(kind, text, ...actions) {
  const place = document.getElementById("banner");
  const old = [...place.children].find((each) => each.dataset.kind === kind);
  if (old?.dataset.text === text) return;
  old?.remove();
  if (text) place.append(h("div", { "data-kind": kind, "data-text": text, role: "alert" }, h("p", {}, text), actions));
}

/** Another view: what was said about the last one goes. */
export function clearBanners() {
  for (const each of [...document.getElementById("banner").children]) if (!LASTING.includes(each.dataset.kind)) each.remove();
}
const LASTING = ["offline", "failed"]; // about the connection, and about what was sent from a view that is left

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

const LINES = 24;
/** What people wrote; so long that it would hide what comes after it, it is cut, and shown whole on demand. */
export function prose(text, tag = "p") {
  const body = h(tag, { class: "text" }, text);
  if (text.length < 2000 && text.split("\n").length <= LINES) return body;
  body.classList.add("cut");
  const all = button("Show all", () => {
    body.classList.remove("cut");
    all.remove();
  }, "small");
  return h("div", {}, body, all);
}

/**
 * Bring a place up to date: `parts` are [key, sign, make]. A part whose sign is the same stays as it is, with what was
 * typed, opened and focused in it; the others are made anew.
 */
export function reconcile(place, parts) {
  const before = new Map([...place.children].map((child) => [child.dataset.part, child]));
  const held = [...place.children].find((child) => child.contains(document.activeElement));
  const after = parts.map(([key, sign, make]) => {
    const old = before.get(key);
    if (old?.dataset.sign === sign) return old;
    const made = make();
    if (!made) return null;
    made.dataset.part = key;
    made.dataset.sign = sign;
    return made;
  }).filter(Boolean);
  const kept = new Set(after);
  for (const child of [...place.children]) if (!kept.has(child)) child.remove();
  after.forEach((child, index) => {
    if (place.children[index] !== child) place.insertBefore(child, place.children[index] ?? null);
  });
  if (held && !kept.has(held)) keepFocus(after.find((child) => child.dataset.part === held.dataset.part));
}

/** What had the focus was made anew, or is gone: the focus stays near, and never falls to the top of the page. */
function keepFocus(part) {
  const near = part ?? document.querySelector("main h1");
  if (!near?.matches("a, button, summary, [tabindex]")) near?.setAttribute("tabindex", "-1");
  near?.focus({ preventScroll: true });
}

const NAMES = { documents: "Documents", body: "The request" };
// What the server names as a whole is shown at the first input of its kind.
const BEGINNINGS = { documents: "document:" };

/** Show a problem's errors at their inputs, and all of them on top with links; focus goes to the top. */
export function showErrors(form, problem, ...actions) {
  clearErrors(form);
  const items = (problem.errors ?? []).map((error) => {
    const input = inputFor(form, error.field);
    if (!input) return h("li", {}, own(NAMES, error.field, error.field), ": ", error.message);
    markWrong(input, error.message);
    const jump = (event) => {
      event.preventDefault();
      input.focus();
    };
    return h("li", {}, h("a", { href: `#${input.id}`, onclick: jump }, labelOf(form, input)), ": ", error.message);
  });
  const box = h("div", { class: "problem", role: "alert", tabindex: "-1" },
    h("p", {}, problem.message), items.length ? h("ul", {}, items) : null, actions);
  form.prepend(box);
  box.focus();
}

function markWrong(input, text) {
  const id = freshId("error");
  const place = input.type === "radio" ? input.closest("fieldset") : input;
  place.setAttribute("aria-invalid", "true");
  place.dataset.described ??= place.getAttribute("aria-describedby") ?? "";
  place.setAttribute("aria-describedby", `${id} ${place.dataset.described}`.trim());
  const error = h("p", { class: "error", id }, text);
  if (place === input) input.after(error);
  else place.append(error);
}

function labelOf(form, input) {
  if (input.type === "radio") return input.closest("fieldset").querySelector("legend").textContent;
  return form.querySelector(`label[for="${input.id}"]`)?.firstChild?.textContent ?? input.name;
}

export function clearErrors(form) {
  form.querySelectorAll(":scope > .problem, p.error").forEach((old) => old.remove());
  for (const place of form.querySelectorAll("[aria-invalid]")) {
    place.removeAttribute("aria-invalid");
    if (place.dataset.described) place.setAttribute("aria-describedby", place.dataset.described);
    else place.removeAttribute("aria-describedby");
    delete place.dataset.described;
  }
}

/** The input of `fields.goal` or `conditions[0].due`. */
function inputFor(form, name) {
  const inputs = [...form.elements].filter((element) => element.id && element.name);
  const beginning = own(BEGINNINGS, name, null);
  return inputs.find((element) => element.name === name) ?? (beginning ? inputs.find((element) => element.name.startsWith(beginning)) : undefined);
}
