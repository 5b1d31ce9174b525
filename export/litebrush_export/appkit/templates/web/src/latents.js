// Latents that are the same on every machine: a function of (seed, picture, place). Seeds and pictures are BigInt.

const WORD = 0xffffffffn;

function philox(counter, key) {
  let [word0, word1, word2, word3] = counter;
  let [key0, key1] = key;
  for (let round = 0; round < 10; round++) {
    const product0 = 0xd2511f53n * word0;
    const product1 = 0xcd9e8d57n * word2;
    [word0, word1, word2, word3] = [
      (product1 >> 32n) ^ word1 ^ key0,
      product1 & WORD,
      (product0 >> 32n) ^ word3 ^ key1,
      product0 & WORD,
    ];
    key0 = (key0 + 0x9e3779b9n) & WORD;
    key1 = (key1 + 0xbb67ae85n) & WORD;
  }
  return [word0, word1, word2, word3];
}

/** The first words of a picture's stream (Philox-4x32-10), as Uint32Array. */
export function randomWords(seed, picture, count) {
  const words = new Uint32Array(Math.ceil(count / 4) * 4);
  for (let block = 0; 4 * block < count; block++) {
    const counter = [BigInt(block), 0n, picture & WORD, picture >> 32n];
    philox(counter, [seed & WORD, seed >> 32n]).forEach((word, place) => (words[4 * block + place] = Number(word)));
  }
  return words.slice(0, count);
}

/** Two words as two standard normal values; of + - * / and sqrt alone, which IEEE 754 rounds in one way only. */
function normalPair(a, b) {
  let m = (a + 0.5) / 4294967296;
  let halvings = 0;
  while (m < 0.7071067811865476) {
    m = m * 2;
    halvings = halvings + 1;
  }
  const s = (m - 1) / (m + 1);
  let p = 1;
  for (let t = 10; t > 0; t--) p = 1 + (s * s * p * (2 * t - 1)) / (2 * t + 1);
  const radius = Math.sqrt(2 * 0.6931471805599453 * (halvings - (2 * s * p) / 0.6931471805599453));

  const turned = (b + 2 ** 29) % 2 ** 32;
  const x = ((turned & 0x3fffffff) - 536870912) * (3.141592653589793 / 2147483648);
  let c = 1;
  let d = 1;
  for (let t = 8; t > 0; t--) {
    c = 1 - (x * x * c) / (2 * t * (2 * t - 1));
    d = 1 - (x * x * d) / (2 * t * (2 * t + 1));
  }
  const u = radius * c;
  const v = radius * (x * d);
  return [[u, v], [-v, u], [-u, -v], [v, -u]][Math.floor(turned / 2 ** 30)];
}

/** An even number of words as standard normal values (Box and Muller), Float32Array. */
export function normalValues(words) {
  const values = new Float32Array(words.length);
  for (let place = 0; place < words.length; place += 2) values.set(normalPair(words[place], words[place + 1]), place);
  return values;
}

/** What a picture is drawn from, Float32Array. */
export function latent(seed, picture, size) {
  return normalValues(randomWords(seed, picture, size + (size % 2))).slice(0, size);
}
