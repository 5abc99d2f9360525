// Amounts as people write them.

import { t } from "./catalogue.js";

// Digits alone, or in groups of three by one separator, which is not the one of the decimals.
const SHAPES = [
  /^(\d+)([.,]\d{1,2})?$/,
  /^([1-9]\d{0,2}(?:[\s’']\d{3})+)([.,]\d{1,2})?$/,
  /^([1-9]\d{0,2}(?:,\d{3})+)(\.\d{1,2})?$/,
  /^([1-9]\d{0,2}(?:\.\d{3})+)(,\d{1,2})?$/,
];

/**
 * An amount as the API takes it, or what is wrong with it. Nothing with two readings is taken.
 * @param {string} text
 * @returns {{ number?: string, problem?: string }}
 */
export function amount(text) {
  const plain = text.trim().replace(/^€\s*|\s*(€|EUR)$/gi, "");
  const found = SHAPES.map((shape) => shape.exec(plain)).find(Boolean);
  if (!found) return { problem: t("amount-shape") };
  const [, whole = "", decimals] = found;
  const number = String(BigInt(whole.replace(/\D/g, "")));
  if (/^[1-9]\d{0,2}[.,]\d{3}$/.test(plain)) {
    return { problem: t("amount-two-readings", { plain, number, decimals: plain.replace(",", ".").slice(0, -1) }) };
  }
  return { number: decimals ? `${number}.${decimals.slice(1)}` : number };
}
