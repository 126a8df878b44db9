/* The window of a convolution as kernels are built for it, and the pixels that one launch computes
 * (cl_kernels/conv2d.clh). */
#ifndef OPS_CONV_WINDOW_H
#define OPS_CONV_WINDOW_H

#include <stdbool.h>

#include "cl/launch.h"

typedef struct sw_conv_window {
    int kernel, stride, dilation;
    bool back; /* of backward-data, whose stride is a step in what is written */
} sw_conv_window;

static const sw_conv_window sw_conv_pointwise = {.kernel = 1, .stride = 1, .dilation = 1};

/* Build options: KERNEL, and where they matter STRIDE, DILATION and BACK. */
enum { SW_CONV_WINDOW_OPTIONS_BYTES = 80 };
void sw_conv_window_options(char text[SW_CONV_WINDOW_OPTIONS_BYTES], sw_conv_window window);

/* A launch's pixels, h x w of each image, and the sizes of the images that are read and written: GRID_... of
 * cl_kernels/conv2d.clh. */
typedef struct sw_conv_grid {
    int h, w;
    int from_h, from_w, to_h, to_w;
    int phase; /* of backward-data with a stride; else 0 */
} sw_conv_grid;

/* A grid of all pixels of images that keep their size. */
static inline sw_conv_grid sw_conv_grid_whole(int h, int w)
{
    return (sw_conv_grid){.h = h, .w = w, .from_h = h, .from_w = w, .to_h = h, .to_w = w};
}

#define SW_GRID_ARGS(g)                                                                                      \
    SW_ARG((g).h), SW_ARG((g).w), SW_ARG((g).from_h), SW_ARG((g).from_w), SW_ARG((g).to_h),                  \
        SW_ARG((g).to_w), SW_ARG((g).phase)

#endif
