// The server's time: a laptop's clock may be wrong, and a virtual one may have jumped. And whose time zone counts.

let offset = 0; // milliseconds that the server is ahead
let zone = "";

/** @param {string} moment what the server's clock says now */
export function setClock(moment) {
  offset = Date.parse(moment) - Date.now();
}

export const now = () => new Date(Date.now() + offset);

/** @param {string} name the IANA time zone that deadlines of who is looking are counted in */
export function setZone(name) {
  zone = name;
}

/**
 * Whether this browser shows another time than its user's own time zone has.
 * @param {Date} at
 */
export function isElsewhere(at) {
  if (!zone) return false;
  return wallClock(at, zone) !== wallClock(at, undefined);
}

/** @param {Date} at @param {string | undefined} timeZone */
const wallClock = (at, timeZone) =>
  new Intl.DateTimeFormat("en", { timeZone, dateStyle: "short", timeStyle: "short" }).format(at);
