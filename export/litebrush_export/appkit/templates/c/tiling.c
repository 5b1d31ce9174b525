#include "tiling.h"

#include "failure.h"

static int round_up(int length, int multiple) {
    return (length + multiple - 1) / multiple * multiple;
}

struct axis plan_axis(int length, int tile, int halo, int alignment) {
    struct axis axis = {tile, 1, NULL};
    int padded = round_up(length, alignment);
    int overlap = round_up(2 * halo, alignment);
    if (padded > tile) axis.count = (padded - overlap + tile - overlap - 1) / (tile - overlap);
    axis.spans = zeros(axis.count, sizeof *axis.spans);
    for (int index = 0; index < axis.count; index++) {
        struct span *span = &axis.spans[index];
        span->start = index * (tile - overlap);
        if (index > 0 && span->start > padded - tile) span->start = padded - tile;
        span->keep_start = index == 0 ? 0 : span->start + halo;
        span->keep_stop = length;
        if (index > 0) axis.spans[index - 1].keep_stop = span->keep_start;
    }
    return axis;
}

int reflected(int place, int length) {
    int within = place % (2 * length);
    return within < length ? within : 2 * length - 1 - within;
}
