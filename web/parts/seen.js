// How far somebody has read a proposal's story, in this browser.

import { myId } from "../core/session.js";

/** @param {string} proposal */
const place = (proposal) => `seen:${myId()}:${proposal}`;

/**
 * The last line of the trail that was on the screen; 0: never looked, or nothing is remembered.
 * @param {string} proposal
 */
export function lastSeen(proposal) {
  try {
    return Number(localStorage.getItem(place(proposal)) ?? 0);
  } catch {
    return 0;
  }
}

/** @param {string} proposal @param {number} lines */
export function saw(proposal, lines) {
  try {
    localStorage.setItem(place(proposal), String(lines));
  } catch {
    // storage is switched off, or full: then nothing is new
  }
}
