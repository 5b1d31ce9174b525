#include "pyramid_fill.h"

#include <stdlib.h>
#include <string.h>

enum { NOTHING_KNOWN = 128 };

/* The mean of the known pixels of each 2x2 block, halves rounded up, and the blocks that have none. */
static void halve(struct picture photo, struct picture mask, struct picture half, struct picture half_mask) {
    for (int y = 0; y < half.height; y++)
        for (int x = 0; x < half.width; x++) {
            int total[3] = {0}, count = 0;
            for (int below = 2 * y; below < 2 * y + 2 && below < photo.height; below++)
                for (int right = 2 * x; right < 2 * x + 2 && right < photo.width; right++) {
                    size_t place = (size_t)below * photo.width + right;
                    if (mask.bytes[place]) continue;
                    for (int channel = 0; channel < 3; channel++) total[channel] += photo.bytes[3 * place + channel];
                    count++;
                }
            size_t place = (size_t)y * half.width + x;
            half_mask.bytes[place] = count ? 0 : 255;
            for (int channel = 0; channel < 3 && count; channel++)
                half.bytes[3 * place + channel] = (uint8_t)((total[channel] + count / 2) / count);
        }
}

/* The coarse pixel that a pixel lies in, and the next on the side where it lies. */
static int far_neighbour(int place, int side) {
    int next = place / 2 + (place % 2 ? 1 : -1);
    return next < 0 ? 0 : next < side ? next : side - 1;
}

void fill_from_around(struct picture photo, struct picture mask) {
    size_t count = (size_t)mask.height * mask.width, missing = 0;
    for (size_t place = 0; place < count; place++) missing += mask.bytes[place] != 0;
    if (missing == count) memset(photo.bytes, NOTHING_KNOWN, 3 * count);
    if (missing == 0 || missing == count) return;
    struct picture half = blank_picture((photo.height + 1) / 2, (photo.width + 1) / 2, 3);
    struct picture half_mask = blank_picture(half.height, half.width, 1);
    halve(photo, mask, half, half_mask);
    fill_from_around(half, half_mask);
    for (size_t place = 0; place < count; place++) {
        if (!mask.bytes[place]) continue;
        int y = (int)(place / mask.width), x = (int)(place % mask.width);
        const uint8_t *near = half.bytes + (size_t)(y / 2) * half.width * 3;
        const uint8_t *far = half.bytes + (size_t)far_neighbour(y, half.height) * half.width * 3;
        int left = x / 2 * 3, right = far_neighbour(x, half.width) * 3;
        for (int channel = 0; channel < 3; channel++)
            photo.bytes[3 * place + channel] = (uint8_t)((9 * near[left + channel] + 3 * near[right + channel] +
                                                          3 * far[left + channel] + far[right + channel] + 8) / 16);
    }
    free(half.bytes);
    free(half_mask.bytes);
}
