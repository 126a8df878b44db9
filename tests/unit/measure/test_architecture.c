/* The drawing of a network: what is gathered into blocks, that all of it is there, and that it can be read.
 */
#include <criterion/criterion.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config_case.h"
#include "diagram_checks.h"
#include "measure/architecture.h"
#include "ops/ops.h"
#include "scratch.h"
#include "setup/open.h"

TestSuite(architecture, .init = scratch_create, .fini = scratch_remove);

/* An experiment's network and its drawing. */
typedef struct drawn {
    sw_experiment *experiment;
    sw_model model;
    sw_diagram diagram;
    sw_str svg;
} drawn;

static void draw(drawn *d, sw_experiment *x)
{
    *d = (drawn){.experiment = x};
    cr_assert_eq(sw_open_model(&d->model, x, 1), SW_OK, "%s", sw_error_message());
    cr_assert_eq(sw_architecture_diagram(&d->diagram, &d->model, "a network"), SW_OK);
    cr_assert_eq(sw_diagram_lay_out(&d->diagram), SW_OK);
    cr_assert_eq(sw_architecture_svg(&d->svg, x, true), SW_OK);
}

static void draw_model(drawn *d, const char *path)
{
    sw_str text = {0};
    sw_str_printf(&text, "include: [%s]\n", path);
    draw(d, LOADED(text.text));
    sw_str_deinit(&text);
}

static void draw_shipped(drawn *d, const char *name)
{
    char path[256];
    const char *source = getenv("SEGWORK_SOURCE_DIR");
    cr_assert_not_null(source, "run the tests through ctest");
    snprintf(path, sizeof path, "%s/configs/model/%s.yaml", source, name);
    draw_model(d, path);
}

static void undraw(drawn *d)
{
    sw_str_deinit(&d->svg);
    sw_diagram_deinit(&d->diagram);
    sw_model_deinit(&d->model);
    sw_experiment_destroy(d->experiment);
}

static void expect_every_layer(const drawn *d, const char *what)
{
    const sw_graph *graph = &d->model.graph;
    for (int n = 0; n < graph->node_count; n++) {
        char line[128];
        if (graph->nodes[n].op->is_loss) continue;
        snprintf(line, sizeof line, "%s: ", graph->nodes[n].name);
        cr_expect_not_null(strstr(d->svg.text, line), "%s: no '%s'", what, line);
    }
}

Test(architecture, every_shipped_model_is_legible_and_whole)
{
    glob_t found;
    char pattern[256];
    snprintf(pattern, sizeof pattern, "%s/configs/model/*.yaml", getenv("SEGWORK_SOURCE_DIR"));
    cr_assert_eq(glob(pattern, 0, NULL, &found), 0);
    cr_assert_geq(found.gl_pathc, 12);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        drawn d;
        draw_model(&d, found.gl_pathv[i]);
        diagram_expect_legible(&d.diagram, found.gl_pathv[i]);
        cr_expect_eq(diagram_texts_crossed(&d.diagram), 0, "%s", found.gl_pathv[i]);
        expect_every_layer(&d, found.gl_pathv[i]);
        cr_expect(d.diagram.width < 1600 && d.diagram.height < 1000, "%s: %g x %g", found.gl_pathv[i],
                  d.diagram.width, d.diagram.height);
        undraw(&d);
    }
    globfree(&found);
}

static int count_blocks(const sw_diagram *d, sw_op_family family)
{
    int count = 0;
    for (int b = 0; b < d->block_count; b++) count += d->blocks[b].family == family;
    return count;
}

static int count_arrows(const sw_diagram *d, sw_diagram_flow flow)
{
    int count = 0;
    for (int a = 0; a < d->arrow_count; a++) count += d->arrows[a].flow == flow;
    return count;
}

static const sw_diagram_block *block_of(const drawn *d, const char *layer)
{
    for (int b = 0; b < d->diagram.block_count; b++)
        if (strncmp(d->diagram.blocks[b].title, layer, strlen(layer)) == 0) return &d->diagram.blocks[b];
    cr_assert(false, "no block begins with '%s'", layer);
    return NULL;
}

Test(architecture, a_segnet_is_convolutions_pools_and_unpools_with_the_places_of_the_maxima)
{
    drawn d;
    draw_shipped(&d, "segnet");
    cr_expect_eq(count_blocks(&d.diagram, SW_FAMILY_CONV), 20, "each with its norm and ReLU");
    cr_expect_eq(count_blocks(&d.diagram, SW_FAMILY_NORM), 1, "that of the images");
    cr_expect_eq(count_blocks(&d.diagram, SW_FAMILY_POOL), 4);
    cr_expect_eq(count_blocks(&d.diagram, SW_FAMILY_UNPOOL), 4);
    cr_expect_eq(d.diagram.block_count, 1 + 20 + 1 + 4 + 4);
    cr_expect_eq(count_arrows(&d.diagram, SW_DIAGRAM_OFFSETS), 4);
    cr_expect_eq(count_arrows(&d.diagram, SW_DIAGRAM_SKIP), 0);
    const sw_diagram_block *conv = block_of(&d, "dc1.seq.3: conv2d 3x3\ndc1.seq.4: norm+relu\n128x128, 64 ");
    cr_expect(conv->norm && conv->activation);
    cr_expect_str_eq(conv->name, "dc1");
    cr_expect_not_null(strstr(conv->title, ", 36992 parameters"), "%s", conv->title);
    undraw(&d);
}

Test(architecture, height_follows_the_image_thickness_the_channels)
{
    drawn d;
    draw_shipped(&d, "unet");
    const char *const levels[] = {"e1.2", "e2.2", "e3.2", "e4.2", "e5.2"};
    for (int i = 1; i < 5; i++) {
        const sw_diagram_block *above = block_of(&d, levels[i - 1]), *below = block_of(&d, levels[i]);
        cr_expect(above->height > below->height && above->width <= below->width, "%s", levels[i]);
        cr_expect(i < 3 || above->width < below->width, "%s: edges alone make thin ones as thick", levels[i]);
        cr_expect(above->y + above->height < below->y && above->x < below->x, "%s", levels[i]);
    }
    cr_expect_eq(count_arrows(&d.diagram, SW_DIAGRAM_SKIP), 4);
    cr_expect_str_eq(block_of(&d, "out: ")->note, "1\xC3\x97"
                                                  "1");
    cr_expect_str_eq(d.diagram.legend[SW_FAMILY_CONV], "convolution 3\xC3\x97"
                                                       "3");
    undraw(&d);
}

Test(architecture, a_depthwise_and_a_pointwise_convolution_are_one_block)
{
    drawn d;
    draw_shipped(&d, "segnet_separable");
    cr_expect_eq(count_blocks(&d.diagram, SW_FAMILY_DEPTHWISE), 20);
    cr_expect_eq(count_blocks(&d.diagram, SW_FAMILY_CONV), 0);
    cr_expect_eq(block_of(&d, "dc2.seq.0.depthwise: ")->channels, 128);
    cr_expect_str_eq(d.diagram.legend[SW_FAMILY_DEPTHWISE], "depthwise convolution 3\xC3\x97"
                                                            "3 + 1\xC3\x97"
                                                            "1");
    undraw(&d);
}

/* What something else reads as well is no inner thing of a block. */
Test(architecture, blocks_are_gathered_only_where_nothing_else_reads_between)
{
    drawn d;
    draw(&d, LOADED("data: {size: [37, 30], resize: bilinear}\n"
                    "model:\n"
                    "  layers:\n"
                    "    - {name: a, op: conv2d, width: 8}\n"
                    "    - {name: n, op: batchnorm}\n"
                    "    - {name: r, op: relu}\n"
                    "    - {name: p, op: max_pool}\n"
                    "    - {name: c, op: conv2d, width: 8, dilation: 2}\n"
                    "    - {name: g, op: group_norm, groups: 2, relu: true}\n"
                    "    - {op: dropout, rate: 0.2}\n"
                    "    - {name: u, op: max_unpool, from: [before, p.offsets]}\n"
                    "    - {name: m, op: global_average_pool, from: c}\n"
                    "    - {name: s, op: sigmoid}\n"
                    "    - {name: x, op: scale, from: [u, s]}\n"
                    "    - {name: b, op: bilinear, like: n, from: g}\n"
                    "    - {op: conv_transpose2d, width: 8, like: n, from: g}\n"
                    "    - {name: sum, op: add, from: [before, x, x]}\n"
                    "    - {name: last, op: leaky_relu}\n"
                    "    - {op: concat, from: [last, b, n]}\n"
                    "    - {name: out, op: conv2d, width: 0, kernel: 1, bias: true}\n"));
    diagram_expect_legible(&d.diagram, "layers");
    cr_expect_eq(diagram_texts_crossed(&d.diagram), 0);
    expect_every_layer(&d, "layers");
    cr_expect(block_of(&d, "a: ")->norm && !block_of(&d, "a: ")->activation, "n is read by two");
    cr_expect_eq(block_of(&d, "r: ")->family, SW_FAMILY_ACTIVATION);
    cr_expect_not(block_of(&d, "c: ")->norm, "c is read by two");
    cr_expect_str_eq(block_of(&d, "c: ")->note, "d2");
    cr_expect(block_of(&d, "g: ")->activation);
    cr_expect(block_of(&d, "sum: ")->activation);
    cr_expect_str_eq(block_of(&d, "layers.6: ")->name, "", "it was given none");
    cr_expect_eq(block_of(&d, "m: ")->row, 2);
    undraw(&d);
}

Test(architecture, names_that_all_layers_share_are_left_out)
{
    drawn d;
    draw(&d, LOADED("model:\n"
                    "  blocks:\n"
                    "    whole:\n"
                    "      - {name: a, op: conv2d, width: 8}\n"
                    "      - {name: out, op: conv2d, width: 0}\n"
                    "  layers:\n"
                    "    - {name: net, block: whole}\n"));
    cr_expect_str_eq(block_of(&d, "net.a: ")->name, "a");
    cr_expect_str_eq(block_of(&d, "net.out: ")->name, "out");
    undraw(&d);
}

Test(architecture, every_op_of_a_network_has_a_colour)
{
    for (int i = 0; sw_ops[i]; i++)
        cr_expect((sw_ops[i]->family == SW_FAMILY_OTHER) == sw_ops[i]->is_loss, "%s", sw_ops[i]->name);
}
