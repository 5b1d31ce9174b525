/* Runs the models of this folder; see README.md. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "failure.h"
#include "tasks.h"

struct options {
    double noise_level;
    uint64_t seed, index;
    const char *label;
    int threads;
};

static const char usage[] =
    "usage: litebrush list                               what the models are, and what they take\n"
    "       litebrush check                              replay their golden results\n"
    "       litebrush run MODEL [OPTIONS] IN... OUT      pictures are PPM (P6), masks PGM (P5)\n"
    "options: --noise-level LEVEL   --label LABEL   --seed SEED   --index NUMBER   --threads COUNT\n";

static const struct model *model_called(const char *key) {
    for (int index = 0; index < model_count; index++)
        if (strcmp(models[index].key, key) == 0) return &models[index];
    fail("no model is called '%s'; 'litebrush list' shows them", key);
}

static int label_called(const struct model *model, const char *label) {
    for (int index = 0; label != NULL && index < model->label_count; index++)
        if (strcmp(model->labels[index], label) == 0) return index;
    if (label == NULL && model->label_count == 0) return 0;
    if (model->label_count == 0) fail("a label was given; '%s' has no classes", model->name);
    fail("'%s' cannot draw '%s'; 'litebrush list' shows its labels", model->name, label ? label : "(no --label)");
}

static uint64_t whole_number(const char *what, const char *text) {
    char *end;
    errno = 0;
    unsigned long long number = strtoull(text, &end, 10);
    if (*text < '0' || *text > '9' || *end || errno) fail("%s is '%s'; expected a whole number from 0 to 2^64 - 1", what, text);
    return number;
}

static double level(const char *text) {
    char *end;
    double number = strtod(text, &end);
    if (end == text || *end) fail("the noise level is '%s'; expected a number of grey levels", text);
    return number;
}

/* Takes the options out of the arguments and returns how many are left. */
static int read_options(int count, char **arguments, struct options *options) {
    int left = 0;
    for (int index = 0; index < count; index++) {
        if (strncmp(arguments[index], "--", 2) != 0) {
            arguments[left++] = arguments[index];
            continue;
        }
        const char *name = arguments[index];
        if (++index == count) fail("%s needs a value", name);
        const char *value = arguments[index];
        if (strcmp(name, "--noise-level") == 0) options->noise_level = level(value);
        else if (strcmp(name, "--seed") == 0) options->seed = whole_number("the seed", value);
        else if (strcmp(name, "--index") == 0) options->index = whole_number("the index", value);
        else if (strcmp(name, "--threads") == 0) options->threads = (int)whole_number("the number of threads", value);
        else if (strcmp(name, "--label") == 0) options->label = value;
        else fail("there is no option %s\n%s", name, usage);
    }
    return left;
}

static void require_files(const struct model *model, int count, int wanted, const char *files) {
    if (count != wanted) fail("'%s' takes %s", model->name, files);
}

static double noise_level_for(const struct model *model, const struct options *options) {
    int input = input_of(&model->signatures[0], NOISE_LEVEL);
    if (input < 0) {
        if (options->noise_level >= 0) fail("a noise level was given; '%s' takes none", model->name);
        return 0;
    }
    double highest = model->signatures[0].inputs[input].highest;
    if (!(options->noise_level >= 0 && options->noise_level <= highest))
        fail("'%s' must be told the noise: give --noise-level 0 to %g", model->name, highest);
    return options->noise_level;
}

static void restore_video(struct network *network, double noise_level, char **files, int frames) {
    struct field states[MOST_TENSORS] = {0};
    struct picture first = {0};
    for (int number = 0; number < frames; number++) {
        char path[4096];
        struct picture frame = read_picture(files[number], 3);
        if (number == 0) first = frame, begin_video(network, frame, states);
        if (frame.height != first.height || frame.width != first.width)
            fail("'%s' is of another size than the first frame; restore it apart", files[number]);
        snprintf(path, sizeof path, "%s%04d.ppm", files[frames], number);
        write_picture(path, next_frame(network, frame, states, noise_level));
    }
}

static void run(const struct model *model, struct options options, char **files, int count) {
    struct network network = open_network(model, 0, options.threads);
    struct picture result = {0};
    switch (model->task) {
    case RESTORE:
        require_files(model, count, 2, "IN.ppm OUT.ppm");
        result = restore(&network, read_picture(files[0], 3), noise_level_for(model, &options));
        break;
    case INPAINT:
        require_files(model, count, 3, "IN.ppm MASK.pgm OUT.ppm; in the mask white is missing");
        result = inpaint(&network, read_picture(files[0], 3), read_picture(files[1], 1));
        break;
    case DETECT:
        require_files(model, count, 2, "IN.ppm OUT.pgm");
        result = find_damage(&network, read_picture(files[0], 3));
        break;
    case GENERATE:
        require_files(model, count, 1, "OUT.ppm");
        result = draw(&network, options.seed, options.index, label_called(model, options.label));
        break;
    case AUTOENCODE: {
        require_files(model, count, 2, "IN.ppm OUT.ppm");
        struct network decoder = open_network(model, 1, options.threads);
        result = encode_and_decode(&network, &decoder, read_picture(files[0], 3));
        close_network(&decoder);
        break;
    }
    case RESTORE_SEQUENCE:
        if (count < 2) fail("'%s' takes FRAME.ppm... OUT_PREFIX", model->name);
        restore_video(&network, noise_level_for(model, &options), files, count - 1);
        close_network(&network);
        return;
    }
    write_picture(files[count - 1], result);
    close_network(&network);
}

static void list(void) {
    static const char *const purposes[] = {"restores pictures", "fills in what is missing", "finds damage", "draws",
                                           "encodes and decodes", "restores videos"};
    for (int index = 0; index < model_count; index++) {
        const struct model *model = &models[index];
        int noise = input_of(&model->signatures[0], NOISE_LEVEL);
        printf("%s: %s, %s; %s", model->key, model->name, model->precision, purposes[model->task]);
        if (noise >= 0) printf("; --noise-level 0 to %g", model->signatures[0].inputs[noise].highest);
        for (int label = 0; label < model->label_count; label++)
            printf("%s%s", label ? ", " : "; --label ", model->labels[label]);
        printf("\n");
    }
}

static int check(void) {
    int right = 1;
    for (int index = 0; index < model_count; index++)
        for (int signature = 0; signature < models[index].signature_count; signature++) {
            struct network network = open_network(&models[index], signature, 1);
            right &= golden_is_reproduced(&network);
            close_network(&network);
        }
    return right ? 0 : 1;
}

int main(int count, char **arguments) {
    struct options options = {.noise_level = -1, .threads = 1};
    int left = read_options(count - 1, arguments + 1, &options);
    if (left == 1 && strcmp(arguments[1], "list") == 0) return list(), 0;
    if (left == 1 && strcmp(arguments[1], "check") == 0) return check();
    if (left < 3 || strcmp(arguments[1], "run") != 0) fail("nothing that can be done\n%s", usage);
    run(model_called(arguments[2]), options, arguments + 3, left - 2);
    return 0;
}
