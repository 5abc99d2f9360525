// What Greenlight is, for who sees it for the first time: once.

import { t } from "../core/catalogue.js";
import { button, h } from "../core/dom.js";
import { myId } from "../core/session.js";

const place = () => `welcomed:${myId()}`;

/** The welcome, or null for who has read it, and where nothing can be remembered. */
export function welcome() {
  try {
    if (localStorage.getItem(place())) return null;
  } catch {
    return null;
  }
  const done = () => {
    localStorage.setItem(place(), "yes");
    panel.remove();
    /** @type {HTMLElement | null} */ (document.querySelector("main h1"))?.focus();
  };
  const panel = h(
    "section",
    { class: "panel welcome", "aria-labelledby": "welcome" },
    h("h2", { id: "welcome" }, t("welcome-title")),
    h("ol", {}, h("li", {}, t("welcome-submit")), h("li", {}, t("welcome-decide")), h("li", {}, t("welcome-record"))),
    button(t("welcome-done"), done, "primary"),
  );
  return panel;
}
