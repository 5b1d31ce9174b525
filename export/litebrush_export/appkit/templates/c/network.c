#include "network.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "failure.h"

static struct format format_of(const struct network *network, const struct tensor *tensor, const TfLiteTensor *found) {
    static const struct { TfLiteType type; enum storage storage; } types[] = {
        {kTfLiteFloat32, FLOAT32}, {kTfLiteInt8, INT8}, {kTfLiteUInt8, UINT8}, {kTfLiteInt16, INT16}};
    size_t count = (size_t)tensor->height * tensor->width * tensor->channels;
    for (size_t index = 0; found != NULL && index < sizeof types / sizeof *types; index++)
        if (types[index].type == TfLiteTensorType(found)) {
            TfLiteQuantizationParams scale = TfLiteTensorQuantizationParams(found);
            struct format format = {types[index].storage, scale.scale, scale.zero_point};
            if (TfLiteTensorByteSize(found) == count * size_of(format.storage)) return format;
        }
    fail("models/%s.tflite has no tensor '%s' as its contract promises; generate the program again", network->model->key,
         tensor->name);
}

struct network open_network(const struct model *model, int signature, int threads) {
    struct network network = {.model = model, .signature = &model->signatures[signature]};
    char path[4096];
    snprintf(path, sizeof path, "%s/models/%s.tflite", getenv("LITEBRUSH_FOLDER") ? getenv("LITEBRUSH_FOLDER") : ".",
             model->key);
    network.file = TfLiteModelCreateFromFile(path);
    if (network.file == NULL) fail("cannot load '%s'; run the program in its folder, or set LITEBRUSH_FOLDER", path);
    TfLiteInterpreterOptions *options = TfLiteInterpreterOptionsCreate();
    TfLiteInterpreterOptionsSetNumThreads(options, threads);
    network.interpreter = TfLiteInterpreterCreate(network.file, options);
    TfLiteInterpreterOptionsDelete(options);
    if (network.interpreter != NULL)
        network.runner = TfLiteInterpreterGetSignatureRunner(network.interpreter, network.signature->name);
    if (network.runner == NULL || TfLiteSignatureRunnerAllocateTensors(network.runner) != kTfLiteOk)
        fail("this TensorFlow Lite refuses '%s'; use a newer library", path);
    for (int index = 0; index < network.signature->input_count; index++) {
        const struct tensor *tensor = &network.signature->inputs[index];
        TfLiteTensor *found = TfLiteSignatureRunnerGetInputTensor(network.runner, tensor->name);
        network.input_formats[index] = format_of(&network, tensor, found);
        network.inputs[index] = TfLiteTensorData(found);
    }
    for (int index = 0; index < network.signature->output_count; index++) {
        const struct tensor *tensor = &network.signature->outputs[index];
        const TfLiteTensor *found = TfLiteSignatureRunnerGetOutputTensor(network.runner, tensor->name);
        network.output_formats[index] = format_of(&network, tensor, found);
    }
    return network;
}

void close_network(struct network *network) {
    TfLiteSignatureRunnerDelete(network->runner);
    TfLiteInterpreterDelete(network->interpreter);
    TfLiteModelDelete(network->file);
}

void invoke(struct network *network) {
    if (TfLiteSignatureRunnerInvoke(network->runner) != kTfLiteOk)
        fail("'%s' could not be run; the library's message is above", network->model->name);
}

const void *output_values(struct network *network, int output) {
    const char *name = network->signature->outputs[output].name;
    return TfLiteTensorData(TfLiteSignatureRunnerGetOutputTensor(network->runner, name));
}

int input_of(const struct signature *signature, enum role role) {
    for (int index = 0; index < signature->input_count; index++)
        if (signature->inputs[index].role == role) return index;
    return -1;
}

int input_called(const struct signature *signature, const char *name) {
    for (int index = 0; index < signature->input_count; index++)
        if (strcmp(signature->inputs[index].name, name) == 0) return index;
    return -1;
}

int output_of(const struct signature *signature, enum role role) {
    for (int index = 0; index < signature->output_count; index++)
        if (signature->outputs[index].role == role) return index;
    return -1;
}

static int is_picture(const struct tensor *tensor) {
    return tensor->role == IMAGE || tensor->role == MASK;
}

struct axes {
    struct axis rows, columns;
};

static struct axes plan(const struct network *network, int height, int width) {
    const struct tensor *image = &network->signature->inputs[input_of(network->signature, IMAGE)];
    const struct model *model = network->model;
    struct axes axes = {plan_axis(height, image->height, model->halo, model->alignment),
                        plan_axis(width, image->width, model->halo, model->alignment)};
    return axes;
}

/* Pixels of the picture's side for one of the tensor's. */
static int divisor(const struct network *network, const struct tensor *tensor) {
    return network->signature->inputs[input_of(network->signature, IMAGE)].height / tensor->height;
}

struct field state_field(struct network *network, int input, int height, int width) {
    const struct tensor *tensor = &network->signature->inputs[input];
    struct axes axes = plan(network, height, width);
    int places = divisor(network, tensor);
    struct field field = {(axes.rows.spans[axes.rows.count - 1].start + axes.rows.tile) / places,
                          (axes.columns.spans[axes.columns.count - 1].start + axes.columns.tile) / places, NULL};
    size_t count = (size_t)field.height * field.width * tensor->channels;
    field.values = zeros(count, size_of(network->input_formats[input].storage));
    for (size_t place = 0; place < count; place++) store(network->input_formats[input], field.values, place, 0);
    free(axes.rows.spans);
    free(axes.columns.spans);
    return field;
}

static void feed(struct network *network, int index, const struct field *field, const struct span *row,
                 const struct span *column, double noise_level) {
    const struct tensor *tensor = &network->signature->inputs[index];
    struct format format = network->input_formats[index];
    void *values = network->inputs[index];
    int places = divisor(network, tensor), channels = tensor->channels;
    for (int y = 0; y < tensor->height; y++)
        for (int x = 0; x < tensor->width; x++)
            for (int channel = 0; channel < channels; channel++) {
                size_t place = ((size_t)y * tensor->width + x) * channels + channel;
                if (tensor->role == NOISE_LEVEL) {
                    store_byte(tensor, format, values, place, noise_level);
                    continue;
                }
                int from_y = reflected(row->start / places + y, field->height);
                int from_x = reflected(column->start / places + x, field->width);
                size_t from = ((size_t)from_y * field->width + from_x) * channels + channel;
                if (is_picture(tensor))
                    store_byte(tensor, format, values, place, ((const uint8_t *)field->values)[from]);
                else
                    hand_over(format, field->values, from, format, values, place);
            }
}

static void keep(struct network *network, int index, const struct field *field, const struct span *row,
                 const struct span *column, struct axes axes) {
    const struct tensor *tensor = &network->signature->outputs[index];
    struct format format = network->output_formats[index];
    const void *values = output_values(network, index);
    int places = divisor(network, tensor), channels = tensor->channels;
    int target = tensor->becomes ? input_called(network->signature, tensor->becomes) : 0;
    int last_row = row == &axes.rows.spans[axes.rows.count - 1];
    int last_column = column == &axes.columns.spans[axes.columns.count - 1];
    int stop_y = last_row ? field->height : row->keep_stop / places; /* a state's last tile gives the padding, too */
    int stop_x = last_column ? field->width : column->keep_stop / places;
    for (int y = row->keep_start / places; y < stop_y; y++)
        for (int x = column->keep_start / places; x < stop_x; x++)
            for (int channel = 0; channel < channels; channel++) {
                int from_y = y - row->start / places, from_x = x - column->start / places;
                size_t from = ((size_t)from_y * tensor->width + from_x) * channels + channel;
                size_t to = ((size_t)y * field->width + x) * channels + channel;
                if (is_picture(tensor))
                    ((uint8_t *)field->values)[to] = byte_value(tensor, format, values, from);
                else
                    hand_over(format, values, from, network->input_formats[target], field->values, to);
            }
}

static int any_wanted(const uint8_t *wanted, int width, const struct span *row, const struct span *column) {
    for (int y = row->keep_start; wanted != NULL && y < row->keep_stop; y++)
        for (int x = column->keep_start; x < column->keep_stop; x++)
            if (wanted[(size_t)y * width + x] > 127) return 1;
    return wanted == NULL;
}

void run_tiles(struct network *network, int height, int width, const struct field *inputs, const struct field *outputs,
               double noise_level, const uint8_t *wanted) {
    struct axes axes = plan(network, height, width);
    for (int r = 0; r < axes.rows.count; r++)
        for (int c = 0; c < axes.columns.count; c++) {
            const struct span *row = &axes.rows.spans[r], *column = &axes.columns.spans[c];
            if (!any_wanted(wanted, width, row, column)) continue;
            for (int index = 0; index < network->signature->input_count; index++)
                feed(network, index, &inputs[index], row, column, noise_level);
            invoke(network);
            for (int index = 0; index < network->signature->output_count; index++)
                if (outputs[index].values != NULL) keep(network, index, &outputs[index], row, column, axes);
        }
    free(axes.rows.spans);
    free(axes.columns.spans);
}
