// Moments, amounts and sizes as the page's language writes them.

import { LANGUAGE, t } from "./catalogue.js";
import { isElsewhere, now } from "./clock.js";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** @type {Intl.DateTimeFormatOptions} */
const TIME = { hour: "2-digit", minute: "2-digit" };
/** @type {Intl.DateTimeFormatOptions} */
const THIS_YEAR = { weekday: "short", day: "numeric", month: "short", ...TIME };
/** @type {Intl.DateTimeFormatOptions} */
const ANY_YEAR = { day: "numeric", month: "short", year: "numeric", ...TIME };

/**
 * The time zone is named where it is not the reader's own.
 * @param {Date} at
 * @param {Intl.DateTimeFormatOptions} shape
 */
const written = (at, shape) =>
  new Intl.DateTimeFormat(LANGUAGE, isElsewhere(at) ? { ...shape, timeZoneName: "short" } : shape).format(at);

/** "Fri, 27 Nov, 16:40"; with the year where it is another one. @param {string} text */
export function moment(text) {
  const at = new Date(text);
  return written(at, at.getFullYear() === now().getFullYear() ? THIS_YEAR : ANY_YEAR);
}

/** @param {string} text */
export const dateTime = (text) => written(new Date(text), ANY_YEAR);

/** @param {string} text */
export const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/** "Due tomorrow at 17:00", "Due in 40 minutes", "Overdue since yesterday at 17:00". @param {string} text */
export function due(text) {
  const at = new Date(text);
  const left = at.getTime() - now().getTime();
  const when = { day: day(at), time: written(at, TIME) };
  if (left < 0) return t("due-overdue", when);
  if (left < HOUR) return t("due-soon", { minutes: Math.max(1, Math.round(left / MINUTE)) });
  return t("due-at", when);
}

/** How much a deadline presses: "late", "soon" (within a day) or "". @param {string} text */
export function urgency(text) {
  const left = new Date(text).getTime() - now().getTime();
  if (left < 0) return "late";
  return left < DAY ? "soon" : "";
}

/** Whole days of the calendar from today to then. @param {Date} at */
export function daysFromToday(at) {
  /** @param {Date} date */
  const start = (date) => new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
  return Math.round((start(at) - start(now())) / DAY);
}

/** @param {Date} at */
function day(at) {
  const days = daysFromToday(at);
  if (days === -1) return t("day-yesterday");
  if (days === 0) return t("day-today");
  if (days === 1) return t("day-tomorrow");
  if (days > 1 && days < 7) return at.toLocaleDateString(LANGUAGE, { weekday: "long" });
  const year = at.getFullYear() === now().getFullYear() ? undefined : "numeric";
  return at.toLocaleDateString(LANGUAGE, { day: "numeric", month: "long", year });
}

const UNITS = /** @type {const} */ ([
  ["day", DAY],
  ["hour", HOUR],
  ["minute", MINUTE],
]);

/** "3 hours ago", "yesterday", "now". @param {string} text */
export function ago(text) {
  const passed = now().getTime() - new Date(text).getTime();
  const [unit, size] = UNITS.find(([, each]) => passed >= each) ?? ["second", 0];
  const format = new Intl.RelativeTimeFormat(LANGUAGE, { numeric: "auto" });
  return format.format(size ? -Math.floor(passed / size) : 0, unit);
}

/** @param {string | number} amount @param {string} currency */
export function money(amount, currency) {
  const number = Number(amount);
  const digits = Number.isInteger(number) ? 0 : 2;
  const shape = { style: /** @type {const} */ ("currency"), currency, minimumFractionDigits: digits };
  return new Intl.NumberFormat(LANGUAGE, { ...shape, maximumFractionDigits: 2 }).format(number);
}

/** @param {string[]} names */
export const list = (names) => new Intl.ListFormat(LANGUAGE, { type: "conjunction" }).format(names);

/** @param {number} size */
export function bytes(size) {
  /** @param {string} unit @param {number} number @param {"short" | "long"} unitDisplay */
  const shown = (unit, number, unitDisplay = "short") =>
    new Intl.NumberFormat(LANGUAGE, { style: "unit", unit, unitDisplay, maximumFractionDigits: 1 }).format(number);
  if (size < 1000) return shown("byte", size, "long");
  return size < 1e6 ? shown("kilobyte", Math.round(size / 1000)) : shown("megabyte", size / 1e6);
}
