#include "tensors.h"

#include <math.h>
#include <string.h>

size_t size_of(enum storage storage) {
    static const size_t sizes[] = {4, 1, 1, 2};
    return sizes[storage];
}

static float clipped(float value, float lowest, float highest) {
    return value < lowest ? lowest : value > highest ? highest : value;
}

void store(struct format format, void *values, size_t place, float real) {
    float rounded = format.storage == FLOAT32 ? 0 : rintf(real / format.scale) + (float)format.zero_point;
    switch (format.storage) {
    case FLOAT32: ((float *)values)[place] = real; break;
    case INT8: ((int8_t *)values)[place] = (int8_t)clipped(rounded, -128, 127); break;
    case UINT8: ((uint8_t *)values)[place] = (uint8_t)clipped(rounded, 0, 255); break;
    case INT16: ((int16_t *)values)[place] = (int16_t)clipped(rounded, -32768, 32767); break;
    }
}

static int stored_integer(struct format format, const void *values, size_t place) {
    switch (format.storage) {
    case INT8: return ((const int8_t *)values)[place];
    case UINT8: return ((const uint8_t *)values)[place];
    default: return ((const int16_t *)values)[place];
    }
}

float real_value(struct format format, const void *values, size_t place) {
    if (format.storage == FLOAT32) return ((const float *)values)[place];
    return (float)(stored_integer(format, values, place) - format.zero_point) * format.scale;
}

static float step(const struct tensor *tensor) {
    return (float)((tensor->maximum - tensor->minimum) / 255);
}

void store_byte(const struct tensor *tensor, struct format format, void *values, size_t place, double byte) {
    float whole = format.storage == FLOAT32 ? (float)byte : (float)rint(byte);
    store(format, values, place, (float)tensor->minimum + whole * step(tensor));
}

uint8_t byte_value(const struct tensor *tensor, struct format format, const void *values, size_t place) {
    float real = real_value(format, values, place);
    return (uint8_t)clipped(rintf((real - (float)tensor->minimum) / step(tensor)), 0, 255);
}

void hand_over(struct format from, const void *values, size_t place, struct format to, void *out, size_t out_place) {
    if (from.storage == to.storage && from.scale == to.scale && from.zero_point == to.zero_point)
        memcpy((char *)out + out_place * size_of(to.storage), (const char *)values + place * size_of(from.storage),
               size_of(to.storage));
    else
        store(to, out, out_place, real_value(from, values, place));
}
