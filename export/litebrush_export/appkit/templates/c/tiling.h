/* Cutting a picture so that the results of the pieces meet without a seam. */
#ifndef TILING_H
#define TILING_H

/* One tile along one axis: the first pixel that it reads, and those of the result that are taken from it. */
struct span {
    int start, keep_start, keep_stop;
};

struct axis {
    int tile, count;
    struct span *spans;
};

/* As few tiles of one length as possible, each at least a halo from its cuts. The spans are the caller's to free. */
struct axis plan_axis(int length, int tile, int halo, int alignment);

/* Which of a picture's rows or columns a place beyond its end shows: reflection, the edge repeated. */
int reflected(int place, int length);

#endif
