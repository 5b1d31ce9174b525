// An old photograph, repaired step by step as it needs: the same order and limits as litebrush.repair.
import { blockiness } from "./jpeg.js";
import { takesNoiseLevel, tensorOf, withTask } from "./models.js";
import { estimateNoiseLevel } from "./noise.js";
import { findDamage, inpaint, restore, withRims } from "./tasks.js";

const LEAST_NOISE_LEVEL = 4;
const BEST_QUALITY_TO_DEBLOCK = 80;
const LEAST_BLOCKINESS = 1.15;
const MOST_DAMAGE = 0.4;

/** What a photo shows: {noiseLevel, blocks, quality}. */
export function analyse(photo, quality) {
  const blocks = quality === null ? blockiness(photo) >= LEAST_BLOCKINESS : quality < BEST_QUALITY_TO_DEBLOCK;
  return { noiseLevel: estimateNoiseLevel(photo), blocks, quality };
}

/**
 * @param mask 255 = fill in; null looks for damage where steps are chosen, a model can and one fills in.
 * @param steps "auto" for those that the photo needs, or the keys of the models to run.
 * @param noiseLevel grey levels, or "auto" to estimate it.
 * @returns {picture, mask, done: [words], accelerators}
 */
export async function repair(models, accelerator, { photo, quality, mask, steps, noiseLevel }, progress) {
  const done = [];
  const accelerators = new Set();
  const took = (words, result) => {
    done.push(words);
    accelerators.add(result.accelerator);
    return result.picture;
  };
  const wants = (model) => (steps === "auto" ? null : steps.includes(model.key));
  let picture = photo;
  let filled = null;

  const [inpainter] = withTask(models, "inpaint");
  if (inpainter && wants(inpainter) !== false) {
    const missing = mask ?? (steps === "auto" ? null : await foundDamage(models, accelerator, picture, progress));
    const share = missing ? missing.reduce((sum, value) => sum + (value ? 1 : 0), 0) / missing.length : 0;
    if (share > 0) {
      const shown = (count, all) => progress("Filling in", count, all);
      picture = took(`${percent(share)} filled in`, await inpaint(inpainter, accelerator, picture, missing, shown));
      filled = missing;
    }
  }
  for (const model of withTask(models, "restore").filter((each) => !takesNoiseLevel(each))) {
    if (wants(model) ?? (model.name.startsWith("deblock") && analyse(picture, quality).blocks)) {
      const shown = (count, all) => progress("Removing blocks", count, all);
      const words = quality === null ? "JPEG blocks removed" : `JPEG blocks of quality ${quality.toFixed(0)} removed`;
      picture = took(words, await restore(model, accelerator, picture, 0, shown));
    }
  }
  for (const model of withTask(models, "restore").filter(takesNoiseLevel)) {
    const estimated = noiseLevel === "auto";
    const level = estimated ? estimateNoiseLevel(picture) : noiseLevel;
    if (wants(model) ?? level >= LEAST_NOISE_LEVEL) {
      const { highest } = tensorOf(model.signatures[0].inputs, "noise_level");
      const told = Math.min(level, highest);
      const shown = (count, all) => progress("Removing noise", count, all);
      const words = `Noise of level ${told.toFixed(1)}${estimated ? " (estimated)" : ""} removed`;
      picture = took(words, await restore(model, accelerator, picture, told, shown));
    }
  }
  return { picture, mask: filled, done, accelerators: [...accelerators] };
}

async function foundDamage(models, accelerator, photo, progress) {
  const [detector] = withTask(models, "detect");
  if (!detector) return null;
  const shown = (count, all) => progress("Looking for damage", count, all);
  const { mask } = await findDamage(detector, accelerator, photo, shown);
  const share = mask.reduce((sum, value) => sum + (value ? 1 : 0), 0) / mask.length;
  return share <= MOST_DAMAGE ? withRims(mask, photo) : null; // where more is found the detector is wrong
}

const percent = (share) => `${Number((100 * share).toPrecision(2))} %`;
