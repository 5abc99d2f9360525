// Conditions of an approval: what must be shown, the evidence so far, and the forms for more of it.

/** @import { Condition, ConditionView, Document } from "../core/schemas.js" */
/** @import { Context } from "./move.js" */

import { ask, send } from "../core/api.js";
import { t } from "../core/catalogue.js";
import { h, prose } from "../core/dom.js";
import { bytes, moment } from "../core/format.js";
import { complaint, field, textOf } from "../core/forms.js";
import { nameOf, session } from "../core/session.js";
import { tooLarge, unreadable } from "./files.js";
import { area, move } from "./move.js";
import { deadline, quote } from "./words.js";

/** @type {Record<string, string>} */
const KINDS = { open: "busy", evidence: "busy", confirmed: "good", lapsed: "quiet" };

/**
 * @param {ConditionView} view
 * @param {string[]} can
 * @param {Context} context
 * @param {(documents: Document[]) => HTMLElement} files
 */
export function condition({ file, you_may_confirm: mayConfirm }, can, context, files) {
  const open = file.state === "open" || file.state === "evidence";
  const about = file.condition;
  const badge = h("span", { class: `badge ${KINDS[file.state]}` }, t("condition-state", { state: file.state }));
  const when = open ? deadline(about.due_at) : h("span", {}, t("condition-was-due", { due: moment(about.due_at) }));
  return h(
    "article",
    { class: "card" },
    h("p", {}, h("span", { class: "text" }, about.text), badge),
    h("p", { class: "meta" }, h("span", {}, t("condition-set-by", { who: nameOf(about.set_by) })), when),
    file.evidence.map((each) =>
      h(
        "div",
        { class: "evidence" },
        h("p", {}, quote(each.by, h("span", { class: "text" }, each.note || t("evidence-documents")))),
        h("p", { class: "meta" }, moment(each.at)),
        each.documents.length ? files(each.documents) : null,
      ),
    ),
    file.refused ? h("div", { class: "note warn" }, h("p", {}, t("evidence-refused")), prose(file.refused)) : null,
    open && can.includes("give_evidence") ? give(about, context) : null,
    open && can.includes("confirm") && mayConfirm ? judge(about, context) : null,
  );
}

/** @param {Context} context */
const pathOf = (context) => `/api/proposals/${context.id}/evidence`;

/** @param {Condition} about @param {Context} context */
function give(about, context) {
  const limit = session.policy.limits.max_document_bytes;
  const file = h("input", { type: "file", multiple: true, name: "documents" });
  return move(
    {
      name: `give-${about.id}`,
      title: t("give-title"),
      parts: [
        area(t("give-label"), "note", { maxlength: 4000 }),
        field(t("documents-title"), file, t("up-to-each", { size: bytes(limit) })),
      ],
      action: t("give-send"),
      done: t("give-done"),
      work: async (form, progress) => {
        const chosen = [...(file.files ?? [])];
        const note = textOf(form, "note");
        const large = chosen.find(({ size }) => size > limit);
        if (large) throw complaint({ field: "documents", message: tooLarge(large, limit) });
        const gone = await unreadable(chosen);
        if (gone) throw complaint({ field: "documents", message: gone });
        if (!note && !chosen.length) throw complaint({ field: "note", message: t("give-empty") });
        const body = new FormData();
        body.append("condition", about.id);
        body.append("action", "give");
        body.append("note", note);
        for (const each of chosen) body.append("document:evidence", each);
        return send(pathOf(context), body, { progress });
      },
    },
    context,
  );
}

/** @param {Condition} about @param {Context} context */
const judge = (about, context) => [
  move(
    {
      name: `confirm-${about.id}`,
      title: t("confirm-title"),
      parts: [h("p", {}, t("confirm-about"))],
      action: t("confirm-send"),
      done: t("confirm-done"),
      work: () => ask(pathOf(context), { body: { condition: about.id, action: "confirm" } }),
    },
    context,
  ),
  move(
    {
      name: `refuse-${about.id}`,
      title: t("refuse-title"),
      parts: [area(t("refuse-label"), "note", { required: true, maxlength: 4000 })],
      action: t("refuse-send"),
      done: t("refuse-done"),
      work: (form) =>
        ask(pathOf(context), { body: { condition: about.id, action: "refuse", note: textOf(form, "note") } }),
    },
    context,
  ),
];
