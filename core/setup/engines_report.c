/* What segwork tune found, as a table. */
#include <stdio.h>
#include <string.h>

#include "setup/engines.h"

enum { FIXED_COLUMNS = 24 + 8 + 8, COLUMNS = 80, WIDEST = 10 };

/* The engines that were tried anywhere, in the order in which they come up. */
static int list_engines(sw_conv_choice engines[SW_CONV_MAX_TRIALS], const sw_conv_table *table)
{
    int count = 0;
    for (int r = 0; r < table->count; r++) {
        for (int p = 0; p < SW_CONV_PASSES; p++) {
            const sw_conv_verdict *verdict = &table->rows[r].pass[p];
            for (int t = 0; t < verdict->trial_count; t++) {
                int i = 0;
                while (i < count && engines[i] != verdict->trials[t].engine) i++;
                if (i == count && count < SW_CONV_MAX_TRIALS) engines[count++] = verdict->trials[t].engine;
            }
        }
    }
    return count;
}

static double image_gflop(const sw_conv_layer *l)
{
    return 2e-9 * l->kernel * l->kernel * l->in_channels * l->out_channels * l->height * l->width;
}

static const sw_conv_trial *trial_of(const sw_conv_verdict *verdict, sw_conv_choice engine)
{
    for (int t = 0; t < verdict->trial_count; t++)
        if (verdict->trials[t].engine == engine) return &verdict->trials[t];
    return NULL;
}

static void print_trial(sw_str *out, const sw_conv_trial *trial, sw_conv_choice choice, int width)
{
    char text[32] = "-";
    if (trial && trial->ms < 0)
        snprintf(text, sizeof text, "wrong");
    else if (trial)
        snprintf(text, sizeof text, "%.*f", trial->ms < 10 ? 3 : trial->ms < 100 ? 2 : 1, trial->ms);
    sw_str_printf(out, "%*s%s", width - 1, text, trial && trial->engine == choice ? "*" : " ");
}

static void print_pass(sw_str *out, const sw_conv_row *row, sw_conv_pass pass, const sw_conv_choice *engines,
                       int count, int width)
{
    char layer[SW_CONV_LAYER_BYTES] = "";
    const sw_conv_verdict *verdict = &row->pass[pass];
    if (pass == SW_CONV_FORWARD) sw_conv_layer_print(layer, &row->layer);
    sw_str_printf(out, "%-24.24s%-8s", layer, sw_conv_pass_name(pass));
    for (int i = 0; i < count; i++) print_trial(out, trial_of(verdict, engines[i]), verdict->choice, width);
    const sw_conv_trial *taken = trial_of(verdict, verdict->choice);
    if (taken && taken->ms > 0)
        sw_str_printf(out, "%8.1f\n", image_gflop(&row->layer) / taken->ms * 1e3);
    else
        sw_str_printf(out, " %s alone suits it\n", sw_conv_choice_name(verdict->choice));
}

void sw_tuning_print(sw_str *out, const sw_tuning *t)
{
    sw_conv_choice engines[SW_CONV_MAX_TRIALS];
    int count = list_engines(engines, &t->table);
    int width = count ? (COLUMNS - FIXED_COLUMNS) / count : WIDEST;
    if (width > WIDEST) width = WIDEST;
    sw_str_printf(
        out, "%.70s\nms an image of each engine (* taken, - does not suit), and the taken one's rate\n\n",
        t->device.name);
    sw_str_printf(out, "%-24s%-8s", "convolution", "pass");
    for (int i = 0; i < count; i++)
        sw_str_printf(out, "%*.*s ", width - 1, width - 1, sw_conv_choice_name(engines[i]));
    sw_str_printf(out, "%8s\n", "GFLOP/s");
    for (int r = 0; r < t->table.count; r++)
        for (int p = 0; p < SW_CONV_PASSES; p++)
            print_pass(out, &t->table.rows[r], (sw_conv_pass)p, engines, count, width);
    sw_str_printf(out, "\nkept in %s\n", t->path);
}
