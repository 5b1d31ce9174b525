#include "failure.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

_Noreturn void fail(const char *format, ...) {
    va_list values;
    va_start(values, format);
    fputs("Error: ", stderr);
    vfprintf(stderr, format, values);
    fputs("\n", stderr);
    va_end(values);
    exit(2);
}

void *zeros(size_t count, size_t size) {
    void *memory = calloc(count ? count : 1, size);
    if (memory == NULL) fail("there is no memory for %zu bytes; give a smaller picture", count * size);
    return memory;
}
