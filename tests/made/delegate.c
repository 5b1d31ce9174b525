/* A delegate library for tests, after tensorflow/lite/core/c/common.h and external_delegate_interface.h. TAKES says what it
 * does: 0 refuses the machine, 1 takes no operator, 2 takes SPACE_TO_DEPTH and computes it, 3 takes it and gives zeros.
 * Only the beginning of each structure that is read here has to be right; an interpreter's own may be longer. */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { SPACE_TO_DEPTH = 26, DELEGATE = 51 };

typedef struct { int size; int data[]; } IntArray;
typedef struct {
    int type; void *data; IntArray *dims; float scale; int32_t zero_point; int allocation_type; size_t bytes;
    const void *allocation; const char *name; void *delegate; int buffer_handle; bool data_is_stale, is_variable;
    int quantization; void *quantization_params; void *sparsity; const IntArray *dims_signature;
} Tensor;
typedef struct { IntArray *inputs, *outputs; } Node;
typedef struct Context Context;
typedef struct {
    void *(*init)(Context *, const char *, size_t);
    void (*free)(Context *, void *);
    int (*prepare)(Context *, Node *);
    int (*invoke)(Context *, Node *);
    const char *(*profiling_string)(const Context *, const Node *);
    int32_t builtin_code; const char *custom_name; int version; void *external; void *async_kernel; uint64_t in_place;
} Registration;
typedef struct Delegate {
    void *data; int (*prepare)(Context *, struct Delegate *); void *copy_from, *copy_to, *free_handle; int64_t flags;
    void *opaque;
} Delegate;
struct Context {
    size_t tensor_count;
    int (*get_execution_plan)(Context *, IntArray **);
    Tensor *tensors;
    void *implementation, *resize_tensor, *report_error, *add_tensors;
    int (*get_node_and_registration)(Context *, int, Node **, Registration **);
    int (*replace_nodes)(Context *, Registration, const IntArray *, Delegate *);
};

static int invoke(Context *context, Node *node) {
    const Tensor *in = &context->tensors[node->inputs->data[0]], *out = &context->tensors[node->outputs->data[0]];
    const int *from = in->dims->data, *to = out->dims->data; /* (1, H, W, C) -> (1, H/b, W/b, b*b*C) */
    const int block = from[1] / to[1];
    const size_t pixel = in->bytes / (size_t)(from[1] * from[2]);
    memset(out->data, 0, out->bytes);
    for (int row = 0; TAKES == 2 && row < from[1]; row++)
        for (int column = 0; column < from[2]; column++) {
            const size_t place = (size_t)(row / block * to[2] + column / block) * block * block
                                 + (size_t)(row % block * block + column % block);
            memcpy((char *)out->data + place * pixel, (char *)in->data + (size_t)(row * from[2] + column) * pixel, pixel);
        }
    return 0;
}

static int prepare_kernel(Context *context, Node *node) { return 0; }

static int prepare(Context *context, Delegate *delegate) {
    static struct { int size; int data[16]; } taken;
    IntArray *plan;
    taken.size = 0;
    if (context->get_execution_plan(context, &plan)) return 1;
    for (int i = 0; i < plan->size; i++) {
        Node *node;
        Registration *registration;
        if (context->get_node_and_registration(context, plan->data[i], &node, &registration)) return 1;
        if (TAKES >= 2 && registration->builtin_code == SPACE_TO_DEPTH && taken.size < 16)
            taken.data[taken.size++] = plan->data[i];
    }
    const Registration kernel = {
        .prepare = prepare_kernel, .invoke = invoke, .builtin_code = DELEGATE, .custom_name = "TestDelegate", .version = 1};
    return context->replace_nodes(context, kernel, (const IntArray *)&taken, delegate);
}

Delegate *tflite_plugin_create_delegate(char **keys, char **values, size_t count, void (*report)(const char *)) {
    static Delegate delegate = {.prepare = prepare};
    if (TAKES == 0) {
        report("no such device is plugged in");
        return 0;
    }
    return &delegate;
}

void tflite_plugin_destroy_delegate(Delegate *delegate) {}
