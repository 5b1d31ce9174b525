/* Picture bytes and real values to tensor values and back. */
#ifndef TENSORS_H
#define TENSORS_H

#include <stddef.h>
#include <stdint.h>

#include "models.h"

enum storage { FLOAT32, INT8, UINT8, INT16 };

/* How a tensor stores real values: as they are, or as integers, real = scale * (stored - zero_point). */
struct format {
    enum storage storage;
    float scale;
    int zero_point;
};

size_t size_of(enum storage storage);

/* Real values in and out of tensor memory. */
void store(struct format format, void *values, size_t place, float real);
float real_value(struct format format, const void *values, size_t place);

/* A picture's byte, or a noise level in grey levels, into tensor memory; and a byte out of it, rounded and clipped. */
void store_byte(const struct tensor *tensor, struct format format, void *values, size_t place, double byte);
uint8_t byte_value(const struct tensor *tensor, struct format format, const void *values, size_t place);

/* The value of one tensor as another one stores it. */
void hand_over(struct format from, const void *values, size_t place, struct format to, void *out, size_t out_place);

#endif
