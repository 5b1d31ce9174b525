/** Something that the user gave and that cannot be used; the message says what to do instead. */
export class Refusal extends Error {
  name = "Refusal";
}
