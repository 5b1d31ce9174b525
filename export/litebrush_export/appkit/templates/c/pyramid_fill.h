/* Missing pixels guessed from those around them, where an inpainting network begins: whole numbers, as in Python. */
#ifndef PYRAMID_FILL_H
#define PYRAMID_FILL_H

#include "pictures.h"

/* Writes guesses into a photo of (R, G, B) wherever the mask, one byte a pixel, is not 0. */
void fill_from_around(struct picture photo, struct picture mask);

#endif
