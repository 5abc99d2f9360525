// The order of what waits: grouped by when it is due, sorted, filtered. Nothing here knows of the page.

/** @import { InboxItem } from "./schemas.js" */

/** @typedef {"overdue" | "today" | "week" | "later"} Group */
/** @typedef {"due" | "amount" | "age" | "title"} Order */
/** @typedef {{ order: Order, kind: string, text: string }} Wish */

/** @type {Group[]} */
export const GROUPS = ["overdue", "today", "week", "later"];
/** @type {Order[]} */
export const ORDERS = ["due", "amount", "age", "title"];

/**
 * When something is due, as people plan their work: by calendar days, the week being the next seven.
 * @param {string} dueAt
 * @param {Date} now
 * @param {(at: Date) => number} daysFromToday
 * @returns {Group}
 */
export function groupOf(dueAt, now, daysFromToday) {
  const at = new Date(dueAt);
  if (at < now) return "overdue";
  const days = daysFromToday(at);
  if (days <= 0) return "today";
  return days < 7 ? "week" : "later";
}

/** @type {Record<Order, (one: InboxItem, two: InboxItem) => number>} */
const COMPARE = {
  due: (one, two) => one.due_at.localeCompare(two.due_at),
  amount: (one, two) => Number(two.budget) - Number(one.budget),
  age: (one, two) => one.opened_at.localeCompare(two.opened_at),
  title: (one, two) => one.title.localeCompare(two.title),
};

/**
 * Those that are wished for, in the wished order; what is equal stays in the order of urgency.
 * @param {InboxItem[]} items most urgent first
 * @param {Wish} wish
 * @param {(id: string) => string} nameOf
 */
export function wished(items, { order, kind, text }, nameOf) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const fits = (/** @type {InboxItem} */ item) => {
    const said = [item.title, nameOf(item.author), item.category, item.why, item.risk].join(" ").toLowerCase();
    return (!kind || item.kind === kind) && words.every((word) => said.includes(word));
  };
  return items.filter(fits).toSorted(COMPARE[order]);
}

/** What names an item among all. @param {InboxItem} item */
export const keyOf = (item) => `${item.proposal} ${item.task}`;

/**
 * What comes after a decision: the next of those that were selected, or else the most urgent; null: nothing.
 * @param {InboxItem[]} items
 * @param {string} proposal that was just decided
 * @param {string[]} selected proposals
 */
export function nextAfter(items, proposal, selected) {
  const waiting = items.filter((item) => item.kind === "decide" && item.proposal !== proposal);
  return waiting.find((item) => selected.includes(item.proposal)) ?? waiting[0] ?? null;
}
