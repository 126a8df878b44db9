#include "storage_case.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "cl/buffer.h"
#include "device_case.h"
#include "exec/executor.h"
#include "ops/ops.h"

enum { IMAGES = 2, MOST_COPIES = 2 };

static void must(sw_status status)
{
    cr_assert_eq(status, SW_OK, "%s", sw_error_message());
}

static void *room(size_t bytes)
{
    void *memory = calloc(1, bytes);
    cr_assert_not_null(memory);
    return memory;
}

/* --- rounding -------------------------------------------------------------------------------- */

static float float_of(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* The nearer of the two bfloat16 around a value; of two as near the one whose last bit is 0. */
static float rounded(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    if (isnan(value) || isinf(value)) return value;
    const uint32_t below = bits & 0xffff0000u, above = below + 0x10000u;
    const double down = fabs((double)value - (double)float_of(below));
    /* the first beyond the largest is infinity, which stands for the next power of two here */
    const double up = isinf(float_of(above)) ? ldexp(1, 128) - fabs((double)value)
                                             : fabs((double)float_of(above) - (double)value);
    if (down != up) return float_of(down < up ? below : above);
    return float_of(below >> 16 & 1 ? above : below);
}

static float kept_as(float value, sw_dtype type)
{
    return type == SW_BF16 ? rounded(value) : value;
}

/* Between a float array and what the device has. */
static void write_values(cl_mem buffer, const float *values, size_t elems, sw_dtype type)
{
    const size_t bytes = elems * sw_dtype_bytes(type);
    unsigned char *device = room(bytes);
    for (size_t i = 0; i < elems; i++) {
        uint32_t bits;
        memcpy(&bits, &values[i], sizeof bits);
        const uint16_t upper = (uint16_t)(bits >> 16);
        if (type == SW_BF16)
            memcpy(device + 2 * i, &upper, sizeof upper);
        else
            memcpy(device + 4 * i, &bits, sizeof bits);
    }
    must(sw_buffer_write(session, buffer, 0, device, bytes));
    free(device);
}

static float *read_values(cl_mem buffer, size_t elems, sw_dtype type)
{
    const size_t bytes = elems * sw_dtype_bytes(type);
    unsigned char *device = room(bytes);
    float *values = room(elems * sizeof *values);
    must(sw_buffer_read(session, buffer, 0, device, bytes));
    for (size_t i = 0; i < elems; i++) {
        uint16_t upper;
        memcpy(&upper, device + 2 * i, sizeof upper);
        if (type == SW_BF16)
            values[i] = float_of((uint32_t)upper << 16);
        else
            memcpy(&values[i], device + 4 * i, sizeof values[i]);
    }
    free(device);
    return values;
}

/* Values that bfloat16 has. */
static void fill(float *values, size_t elems, uint64_t index)
{
    sw_rng rng = sw_rng_at(5, SW_RNG_TEST, index);
    for (size_t i = 0; i < elems; i++) values[i] = rounded((float)sw_rng_uniform(&rng, -1.0f, 1.0f));
}

/* --- an op, once or twice on the same input --------------------------------------------------- */

typedef struct outcome {
    size_t x_elems, y_elems, grad_elems;
    float *y, *dx, *grads;
} outcome;

static void drop(outcome *o)
{
    free(o->y);
    free(o->dx);
    free(o->grads);
}

/* Random values, or the given ones. */
typedef struct contents {
    const float *values; /* NULL: random */
    size_t count;
} contents;

static void upload(sw_executor *executor, const sw_graph *graph, int value, bool gradient, uint64_t index,
                   contents given)
{
    const sw_value *v = &graph->values[value];
    const size_t elems = sw_shape_elems(v->shape);
    float *values = room(elems * sizeof *values);
    fill(values, elems, index);
    for (size_t i = 0; i < elems && given.count; i++) values[i] = given.values[i % given.count];
    write_values(gradient ? sw_executor_gradient(executor, value) : sw_executor_value(executor, value),
                 values, elems, v->dtype);
    free(values);
}

/* Appends an op, and what follows it; returns their result. */
static int append(sw_graph *graph, const storage_case *c, int copy, int x, int second)
{
    char name[32];
    int outputs[SW_MAX_OUTPUTS], y;
    const int inputs[] = {x, second};
    snprintf(name, sizeof name, "op%d", copy);
    must(sw_graph_add(outputs, graph, c->op, name, c->attrs, c->op->input_count, inputs));
    if (!c->next) return outputs[0];
    y = outputs[0];
    snprintf(name, sizeof name, "next%d", copy);
    must(sw_graph_add(outputs, graph, c->next, name, NULL, 1, &y));
    return outputs[0];
}

/* Copies have the same parameters. */
static void set_params(sw_store *store, const sw_graph *graph, int copies)
{
    const int each = graph->param_count / copies;
    for (int p = 0; p < graph->param_count; p++) {
        float *values = room(graph->params[p].elems * sizeof *values);
        fill(values, graph->params[p].elems, 100 + (uint64_t)(p % each));
        must(sw_store_write(store, store->params, &graph->params[p], values));
        free(values);
    }
    if (graph->param_count) must(sw_store_zero_gradients(store));
}

static void add_second(int *out, sw_graph *graph, const storage_case *c)
{
    const sw_shape shapes[] = {[STORAGE_OFFSETS] = {IMAGES, c->side, c->side, (c->channels + 15) / 16},
                               [STORAGE_ALIKE] = {IMAGES, c->side, c->side, c->channels},
                               [STORAGE_FACTOR] = {IMAGES, 1, 1, c->channels}};
    const sw_dtype type = c->second == STORAGE_OFFSETS ? SW_U32 : SW_F32;
    if (c->second != STORAGE_NOTHING) must(sw_graph_input(out, graph, "second", type, shapes[c->second]));
}

static void upload_second(sw_executor *executor, const sw_graph *graph, const storage_case *c, int second)
{
    if (c->second == STORAGE_ALIKE || c->second == STORAGE_FACTOR)
        upload(executor, graph, second, false, 3, (contents){0});
    if (c->second != STORAGE_OFFSETS) return;
    const size_t bytes = graph->values[second].bytes; /* any bits are places */
    uint32_t *words = room(bytes);
    sw_rng rng = sw_rng_at(5, SW_RNG_TEST, 9);
    for (size_t i = 0; i < bytes / sizeof *words; i++) words[i] = (uint32_t)sw_rng_below(&rng, 1u << 31) * 2;
    must(sw_buffer_write(session, sw_executor_value(executor, second), 0, words, bytes));
    free(words);
}

static outcome run(const storage_case *c, sw_dtype x_type, sw_dtype y_type, int copies, contents given)
{
    sw_graph graph;
    sw_store store;
    sw_slabs slabs;
    sw_executor *executor;
    int x, second = -1, y[MOST_COPIES] = {0};
    const sw_shape shape = {IMAGES, c->side, c->side, c->channels};
    sw_graph_init(&graph);
    must(sw_graph_input(&x, &graph, "x", SW_F32, shape));
    add_second(&second, &graph, c);
    for (int i = 0; i < copies; i++) y[i] = append(&graph, c, i, x, second);
    if (x_type == SW_BF16) sw_graph_narrow(&graph, x);
    if (x_type == SW_BF16 && c->second == STORAGE_ALIKE) sw_graph_narrow(&graph, second);
    for (int i = 0; i < copies && y_type == SW_BF16; i++) sw_graph_narrow(&graph, y[i]);
    sw_slabs_init(&slabs, session);
    must(sw_store_init(&store, session, &graph, true));
    const sw_executor_options options = {.training = true,
                                         .keep = y,
                                         .keep_count = copies,
                                         .seeds = y,
                                         .seed_count = copies,
                                         .wants = &x,
                                         .want_count = 1};
    must(sw_executor_create(&executor, session, &graph, &store, &slabs, &options));
    must(sw_executor_bind(executor));
    set_params(&store, &graph, copies);
    upload(executor, &graph, x, false, 1, given);
    upload_second(executor, &graph, c, second);
    must(sw_executor_forward(executor, IMAGES));
    outcome o = {.x_elems = sw_shape_elems(shape),
                 .y_elems = sw_shape_elems(graph.values[y[0]].shape),
                 .grad_elems = graph.param_elems};
    o.y = read_values(sw_executor_value(executor, y[0]), o.y_elems, y_type);
    for (int i = 0; i < copies; i++) upload(executor, &graph, y[i], true, 2, (contents){0});
    must(sw_executor_backward(executor, IMAGES));
    o.dx = read_values(sw_executor_gradient(executor, x), o.x_elems, x_type);
    if (o.grad_elems) o.grads = read_values(store.grads, o.grad_elems, SW_F32);
    sw_executor_destroy(executor);
    sw_slabs_deinit(&slabs);
    sw_store_deinit(&store);
    sw_graph_deinit(&graph);
    return o;
}

static void expect_values(const storage_case *c, const char *what, const float *values, const float *expected,
                          size_t elems)
{
    size_t differ = 0, at = 0;
    for (size_t i = 0; i < elems; i++)
        if (values[i] != expected[i] && !(isnan(values[i]) && isnan(expected[i])) && differ++ == 0) at = i;
    cr_expect_eq(differ, 0, "%s: %zu of %zu values of %s differ; %zu is %a instead of %a", c->name, differ,
                 elems, what, at, (double)values[at], (double)expected[at]);
}

static void compare(const storage_case *c, const outcome *exact, sw_dtype x_type, sw_dtype y_type)
{
    outcome once = run(c, x_type, y_type, 1, (contents){0}), twice = run(c, x_type, y_type, 2, (contents){0});
    float *y = room(exact->y_elems * sizeof *y), *dx = room(exact->x_elems * sizeof *dx);
    for (size_t i = 0; i < exact->y_elems; i++) y[i] = kept_as(exact->y[i], y_type);
    for (size_t i = 0; i < exact->x_elems; i++) dx[i] = kept_as(exact->dx[i], x_type);
    expect_values(c, "y", once.y, y, exact->y_elems);
    expect_values(c, "dw", once.grads, exact->grads, exact->grad_elems);
    if (!c->reads_y || y_type == SW_F32) {
        expect_values(c, "dx", once.dx, dx, exact->x_elems);
        /* the second op adds to what the first one has kept */
        for (size_t i = 0; i < exact->x_elems; i++) dx[i] = kept_as(dx[i] + exact->dx[i], x_type);
        if (!c->draws) expect_values(c, "dx, added to", twice.dx, dx, exact->x_elems);
    }
    drop(&once);
    drop(&twice);
    free(y);
    free(dx);
}

void expect_rounding_alone(const storage_case *c)
{
    outcome exact = run(c, SW_F32, SW_F32, 1, (contents){0});
    size_t changed = 0;
    for (size_t i = 0; i < exact.y_elems; i++) changed += exact.y[i] != rounded(exact.y[i]);
    for (size_t i = 0; i < exact.x_elems; i++) changed += exact.dx[i] != rounded(exact.dx[i]);
    cr_expect(c->moves || changed > 0, "%s: nothing to round", c->name);
    if (!c->x_stays && !c->y_stays) compare(c, &exact, SW_BF16, SW_BF16);
    if (!c->y_stays) compare(c, &exact, SW_F32, SW_BF16);
    if (!c->x_stays) compare(c, &exact, SW_BF16, SW_F32);
    drop(&exact);
}

void expect_rounding_of(const storage_case *c, const float *values, size_t count)
{
    const contents given = {values, count};
    outcome exact = run(c, SW_F32, SW_F32, 1, given), kept = run(c, SW_F32, SW_BF16, 1, given);
    for (size_t i = 0; i < exact.y_elems; i++) exact.y[i] = rounded(exact.y[i]);
    expect_values(c, "y", kept.y, exact.y, exact.y_elems);
    drop(&exact);
    drop(&kept);
}
