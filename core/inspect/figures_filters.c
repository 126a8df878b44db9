/* The first layer's filters as pictures. */
#include <math.h>
#include <stdlib.h>

#include "base/log.h"
#include "inspection.h"
#include "ops/ops.h"

enum { MOST_FILTERS = 64, MANY = 32, COLUMNS = 8, MANY_COLUMNS = 16, TILE_PX = 48, COLOURS = 3 };

/* The first convolution that sees the picture's colours; NULL: there is none. */
static const sw_node *find_layer(const sw_graph *graph)
{
    for (int n = 0; n < graph->node_count; n++)
        if (graph->nodes[n].op == &sw_op_conv2d &&
            graph->values[graph->nodes[n].inputs[0]].shape.c == COLOURS)
            return &graph->nodes[n];
    return NULL;
}

/* Draws weights (3,K,K): 0 is middle gray, the largest magnitude is as far from it as goes. */
static void add_filter(sw_figure *f, const float *weights, int side, int number)
{
    const int taps = side * side;
    float most = 0.0f;
    for (int i = 0; i < COLOURS * taps; i++) most = fmaxf(most, fabsf(weights[i]));
    sw_figure_tile *tile = sw_figure_add(f, sw_size_square(side));
    tile->name = sw_figure_print(f, "%d\n\xC2\xB1%.2g", number, (double)most);
    for (int i = 0; i < taps && tile->rgb; i++)
        for (int c = 0; c < COLOURS; c++)
            tile->rgb[COLOURS * i + c] =
                (uint8_t)lround(127.5 + 127.5 * (most > 0 ? (double)(weights[c * taps + i] / most) : 0));
}

static sw_status draw(inspection *s, const sw_node *node, const sw_param *param, const float *weights)
{
    const int filters = param->dims[0], side = param->dims[2];
    const int shown = filters < MOST_FILTERS ? filters : MOST_FILTERS;
    sw_figure *f = inspection_add_figure(s, "filters", shown > MANY ? MANY_COLUMNS : COLUMNS, TILE_PX);
    if (!f) return SW_E_MEMORY;
    f->title = sw_figure_print(f, "Filters of the first layer, %s", node->name);
    f->text = sw_figure_print(
        f,
        "%s filters of %d x %d px over red, green and blue. Gray is a weight of 0; "
        "brighter colours add, darker ones subtract. Each filter has a scale of its own, up to the "
        "magnitude under its number.",
        shown < filters ? sw_figure_print(f, "The first %d of the %d", shown, filters)
                        : sw_figure_print(f, "The %d", filters),
        side, side);
    for (int i = 0; i < shown; i++)
        add_filter(f, weights + (size_t)i * COLOURS * (size_t)(side * side), side, i);
    return sw_figure_status(f);
}

sw_status inspect_filters(inspection *s)
{
    sw_status status = SW_OK;
    const sw_graph *graph = &s->probe.model.graph;
    const sw_node *node = find_layer(graph);
    if (!node) {
        sw_log(SW_LOG_INFO, "no filters: no convolution of this network sees the picture's three colours");
        return SW_OK;
    }
    const sw_param *param = &graph->params[node->params[0]];
    float *weights = malloc(param->elems * sizeof *weights);
    if (!weights) return sw_fail_alloc("filters", param->elems * sizeof *weights);
    SW_TRY(sw_store_read(&s->probe.store, s->probe.store.params, param, weights));
    SW_TRY(draw(s, node, param, weights));
done:
    free(weights);
    return status;
}
