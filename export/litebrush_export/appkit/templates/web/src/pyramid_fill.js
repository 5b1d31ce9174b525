// Missing pixels guessed from those around them, where an inpainting network begins: whole numbers, as in Python.

const NOTHING_KNOWN = 128;

/** A copy of (R, G, B) bytes in which those where the mask is set are guessed from those around them. */
export function filledFromAround({ height, width, values }, mask) {
  const filled = values.slice();
  if (!mask.some((value) => value)) return filled;
  if (mask.every((value) => value)) return filled.fill(NOTHING_KNOWN);
  const half = halved({ height, width, values }, mask);
  const coarse = { ...half, values: filledFromAround(half, half.mask) };
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (!mask[y * width + x]) continue;
      const [rows, columns] = [neighbours(y, coarse.height), neighbours(x, coarse.width)];
      for (let channel = 0; channel < 3; channel++) {
        const at = (row, column) => coarse.values[(rows[row] * coarse.width + columns[column]) * 3 + channel];
        filled[(y * width + x) * 3 + channel] = (9 * at(0, 0) + 3 * at(0, 1) + 3 * at(1, 0) + at(1, 1) + 8) >> 4;
      }
    }
  }
  return filled;
}

/** The mean of the known pixels of each 2x2 block, halves rounded up, and the blocks that have none. */
function halved(picture, mask) {
  const [height, width] = [(picture.height + 1) >> 1, (picture.width + 1) >> 1];
  const half = { height, width, values: new Uint8Array(height * width * 3), mask: new Uint8Array(height * width) };
  for (let place = 0; place < half.mask.length; place++) {
    const top = 2 * Math.floor(place / width);
    const left = 2 * (place % width);
    const known = [];
    for (let y = top; y < Math.min(top + 2, picture.height); y++) {
      for (let x = left; x < Math.min(left + 2, picture.width); x++) {
        if (!mask[y * picture.width + x]) known.push(y * picture.width + x);
      }
    }
    half.mask[place] = known.length ? 0 : 255;
    for (let channel = 0; channel < 3 && known.length; channel++) {
      const total = known.reduce((sum, from) => sum + picture.values[3 * from + channel], 0);
      half.values[3 * place + channel] = Math.floor((total + (known.length >> 1)) / known.length);
    }
  }
  return half;
}

/** The coarse pixel that a pixel lies in, and the next on the side where it lies. */
function neighbours(place, side) {
  const near = place >> 1;
  return [near, Math.min(Math.max(near + (place % 2 ? 1 : -1), 0), side - 1)];
}
