#include "setup/engines.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "ops/conv_cache.h"
#include "ops/conv_tune.h"
#include "run/folder.h"
#include "setup/open.h"

static const double TUNE_SECONDS = 20; /* about: what a first run may spend on it */

/* --- the table of a device ------------------------------------------------------------------- */

/* Whether more than one engine can compute the layer on this device. */
static bool contested(const sw_cl *cl, const sw_conv_layer *layer)
{
    static const sw_conv_choice last = SW_CONV_CLBLAST;
    bool several = false;
    for (int p = 0; p < SW_CONV_PASSES; p++) several |= sw_conv_fixed(cl, layer, (sw_conv_pass)p) != last;
    return several;
}

/* Adds the model's layers for which there is a choice, except pinned ones. *sought counts them, *missing
 * those that the table lacked and now has undecided. */
static sw_status add_layers(sw_conv_table *table, int *sought, int *missing, const sw_cl *cl,
                            const sw_graph *graph, const sw_conv_pins *pins)
{
    *sought = *missing = 0;
    for (int n = 0; n < graph->node_count; n++) {
        sw_conv_layer layer;
        sw_conv_row *row;
        if (!sw_conv_layer_of(&layer, graph, &graph->nodes[n]) || !contested(cl, &layer)) continue;
        if (pins && sw_conv_pins_find(pins, graph->nodes[n].name)) continue;
        (*sought)++;
        if (!sw_conv_table_find(table, &layer)) (*missing)++;
        SW_ENSURE(sw_conv_table_add(&row, table, &layer));
    }
    return SW_OK;
}

/* Forgets what the table says about the model's layers. */
static void forget_layers(sw_conv_table *table, const sw_graph *graph)
{
    for (int n = 0; n < graph->node_count; n++) {
        sw_conv_layer layer;
        if (!sw_conv_layer_of(&layer, graph, &graph->nodes[n])) continue;
        sw_conv_row *row = sw_conv_table_find(table, &layer);
        if (row) *row = table->rows[--table->count];
    }
}

/* Times what the file lacks, and writes the file. Under its lock: of two runs that begin at once, the second
 * finds what the first one chose. */
static sw_status complete_table(sw_conv_table *table, sw_conv_cache *cache, sw_cl *cl, const sw_graph *graph,
                                const sw_conv_pins *pins, const sw_tuning_options *how)
{
    sw_status status = SW_OK;
    sw_tally *tally = NULL;
    int sought, missing;
    sw_conv_table_deinit(table);
    if (sw_conv_cache_load(table, cache) != SW_OK)
        sw_log(SW_LOG_WARNING, "%s; the convolutions are timed anew", sw_error_message());
    if (how->force) forget_layers(table, graph);
    SW_ENSURE(add_layers(table, &sought, &missing, cl, graph, pins));
    if (!missing) return SW_OK;
    sw_log(
        SW_LOG_INFO,
        "timing the engines of %d kinds of convolution on this device, once (about %.0f s, and the time to "
        "build their kernels)",
        missing, TUNE_SECONDS);
    const sw_tally_plan passes = {
        .what = "timing", .unit = "passes", .total = (uint64_t)missing * SW_CONV_PASSES};
    SW_TRY(sw_tally_create(&tally, how->progress, &passes));
    const sw_conv_tune_options options = {.seconds = TUNE_SECONDS, .tally = tally, .stop = how->stop};
    SW_TRY(sw_conv_tune(table, cl, &options));
    status = sw_conv_cache_save(cache, table);
done:
    sw_tally_destroy(tally);
    return status;
}

/* --- deciding -------------------------------------------------------------------------------- */

static sw_status set_source(sw_engines *e, const char *words, const char *path)
{
    e->source = sw_arena_printf(&e->names, "%s %s", words, path);
    return e->source ? SW_OK : SW_E_MEMORY;
}

/* Reads the cache, and times what it lacks if it can be written. */
static sw_status look_up(sw_engines *e, sw_conv_table *table, sw_conv_cache *cache, sw_cl *cl,
                         const sw_graph *graph, const sw_conv_pins *pins, const sw_tuning_options *how)
{
    int sought, missing;
    bool readable = sw_conv_cache_load(table, cache) == SW_OK;
    SW_ENSURE(add_layers(table, &sought, &missing, cl, graph, pins));
    if (!sought) return SW_OK;
    if (readable && !missing) return set_source(e, "as timed before,", cache->path);
    sw_status status = sw_conv_cache_lock(cache, how->stop);
    if (status == SW_E_IO) {
        sw_log(SW_LOG_WARNING,
               "%s; timings cannot be kept, so that the fixed order of engines holds. "
               "SEGWORK_CACHE_DIR=DIR names another folder",
               sw_error_message());
        return SW_OK;
    }
    SW_ENSURE(status);
    status = complete_table(table, cache, cl, graph, pins, how);
    if (status == SW_E_IO) { /* a full disk: this run still uses the timings */
        sw_log(SW_LOG_WARNING, "%s; the next run will time convolutions again", sw_error_message());
        e->source = "timed now, for this run only";
        return SW_OK;
    }
    SW_ENSURE(status);
    return set_source(e, "timed now, kept in", cache->path);
}

/* Decides one layer's engines: the pin's, else the table's, else those of the fixed order. Counts the pins
 * that this device cannot use. */
static sw_status pin_layer(sw_engines *e, int *unfit, const sw_cl *cl, const char *name,
                           const sw_conv_layer *layer, const sw_conv_pin *given, const sw_conv_row *row)
{
    sw_conv_pin *pin = &e->pins.pins[e->pins.count++];
    *pin = (sw_conv_pin){.layer = sw_arena_strdup(&e->names, name)};
    if (!pin->layer) return SW_E_MEMORY;
    for (int p = 0; p < SW_CONV_PASSES; p++) {
        sw_conv_pass pass = (sw_conv_pass)p;
        if (given && given->pass[p] != SW_CONV_AUTO) {
            pin->pass[p] = given->pass[p];
            if (sw_conv_can(cl, pin->pass[p], layer, pass)) continue;
            (*unfit)++;
            pin->pass[p] = SW_CONV_AUTO;
        } else if (row && !given) {
            pin->pass[p] = row->pass[p].choice;
        }
        if (pin->pass[p] == SW_CONV_AUTO) pin->pass[p] = sw_conv_fixed(cl, layer, pass);
    }
    return SW_OK;
}

static sw_status pin_layers(sw_engines *e, const sw_conv_table *table, const sw_cl *cl, const sw_graph *graph,
                            const sw_conv_pins *given)
{
    int unfit = 0;
    for (int n = 0; n < graph->node_count; n++) {
        sw_conv_layer layer;
        const char *name = graph->nodes[n].name;
        if (!sw_conv_layer_of(&layer, graph, &graph->nodes[n])) continue;
        SW_ENSURE(pin_layer(e, &unfit, cl, name, &layer, sw_conv_pins_find(given, name),
                            sw_conv_table_find(table, &layer)));
    }
    if (unfit)
        sw_log(SW_LOG_WARNING,
               "runtime.conv_layers: %d passes do not run on their engine on this device, and take the fixed "
               "order",
               unfit);
    return SW_OK;
}

sw_status sw_engines_decide(sw_engines *e, const sw_experiment *x, sw_cl *cl,
                            const volatile sig_atomic_t *stop, const sw_progress_output *progress)
{
    sw_status status = SW_OK;
    sw_model model = {0};
    sw_conv_table table = {0};
    sw_conv_cache cache = {.lock_fd = -1};
    const sw_conv_pins *given = &x->runtime.conv_layers;
    const sw_tuning_options how = {.stop = stop, .progress = progress};
    *e = (sw_engines){0};
    e->source = "runtime.conv_engine";
    if (x->runtime.conv_engine == SW_CONV_AMX && sw_cl_device(cl)->matrix_unit == SW_MATRIX_NONE)
        sw_log(SW_LOG_WARNING,
               "runtime.conv_engine: this device has no matrix unit (AMX), or the system does "
               "not lend it; 'winograd' and the engines after it compute instead");
    if (x->runtime.conv_engine != SW_CONV_AUTO) return SW_OK;
    SW_TRY(sw_open_model(&model, x, 1));
    e->source = given->count ? "runtime.conv_layers" : "the fixed order";
    if (x->runtime.tune) {
        status = sw_conv_cache_open(&cache, cl, sw_build_version());
        if (status == SW_OK)
            status = look_up(e, &table, &cache, cl, &model.graph, given, &how);
        else if (status == SW_E_IO) {
            sw_log(SW_LOG_WARNING, "%s; the fixed order of engines holds", sw_error_message());
            status = SW_OK;
        }
        SW_TRY(status);
    }
    SW_TRY(pin_layers(e, &table, cl, &model.graph, given));
done:
    sw_conv_cache_close(&cache);
    sw_conv_table_deinit(&table);
    sw_model_deinit(&model);
    if (status != SW_OK) sw_engines_deinit(e);
    return status;
}

void sw_engines_deinit(sw_engines *e)
{
    sw_arena_deinit(&e->names);
    *e = (sw_engines){0};
}

/* --- segwork tune ---------------------------------------------------------------------------- */

/* Copies the rows of the model's layers, in the model's order. */
static sw_status pick_rows(sw_conv_table *out, const sw_conv_table *table, const sw_cl *cl,
                           const sw_graph *graph)
{
    for (int n = 0; n < graph->node_count; n++) {
        sw_conv_layer layer;
        sw_conv_row *row;
        if (!sw_conv_layer_of(&layer, graph, &graph->nodes[n])) continue;
        const sw_conv_row *found = sw_conv_table_find(table, &layer);
        SW_ENSURE(sw_conv_table_add(&row, out, &layer));
        if (found) *row = *found;
        for (int p = 0; p < SW_CONV_PASSES && !found; p++)
            row->pass[p].choice = sw_conv_fixed(cl, &layer, (sw_conv_pass)p);
    }
    return SW_OK;
}

sw_status sw_tuning_run(sw_tuning *out, const sw_experiment *x, const sw_tuning_options *options)
{
    sw_status status = SW_OK;
    sw_cl *cl = NULL;
    sw_model model = {0};
    sw_conv_table table = {0};
    sw_conv_cache cache = {.lock_fd = -1};
    *out = (sw_tuning){0};
    SW_TRY(sw_open_model(&model, x, 1));
    SW_TRY(sw_open_device(&cl, &out->device, x, options->device, false));
    SW_TRY(sw_conv_cache_open(&cache, cl, sw_build_version()));
    SW_TRY(sw_conv_cache_lock(&cache, options->stop));
    SW_TRY(complete_table(&table, &cache, cl, &model.graph, NULL, options));
    SW_TRY(pick_rows(&out->table, &table, cl, &model.graph));
    out->path = sw_strf("%s", cache.path);
    if (!out->path) status = SW_E_MEMORY;
done:
    sw_conv_cache_close(&cache);
    sw_conv_table_deinit(&table);
    sw_cl_destroy(cl);
    sw_model_deinit(&model);
    if (status != SW_OK) sw_tuning_deinit(out);
    return status;
}

void sw_tuning_deinit(sw_tuning *t)
{
    sw_conv_table_deinit(&t->table);
    free(t->path);
    *t = (sw_tuning){0};
}
