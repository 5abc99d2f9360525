// Who decides: stage by stage, with what everybody who is asked did.

/** @import { ApprovalTask, StageView } from "../core/schemas.js" */
/** @import { Child } from "../core/dom.js" */

import { t } from "../core/catalogue.js";
import { avatar, h, icon, own, prose } from "../core/dom.js";
import { capital, list, moment } from "../core/format.js";
import { fullName, nameOf, who } from "../core/session.js";
import { because, deadline, revisionIn, ruleOf, saidBy } from "./words.js";

/** @type {Record<string, string>} */
const KINDS = { pending: "busy", approved: "good", rejected: "bad", changes_requested: "warn" };
/** @type {Record<string, string>} */
const SIGNS = { approved: "check", rejected: "dismiss", changes_requested: "edit", pending: "clock" };

/** @param {string} state */
const stageBadge = (state) => h("span", { class: `badge ${own(KINDS, state, "quiet")}` }, t("stage-state", { state }));

/**
 * `over`: nobody will be asked any more, because the proposal or this revision of it is over.
 * @param {StageView[]} stages
 * @param {boolean} over
 */
export const stageList = (stages, over) =>
  h(
    "ol",
    { class: "stages" },
    stages.map((stage) =>
      h(
        "li",
        { class: `stage ${stage.state}`, "aria-current": stage.state === "pending" && !over ? "step" : null },
        h("h3", {}, stage.title, stageBadge(stage.state === "waiting" && over ? "cancelled" : stage.state)),
        h("p", { class: "meta" }, need(stage)),
        stage.tasks.length
          ? h(
              "ul",
              { class: "tasks" },
              stage.tasks.map(({ task }) => taskLine(task)),
            )
          : notYet(stage, over),
      ),
    ),
  );

/** @param {StageView} stage @param {boolean} over */
const notYet = ({ asks }, over) =>
  h("p", { class: "quiet" }, t(over ? "stage-not-asked" : "stage-will-ask", { people: list(asks.map(nameOf)) }));

/** The stages as steps, at a glance. @param {StageView[]} stages @param {boolean} over */
export const stepper = (stages, over) =>
  h(
    "ol",
    { class: "stepper", "aria-label": t("stages-title") },
    stages.map((stage) => {
      const state = stage.state === "waiting" && over ? "cancelled" : stage.state;
      const sign = own(SIGNS, state, null);
      return h(
        "li",
        { class: `${own(KINDS, state, "quiet")} step`, "aria-current": state === "pending" && !over ? "step" : null },
        h("span", { class: "dot" }, sign ? icon(sign, 16) : null),
        h("span", { class: "name" }, stage.title),
        h("span", { class: "meta" }, t("stage-state", { state })),
      );
    }),
  );

/** @param {StageView} stage */
function need({ need: rule, quorum, asks }) {
  if (asks.length === 1) return t("need-one");
  if (rule === "any") return t("need-any");
  return quorum === asks.length ? t("need-all", { quorum }) : t("need-some", { quorum, seats: asks.length });
}

/** @param {ApprovalTask} task */
function taskLine(task) {
  const { decision } = task;
  /** @type {Child[]} */
  const more = [
    task.state === "open" ? h("p", { class: "meta" }, deadline(task.due_at)) : null,
    decision?.comment ? prose(decision.comment, "blockquote") : null,
    (decision?.conditions ?? []).map(({ text, due_at }) =>
      h("p", { class: "meta" }, t("condition-by", { text, due: moment(due_at) })),
    ),
    decision && !decision.authenticated ? h("p", { class: "meta warn" }, t("not-authenticated")) : null,
    h("p", { class: "meta" }, t("asked-because", { why: because(task.why) })),
  ];
  const behalf = task.on_behalf_of
    ? h("span", { class: "meta" }, t("on-behalf", { of: nameOf(task.on_behalf_of) }))
    : null;
  return h(
    "li",
    { class: `task ${task.state}` },
    avatar(fullName(task.assignee)),
    h("div", { class: "body" }, h("p", {}, taskState(task), " ", behalf), ...more),
  );
}

/** What a task's holder did, or is to do, as a sentence. @param {ApprovalTask} task */
export function taskState(task) {
  const holder = who(task.assignee);
  const said = task.decision
    ? t("task-decided", { said: saidBy(task.assignee, task.decision.verdict), when: moment(task.decision.recorded_at) })
    : "";
  switch (task.state) {
    case "open":
      return t("task-open", holder);
    case "recorded":
      return t("task-recorded", { said });
    case "applied":
      if (task.successor) return t("task-passed-on", { said, to: nameOf(task.successor.assignee) });
      return task.kept_from ? t("task-kept", { said, revision: revisionIn(task.kept_from) }) : said;
    case "not_counted":
      return t("task-not-counted", { said, why: task.closed_reason ?? "" });
    case "superseded":
      return t("task-superseded", {
        ...holder,
        reason: task.successor?.reason ?? "",
        to: nameOf(task.successor?.assignee ?? ""),
      });
    case "expired":
      return t("task-expired", holder);
    default:
      return task.closed_reason
        ? t("task-cancelled-because", { ...holder, why: because(task.closed_reason) })
        : t("task-cancelled", holder);
  }
}

/** My decision, from recorded to applied. @param {ApprovalTask} task @param {Child} [next] where to go on */
export function receipt(task, next) {
  const { decision, state } = task;
  if (!decision) return null;
  return h(
    "div",
    { class: `panel receipt ${state}`, tabindex: "-1" },
    h("h2", {}, saidBy(decision.by, decision.verdict)),
    h(
      "ol",
      { class: "steps" },
      h("li", { class: "done" }, t("receipt-recorded", { when: moment(decision.recorded_at) })),
      h(
        "li",
        { class: state === "recorded" ? "busy" : "done" },
        t("receipt-then", { state, why: capital(task.closed_reason ?? "") }),
      ),
    ),
    decision.comment ? prose(decision.comment, "blockquote") : null,
    h("p", { class: "meta" }, t("receipt-final", { verdict: ruleOf(decision.verdict).title })),
    next,
  );
}
