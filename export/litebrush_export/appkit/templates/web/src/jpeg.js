// How strongly a picture was compressed as a JPEG: the same figures as litebrush.jpeg.

const BLOCK_SIDE = 8;
const LARGEST_SAMPLE = 2048;
const INVISIBLE_STEP = 0.1;
const STANDARD_LUMINANCE_SUM = 3688; // of the table of ITU-T T.81, annex K.1, for quality 50

/** The quality, 0 to 100 as libjpeg counts it, that a JPEG file was saved with; null for any other file. */
export function storedQuality(bytes) {
  const tables = quantizationSums(bytes);
  if (!tables.size) return null;
  const sum = tables.get(Math.min(...tables.keys()));
  if (sum <= 64) return 100;
  const percent = (100 * sum) / STANDARD_LUMINANCE_SUM;
  return Math.min(Math.max(percent > 100 ? 5000 / percent : (200 - percent) / 2, 1), 100);
}

/** The sums of a JPEG's quantization tables by their numbers. */
function quantizationSums(bytes) {
  const sums = new Map();
  if (bytes[0] !== 0xff || bytes[1] !== 0xd8) return sums;
  const word = (at) => bytes[at] * 256 + bytes[at + 1];
  for (let at = 2; at + 4 <= bytes.length && bytes[at] === 0xff && bytes[at + 1] !== 0xda; at += 2 + word(at + 2)) {
    if (bytes[at + 1] !== 0xdb) continue;
    for (let table = at + 4; table < at + 2 + word(at + 2); ) {
      const wide = bytes[table] >> 4 ? 2 : 1;
      let sum = 0;
      for (let place = 0; place < 64; place++) {
        sum += wide === 2 ? word(table + 1 + 2 * place) : bytes[table + 1 + place];
      }
      sums.set(bytes[table] & 15, sum);
      table += 1 + 64 * wide;
    }
  }
  return sums;
}

/** How much larger steps of brightness are across the borders of 8x8 blocks than beside them; 1 without blocks. */
export function blockiness({ height, width, values }) {
  const rows = Math.min(height, LARGEST_SAMPLE);
  const columns = Math.min(width, LARGEST_SAMPLE);
  const brightness = new Float32Array(rows * columns);
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      const at = (y * width + x) * 3;
      brightness[y * columns + x] = (values[at] + values[at + 1] + values[at + 2]) / 3;
    }
  }
  return Math.min(
    stepRatio(columns, rows, (line, place) => brightness[line * columns + place]),
    stepRatio(rows, columns, (line, place) => brightness[place * columns + line]),
  );
}

function stepRatio(length, lines, at) {
  if (Math.floor(length / BLOCK_SIDE) < 4) return 1;
  const sums = { across: 0, beside: 0 };
  const counts = { across: 0, beside: 0 };
  for (let place = 0; place + 1 < length; place++) {
    const kind = { 7: "across", 6: "beside", 0: "beside" }[place % BLOCK_SIDE];
    if (!kind || place === 0) continue;
    let sum = 0;
    for (let line = 0; line < lines; line++) sum += Math.abs(at(line, place + 1) - at(line, place));
    sums[kind] += sum / lines;
    counts[kind]++;
  }
  return (sums.across / counts.across + INVISIBLE_STEP) / (sums.beside / counts.beside + INVISIBLE_STEP);
}
