// A photo out of a file, and pictures onto canvases.
import { storedQuality } from "./jpeg.js";
import { Refusal } from "./refusal.js";

const SMALLEST_SIDE = 8;
const MOST_PIXELS = 50e6;

/**
 * Decodes a file, upright: {name, height, width, values (R, G, B), alpha or null, quality of a JPEG or null}.
 * Throws Refusal for what is no whole picture.
 */
export async function readPhoto(file) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  if (!isWhole(bytes)) {
    throw new Refusal(`“${file.name}” is cut short: its end is missing. Use another copy.`);
  }
  let bitmap;
  try {
    bitmap = await createImageBitmap(file, { colorSpaceConversion: "none", premultiplyAlpha: "none" });
  } catch {
    throw new Refusal(
      `“${file.name}” is not a picture that this browser can read, or it is damaged. Use a JPEG, PNG or WebP file.`,
    );
  }
  const { width, height } = bitmap;
  if (Math.min(width, height) < SMALLEST_SIDE) {
    throw new Refusal(`“${file.name}” is only ${width}x${height} pixels; use one of at least ${SMALLEST_SIDE} on a side.`);
  }
  if (width * height > MOST_PIXELS) {
    throw new Refusal(`“${file.name}” has ${(width * height) / 1e6} megapixels; make it smaller than 50 first.`);
  }
  const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  const rgba = context.getImageData(0, 0, width, height).data;
  const values = new Uint8Array(width * height * 3);
  const alpha = new Uint8Array(width * height);
  let opaque = true;
  for (let place = 0; place < alpha.length; place++) {
    values[3 * place] = rgba[4 * place];
    values[3 * place + 1] = rgba[4 * place + 1];
    values[3 * place + 2] = rgba[4 * place + 2];
    alpha[place] = rgba[4 * place + 3];
    opaque &&= alpha[place] === 255;
  }
  return { name: file.name, width, height, values, alpha: opaque ? null : alpha, quality: storedQuality(bytes) };
}

/** Whether a JPEG or PNG file has its end; browsers show the rest of one that has not. Other kinds pass. */
function isWhole(bytes) {
  const isJpeg = bytes[0] === 0xff && bytes[1] === 0xd8;
  const isPng = bytes[0] === 0x89 && bytes[1] === 0x50;
  if (isJpeg) for (let at = bytes.length - 2; at > 1; at--) if (bytes[at] === 0xff && bytes[at + 1] === 0xd9) return true;
  if (isPng) return new TextDecoder("latin1").decode(bytes.subarray(-64)).includes("IEND");
  return !isJpeg;
}

/** Shows a picture, {height, width, values}, with a photo's transparency where it has some. */
export function show(canvas, picture, alpha = null) {
  canvas.width = picture.width;
  canvas.height = picture.height;
  const image = new ImageData(picture.width, picture.height);
  for (let place = 0; place < picture.width * picture.height; place++) {
    image.data[4 * place] = picture.values[3 * place];
    image.data[4 * place + 1] = picture.values[3 * place + 1];
    image.data[4 * place + 2] = picture.values[3 * place + 2];
    image.data[4 * place + 3] = alpha ? alpha[place] : 255;
  }
  canvas.getContext("2d").putImageData(image, 0, 0);
}

/** A canvas as the address of a PNG file; the caller revokes it. */
export async function pngAddress(canvas) {
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
  if (!blob) throw new Refusal("This browser cannot make a picture file of that size; use a smaller photo.");
  return URL.createObjectURL(blob);
}
