/* A graph becomes a diagram: nodes are gathered into blocks, their inputs become arrows, and what can be said
 * of many blocks at once goes into the legend. */
#include "measure/architecture.h"

#include <stdio.h>
#include <string.h>

#include "ops/ops.h"
#include "setup/open.h"

#define TIMES "\xC3\x97"

typedef struct gathering {
    sw_diagram *diagram;
    const sw_graph *graph;
    int *block_of; /* node -> block; -1: not drawn */
    int *readers;  /* value -> nodes that read it, losses aside */
} gathering;

/* ---- what a node says of itself ---- */

/* The member of its attributes that a layer's option sets; NULL: it has no such option. */
static const void *option_of(const sw_node *node, const char *key, sw_field_type type)
{
    const sw_field_table *table = node->op->fields;
    for (size_t i = 0; table && i < table->count; i++)
        if (table->fields[i].type == type && strcmp(table->fields[i].key, key) == 0)
            return (const char *)node->attrs + table->fields[i].offset;
    return NULL;
}

static int number_of(const sw_node *node, const char *key)
{
    const int *number = option_of(node, key, SW_FIELD_INT);
    return number ? *number : 0;
}

static bool has_relu(const sw_node *node)
{
    const bool *relu = option_of(node, "relu", SW_FIELD_BOOL);
    return relu && *relu;
}

static bool is_convolution(sw_op_family family)
{
    return family == SW_FAMILY_CONV || family == SW_FAMILY_DEPTHWISE || family == SW_FAMILY_TRANSPOSED;
}

/* ---- blocks ---- */

/* Whether the block can do the node's work as well. */
static bool takes(const sw_diagram_block *block, const sw_node *node)
{
    switch (node->op->family) {
    case SW_FAMILY_NORM:
        return is_convolution(block->family) && !block->norm && !block->activation;
    case SW_FAMILY_ACTIVATION:
        return !block->activation && (is_convolution(block->family) || block->family == SW_FAMILY_NORM ||
                                      block->family == SW_FAMILY_SUM);
    case SW_FAMILY_CONV:
        return block->family == SW_FAMILY_DEPTHWISE && !block->norm && !block->activation &&
               number_of(node, "kernel") == 1 && number_of(node, "stride") <= 1;
    default:
        return false;
    }
}

/* The block that a node belongs to: that of its only input, which nothing else reads. -1: it is a new one. */
static int block_that_takes(const gathering *g, const sw_node *node)
{
    const sw_value *input = &g->graph->values[node->inputs[0]];
    if (node->input_count != 1 || input->producer < 0 || g->readers[node->inputs[0]] != 1) return -1;
    const int block = g->block_of[input->producer];
    return input->producer_output == 0 && takes(&g->diagram->blocks[block], node) ? block : -1;
}

static sw_status begin_block(gathering *g, const sw_node *node)
{
    const sw_op_family family = node->op->family;
    return sw_diagram_add_block(g->diagram,
                                &(const sw_diagram_block){
                                    .family = family,
                                    .name = "",
                                    .title = "",
                                    .note = "",
                                    .counts = is_convolution(family) || family == SW_FAMILY_CONCAT,
                                });
}

static void put_into(gathering *g, int block, int n)
{
    const sw_node *node = &g->graph->nodes[n];
    const sw_shape made = g->graph->values[node->outputs[0]].shape;
    sw_diagram_block *b = &g->diagram->blocks[block];
    b->norm |= node->op->family == SW_FAMILY_NORM && b->family != SW_FAMILY_NORM;
    b->activation |=
        has_relu(node) || (node->op->family == SW_FAMILY_ACTIVATION && b->family != SW_FAMILY_ACTIVATION);
    b->height_px = made.h;
    b->width_px = made.w;
    b->channels = made.c;
    g->block_of[n] = block;
}

static int block_of_value(const gathering *g, int value)
{
    const int producer = g->graph->values[value].producer;
    return producer < 0 ? 0 : g->block_of[producer];
}

static sw_status add_node(gathering *g, int n)
{
    const sw_node *node = &g->graph->nodes[n];
    int block = block_that_takes(g, node);
    if (block >= 0) {
        put_into(g, block, n);
        return SW_OK;
    }
    SW_ENSURE(begin_block(g, node));
    block = g->diagram->block_count - 1;
    put_into(g, block, n);
    for (int i = 0; i < node->input_count; i++) {
        const sw_value *input = &g->graph->values[node->inputs[i]];
        const int from = block_of_value(g, node->inputs[i]);
        SW_ENSURE(sw_diagram_add_arrow(g->diagram, from, block, input->producer_output > 0));
        g->diagram->blocks[block].counts |=
            i == 0 && g->diagram->blocks[from].channels != g->diagram->blocks[block].channels;
    }
    return SW_OK;
}

static sw_status gather(gathering *g, const sw_model *model)
{
    const sw_shape images = g->graph->values[model->images].shape;
    SW_ENSURE(sw_diagram_add_block(g->diagram, &(const sw_diagram_block){.name = "images",
                                                                         .title = "images",
                                                                         .note = "",
                                                                         .counts = true,
                                                                         .height_px = images.h,
                                                                         .width_px = images.w,
                                                                         .channels = images.c}));
    for (int n = 0; n < g->graph->node_count; n++) {
        g->block_of[n] = -1;
        if (g->graph->nodes[n].op->is_loss) continue;
        for (int i = 0; i < g->graph->nodes[n].input_count; i++) g->readers[g->graph->nodes[n].inputs[i]]++;
    }
    for (int n = 0; n < g->graph->node_count; n++)
        if (!g->graph->nodes[n].op->is_loss) SW_ENSURE(add_node(g, n));
    return SW_OK;
}

/* ---- titles and names ---- */

/* "e1.0: conv2d 3x3\ne1.1: norm+relu\n128x128, 16 channels, 464 parameters" */
static sw_status write_title(gathering *g, int block)
{
    sw_diagram_block *b = &g->diagram->blocks[block];
    sw_str title = {0};
    size_t parameters = 0;
    for (int n = 0; n < g->graph->node_count; n++) {
        const sw_node *node = &g->graph->nodes[n];
        char label[32];
        if (g->block_of[n] != block) continue;
        sw_node_label(label, sizeof label, node);
        sw_str_printf(&title, "%s: %s\n", node->name, label);
        for (int i = 0; i < node->param_count; i++) parameters += g->graph->params[node->params[i]].elems;
    }
    sw_str_printf(&title, "%dx%d, %d channel%s", b->height_px, b->width_px, b->channels,
                  b->channels == 1 ? "" : "s");
    if (parameters) sw_str_printf(&title, ", %zu parameters", parameters);
    sw_status status = sw_str_status(&title);
    if (status == SW_OK) b->title = sw_arena_strdup(&g->diagram->arena, title.text);
    sw_str_deinit(&title);
    return b->title ? status : SW_E_MEMORY;
}

static int first_node(const gathering *g, int block)
{
    int n = 0;
    while (g->block_of[n] != block) n++;
    return n;
}

static const char *first_name(const gathering *g, int block)
{
    return g->graph->nodes[first_node(g, block)].name;
}

/* Finds a part of a dotted name, the first being 0. Returns its length; 0: there are fewer. */
static size_t part_of(const char **part, const char *name, int number)
{
    for (; number > 0; number--) {
        name += strcspn(name, ".");
        if (*name == '.') name++;
    }
    *part = name;
    return strcspn(name, ".");
}

/* Whether an experiment gives the layer a name, or the block that it belongs to: others are called by their
 * number, "layers.3". */
static bool is_named(const char *name)
{
    return strncmp(name, "layers.", 7) != 0;
}

/* Whether the names that go on after that part share it, all of them. */
static bool all_share(const gathering *g, int number)
{
    const char *shared = NULL, *part, *rest;
    size_t length = 0;
    for (int b = 1; b < g->diagram->block_count; b++) {
        const char *name = first_name(g, b);
        const size_t bytes = part_of(&part, name, number);
        if (!is_named(name) || part_of(&rest, name, number + 1) == 0) continue;
        if (shared && (bytes != length || strncmp(part, shared, length) != 0)) return false;
        shared = part;
        length = bytes;
    }
    return shared != NULL;
}

/* A block is called by the first part of its name that not all have in common, one without a name by nothing.
 */
static sw_status write_names(gathering *g)
{
    int number = 0;
    while (all_share(g, number)) number++;
    for (int b = 1; b < g->diagram->block_count; b++) {
        const char *name = first_name(g, b), *part;
        if (!is_named(name)) continue;
        int length = (int)part_of(&part, name, number);
        if (length == 0) length = (int)part_of(&part, name, 0);
        g->diagram->blocks[b].name = sw_arena_printf(&g->diagram->arena, "%.*s", length, part);
        if (!g->diagram->blocks[b].name) return SW_E_MEMORY;
    }
    return SW_OK;
}

/* ---- windows, and the legend ---- */

/* "3x3"; of a depthwise convolution and the 1x1 one behind it "3x3 + 1x1". */
static char *window_text(const gathering *g, int block)
{
    const int first = first_node(g, block), kernel = number_of(&g->graph->nodes[first], "kernel");
    bool separable = false;
    for (int n = first + 1; n < g->graph->node_count; n++)
        separable |= g->block_of[n] == block && g->graph->nodes[n].op->family == SW_FAMILY_CONV;
    return sw_arena_printf(&g->diagram->arena, "%d" TIMES "%d%s", kernel, kernel,
                           separable ? " + 1" TIMES "1" : "");
}

/* The window that most blocks of the family have, the first of them where several do; "": there is none. */
static const char *usual_window(const sw_diagram *d, sw_op_family family)
{
    const char *usual = "";
    int most = 0;
    for (int b = 0; b < d->block_count; b++) {
        int count = 0;
        if (d->blocks[b].family != family) continue;
        for (int other = 0; other < d->block_count; other++)
            count +=
                d->blocks[other].family == family && strcmp(d->blocks[other].note, d->blocks[b].note) == 0;
        if (count <= most) continue;
        most = count;
        usual = d->blocks[b].note;
    }
    return usual;
}

static int dilation_of(const gathering *g, int block)
{
    for (int n = 0; n < g->graph->node_count; n++)
        if (g->block_of[n] == block && number_of(&g->graph->nodes[n], "dilation") > 1 &&
            number_of(&g->graph->nodes[n], "kernel") > 1)
            return number_of(&g->graph->nodes[n], "dilation");
    return 1;
}

/* Leaves the window beneath a block that has not the usual one, and the dilation. */
static sw_status shorten_note(gathering *g, int block, const char *usual, bool *dilated)
{
    sw_diagram_block *b = &g->diagram->blocks[block];
    const int dilation = dilation_of(g, block);
    if (strcmp(b->note, usual) == 0) b->note = "";
    if (dilation == 1) return SW_OK;
    *dilated = true;
    b->note = sw_arena_printf(&g->diagram->arena, "%s%sd%d", b->note, *b->note ? " " : "", dilation);
    return b->note ? SW_OK : SW_E_MEMORY;
}

/* Says of a family of convolutions in the legend what is usual, and beneath blocks what is not. */
static sw_status write_notes(gathering *g, sw_op_family family, const char *name)
{
    sw_diagram *d = g->diagram;
    bool dilated = false;
    for (int b = 1; b < d->block_count; b++)
        if (d->blocks[b].family == family && !(d->blocks[b].note = window_text(g, b))) return SW_E_MEMORY;
    const char *usual = usual_window(d, family);
    for (int b = 1; b < d->block_count; b++)
        if (d->blocks[b].family == family) SW_ENSURE(shorten_note(g, b, usual, &dilated));
    d->legend[family] =
        sw_arena_printf(&d->arena, "%s %s%s", name, usual, dilated ? " (d2: dilation 2)" : "");
    return d->legend[family] ? SW_OK : SW_E_MEMORY;
}

/* The name of the op, if all nodes of the family are of that one. */
static const char *name_if_all(const gathering *g, const sw_op *op, const char *name, const char *otherwise)
{
    for (int n = 0; n < g->graph->node_count; n++)
        if (g->graph->nodes[n].op->family == op->family && g->graph->nodes[n].op != op) return otherwise;
    return name;
}

static sw_status write_legend(gathering *g)
{
    const char **legend = g->diagram->legend;
    legend[SW_FAMILY_NORM] = name_if_all(g, &sw_op_batchnorm, "batch norm", "norm");
    legend[SW_FAMILY_ACTIVATION] = name_if_all(g, &sw_op_relu, "ReLU", "activation");
    legend[SW_FAMILY_DROPOUT] = "dropout";
    legend[SW_FAMILY_POOL] = name_if_all(g, &sw_op_max_pool, "max pool", "pool");
    legend[SW_FAMILY_UNPOOL] = "max unpool";
    legend[SW_FAMILY_UPSAMPLE] = name_if_all(g, &sw_op_bilinear, "bilinear upsampling", "upsampling");
    legend[SW_FAMILY_CONCAT] = "concatenation";
    legend[SW_FAMILY_SUM] = "sum";
    legend[SW_FAMILY_PRODUCT] = "product";
    SW_ENSURE(write_notes(g, SW_FAMILY_CONV, "convolution"));
    SW_ENSURE(write_notes(g, SW_FAMILY_DEPTHWISE, "depthwise convolution"));
    return write_notes(g, SW_FAMILY_TRANSPOSED, "transposed convolution");
}

/* ---- the whole ---- */

sw_status sw_architecture_diagram(sw_diagram *out, const sw_model *model, const char *title)
{
    const sw_graph *graph = &model->graph;
    const size_t nodes = (size_t)graph->node_count, values = (size_t)graph->value_count;
    gathering g = {.diagram = out,
                   .graph = graph,
                   .block_of = sw_arena_alloc(&out->arena, nodes * sizeof *g.block_of),
                   .readers = sw_arena_alloc(&out->arena, values * sizeof *g.readers)};
    if (!g.block_of || !g.readers) return SW_E_MEMORY;
    out->title = sw_arena_strdup(&out->arena, title);
    if (!out->title) return SW_E_MEMORY;
    SW_ENSURE(gather(&g, model));
    for (int b = 1; b < out->block_count; b++) SW_ENSURE(write_title(&g, b));
    SW_ENSURE(write_names(&g));
    return write_legend(&g);
}

sw_status sw_architecture_svg(sw_str *out, const sw_experiment *experiment, bool alone)
{
    sw_status status = SW_OK;
    sw_model model = {0};
    sw_diagram diagram = {0};
    SW_TRY(sw_open_model(&model, experiment, 1));
    char title[160];
    snprintf(title, sizeof title, "Architecture of %s", experiment->model.name);
    SW_TRY(sw_architecture_diagram(&diagram, &model, title));
    SW_TRY(sw_diagram_lay_out(&diagram));
    sw_diagram_svg(out, &diagram, alone);
    SW_TRY(sw_str_status(out));
done:
    sw_diagram_deinit(&diagram);
    sw_model_deinit(&model);
    return status;
}
