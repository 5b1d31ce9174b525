// What the models promise: models.json, generated from their contracts.

export async function readModels() {
  return (await fetch("models.json")).json();
}

const has = (tensors, role) => tensors.some((tensor) => tensor.role === role);

export const tensorOf = (tensors, role) => tensors.find((tensor) => tensor.role === role);
export const takesNoiseLevel = (model) => has(model.signatures[0].inputs, "noise_level");
export const isPicture = (tensor) => tensor.role === "image" || tensor.role === "mask";
export const withTask = (models, ...tasks) => models.filter((model) => tasks.includes(model.task));
export const canDraw = (model) => model.task === "generate" || model.task === "autoencode";
