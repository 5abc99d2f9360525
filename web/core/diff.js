// What changed between two texts: a shortest script of pieces that stayed, came or went (longest common subsequence).

/** @typedef {{ kind: "same" | "added" | "removed", text: string }} Piece */

const MOST_CELLS = 4_000_000; // of the table; beyond it the whole is shown as replaced

/** Word by word. @param {string} before @param {string} after */
export const words = (before, after) => compare(before.split(/(\s+)/), after.split(/(\s+)/), "");

/** Line by line. @param {string} before @param {string} after */
export const lines = (before, after) => compare(before.split(/\r?\n/), after.split(/\r?\n/), "\n");

/**
 * @param {string[]} before
 * @param {string[]} after
 * @param {string} glue what stood between the units
 * @returns {Piece[]}
 */
function compare(before, after, glue) {
  const start = sharedStart(before, after);
  const end = sharedStart([...before.slice(start)].reverse(), [...after.slice(start)].reverse());
  const old = before.slice(start, before.length - end);
  const fresh = after.slice(start, after.length - end);
  /** @type {Piece[]} */
  const units = [
    ...before.slice(0, start).map(same),
    ...middle(old, fresh),
    ...before.slice(before.length - end).map(same),
  ];
  return joined(units, glue);
}

/** @param {string} text @returns {Piece} */
const same = (text) => ({ kind: "same", text });

/** @param {string[]} one @param {string[]} two */
function sharedStart(one, two) {
  let count = 0;
  while (count < one.length && count < two.length && one[count] === two[count]) count += 1;
  return count;
}

/** @param {string[]} old @param {string[]} fresh @returns {Piece[]} */
function middle(old, fresh) {
  /** @type {Piece[]} */
  const gone = old.map((text) => ({ kind: "removed", text }));
  /** @type {Piece[]} */
  const come = fresh.map((text) => ({ kind: "added", text }));
  if (!old.length || !fresh.length || old.length * fresh.length > MOST_CELLS) return [...gone, ...come];
  const table = lengths(old, fresh);
  const width = fresh.length + 1;
  const at = (/** @type {number} */ row, /** @type {number} */ column) => table[row * width + column] ?? 0;
  /** @type {Piece[]} */
  const pieces = [];
  let [row, column] = [0, 0];
  while (row < old.length && column < fresh.length) {
    if (old[row] === fresh[column]) {
      pieces.push(same(old[row] ?? ""));
      row += 1;
      column += 1;
    } else if (at(row + 1, column) >= at(row, column + 1)) pieces.push(/** @type {Piece} */ (gone[row++]));
    else pieces.push(/** @type {Piece} */ (come[column++]));
  }
  return [...pieces, ...gone.slice(row), ...come.slice(column)];
}

/** How long the longest common subsequence of each pair of ends is. @param {string[]} old @param {string[]} fresh */
function lengths(old, fresh) {
  const width = fresh.length + 1;
  const table = new Uint32Array((old.length + 1) * width);
  for (let row = old.length - 1; row >= 0; row -= 1) {
    for (let column = fresh.length - 1; column >= 0; column -= 1) {
      const [diagonal, below, right] = [
        (row + 1) * width + column + 1,
        (row + 1) * width + column,
        row * width + column + 1,
      ];
      const most = Math.max(table[below] ?? 0, table[right] ?? 0);
      table[row * width + column] = old[row] === fresh[column] ? (table[diagonal] ?? 0) + 1 : most;
    }
  }
  return table;
}

/** Neighbours of one kind as one piece. @param {Piece[]} units @param {string} glue */
function joined(units, glue) {
  /** @type {Piece[]} */
  const pieces = [];
  for (const unit of units) {
    const last = pieces.at(-1);
    if (last?.kind === unit.kind) last.text += glue + unit.text;
    else pieces.push({ ...unit });
  }
  return pieces.filter(({ kind, text }) => kind === "same" || text !== "");
}
