// Choosing people of the directory by name.

import { button, field, freshId, h } from "../core/dom.js";
import { fullName, session } from "../core/session.js";

/** One person: an input with suggestions. `chosen()` is {id} or {problem}. */
export function onePerson(label, hint, without = []) {
  const listId = freshId("people");
  const input = h("input", { name: "to", list: listId, autocomplete: "off", required: true });
  const options = session.policy.people.filter(({ id }) => !without.includes(id)).map((person) => h("option", { value: labelled(person) }));
  return { node: h("div", {}, field(label, input, hint), h("datalist", { id: listId }, options)), input, chosen: () => find(input.value) };
}

/** Several people, one after the other; `ids` is kept up to date. `settle()` takes who is typed and not added yet: {added} or {problem}. */
export function severalPeople(label, hint, ids, changed) {
  const { node, input, chosen } = onePerson(label, hint, [session.me.id]);
  input.required = false;
  input.name = "prepared_by";
  node.querySelector(".required")?.remove();
  const list = h("ul", { class: "chips" });
  const draw = () => list.replaceChildren(...ids.map((id) => h("li", {}, fullName(id), button("Remove", () => remove(id), "small", fullName(id)))));
  const remove = (id) => {
    ids.splice(ids.indexOf(id), 1);
    draw();
    input.focus();
    changed();
  };
  const settle = () => {
    if (!input.value.trim()) return {};
    const { id, problem } = chosen();
    if (problem) return { problem };
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
  return { node: h("div", {}, h("div", { class: "row end" }, node, button("Add", add)), list), settle };
}

const labelled = ({ id, name }) => `${name} (${id})`;

function find(text) {
  const wanted = text.trim().toLowerCase();
  const found = session.policy.people.filter((person) => [labelled(person), person.id, person.name].some((each) => each.toLowerCase() === wanted));
  if (found.length === 1) return { id: found[0].id };
  return { problem: found.length ? `There is more than one ${text.trim()}: choose from the list.` : "Choose somebody from the list." };
}
