// What happened, newest first: what people did in full, what the process did by itself folded together.

/** @import { AuditLine } from "../core/schemas.js" */

import { t } from "../core/catalogue.js";
import { avatar, h, icon, prose } from "../core/dom.js";
import { fullName } from "../core/session.js";
import { remark, since, told } from "./words.js";

const SYSTEM = "greenlight";
const OBVIOUS = "applied"; // each follows the decision that it applies

/** @typedef {{ system: boolean, lines: AuditLine[] }} Group */

/**
 * Neighbours that the process wrote by itself as one group.
 * @param {AuditLine[]} lines
 * @returns {Group[]} newest first
 */
export function grouped(lines) {
  /** @type {Group[]} */
  const groups = [];
  for (const line of lines.filter(({ entry }) => entry.action !== OBVIOUS).reverse()) {
    const system = line.entry.actor === SYSTEM;
    const last = groups.at(-1);
    if (system && last?.system) last.lines.push(line);
    else groups.push({ system, lines: [line] });
  }
  return groups;
}

/**
 * ids and digests are the record's to show.
 * @param {AuditLine[]} lines
 * @param {number} seen the last line that was read before
 */
export const timeline = (lines, seen) =>
  h(
    "ol",
    { class: "timeline" },
    grouped(lines).map((group) =>
      group.lines.length > 2 ? folded(group, seen) : group.lines.map((line) => entry(line, seen)),
    ),
  );

/** @param {Group} group @param {number} seen */
function folded(group, seen) {
  const [first, ...rest] = group.lines;
  if (!first) return null;
  const more = h(
    "ol",
    { class: "timeline" },
    rest.map((line) => entry(line, seen)),
  );
  const summary = h("summary", {}, t("timeline-more", { count: rest.length }));
  const made = entry(first, seen);
  made.append(h("details", {}, summary, more));
  return made;
}

/** @param {AuditLine} line @param {number} seen */
function entry(line, seen) {
  const { actor, authenticated, at } = line.entry;
  const more = remark(line);
  const mark = actor === SYSTEM ? h("span", { class: "avatar system" }, icon("gear", 16)) : avatar(fullName(actor));
  return h(
    "li",
    { class: line.n > seen ? "fresh" : "" },
    mark,
    h(
      "div",
      { class: "body" },
      h("p", {}, told(line), authenticated ? null : h("span", { class: "badge warn" }, t("badge-not-authenticated"))),
      more ? h("div", { class: "remark" }, prose(more)) : null,
      h("p", { class: "meta" }, since(at)),
    ),
  );
}
