/* What the ops on windows share: two kernels each, vectors of channels, and of windows of 2x2 a small and a
 * large image whose sides are half and whole (an odd whole side has one row or column more, which belongs to
 * no window, or to one that lies partly outside).
 */
#ifndef OPS_WINDOW_H
#define OPS_WINDOW_H

#include "base/size.h"
#include "ops/call.h"

typedef struct sw_window {
    const sw_kernel *forward, *backward;
    int vec;
} sw_window;

/* Fails where input 0 does not hold floats. */
sw_status sw_window_check_floats(const sw_graph *graph, const sw_node *node) SW_NODISCARD;

/* Fails where a convolution's stride is not 0 (1) to 8, or its dilation not 0 (1) to 64. */
sw_status sw_window_check_steps(const sw_node *node, int stride, int dilation) SW_NODISCARD;

/* The windows of a pool. */
typedef struct sw_pool_window {
    int kernel, stride, padding;
    bool ceil; /* windows may lie partly outside the image and its padding */
} sw_pool_window;

/* Those of a max_pool node, and whether they are of 2x2 and all inside. */
sw_pool_window sw_max_pool_window(const sw_node *node);
bool sw_max_pool_is_plain(const sw_node *node);

/* A pool's infer: output 0 has a pixel for each window of input 0. */
sw_status sw_window_infer_pool(sw_graph *graph, sw_node *node, sw_pool_window window) SW_NODISCARD;

/* An op's infer: output 0 is input 0 at half its size, or at the double size of its sw_doubled_attrs. */
sw_status sw_window_infer_half(sw_graph *graph, sw_node *node) SW_NODISCARD;
sw_status sw_window_infer_double(sw_graph *graph, sw_node *node) SW_NODISCARD;

/* As the latter, of a given size (0: the double one), and with one less or one more row or column than the
 * double size where these are allowed. */
sw_status sw_window_infer_back(sw_graph *graph, sw_node *node, sw_size size, bool less,
                               bool more) SW_NODISCARD;

/* The sw_op.resize of an op with sw_doubled_attrs. */
void sw_window_resize(void *attrs, int height, int width);

/* An op's prepare: builds the kernels <op>_fwd and <op>_bwd of the op's file for the channels of input 0 and
 * leaves a sw_window in call->prepared, which sw_call_free_prepared releases. The second takes backward from
 * another file: spreading by offsets is max_unpool's forward pass and max_pool's backward pass. */
sw_status sw_window_prepare(sw_call *call) SW_NODISCARD;
typedef struct sw_window_kernel {
    const char *file, *name;
    bool turned; /* what it calls x has the kind of the op's output, and its y that of the input */
} sw_window_kernel;
sw_status sw_window_prepare_with(sw_call *call, sw_window_kernel backward) SW_NODISCARD;
/* The same with kernels of any name, with these build options besides VEC, for vectors of at most so many
 * channels. */
sw_status sw_window_prepare_kernels(sw_call *call, sw_window_kernel forward, sw_window_kernel backward,
                                    const char *options, int most_vec) SW_NODISCARD;

/* An op's forward and backward, where the kernels read input 0 and write output 0, or read one's gradient and
 * write the other's: (from, to, small h and w, large h and w, vectors), and backward `accumulate`. */
sw_status sw_window_forward(sw_call *call) SW_NODISCARD;
sw_status sw_window_backward(sw_call *call) SW_NODISCARD;

/* A launch of one work-item for each of so many vectors of each pixel of `shape`. */
sw_ndrange sw_window_ndrange(const sw_call *call, sw_shape shape, int vectors);

/* Launches max_unpool_fwd: `values` and `offsets` of shape small (with the words of small.c channels) are
 * spread over `spread` of shape large. */
sw_status sw_window_spread(sw_call *call, const sw_kernel *kernel, cl_mem values, cl_mem offsets,
                           cl_mem spread, sw_shape small, sw_shape large, bool accumulate) SW_NODISCARD;

/* Words of 16 offsets that a pixel of so many channels has. */
int sw_window_words(int channels);

#endif
