// Choosing people of the directory by name.

import { button, field, freshId, h } from "./dom.js";
import { fullName, session } from "./session.js";

/** One person: an input with suggestions. `value()` is the id; throws Error with a text for the person. */
export function onePerson(label, hint, without = []) {
  const listId = freshId("people");
  const input = h("input", { name: "to", list: listId, autocomplete: "off", required: true });
  const options = session.policy.people.filter(({ id }) => !without.includes(id)).map((person) => h("option", { value: labelled(person) }));
  return { node: h("div", {}, field(label, input, hint), h("datalist", { id: listId }, options)), value: () => idOf(input.value) };
}

/** Several people, one after the other; `ids` is kept up to date. */
export function severalPeople(label, hint, ids, changed) {
  const one = onePerson(label, hint, [session.me.id]);
  const input = one.node.querySelector("input");
  input.required = false;
  input.name = "prepared_by";
  one.node.querySelector(".required")?.remove();
  const chosen = h("ul", { class: "chips" });
  const draw = () => chosen.replaceChildren(...ids.map((id) => h("li", {}, fullName(id), button("Remove", () => remove(id), "small", fullName(id)))));
  const remove = (id) => {
    ids.splice(ids.indexOf(id), 1);
    draw();
    changed();
  };
  const add = () => {
    try {
      const id = one.value();
      if (!ids.includes(id)) ids.push(id);
      input.value = "";
      input.setCustomValidity("");
    } catch (error) {
      input.setCustomValidity(error.message);
      input.reportValidity();
    }
    draw();
    changed();
  };
  input.addEventListener("input", () => input.setCustomValidity(""));
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    add();
  });
  draw();
  return h("div", {}, h("div", { class: "row end" }, one.node, button("Add", add)), chosen);
}

const labelled = ({ id, name }) => `${name} (${id})`;

function idOf(text) {
  const wanted = text.trim().toLowerCase();
  const found = session.policy.people.filter((person) => [labelled(person), person.id, person.name].some((each) => each.toLowerCase() === wanted));
  if (found.length === 1) return found[0].id;
  throw new Error(found.length ? `There is more than one ${text.trim()}: choose from the list.` : "Choose somebody from the list.");
}
