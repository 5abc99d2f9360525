// What people do with a task or a proposal besides deciding: ask, hand over, step back, withdraw, publish again.

/** @import { TaskView, UndeliveredView } from "../core/schemas.js" */
/** @import { Context } from "./move.js" */

import { ask } from "../core/api.js";
import { t } from "../core/catalogue.js";
import { h } from "../core/dom.js";
import { capital } from "../core/format.js";
import { complaint, textOf } from "../core/forms.js";
import { nameOf } from "../core/session.js";
import { area, move } from "./move.js";
import { onePerson } from "./people.js";

/** @param {TaskView["task"]} task */
const pathOf = (task) => `/api/proposals/${task.proposal}/revisions/${task.revision}/tasks/${task.task}`;

/**
 * The moves of a task of mine.
 * @param {TaskView} view
 * @param {string[]} can
 * @param {Context} context
 * @returns {[key: string, make: () => HTMLElement][]}
 */
export function taskMoves(view, can, context) {
  const name = view.task.task;
  /** @type {[string, string, () => HTMLElement][]} */
  const moves = [
    ["ask", `ask-${name}`, () => questionForm(view, context)],
    ["hand_over", `hand-${name}`, () => handOver(t("hand-over-title"), view, context)],
    ["recuse", `recuse-${name}`, () => stepBack(view, context)],
  ];
  return moves.filter(([right]) => can.includes(right)).map(([, key, make]) => [key, make]);
}

/** @param {TaskView} view @param {Context} context */
const questionForm = ({ task, etag }, context) =>
  move(
    {
      name: `ask-${task.task}`,
      title: t("ask-title"),
      parts: [area(t("ask-label"), "text", { required: true, maxlength: 4000, hint: t("ask-hint") })],
      action: t("ask-send"),
      done: t("ask-done"),
      work: (form) =>
        ask(`${pathOf(task)}/question`, { body: { text: textOf(form, "text") }, headers: { "If-Match": etag } }),
    },
    context,
  );

/** @param {TaskView} view @param {Context} context */
const stepBack = ({ task, etag }, context) =>
  move(
    {
      name: `recuse-${task.task}`,
      title: t("recuse-title"),
      parts: [h("p", {}, t("recuse-about")), area(t("why-label"), "reason", { required: true })],
      action: t("recuse-send"),
      done: t("recuse-done"),
      work: (form) =>
        ask(`${pathOf(task)}/assignee`, {
          body: { recuse: true, reason: textOf(form, "reason") },
          headers: { "If-Match": etag },
        }),
    },
    context,
  );

/** @param {string} title @param {TaskView} view @param {Context} context */
export function handOver(title, { task, etag }, context) {
  const person = onePerson({ label: t("hand-over-to"), hint: t("hand-over-hint"), without: [task.assignee] });
  return move(
    {
      name: `hand-${task.task}`,
      title,
      parts: [person.node, area(t("why-label"), "reason")],
      action: t("hand-over-send"),
      done: t("hand-over-done"),
      work: async (form) => {
        const { id, problem } = person.chosen();
        if (problem) throw complaint({ field: "to", message: problem });
        return ask(`${pathOf(task)}/assignee`, {
          body: { to: id, reason: textOf(form, "reason") },
          headers: { "If-Match": etag },
        });
      },
    },
    context,
  );
}

/** @param {Context} context */
export const withdrawal = (context) =>
  move(
    {
      name: "withdraw",
      title: t("withdraw-title"),
      parts: [h("p", {}, t("withdraw-about")), area(t("why-label"), "reason", { maxlength: 2000 })],
      action: t("withdraw-send"),
      done: t("withdraw-done"),
      work: (form) => ask(`/api/proposals/${context.id}/withdrawal`, { body: { reason: textOf(form, "reason") } }),
    },
    context,
  );

/** @param {Context} context */
export const publishAgain = (context) =>
  move(
    {
      name: "publish",
      title: t("publish-title"),
      parts: [h("p", {}, t("publish-about"))],
      action: t("publish-send"),
      done: t("publish-done"),
      work: () => ask(`/api/proposals/${context.id}/publication`, { body: {} }),
    },
    context,
  );

/** Messages that have not reached somebody. @param {UndeliveredView[]} messages */
export const undelivered = (messages) =>
  h(
    "div",
    { class: "note warn" },
    h("p", {}, t("undelivered", { count: messages.length })),
    h(
      "ul",
      {},
      messages.map((each) =>
        h("li", {}, t("undelivered-one", { who: capital(nameOf(each.to)), subject: each.subject })),
      ),
    ),
  );
