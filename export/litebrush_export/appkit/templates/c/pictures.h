/* Pictures in files: PPM (P6, RGB) and PGM (P5, grey). */
#ifndef PICTURES_H
#define PICTURES_H

#include <stdint.h>

struct picture {
    int height, width, channels;
    uint8_t *bytes; /* rows of (R, G, B) or of grey, channels together */
};

struct picture blank_picture(int height, int width, int channels);
struct picture read_picture(const char *path, int channels);
void write_picture(const char *path, struct picture picture);

#endif
