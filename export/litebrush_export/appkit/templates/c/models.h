/* What the models promise: their contracts, as data. models.c is generated, everything else reads it. */
#ifndef MODELS_H
#define MODELS_H

enum task { RESTORE, INPAINT, DETECT, GENERATE, AUTOENCODE, RESTORE_SEQUENCE };
enum role { IMAGE, NOISE_LEVEL, MASK, LATENT, LABEL, STATE };

/* A picture's byte p stands for the real value minimum + p / 255 * (maximum - minimum); of a mask 255 is missing. */
struct tensor {
    const char *name;
    enum role role;
    int height, width, channels;
    double minimum, maximum;
    double highest;                  /* noise level that the model was trained for */
    const char *becomes;             /* of a state that comes out: the input that it is at the next frame */
    int golden_rows, golden_columns; /* kept of the golden result */
};

struct signature {
    const char *name;
    const struct tensor *inputs, *outputs;
    int input_count, output_count;
};

struct model {
    const char *key, *name, *precision;
    enum task task;
    int halo, alignment; /* of tiles; 0 where pictures are not cut */
    const char *const *labels;
    int label_count;
    const struct signature *signatures;
    int signature_count;
    double golden_tolerance;
};

extern const struct model models[];
extern const int model_count;

#endif
