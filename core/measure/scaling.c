#include "measure/scaling.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <string.h>

#include "exec/buckets.h"
#include "ops/ops.h"
#include "page/json_text.h"
#include "page/sheet.h"

/* Exchanges of a step besides gradients and norms: what the batches weigh, the losses, whether to stop. */
enum { AGREEMENTS = 3 };

/* Of a batch's time. A layer's backward pass makes two products as large as that of its forward pass. */
static const double BACKWARD_SHARE = 2.0 / 3.0;

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

/* Multiply-adds of the nodes whose backward steps come before step `end` of the plan. */
static double macs_behind(const sw_description *d, int end)
{
    const sw_plan *plan = d->train_plan;
    double macs = 0;
    for (int s = plan->first_backward; s < end; s++)
        if (plan->steps[s].kind == SW_STEP_BACKWARD)
            macs += (double)d->train_model.graph.nodes[plan->steps[s].node].macs;
    return macs;
}

/* A bucket is sent when it is finished, and the one before it has been sent. */
static void expect_gradients(sw_scaling *s, const sw_description *d, const sw_scaling_link *link,
                             double batch_s)
{
    const sw_plan *plan = d->train_plan;
    const sw_graph *graph = &d->train_model.graph;
    const double all_macs = macs_behind(d, plan->step_count), others = s->ranks - 1;
    double end_s = 0; /* of the exchange */
    sw_bucket bucket = sw_buckets_begin(plan, graph);
    while (s->ranks > 1 && sw_buckets_next(&bucket, plan, graph, sw_buckets_bytes(s->ranks))) {
        const double left = all_macs > 0 ? 1.0 - macs_behind(d, bucket.end_step) / all_macs : 0;
        const double bytes = 2.0 * others / s->ranks * (double)(bucket.count * sizeof(float));
        const double sent_s = seconds_of(link, 2.0 * others, bytes);
        end_s = fmax(end_s, s->compute_s - BACKWARD_SHARE * left * batch_s) + sent_s;
        s->gradients_s += sent_s;
        s->sent_bytes += bytes;
    }
    s->exposed_s = d->experiment->train.sync_norm ? s->gradients_s : fmax(0, end_s - s->compute_s);
}

sw_scaling sw_scaling_expect(const sw_description *d, const sw_scaling_link *link, int ranks)
{
    const sw_train_config *train = &d->experiment->train;
    const int slice = (train->batch_size - 1) / ranks + 1, others = ranks - 1, rounds = log2_up(ranks);
    const double whole = (double)train->batch_size * train->accumulate;
    sw_scaling s = {.ranks = ranks, .images = slice * train->accumulate};
    s.compute_s = s.images / link->images_per_second;
    expect_gradients(&s, d, link, slice / link->images_per_second);
    s.agreement_s = seconds_of(link, AGREEMENTS * rounds, 0);
    if (train->sync_norm && ranks > 1) {
        int norms;
        const double bytes = 2.0 * train->accumulate * others * norm_bytes(&d->train_model.graph, &norms);
        s.norms_s = seconds_of(link, 2.0 * train->accumulate * rounds * norms, bytes);
        s.sent_bytes += bytes;
    }
    s.step_s = s.compute_s + s.exposed_s + s.norms_s + s.agreement_s;
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
    sw_str_append(&rows,
                  "ranks\timages\tcompute\tgradients\texposed\tnorms\tstep\timages/s\tefficiency\tsent\n");
    for (int n = 1; n; n = next_row(n, ranks)) {
        const sw_scaling s = sw_scaling_expect(d, link, n);
        sw_str_printf(&rows, "%d\t%d\t%.1f\t%.1f\t%.1f\t%.1f\t%.1f\t%.1f\t%.0f%%\t%.1f\n", n, s.images,
                      1e3 * s.compute_s, 1e3 * s.gradients_s, 1e3 * s.exposed_s, 1e3 * s.norms_s,
                      1e3 * s.step_s, s.images_per_second, 100 * s.efficiency, s.sent_bytes / 1048576.0);
    }
    sw_sheet_columns(out, &rows, 0);
    sw_str_printf(out,
                  "images: of a batch of %d, in the largest slice; times in ms; exposed: of the\n"
                  "gradients, after the backward pass; sent: MiB, by a process in a step\n",
                  train->batch_size);
}

cJSON *sw_scaling_json(const sw_description *d, const sw_scaling_link *link, int ranks)
{
    cJSON *list = cJSON_CreateArray();
    for (int n = 1; n; n = next_row(n, ranks)) {
        const sw_scaling s = sw_scaling_expect(d, link, n);
        cJSON *row = cJSON_CreateObject();
        SW_JSON_ADD_NUMBERS(row, {"ranks", n}, {"images", s.images}, {"compute_s", s.compute_s},
                            {"gradients_s", s.gradients_s}, {"exposed_s", s.exposed_s},
                            {"norms_s", s.norms_s}, {"agreement_s", s.agreement_s}, {"step_s", s.step_s},
                            {"sent_bytes", s.sent_bytes}, {"images_per_second", s.images_per_second},
                            {"efficiency", s.efficiency});
        cJSON_AddItemToArray(list, row);
    }
    return list;
}
