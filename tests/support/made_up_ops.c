#include "made_up_ops.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "base/rng.h"

static sw_status same_shape(sw_graph *graph, sw_node *node)
{
    return sw_node_add_output(graph, node, NULL, SW_F32, sw_node_input(graph, node, 0)->shape);
}

static sw_status same_shape_trained(sw_graph *graph, sw_node *node)
{
    sw_status status = SW_OK;
    int channels = sw_node_input(graph, node, 0)->shape.c;
    SW_TRY(sw_node_add_param(graph, node, "weight", SW_LAYOUT_PLAIN, 1, &channels, SW_INIT_ONES, 0));
    SW_TRY(same_shape(graph, node));
done:
    return status;
}

static sw_status half_shape(sw_graph *graph, sw_node *node)
{
    sw_status status = SW_OK;
    sw_shape s = sw_node_input(graph, node, 0)->shape;
    s.h = (s.h + 1) / 2;
    s.w = (s.w + 1) / 2;
    SW_TRY(sw_node_add_output(graph, node, NULL, SW_F32, s));
    SW_TRY(sw_node_add_output(graph, node, "offsets", SW_U32, s));
done:
    return status;
}

static sw_status other_channels(sw_graph *graph, sw_node *node)
{
    sw_status status = SW_OK;
    sw_shape s = sw_node_input(graph, node, 0)->shape;
    SW_TRY(sw_node_add_param(graph, node, "weight", SW_LAYOUT_PLAIN, 1, &s.c, SW_INIT_ONES, 0));
    s.c = s.c % 5 * 7 + 1;
    SW_TRY(sw_node_add_output(graph, node, NULL, SW_F32, s));
done:
    return status;
}

static sw_status side_by_side(sw_graph *graph, sw_node *node)
{
    sw_shape s = sw_node_input(graph, node, 0)->shape;
    for (int i = 1; i < node->input_count; i++) s.c += sw_node_input(graph, node, i)->shape.c;
    s.c = s.c % 20 + 1; /* lest it grow without end */
    return sw_node_add_output(graph, node, NULL, SW_F32, s);
}

static sw_status same_shape_unread(sw_graph *graph, sw_node *node)
{
    if (graph->node_count % 2) node->reads_outputs = 0;
    return same_shape(graph, node);
}

static sw_status scalar(sw_graph *graph, sw_node *node)
{
    return sw_node_add_output(graph, node, NULL, SW_F32, (sw_shape){1, 1, 1, 1});
}

const sw_op op_filter = {.name = "filter",
                         .input_count = 1,
                         .output_count = 1,
                         .infer = other_channels,
                         .backward_reads_inputs = SW_BIT(0),
                         .gives_gradient = SW_BIT(0)};
const sw_op op_norm = {.name = "norm",
                       .input_count = 1,
                       .output_count = 1,
                       .infer = same_shape_trained,
                       .backward_reads_inputs = SW_BIT(0),
                       .gives_gradient = SW_BIT(0),
                       .recomputes = SW_BIT(0),
                       .gradient_in_place = true,
                       .forward_in_place = true,
                       .absorbs = &op_pool};
const sw_op op_bend = {.name = "bend",
                       .input_count = 1,
                       .output_count = 1,
                       .infer = same_shape,
                       .backward_reads_outputs = SW_BIT(0),
                       .gives_gradient = SW_BIT(0),
                       .recomputes = SW_BIT(0),
                       .gradient_in_place = true,
                       .forward_in_place = true};
const sw_op op_pool = {.name = "pool",
                       .input_count = 1,
                       .output_count = 2,
                       .infer = half_shape,
                       .backward_reads_outputs = SW_BIT(1),
                       .gives_gradient = SW_BIT(0)};
const sw_op op_add = {.name = "add",
                      .input_count = 2,
                      .output_count = 1,
                      .infer = same_shape,
                      .gives_gradient = SW_BIT(0) | SW_BIT(1),
                      .recomputes = SW_BIT(0),
                      .gradient_in_place = true,
                      .forward_in_place = true};
static const sw_op op_join = {.name = "join", /* as concat: any number of inputs */
                              .input_count = 2,
                              .most_inputs = SW_MAX_INPUTS,
                              .output_count = 1,
                              .infer = side_by_side,
                              .gives_gradient = SW_BIT(SW_MAX_INPUTS) - 1,
                              .recomputes = SW_BIT(0)};
static const sw_op op_total = {.name = "total", /* as add: every other one asks for its output */
                               .input_count = 2,
                               .most_inputs = SW_MAX_INPUTS,
                               .output_count = 1,
                               .infer = same_shape_unread,
                               .backward_reads_outputs = SW_BIT(0),
                               .gives_gradient = SW_BIT(SW_MAX_INPUTS) - 1,
                               .recomputes = SW_BIT(0),
                               .gradient_in_place = true,
                               .forward_in_place = true};
const sw_op op_product = {.name = "product",
                          .input_count = 2,
                          .output_count = 1,
                          .infer = same_shape,
                          .backward_reads_inputs = SW_BIT(0) | SW_BIT(1),
                          .gives_gradient = SW_BIT(0) | SW_BIT(1),
                          .recomputes = SW_BIT(0)};
static const sw_op op_place = {.name = "place", /* as unpooling: the second input only steers */
                               .input_count = 2,
                               .output_count = 1,
                               .infer = same_shape,
                               .backward_reads_inputs = SW_BIT(1),
                               .gives_gradient = SW_BIT(0),
                               .recomputes = SW_BIT(0)};
const sw_op op_loss = {.name = "loss",
                       .input_count = 2,
                       .output_count = 1,
                       .infer = scalar,
                       .backward_reads_inputs = SW_BIT(0) | SW_BIT(1),
                       .gives_gradient = SW_BIT(0),
                       .is_loss = true};

int made_up_node(sw_graph *graph, const sw_op *op, int first, int second)
{
    char name[32];
    int outputs[SW_MAX_OUTPUTS];
    const int inputs[] = {first, second};
    snprintf(name, sizeof name, "%s%d", op->name, graph->node_count);
    cr_assert_eq(sw_graph_add(outputs, graph, op, name, NULL, op->input_count, inputs), SW_OK, "%s",
                 sw_error_message());
    return outputs[0];
}

int made_up_input(sw_graph *graph, const char *name, sw_dtype dtype, sw_shape shape)
{
    int value;
    cr_assert_eq(sw_graph_input(&value, graph, name, dtype, shape), SW_OK);
    return value;
}

/* A value of floats (or of offsets) made before, one of the last few more likely than an old one; of the same
 * shape as `like` where that is one. -1: there is none. */
static int any_value(const sw_graph *graph, sw_rng *rng, sw_dtype dtype, int like)
{
    for (int attempt = 0; attempt < 20; attempt++) {
        uint32_t back = sw_rng_below(rng, sw_rng_chance(rng, 0.7f) ? 4 : (uint32_t)graph->value_count);
        int v = graph->value_count - 1 - (int)back;
        if (v < 0 || graph->values[v].dtype != dtype) continue;
        if (like < 0 || sw_shape_equal(graph->values[v].shape, graph->values[like].shape)) return v;
    }
    return -1;
}

/* A node with up to SW_MAX_INPUTS inputs of one shape, some of which may be the same value. */
static int add_many(sw_graph *graph, sw_rng *rng, const sw_op *op, int first, int second)
{
    char name[32];
    int inputs[SW_MAX_INPUTS] = {first, second}, count = 2, output;
    const int most = 2 + (int)sw_rng_below(rng, SW_MAX_INPUTS - 1);
    for (int more; count < most && (more = any_value(graph, rng, SW_F32, first)) >= 0;)
        inputs[count++] = more;
    snprintf(name, sizeof name, "%s%d", op->name, graph->node_count);
    cr_assert_eq(sw_graph_add(&output, graph, op, name, NULL, count, inputs), SW_OK, "%s",
                 sw_error_message());
    return output;
}

void made_up_graph(sw_graph *graph, int *labels, int *last, uint64_t seed)
{
    static const sw_op *const ops[] = {&op_filter, &op_norm,    &op_bend,  &op_pool, &op_add,
                                       &op_norm,   &op_product, &op_place, &op_join, &op_total};
    sw_rng rng = sw_rng_at(seed, SW_RNG_TEST, 0);
    sw_graph_init(graph);
    int size = 1 + (int)sw_rng_below(&rng, 40);
    sw_shape shape = {2, size, size, 1 + (int)sw_rng_below(&rng, 20)};
    *last = made_up_input(graph, "x", SW_F32, shape);
    *labels = made_up_input(graph, "labels", SW_U8, (sw_shape){2, size, size, 1});
    int nodes = 3 + (int)sw_rng_below(&rng, 40);
    while (graph->node_count < nodes) {
        const sw_op *op = ops[sw_rng_below(&rng, sizeof ops / sizeof *ops)];
        int first = any_value(graph, &rng, SW_F32, -1), second = first;
        if (op->input_count == 2) second = any_value(graph, &rng, op == &op_place ? SW_U32 : SW_F32, first);
        if (first < 0 || second < 0) continue;
        *last = op->most_inputs ? add_many(graph, &rng, op, first, second)
                                : made_up_node(graph, op, first, second);
    }
    made_up_node(graph, &op_loss, *last, *labels);
}
