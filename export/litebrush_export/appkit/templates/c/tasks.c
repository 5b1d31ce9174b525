#include "tasks.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "failure.h"
#include "latents.h"
#include "pyramid_fill.h"

enum { MISSING_ABOVE = 127 };

static struct field as_field(struct picture picture) {
    struct field field = {picture.height, picture.width, picture.bytes};
    return field;
}

static struct picture through(struct network *network, struct picture photo, int output, const struct field *mask,
                              double noise_level, struct picture result) {
    const struct signature *signature = network->signature;
    struct field inputs[MOST_TENSORS] = {0}, outputs[MOST_TENSORS] = {0};
    inputs[input_of(signature, IMAGE)] = as_field(photo);
    if (mask != NULL) inputs[input_of(signature, MASK)] = *mask;
    outputs[output] = as_field(result);
    run_tiles(network, photo.height, photo.width, inputs, outputs, noise_level, mask ? mask->values : NULL);
    return result;
}

struct picture restore(struct network *network, struct picture photo, double noise_level) {
    struct picture result = blank_picture(photo.height, photo.width, 3);
    return through(network, photo, output_of(network->signature, IMAGE), NULL, noise_level, result);
}

struct picture inpaint(struct network *network, struct picture photo, struct picture mask) {
    if (mask.height != photo.height || mask.width != photo.width)
        fail("the mask is of %dx%d pixels, the photo of %dx%d; give a mask of the photo's size", mask.width, mask.height,
             photo.width, photo.height);
    size_t count = (size_t)photo.height * photo.width;
    struct picture guessed = blank_picture(photo.height, photo.width, 3);
    struct picture filled = blank_picture(photo.height, photo.width, 3);
    struct picture missing = blank_picture(photo.height, photo.width, 1);
    for (size_t place = 0; place < count; place++) missing.bytes[place] = mask.bytes[place] > MISSING_ABOVE ? 255 : 0;
    memcpy(guessed.bytes, photo.bytes, 3 * count);
    fill_from_around(guessed, missing);
    struct field field = as_field(missing);
    through(network, guessed, output_of(network->signature, IMAGE), &field, 0, filled);
    for (size_t place = 0; place < count; place++)
        if (!missing.bytes[place]) memcpy(filled.bytes + 3 * place, photo.bytes + 3 * place, 3);
    free(guessed.bytes);
    free(missing.bytes);
    return filled;
}

struct picture find_damage(struct network *network, struct picture photo) {
    struct picture mask = blank_picture(photo.height, photo.width, 1);
    through(network, photo, output_of(network->signature, MASK), NULL, 0, mask);
    for (size_t place = 0; place < (size_t)mask.height * mask.width; place++)
        mask.bytes[place] = mask.bytes[place] > MISSING_ABOVE ? 255 : 0;
    return mask;
}

static size_t count_of(const struct tensor *tensor) {
    return (size_t)tensor->height * tensor->width * tensor->channels;
}

static struct picture drawn(struct network *network) {
    int output = output_of(network->signature, IMAGE);
    const struct tensor *tensor = &network->signature->outputs[output];
    struct picture picture = blank_picture(tensor->height, tensor->width, 3);
    invoke(network);
    const void *values = output_values(network, output);
    for (size_t place = 0; place < count_of(tensor); place++)
        picture.bytes[place] = byte_value(tensor, network->output_formats[output], values, place);
    return picture;
}

struct picture draw(struct network *network, uint64_t seed, uint64_t index, int label) {
    const struct signature *signature = network->signature;
    int input = input_of(signature, LATENT), class_input = input_of(signature, LABEL);
    size_t count = count_of(&signature->inputs[input]);
    float *values = zeros(count, sizeof *values);
    latent(seed, index, values, count);
    for (size_t place = 0; place < count; place++)
        store(network->input_formats[input], network->inputs[input], place, values[place]);
    for (int each = 0; class_input >= 0 && each < network->model->label_count; each++)
        store(network->input_formats[class_input], network->inputs[class_input], each, each == label);
    free(values);
    return drawn(network);
}

struct picture encode_and_decode(struct network *encoder, struct network *decoder, struct picture photo) {
    int image = input_of(encoder->signature, IMAGE), code = output_of(encoder->signature, LATENT);
    int latent_input = input_of(decoder->signature, LATENT);
    const struct tensor *tensor = &encoder->signature->inputs[image];
    if (photo.height != tensor->height || photo.width != tensor->width)
        fail("the picture is of %dx%d pixels; '%s' takes %dx%d, scale it first", photo.width, photo.height,
             encoder->model->name, tensor->width, tensor->height);
    for (size_t place = 0; place < count_of(tensor); place++)
        store_byte(tensor, encoder->input_formats[image], encoder->inputs[image], place, photo.bytes[place]);
    invoke(encoder);
    const void *values = output_values(encoder, code);
    for (size_t place = 0; place < count_of(&encoder->signature->outputs[code]); place++)
        store(decoder->input_formats[latent_input], decoder->inputs[latent_input], place,
              real_value(encoder->output_formats[code], values, place));
    return drawn(decoder);
}

void begin_video(struct network *network, struct picture frame, struct field *states) {
    for (int index = 0; index < network->signature->input_count; index++)
        if (network->signature->inputs[index].role == STATE)
            states[index] = state_field(network, index, frame.height, frame.width);
}

struct picture next_frame(struct network *network, struct picture frame, struct field *states, double noise_level) {
    const struct signature *signature = network->signature;
    struct field inputs[MOST_TENSORS] = {0}, outputs[MOST_TENSORS] = {0};
    struct picture result = blank_picture(frame.height, frame.width, 3);
    for (int index = 0; index < signature->input_count; index++) inputs[index] = states[index];
    inputs[input_of(signature, IMAGE)] = as_field(frame);
    outputs[output_of(signature, IMAGE)] = as_field(result);
    for (int index = 0; index < signature->output_count; index++)
        if (signature->outputs[index].becomes) {
            int target = input_called(signature, signature->outputs[index].becomes);
            outputs[index] = state_field(network, target, frame.height, frame.width);
        }
    run_tiles(network, frame.height, frame.width, inputs, outputs, noise_level, NULL);
    for (int index = 0; index < signature->output_count; index++)
        if (signature->outputs[index].becomes) {
            int target = input_called(signature, signature->outputs[index].becomes);
            free(states[target].values);
            states[target] = outputs[index];
        }
    return result;
}

static void *read_golden(const struct network *network, const char *tensor, size_t size) {
    char path[4096];
    const char *folder = getenv("LITEBRUSH_FOLDER") ? getenv("LITEBRUSH_FOLDER") : ".";
    snprintf(path, sizeof path, "%s/golden/%s.%s.%s.bin", folder, network->model->key, network->signature->name, tensor);
    void *values = zeros(size, 1);
    FILE *file = fopen(path, "rb");
    if (file == NULL || fread(values, 1, size, file) != size) fail("'%s' is missing or cut short", path);
    fclose(file);
    return values;
}

static void feed_golden(struct network *network, int index) {
    const struct tensor *tensor = &network->signature->inputs[index];
    int bytes = tensor->role == IMAGE || tensor->role == MASK;
    size_t count = count_of(tensor), stored = tensor->role == NOISE_LEVEL ? 1 : count;
    void *values = tensor->role == STATE ? zeros(count, 4) : read_golden(network, tensor->name, stored * (bytes ? 1 : 4));
    for (size_t place = 0; place < count; place++)
        if (bytes)
            store_byte(tensor, network->input_formats[index], network->inputs[index], place, ((uint8_t *)values)[place]);
        else if (tensor->role == NOISE_LEVEL)
            store_byte(tensor, network->input_formats[index], network->inputs[index], place, ((float *)values)[0]);
        else
            store(network->input_formats[index], network->inputs[index], place, ((float *)values)[place]);
    free(values);
}

/* The largest difference of real values: of pictures a share of the range, of others of the largest value above 1. */
static double deviation(struct network *network, int index) {
    const struct tensor *tensor = &network->signature->outputs[index];
    struct format format = network->output_formats[index];
    int whole = tensor->height * tensor->width == 1;
    int rows = whole ? 1 : tensor->golden_rows, columns = whole ? 1 : tensor->golden_columns;
    size_t line = (size_t)columns * tensor->channels;
    void *golden = read_golden(network, tensor->name, rows * line * size_of(format.storage));
    const void *found = output_values(network, index);
    double largest = 0, unit = 1;
    for (int y = 0; y < rows; y++)
        for (size_t x = 0; x < line; x++) {
            double expected = real_value(format, golden, y * line + x);
            double value = real_value(format, found, (size_t)y * tensor->width * tensor->channels + x);
            largest = fmax(largest, fabs(value - expected));
            unit = fmax(unit, fabs(expected));
        }
    free(golden);
    int bytes = tensor->role == IMAGE || tensor->role == MASK;
    return largest / (bytes ? fabs(tensor->maximum - tensor->minimum) : unit);
}

int golden_is_reproduced(struct network *network) {
    int right = 1;
    for (int index = 0; index < network->signature->input_count; index++) feed_golden(network, index);
    invoke(network);
    for (int index = 0; index < network->signature->output_count; index++) {
        double largest = deviation(network, index), allowed = network->model->golden_tolerance;
        right &= largest <= allowed;
        printf("%s %s/%s: off by %.2g, %.2g is allowed%s\n", network->model->key, network->signature->name,
               network->signature->outputs[index].name, largest, allowed, largest <= allowed ? "" : ": WRONG");
    }
    return right;
}
