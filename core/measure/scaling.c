#include "measure/scaling.h"

#include <cjson/cJSON.h>
#include <string.h>

#include "ops/ops.h"
#include "page/json_text.h"
#include "page/sheet.h"

/* Exchanges of a step besides gradients and norms: what the batches weigh, the losses, whether to stop. */
enum { AGREEMENTS = 3 };

static int log2_up(int n)
{
    int rounds = 0;
    while ((1 << rounds) < n) rounds++;
    return rounds;
}

static double seconds_of(const sw_scaling_link *link, double messages, double bytes)
{
    return messages * link->latency_us * 1e-6 + bytes * 8.0 / (link->gbit_per_second * 1e9);
}

/* Bytes that a process sends for the statistics of all norms in one direction, and how many norms there are.
 */
static double norm_bytes(const sw_graph *graph, int *norms)
{
    double bytes = 0;
    *norms = 0;
    for (int i = 0; i < graph->node_count; i++) {
        const sw_node *node = &graph->nodes[i];
        if (node->op != &sw_op_batchnorm) continue;
        bytes += (1 + 2 * graph->values[node->inputs[0]].shape.c) * (double)sizeof(double);
        ++*norms;
    }
    return bytes;
}

sw_scaling sw_scaling_expect(const sw_description *d, const sw_scaling_link *link, int ranks)
{
    const sw_train_config *train = &d->experiment->train;
    const sw_graph *graph = &d->train_model.graph;
    const int slice = (train->batch_size - 1) / ranks + 1, others = ranks - 1, rounds = log2_up(ranks);
    const double whole = (double)train->batch_size * train->accumulate;
    sw_scaling s = {.ranks = ranks, .images = slice * train->accumulate};
    s.compute_s = s.images / link->images_per_second;
    const double gradient_bytes = 2.0 * others / ranks * (double)graph->param_elems * sizeof(float);
    s.gradients_s = seconds_of(link, 2.0 * others, gradient_bytes);
    s.agreement_s = seconds_of(link, AGREEMENTS * rounds, 0);
    s.sent_bytes = gradient_bytes;
    if (train->sync_norm && ranks > 1) {
        int norms;
        const double bytes = 2.0 * train->accumulate * others * norm_bytes(graph, &norms);
        s.norms_s = seconds_of(link, 2.0 * train->accumulate * rounds * norms, bytes);
        s.sent_bytes += bytes;
    }
    s.step_s = s.compute_s + s.gradients_s + s.norms_s + s.agreement_s;
    s.images_per_second = whole / s.step_s;
    s.efficiency = s.images_per_second / (ranks * link->images_per_second);
    return s;
}

/* The number of processes of the row after that of `now`; 0: there is none. */
static int next_row(int now, int ranks)
{
    if (now >= ranks) return 0;
    return 2 * now < ranks ? 2 * now : ranks;
}

void sw_scaling_print(sw_str *out, const sw_description *d, const sw_scaling_link *link, int ranks)
{
    const sw_train_config *train = &d->experiment->train;
    sw_str rows = {0};
    sw_str_printf(out, "expected of several processes that compute %g images/s each, %g Gbit/s, %g us\n",
                  link->images_per_second, link->gbit_per_second, link->latency_us);
    sw_str_append(&rows, "ranks\timages\tcompute\tgradients\tnorms\tstep\timages/s\tefficiency\tsent\n");
    for (int n = 1; n; n = next_row(n, ranks)) {
        const sw_scaling s = sw_scaling_expect(d, link, n);
        sw_str_printf(&rows, "%d\t%d\t%.1f\t%.1f\t%.1f\t%.1f\t%.1f\t%.0f%%\t%.1f\n", n, s.images,
                      1e3 * s.compute_s, 1e3 * s.gradients_s, 1e3 * s.norms_s, 1e3 * s.step_s,
                      s.images_per_second, 100 * s.efficiency, s.sent_bytes / 1048576.0);
    }
    sw_sheet_columns(out, &rows, 0);
    sw_str_printf(out,
                  "images: of a batch of %d, in the largest slice; times in ms; sent: MiB, by a\n"
                  "process in a step\n",
                  train->batch_size);
}

cJSON *sw_scaling_json(const sw_description *d, const sw_scaling_link *link, int ranks)
{
    cJSON *list = cJSON_CreateArray();
    for (int n = 1; n; n = next_row(n, ranks)) {
        const sw_scaling s = sw_scaling_expect(d, link, n);
        cJSON *row = cJSON_CreateObject();
        SW_JSON_ADD_NUMBERS(row, {"ranks", n}, {"images", s.images}, {"compute_s", s.compute_s},
                            {"gradients_s", s.gradients_s}, {"norms_s", s.norms_s},
                            {"agreement_s", s.agreement_s}, {"step_s", s.step_s},
                            {"sent_bytes", s.sent_bytes}, {"images_per_second", s.images_per_second},
                            {"efficiency", s.efficiency});
        cJSON_AddItemToArray(list, row);
    }
    return list;
}
