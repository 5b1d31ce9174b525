/* One signature of a model in the interpreter, and pictures of any size through it, tile by tile. */
#ifndef NETWORK_H
#define NETWORK_H

#if __has_include(<tensorflow/lite/c/c_api_experimental.h>)
#include <tensorflow/lite/c/c_api.h>
#include <tensorflow/lite/c/c_api_experimental.h> /* signature runners, in older versions */
#else
#include <tflite/c/c_api.h>
#include <tflite/c/c_api_experimental.h>
#endif

#include "models.h"
#include "pictures.h"
#include "tensors.h"
#include "tiling.h"

enum { MOST_TENSORS = 16 };

struct network {
    const struct model *model;
    const struct signature *signature;
    TfLiteModel *file;
    TfLiteInterpreter *interpreter;
    TfLiteSignatureRunner *runner;
    void *inputs[MOST_TENSORS];
    struct format input_formats[MOST_TENSORS], output_formats[MOST_TENSORS];
};

/* What goes through tiles, in the order of the signature's tensors: bytes of pictures and masks, states as the inputs
   store them, NULL for a noise level and for what is not wanted. */
struct field {
    int height, width;
    void *values;
};

struct network open_network(const struct model *model, int signature, int threads);
void close_network(struct network *network);
void invoke(struct network *network);
const void *output_values(struct network *network, int output);

/* Where a tensor is among the inputs: by role, or -1; by name. */
int input_of(const struct signature *signature, enum role role);
int input_called(const struct signature *signature, const char *name);
int output_of(const struct signature *signature, enum role role);

/* The size of a state for a picture of a size, zeros in it; and running the network over a picture. Tiles that give no
   pixel where `wanted` (a mask of the picture's size, or NULL) is above 127 are left out. */
struct field state_field(struct network *network, int input, int height, int width);
void run_tiles(struct network *network, int height, int width, const struct field *inputs, const struct field *outputs,
               double noise_level, const uint8_t *wanted);

#endif
