// "Ben Okafor, then both of finance and architecture, about 5 working days": asked while the form is filled in.

import { ask } from "../core/api.js";
import { button, h } from "../core/dom.js";
import { session } from "../core/session.js";
import { because, capital, moment, money, plural } from "../core/words.js";

const PAUSE = 600; // milliseconds without a keystroke

/** An amount as people write it: {number} as the API takes it, or {problem}. Nothing with two readings is taken. */
export function amount(text) {
  const plain = text.trim().replace(/^€\s*|\s*(€|EUR)$/gi, "");
  const found = SHAPES.map((shape) => shape.exec(plain)).find(Boolean);
  if (!found) return { problem: "write an amount like 12500 or 12500.50, with two decimals at most" };
  const [, whole, decimals] = found;
  const number = String(BigInt(whole.replace(/\D/g, "")));
  if (/^[1-9]\d{0,2}[.,]\d{3}$/.test(plain)) return { problem: `“${plain}” has two readings: write ${number}, or the decimals as in ${plain.replace(",", ".").slice(0, -1)}` };
  return { number: decimals ? `${number}.${decimals.slice(1)}` : number };
}
// Digits alone, or in groups of three by one separator, which is not the one of the decimals.
const SHAPES = [/^(\d+)([.,]\d{1,2})?$/, /^([1-9]\d{0,2}(?:[\s’']\d{3})+)([.,]\d{1,2})?$/, /^([1-9]\d{0,2}(?:,\d{3})+)(\.\d{1,2})?$/, /^([1-9]\d{0,2}(?:\.\d{3})+)(,\d{1,2})?$/];

export class Preview {
  constructor(signal) {
    this.signal = signal;
    this.asked = "";
    this.number = 0;
    this.way = h("div", { "aria-live": "polite" });
    this.node = h("section", { class: "panel preview", "aria-labelledby": "preview" }, h("h2", { id: "preview" }, "Who will approve"), this.way);
    signal.addEventListener("abort", () => this.stop());
  }

  stop() {
    clearTimeout(this.pending);
  }

  /** Ask when nothing has been typed for a moment. */
  soon(values) {
    this.stop();
    this.pending = setTimeout(() => this.show(values), PAUSE);
  }

  /** Ask, if what the way depends on has changed; an answer that a later one has overtaken is dropped. */
  async show(values) {
    const { category, department, risk, prepared_by } = values;
    const budget = values.budget.trim() ? amount(values.budget) : {};
    const body = { category, department, budget: budget.number, risk, prepared_by };
    if (JSON.stringify([body, budget]) === this.asked) return;
    this.asked = JSON.stringify([body, budget]);
    const number = ++this.number;
    if (budget.problem) return this.say(h("p", { class: "quiet" }, `Budget: ${budget.problem}.`));
    if (!category || !department || !risk || !budget.number) return this.say(h("p", { class: "quiet" }, "Choose category, department, budget and risk to see who will be asked."));
    const parts = await ask("/api/policy/preview", { body, signal: this.signal }).then(({ data }) => way(data, budget.number), (error) => this.notYet(error, values));
    if (number === this.number && !this.signal.aborted) this.say(...parts);
  }

  notYet(error, values) {
    const errors = (error.errors ?? []).map(({ field, message }) => h("li", {}, `${capital(field)} ${message}`));
    if (errors.length) return [h("p", { class: "quiet" }, "Not yet:"), h("ul", {}, errors)];
    const retry = button("Try again", () => {
      this.asked = "";
      this.show(values);
    }, "small");
    return [h("p", { class: "quiet" }, error.message), retry];
  }

  say(...parts) {
    this.way.replaceChildren(...parts);
  }
}

const way = (found, budget) => [
  h("ol", { class: "way" }, found.stages.map((stage) => h("li", {}, h("strong", {}, stage.title), h("span", {}, capital(stage.need)), h("span", { class: "meta" }, `by ${moment(stage.due_at)} at the latest`)))),
  h("p", {}, `About ${plural(found.working_days, "working day")}, if everybody answers in time.`),
  h("p", { class: "meta" }, `For ${money(budget, session.policy.currency)}, because ${because(found.why)}.`),
];
