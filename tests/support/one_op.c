#include "one_op.h"

#include <criterion/criterion.h>

#include "cl/buffer.h"

static void must(sw_status status)
{
    cr_assert_eq(status, SW_OK, "%s", sw_error_message());
}

static void create_executor(one_op *o, bool training)
{
    int wants[SW_MAX_INPUTS], want_count = 0;
    for (int i = 0; i < o->node->input_count; i++)
        if (o->node->op->gives_gradient & SW_BIT(i)) wants[want_count++] = o->node->inputs[i];
    sw_executor_options options = {.training = training,
                                   .keeps = !training,
                                   .keep = o->node->outputs,
                                   .keep_count = o->node->output_count};
    if (training) {
        options.seeds = o->node->outputs;
        options.seed_count = o->node->op->is_loss ? 0 : 1;
        options.wants = wants;
        options.want_count = want_count;
    }
    sw_slabs_init(&o->slabs, o->cl);
    must(sw_store_init(&o->store, o->cl, &o->graph, training));
    must(sw_executor_create(&o->executor, o->cl, &o->graph, &o->store, &o->slabs, &options));
    must(sw_executor_bind(o->executor));
}

void one_op_open(one_op *o, sw_cl *cl, const sw_op *op, const void *attrs, int input_count,
                 const one_op_input *inputs, bool training)
{
    static const char *const names[SW_MAX_INPUTS] = {"x", "x2", "x3", "x4", "x5", "x6", "x7", "x8"};
    int values[SW_MAX_INPUTS];
    *o = (one_op){.cl = cl};
    sw_graph_init(&o->graph);
    for (int i = 0; i < input_count; i++)
        must(sw_graph_input(&values[i], &o->graph, names[i], inputs[i].dtype, inputs[i].shape));
    must(sw_graph_add(NULL, &o->graph, op, op->name, attrs, input_count, values));
    o->node = &o->graph.nodes[0];
    create_executor(o, training);
    for (int i = 0; i < input_count; i++)
        must(sw_buffer_write(cl, sw_executor_value(o->executor, values[i]), 0, inputs[i].data,
                             o->graph.values[values[i]].bytes));
}

void one_op_close(one_op *o)
{
    sw_executor_destroy(o->executor);
    sw_slabs_deinit(&o->slabs);
    sw_store_deinit(&o->store);
    sw_graph_deinit(&o->graph);
    sw_arena_deinit(&o->arena);
}

void one_op_set_param(one_op *o, int i, const float *values)
{
    must(sw_store_write(&o->store, o->store.params, &o->graph.params[o->node->params[i]], values));
}

void one_op_set_state(one_op *o, int i, const float *values)
{
    must(sw_store_write(&o->store, o->store.states, &o->graph.states[o->node->states[i]], values));
}

void one_op_forward(one_op *o)
{
    must(sw_executor_forward(o->executor, o->graph.values[o->node->inputs[0]].shape.n));
}

void one_op_backward(one_op *o, const float *dy)
{
    const sw_value *y = &o->graph.values[o->node->outputs[0]];
    if (dy)
        must(sw_buffer_write(o->cl, sw_executor_gradient(o->executor, o->node->outputs[0]), 0, dy, y->bytes));
    if (o->store.grads) must(sw_store_zero_gradients(&o->store));
    must(sw_executor_backward(o->executor, o->graph.values[o->node->inputs[0]].shape.n));
}

static void *room(one_op *o, size_t bytes)
{
    void *memory = sw_arena_alloc(&o->arena, bytes);
    cr_assert(memory, "out of memory");
    return memory;
}

static const void *read_buffer(one_op *o, cl_mem buffer, size_t bytes)
{
    void *memory = room(o, bytes);
    must(sw_buffer_read(o->cl, buffer, 0, memory, bytes));
    return memory;
}

const void *one_op_output(one_op *o, int i)
{
    const int value = o->node->outputs[i];
    return read_buffer(o, sw_executor_value(o->executor, value), o->graph.values[value].bytes);
}

const float *one_op_dx(one_op *o)
{
    return one_op_din(o, 0);
}

const float *one_op_din(one_op *o, int i)
{
    const int x = o->node->inputs[i];
    return read_buffer(o, sw_executor_gradient(o->executor, x), o->graph.values[x].bytes);
}

static const float *read_param(one_op *o, cl_mem slab, const sw_param *param)
{
    float *memory = room(o, param->elems * sizeof *memory);
    must(sw_store_read(&o->store, slab, param, memory));
    return memory;
}

const float *one_op_dparam(one_op *o, int i)
{
    return read_param(o, o->store.grads, &o->graph.params[o->node->params[i]]);
}

const float *one_op_state(one_op *o, int i)
{
    return read_param(o, o->store.states, &o->graph.states[o->node->states[i]]);
}
