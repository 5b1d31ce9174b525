// How much noise a photograph has: the same estimate as litebrush.noise.
import { rounded } from "./encoding.js";

const BLOCK = 32; // pixels of its side
const FLATTEST_SHARE = 0.1;
const SELECTION_BIAS = 0.903;
const TEXTURE_GROWTH = 4;
const MOST_CLIPPED = 0.05;
const FEWEST_BLOCKS = 4;
const LARGEST_SAMPLE = 1024;

/** Standard deviation in grey levels, from the flattest places; 0 for a picture of fewer than 64 pixels on a side. */
export function estimateNoiseLevel({ height, width, values }) {
  const [rows, columns] = [height, width].map((side) => Math.floor(Math.min(side, LARGEST_SAMPLE) / BLOCK));
  if (Math.min(rows, columns) < 2) return 0;
  const top = Math.floor((height - rows * BLOCK) / 2);
  const left = Math.floor((width - columns * BLOCK) / 2);
  const levels = [];
  for (let channel = 0; channel < 3; channel++) {
    const at = (y, x) => values[((top + y) * width + left + x) * 3 + channel];
    const blocks = [];
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const block = measure(at, row * BLOCK, column * BLOCK);
        if (block.clipped <= MOST_CLIPPED) blocks.push(block);
      }
    }
    if (blocks.length >= FEWEST_BLOCKS) levels.push(noiseOfFlattest(blocks));
  }
  return levels.length ? levels.reduce((a, b) => a + b) / levels.length : 0;
}

/** A block's variances of diagonal Haar coefficients at two scales, and the share of its pixels that are clipped. */
function measure(at, top, left) {
  const pixel = (y, x) => at(top + y, left + x);
  const half = (y, x) =>
    (pixel(2 * y, 2 * x) + pixel(2 * y, 2 * x + 1) + pixel(2 * y + 1, 2 * x) + pixel(2 * y + 1, 2 * x + 1)) / 2;
  let clipped = 0;
  for (let y = 0; y < BLOCK; y++) {
    for (let x = 0; x < BLOCK; x++) if (pixel(y, x) === 0 || pixel(y, x) === 255) clipped++;
  }
  return { fine: variance(pixel, BLOCK), coarse: variance(half, BLOCK / 2), clipped: clipped / BLOCK ** 2 };
}

function variance(at, side) {
  let squares = 0;
  for (let y = 0; y < side; y += 2) {
    for (let x = 0; x < side; x += 2) {
      squares += (at(y, x) - at(y, x + 1) - at(y + 1, x) + at(y + 1, x + 1)) ** 2;
    }
  }
  return squares / side ** 2;
}

/** Noise is as strong at the next scale, texture has four times the variance. */
function noiseOfFlattest(blocks) {
  const count = Math.max(1, rounded(blocks.length * FLATTEST_SHARE));
  const flattest = blocks.sort((a, b) => a.fine - b.fine).slice(0, count);
  const fine = median(flattest.map((block) => block.fine));
  const coarse = median(flattest.map((block) => block.coarse));
  return Math.sqrt(Math.max(0, (TEXTURE_GROWTH * fine - coarse) / (TEXTURE_GROWTH - 1))) / SELECTION_BIAS;
}

function median(values) {
  const sorted = values.sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
