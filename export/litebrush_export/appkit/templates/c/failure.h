#ifndef FAILURE_H
#define FAILURE_H

#include <stddef.h>

/* Says what was wrong and what to do, and ends with status 2. */
_Noreturn void fail(const char *format, ...);

/* Memory of zeros, or failure. */
void *zeros(size_t count, size_t size);

#endif
