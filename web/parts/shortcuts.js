// Keys for who works through many; they can be switched off, and none counts while somebody writes.

import { t } from "../core/catalogue.js";
import { button, h } from "../core/dom.js";

const PLACE = "shortcuts-off";
const KEYS = ["j", "k", "Enter", "x", "/", "?"];

const isOff = () => {
  try {
    return localStorage.getItem(PLACE) === "yes";
  } catch {
    return false;
  }
};

/** @param {boolean} off */
function switchOff(off) {
  try {
    localStorage.setItem(PLACE, off ? "yes" : "no");
  } catch {
    // storage is switched off: then the keys stay on
  }
}

/** @param {AbortSignal} signal @param {Record<string, () => void>} keys by what they type */
export function onKeys(signal, keys) {
  const pressed = (/** @type {KeyboardEvent} */ event) => {
    const at = /** @type {Element} */ (event.target);
    if (event.ctrlKey || event.metaKey || event.altKey || at.closest("input, select, textarea, dialog")) return;
    const act = event.key === "?" ? help : keys[event.key];
    if (!act || isOff()) return;
    event.preventDefault();
    act();
  };
  document.addEventListener("keydown", pressed, { signal });
}

export const helpButton = () => button("?", help, "small help", t("shortcuts-title"));

function help() {
  const off = h("input", { type: "checkbox", id: "shortcuts-on", checked: !isOff() });
  off.addEventListener("change", () => switchOff(!off.checked));
  const close = () => {
    dialog.close();
    dialog.remove();
  };
  const dialog = h(
    "dialog",
    { "aria-labelledby": "shortcuts", class: "panel" },
    h("h2", { id: "shortcuts" }, t("shortcuts-title")),
    h(
      "dl",
      { class: "keys" },
      KEYS.map((key) =>
        h(
          "div",
          {},
          h("dt", {}, h("kbd", {}, key.toUpperCase().replace("ENTER", "Enter"))),
          h("dd", {}, t("shortcut", { key: NAMES[key] ?? key })),
        ),
      ),
    ),
    h("div", { class: "choice" }, off, h("label", { for: "shortcuts-on" }, t("shortcuts-on"))),
    button(t("close"), close, "primary"),
  );
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
/** @type {Record<string, string>} */
const NAMES = { "/": "slash", "?": "question" };
