/* Matrix products in tiles of local memory, for the engines of GPUs (cl_kernels/conv2d_tile.cl). */
#ifndef OPS_TILE_PRODUCT_H
#define OPS_TILE_PRODUCT_H

#include "conv_window.h"
#include "ops/call.h"
#include "storage_options.h"

enum { SW_TILE_LOCAL_BYTES = 16 * 1024, SW_TILE_GROUP_ITEMS = 64 }; /* what a device must have */

/* What a product reads and writes, or sums up: pixels of so many channels, seen through a window. */
typedef struct sw_tile_sides {
    sw_conv_window window;
    int in, out;
    sw_dtype in_type, out_type; /* how they are stored */
} sw_tile_sides;

/* A product of a convolution's shape, its kernel and how it is cut. */
typedef struct sw_tile_product {
    const sw_kernel *run;
    sw_tile_sides sides;
    size_t rows, columns; /* of the result; rows of the batch that was prepared for, or of the weights */
    int products;         /* of that shape, in one launch */
    int segments;         /* of the depth, each with sums of its own: those of weights */
    size_t group, tile_rows, tile_columns;
} sw_tile_product;

/* Whether the device has room for the tiles. */
bool sw_tile_supports(const sw_device_info *device);

/* Floats of a matrix's beginning in a buffer, and of the way to the next product's. */
typedef struct sw_tile_matrix {
    cl_mem buffer;
    size_t offset, step;
} sw_tile_matrix;

/* y (pixels,out) = x (pixels,in), seen through the window, times weights (taps,in,out). */
sw_status sw_tile_prepare_rows(sw_tile_product *p, sw_cl *cl, sw_tile_sides sides, size_t pixels,
                               int products);
/* y (+)= that, of so many pixels of the grid; weights->offset is 0. */
sw_status sw_tile_run_rows(const sw_tile_product *p, const sw_call *call, const sw_tile_matrix *x,
                           const sw_tile_matrix *weights, const sw_tile_matrix *y, sw_conv_grid grid,
                           size_t pixels, bool accumulate);

/* Sums over pixels of x (pixels,in), seen through the window, times dy (pixels,out): in as many segments as
 * the device needs to be busy and the cap on their sums allows. */
sw_status sw_tile_prepare_sums(sw_tile_product *p, sw_cl *cl, sw_tile_sides sides, size_t pixels,
                               int products, size_t cap_bytes);
/* partial (products,segments,taps,in,out) = those sums, from the beginning of the buffer; how many
 * segments there are goes to *segments: fewer than prepared for where there are few pixels. */
sw_status sw_tile_run_sums(int *segments, const sw_tile_product *p, const sw_call *call,
                           const sw_tile_matrix *x, const sw_tile_matrix *dy, cl_mem partial,
                           sw_conv_grid grid, size_t pixels);

/* Bytes of the partial sums. */
size_t sw_tile_sums_bytes(const sw_tile_product *p);

#endif
