// Questions to the author and their answers.

/** @import { QuestionView } from "../core/schemas.js" */
/** @import { Context } from "./move.js" */

import { ask } from "../core/api.js";
import { t } from "../core/catalogue.js";
import { h } from "../core/dom.js";
import { textOf } from "../core/forms.js";
import { area, move } from "./move.js";
import { quote } from "./words.js";

/**
 * A question with its answer, or the form for it.
 * @param {QuestionView} each
 * @param {boolean} mayAnswer
 * @param {Context | null} context
 */
export function question(each, mayAnswer, context) {
  const asked = h("p", {}, quote(each.asked_by, h("span", { class: "text" }, each.text)));
  const answered =
    each.answer && each.answered_by
      ? h("p", { class: "answer" }, quote(each.answered_by, h("span", { class: "text" }, each.answer)))
      : null;
  const open = () =>
    mayAnswer && context ? answerForm(each, context) : h("p", { class: "quiet" }, t("question-open"));
  return h("article", { class: "card" }, asked, answered ?? open());
}

/** @param {QuestionView} each @param {Context} context */
const answerForm = (each, context) =>
  move(
    {
      name: `answer-${each.id}`,
      title: t("answer-title"),
      parts: [area(t("answer-label"), "text", { required: true, maxlength: 4000 })],
      action: t("answer-send"),
      done: t("answer-done"),
      work: (form) =>
        ask(`/api/proposals/${context.id}/questions/${each.id}/answer`, { body: { text: textOf(form, "text") } }),
    },
    context,
  );
