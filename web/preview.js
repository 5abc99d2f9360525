// "Ben Okafor, then both of finance and architecture, about 5 working days": asked while the form is filled in.

import { ask } from "./api.js";
import { h } from "./dom.js";
import { session } from "./session.js";
import { because, capital, moment, money, plural } from "./words.js";

const PAUSE = 600; // milliseconds without a keystroke

/** An amount as people write it: {number} as the API takes it, or {problem}. Nothing with two readings is taken. */
export function amount(text) {
  const plain = text.trim().replace(/[\s’'_]/g, "");
  if (/^\d+([.,]\d{1,2})?$/.test(plain)) return { number: plain.replace(",", ".") };
  const groups = /^(\d{1,3}(?:,\d{3})+)(\.\d{1,2})?$|^(\d{1,3}(?:\.\d{3})+)(,\d{1,2})?$/.exec(plain);
  if (!groups) return { problem: "write an amount like 12500 or 12500.50" };
  const [, english, cents, other, otherCents] = groups;
  const whole = (english ?? other).replace(/[.,]/g, "");
  const decimals = cents ?? otherCents;
  if (!decimals && (english ?? other).split(/[.,]/).length === 2) return { problem: `“${text.trim()}” has two readings: write ${whole} or ${Number(plain.replace(",", "."))}` };
  return { number: `${whole}${decimals ? `.${decimals.slice(1)}` : ""}` };
}

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
    const parts = await ask("/api/policy/preview", { body, signal: this.signal }).then(({ data }) => way(data, budget.number), notYet);
    if (number === this.number && !this.signal.aborted) this.say(...parts);
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

function notYet(error) {
  const errors = (error.errors ?? []).map(({ field, message }) => h("li", {}, `${capital(field)} ${message}`));
  return errors.length ? [h("p", { class: "quiet" }, "Not yet:"), h("ul", {}, errors)] : [h("p", { class: "quiet" }, error.message)];
}
