/* Which engine computes each pass of a convolution: names, and the table of what timing found on a device.
 *
 * How fast an engine is depends on the layer (window, channels, height and width) and on the device, hardly
 * on the batch, so a table's rows are layers without their batch: training, evaluation and prediction agree.
 */
#ifndef OPS_CONV_CHOICE_H
#define OPS_CONV_CHOICE_H

#include "cl/device.h"
#include "graph/graph.h"
#include "ops/ops.h"

/* "winograd"; "auto" for SW_CONV_AUTO. */
const char *sw_conv_choice_name(sw_conv_choice choice);
/* The choice of that name, "auto" included; false when there is none. */
bool sw_conv_choice_named(sw_conv_choice *out, const char *name, size_t length);

/* The three passes in few letters: "winograd" where they agree, else "gemm/winograd/gemm" for forward,
 * backward-data and backward-weights. Parse takes either, and false means that it is neither. */
enum { SW_CONV_CHOICES_BYTES = 64 };
void sw_conv_choices_print(char text[SW_CONV_CHOICES_BYTES], const sw_conv_choice choices[SW_CONV_PASSES]);
bool sw_conv_choices_parse(sw_conv_choice choices[SW_CONV_PASSES], const char *text);

const char *sw_conv_pass_name(sw_conv_pass pass); /* "forward", "data", "weights" */

/* --- by layer's name ------------------------------------------------------------------------- */

enum { SW_MAX_CONVOLUTIONS = 128 };

/* What a model's convolutions are to be computed by. SW_CONV_AUTO, and a layer that is not named: the first
 * engine of the fixed order that takes the pass. */
typedef struct sw_conv_pin {
    const char *layer; /* "dc1.seq.0"; borrowed */
    sw_conv_choice pass[SW_CONV_PASSES];
} sw_conv_pin;

typedef struct sw_conv_pins {
    int count;
    sw_conv_pin pins[SW_MAX_CONVOLUTIONS];
} sw_conv_pins;

/* The pin of that layer, or NULL. */
const sw_conv_pin *sw_conv_pins_find(const sw_conv_pins *pins, const char *layer);

/* --- by shape -------------------------------------------------------------------------------- */

typedef struct sw_conv_layer {
    int kernel, in_channels, out_channels, height, width; /* height and width of its input */
    int stride, dilation;                                 /* 0: 1 */
} sw_conv_layer;

/* The same layer with no 0 in it; the dilation of a window of one pixel is 1. */
sw_conv_layer sw_conv_layer_whole(const sw_conv_layer *layer);
/* The layer of a convolution that reads images of shape x, with no 0 in it. */
sw_conv_layer sw_conv_layer_from(const sw_conv2d_attrs *attrs, sw_shape x);
/* Multiply-adds of one image's forward pass, and of either backward pass. */
double sw_conv_layer_macs(const sw_conv_layer *layer);

/* A window in words: "3x3", "3x3/2" with a stride of 2, "3x3 dilated 6". */
enum { SW_CONV_WINDOW_BYTES = 32 };
void sw_conv_window_print(char text[SW_CONV_WINDOW_BYTES], int kernel, int stride, int dilation);

/* The layer a node is; false when it is no convolution. */
bool sw_conv_layer_of(sw_conv_layer *out, const sw_graph *graph, const sw_node *node);
/* "3x3 64 > 128, 64x64": window, channels in and out, height and width of the input. */
enum { SW_CONV_LAYER_BYTES = 64 };
void sw_conv_layer_print(char text[SW_CONV_LAYER_BYTES], const sw_conv_layer *layer);

/* Whether the engine can compute the pass on this device. */
bool sw_conv_can(const sw_cl *cl, sw_conv_choice engine, const sw_conv_layer *layer, sw_conv_pass pass);
/* The first of the fixed order that can. */
sw_conv_choice sw_conv_fixed(const sw_cl *cl, const sw_conv_layer *layer, sw_conv_pass pass);

enum { SW_CONV_MAX_TRIALS = 12 };

typedef struct sw_conv_trial {
    sw_conv_choice engine;
    double ms; /* an image; negative: its results were wrong, or it failed, and it was not timed */
} sw_conv_trial;

typedef struct sw_conv_verdict {
    sw_conv_choice choice; /* SW_CONV_AUTO: not decided yet */
    int trial_count;
    sw_conv_trial trials[SW_CONV_MAX_TRIALS]; /* in the fixed order */
} sw_conv_verdict;

typedef struct sw_conv_row {
    sw_conv_layer layer;
    sw_conv_verdict pass[SW_CONV_PASSES];
} sw_conv_row;

typedef struct sw_conv_table {
    sw_conv_row *rows;
    int count;
} sw_conv_table; /* zero-initialised: empty */

/* The layer's row, or NULL. Rows move when one is added. */
sw_conv_row *sw_conv_table_find(const sw_conv_table *table, const sw_conv_layer *layer);
/* The same, added undecided where there is none. */
sw_status sw_conv_table_add(sw_conv_row **out, sw_conv_table *table, const sw_conv_layer *layer) SW_NODISCARD;
bool sw_conv_row_decided(const sw_conv_row *row); /* all three passes */
void sw_conv_table_deinit(sw_conv_table *table);

#endif
