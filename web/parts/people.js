// Choosing people of the directory by name.

/** @import { PersonName } from "../core/schemas.js" */

import { t } from "../core/catalogue.js";
import { button, freshId, h } from "../core/dom.js";
import { field } from "../core/forms.js";
import { fullName, myId, session } from "../core/session.js";

/**
 * One person: an input with suggestions. `chosen()` is {id} or {problem}.
 * @param {{ label: string, hint: string, name?: string, without?: string[], required?: boolean }} options
 */
export function onePerson({ label, hint, name = "to", without = [], required = true }) {
  const listId = freshId("people");
  const input = h("input", { name, list: listId, autocomplete: "off", required });
  const offered = session.policy.people.filter(({ id }) => !without.includes(id));
  const options = offered.map((person) => h("option", { value: labelled(person) }));
  const node = h("div", {}, field(label, input, hint), h("datalist", { id: listId }, options));
  return { node, input, chosen: () => find(input.value) };
}

/**
 * Several people, one after the other; `ids` is kept up to date. `settle()` takes who is typed and not added yet:
 * {added} or {problem}.
 * @param {string} label
 * @param {string} hint
 * @param {string[]} ids
 * @param {() => void} changed
 */
export function severalPeople(label, hint, ids, changed) {
  const { node, input, chosen } = onePerson({ label, hint, name: "prepared_by", without: [myId()], required: false });
  const list = h("ul", { class: "chips" });
  const draw = () => {
    const rows = ids.map((id) =>
      h(
        "li",
        {},
        fullName(id),
        button(t("remove"), () => remove(id), "small", fullName(id)),
      ),
    );
    list.replaceChildren(...rows);
  };
  const remove = (/** @type {string} */ id) => {
    ids.splice(ids.indexOf(id), 1);
    draw();
    input.focus();
    changed();
  };
  /** @returns {{ added?: string, problem?: string }} */
  const settle = () => {
    if (!input.value.trim()) return {};
    const { id, problem } = chosen();
    if (id === undefined) return { problem };
    if (!ids.includes(id)) ids.push(id);
    input.value = "";
    draw();
    return { added: fullName(id) };
  };
  const add = () => {
    input.setCustomValidity(settle().problem ?? "");
    input.reportValidity();
    changed();
  };
  input.addEventListener("input", () => {
    input.setCustomValidity("");
    if (session.policy.people.some((person) => labelled(person) === input.value)) add(); // chosen from the list
  });
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    add();
  });
  draw();
  return { node: h("div", {}, h("div", { class: "row end" }, node, button(t("add"), add)), list), settle };
}

/** @param {PersonName} person */
const labelled = ({ id, name }) => `${name} (${id})`;

/** @param {string} text @returns {{ id?: string, problem?: string }} */
function find(text) {
  const wanted = text.trim().toLowerCase();
  const fits = (/** @type {PersonName} */ person) =>
    [labelled(person), person.id, person.name].some((each) => each.toLowerCase() === wanted);
  const [first, second] = session.policy.people.filter(fits);
  if (first && !second) return { id: first.id };
  return { problem: first ? t("person-twice", { name: text.trim() }) : t("person-unknown") };
}
