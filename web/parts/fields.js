// The fields that every proposal has, as the API declares them: how they are asked for, and their values in words.

/** @import { Draft, ProposalFieldForm } from "../core/schemas.js" */
/** @import { Input } from "../core/forms.js" */

import { t } from "../core/catalogue.js";
import { h } from "../core/dom.js";
import { capital, list, money } from "../core/format.js";
import { fullName, session } from "../core/session.js";

const LONGEST_AMOUNT = 20;

/** The fields that are typed or chosen: answers and people have inputs of their own. */
export const typedFields = () => session.policy.fields.filter(({ shape }) => shape !== "answers" && shape !== "people");

/** @param {ProposalFieldForm} about */
export const labelOf = ({ label, shape }) =>
  shape === "money" ? t("field-in-currency", { label, currency: session.policy.currency }) : label;

/** The input of a field. @param {ProposalFieldForm} about @param {string} value @returns {Input} */
export function inputOf({ id, shape, required, limit, of_revision: ofRevision, choices }, value) {
  const about = { name: id, required };
  switch (shape) {
    case "text": {
      const area = h("textarea", { ...about, rows: ofRevision ? 3 : 5, maxlength: limit });
      area.value = value;
      return area;
    }
    case "category":
    case "department":
    case "choice":
      return h(
        "select",
        about,
        h("option", { value: "" }, t("choose")),
        choices.map((each) => h("option", { value: each.id, selected: each.id === value }, each.title)),
      );
    case "money":
      return h("input", { ...about, maxlength: LONGEST_AMOUNT, inputmode: "decimal", autocomplete: "off", value });
    default:
      return h("input", { ...about, maxlength: limit, autocomplete: "off", value });
  }
}

/**
 * A field's value as people read it.
 * @param {ProposalFieldForm} about
 * @param {Draft} draft
 * @param {string} currency
 * @returns {string}
 */
export function fieldText({ id, shape, choices }, draft, currency) {
  const value = /** @type {Record<string, any>} */ (draft)[id];
  switch (shape) {
    case "money":
      return money(value, currency);
    case "people":
      return list(value.map(fullName));
    case "department":
      return capital(value);
    case "category":
    case "choice":
      return choices.find((each) => each.id === value)?.title ?? value;
    default:
      return value;
  }
}
