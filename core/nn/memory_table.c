#include "nn/memory_table.h"

#include <stdio.h>

static void add_row(sw_memory_table *table, const char *what, size_t bytes, const char *note)
{
    sw_memory_row *row = &table->rows[table->count++];
    *row = (sw_memory_row){.what = what, .bytes = bytes};
    snprintf(row->note, sizeof row->note, "%s", note);
    table->total_bytes += bytes;
}

/* Slab by slab the larger of both plans: they never run at the same time. */
static size_t shared_slab_bytes(const sw_plan *train, const sw_plan *eval)
{
    size_t total = 0;
    for (int i = 0; (train && i < train->slab_count) || i < eval->slab_count; i++) {
        size_t in_train = train && i < train->slab_count ? train->slab_bytes[i] : 0;
        size_t in_eval = i < eval->slab_count ? eval->slab_bytes[i] : 0;
        total += in_train > in_eval ? in_train : in_eval;
    }
    return total;
}

static double mib(size_t bytes)
{
    return (double)bytes / 1048576.0;
}

void sw_memory_table_make(sw_memory_table *table, const sw_graph *graph, const sw_plan *train_plan,
                          const sw_plan *eval_plan, int moments, bool averages, size_t workspace_bytes,
                          size_t kept_bytes)
{
    char note[96];
    *table = (sw_memory_table){0};
    size_t params = graph->param_elems * sizeof(float);
    snprintf(note, sizeof note, "%zu values", sw_graph_trained_elems(graph));
    add_row(table, "parameters", params, note);
    if (train_plan) {
        add_row(table, "gradients", params, "");
        snprintf(note, sizeof note, "%d moment%s", moments, moments == 1 ? "" : "s");
        add_row(table, "optimiser", params * (size_t)moments, note);
    }
    if (averages)
        add_row(table, "averages", params + graph->state_elems * sizeof(float),
                "of parameters and statistics");
    add_row(table, "statistics", graph->state_elems * sizeof(float) + graph->saved_bytes,
            "running and of the batch");
    if (train_plan)
        snprintf(note, sizeof note, "train %.0f (bound %.0f, %d recomputed), eval %.0f",
                 mib(sw_plan_slab_total_bytes(train_plan)), mib(train_plan->lower_bound_bytes),
                 train_plan->recompute_count, mib(sw_plan_slab_total_bytes(eval_plan)));
    else
        snprintf(note, sizeof note, "eval (bound %.0f)", mib(eval_plan->lower_bound_bytes));
    add_row(table, "activations", shared_slab_bytes(train_plan, eval_plan), note);
    add_row(table, "workspace", workspace_bytes, "shared by all convolutions and norms");
    if (kept_bytes) add_row(table, "kept", kept_bytes, "what follows from the parameters");
}

void sw_memory_table_print(sw_str *out, const sw_memory_table *table)
{
    sw_str_printf(out, "device memory      MiB\n");
    for (int i = 0; i < table->count; i++)
        sw_str_printf(out, "  %-12s %8.1f%s%s\n", table->rows[i].what, mib(table->rows[i].bytes),
                      table->rows[i].note[0] ? "  " : "", table->rows[i].note);
    sw_str_printf(out, "  %-12s %8.1f\n", "total", mib(table->total_bytes));
}
