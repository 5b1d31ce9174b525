/* Latents that are the same on every machine: a function of (seed, picture, place). */
#ifndef LATENTS_H
#define LATENTS_H

#include <stddef.h>
#include <stdint.h>

/* The first words of a picture's stream (Philox-4x32-10). */
void random_words(uint64_t seed, uint64_t picture, uint32_t *words, size_t count);

/* Standard normal values of a picture (Box and Muller), the same bits as Python's. */
void latent(uint64_t seed, uint64_t picture, float *values, size_t count);

#endif
