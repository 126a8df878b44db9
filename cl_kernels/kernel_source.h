/* The embedded kernel files: what cmake/EmbedKernels.cmake generates. */
#ifndef KERNEL_SOURCE_H
#define KERNEL_SOURCE_H

#include <stddef.h>

typedef struct sw_kernel_source {
    const char *file; /* "conv2d.cl" */
    size_t line_count;
    const char *const *lines; /* each ends in a newline; the first is a #line directive */
} sw_kernel_source;

extern const sw_kernel_source sw_kernel_sources[]; /* ends in a NULL file */

#endif
