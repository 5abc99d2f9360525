// "Ben Okafor, then both of finance and architecture, about 5 working days": asked while the form is filled in.

/** @import { PolicyPreview } from "../core/schemas.js" */

import { amount } from "../core/amount.js";
import { ask } from "../core/api.js";
import { t } from "../core/catalogue.js";
import { button, h } from "../core/dom.js";
import { capital, moment, money } from "../core/format.js";
import { session } from "../core/session.js";
import { because } from "./words.js";

const PAUSE = 600; // milliseconds without a keystroke

/** @typedef {{ category: string, department: string, budget: string, risk: string, prepared_by: string[] }} Asked */

export class Preview {
  /** @param {AbortSignal} signal */
  constructor(signal) {
    this.signal = signal;
    this.asked = "";
    this.number = 0;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.pending = undefined;
    this.way = h("div", { "aria-live": "polite" });
    const title = h("h2", { id: "preview" }, t("preview-title"));
    this.node = h("section", { class: "panel preview", "aria-labelledby": "preview" }, title, this.way);
    signal.addEventListener("abort", () => this.stop());
  }

  stop() {
    clearTimeout(this.pending);
  }

  /** Ask when nothing has been typed for a moment. @param {Asked} values */
  soon(values) {
    this.stop();
    this.pending = setTimeout(() => this.show(values), PAUSE);
  }

  /**
   * Ask, if what the way depends on has changed; an answer that a later one has overtaken is dropped.
   * @param {Asked} values
   */
  async show(values) {
    const { category, department, risk, prepared_by } = values;
    const budget = values.budget.trim() ? amount(values.budget) : {};
    const body = { category, department, budget: budget.number, risk, prepared_by };
    const asked = JSON.stringify([body, budget]);
    if (asked === this.asked) return;
    this.asked = asked;
    const number = ++this.number;
    if (budget.problem) return this.say(h("p", { class: "quiet" }, t("preview-budget", { problem: budget.problem })));
    if (!category || !department || !risk || !budget.number)
      return this.say(h("p", { class: "quiet" }, t("preview-empty")));
    const amount_ = budget.number;
    const parts = await ask("/api/policy/preview", { body, signal: this.signal }).then(
      ({ data }) => way(data, amount_),
      (error) => this.notYet(error, values),
    );
    if (number === this.number && !this.signal.aborted) this.say(...parts);
  }

  /** @param {any} error @param {Asked} values */
  notYet(error, values) {
    /** @type {{ field: string, message: string }[]} */
    const errors = error.errors ?? [];
    if (errors.length) {
      const items = errors.map(({ field, message }) =>
        h("li", {}, t("error-at", { field: capital(field), error: message })),
      );
      return [h("p", { class: "quiet" }, t("preview-not-yet")), h("ul", {}, items)];
    }
    const retry = () => {
      this.asked = "";
      this.show(values);
    };
    return [h("p", { class: "quiet" }, error.message), button(t("try-again"), retry, "small")];
  }

  /** @param {...Node} parts */
  say(...parts) {
    this.way.replaceChildren(...parts);
  }
}

/** @param {PolicyPreview} found @param {string} budget */
const way = (found, budget) => [
  h(
    "ol",
    { class: "way" },
    found.stages.map((stage) =>
      h(
        "li",
        {},
        h("strong", {}, stage.title),
        h("span", {}, capital(stage.need)),
        h("span", { class: "meta" }, t("preview-latest", { moment: moment(stage.due_at) })),
      ),
    ),
  ),
  h("p", {}, t("preview-days", { days: found.working_days })),
  h(
    "p",
    { class: "meta" },
    t("preview-why", { budget: money(budget, session.policy.currency), why: because(found.why) }),
  ),
];
