// How much noise a photograph has: the same estimate as litebrush.noise.
import { rounded } from "./encoding.js";

const BLOCK = 16;
const CELL = 2 * BLOCK; // pixels of a block's side
const FLATTEST_SHARE = 0.1;
const SELECTION_BIAS = 0.93;
const MOST_CLIPPED = 0.05;
const FEWEST_BLOCKS = 4;
const LARGEST_SAMPLE = 1024;

/** Standard deviation in grey levels, from the flattest places; 0 for a picture of fewer than 64 pixels on a side. */
export function estimateNoiseLevel({ height, width, values }) {
  const [rows, columns] = [height, width].map((side) => Math.floor(Math.min(side, LARGEST_SAMPLE) / CELL));
  if (Math.min(rows, columns) < 2) return 0;
  const top = Math.floor((height - rows * CELL) / 2);
  const left = Math.floor((width - columns * CELL) / 2);
  const levels = [];
  for (let channel = 0; channel < 3; channel++) {
    const at = (y, x) => values[((top + y) * width + left + x) * 3 + channel];
    const deviations = [];
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const block = measure(at, row * CELL, column * CELL);
        if (block.clipped <= MOST_CLIPPED) deviations.push(block.deviation);
      }
    }
    if (deviations.length >= FEWEST_BLOCKS) levels.push(flattest(deviations));
  }
  return levels.length ? levels.reduce((a, b) => a + b) / levels.length : 0;
}

/** The deviation of a block's diagonal Haar coefficients, and the share of its pixels that are black or white. */
function measure(at, top, left) {
  let squares = 0;
  let clipped = 0;
  for (let y = top; y < top + CELL; y += 2) {
    for (let x = left; x < left + CELL; x += 2) {
      const [a, b, c, d] = [at(y, x), at(y, x + 1), at(y + 1, x), at(y + 1, x + 1)];
      squares += (a - c - b + d) ** 2;
      for (const value of [a, b, c, d]) if (value === 0 || value === 255) clipped++;
    }
  }
  return { deviation: Math.sqrt(squares) / CELL, clipped: clipped / CELL ** 2 };
}

function flattest(deviations) {
  const kept = deviations.sort((a, b) => a - b).slice(0, Math.max(1, rounded(deviations.length * FLATTEST_SHARE)));
  const middle = Math.floor(kept.length / 2);
  return (kept.length % 2 ? kept[middle] : (kept[middle - 1] + kept[middle]) / 2) / SELECTION_BIAS;
}
