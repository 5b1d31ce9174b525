/* What the models are for. Pictures that come out are new. */
#ifndef TASKS_H
#define TASKS_H

#include "network.h"

struct picture restore(struct network *network, struct picture photo, double noise_level);
struct picture inpaint(struct network *network, struct picture photo, struct picture mask);
struct picture find_damage(struct network *network, struct picture photo);
struct picture draw(struct network *network, uint64_t seed, uint64_t index, int label);
struct picture encode_and_decode(struct network *encoder, struct network *decoder, struct picture photo);

/* A video's next frame; `states` has one field for each input, and is what is remembered. Zeros begin. */
void begin_video(struct network *network, struct picture frame, struct field *states);
struct picture next_frame(struct network *network, struct picture frame, struct field *states, double noise_level);

/* Replays the golden result of a signature. Returns whether it is near enough, and says how near it is. */
int golden_is_reproduced(struct network *network);

#endif
