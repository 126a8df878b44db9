#include "weights/initial.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/pattern.h"
#include "base/str.h"

enum { MAX_LISTED = 8 };

/* A tensor of the network. */
typedef struct place {
    const sw_param *tensor;
    cl_mem slab;
    bool head;
    const sw_safetensors_tensor *source; /* NULL: none, or none that fits */
    bool misfit;                         /* the file's does not fit */
} place;

typedef struct loading {
    const sw_graph *graph;
    sw_store *store;
    const sw_init_config *config;
    const sw_safetensors_reader *reader;
    sw_initial_report *report;
    place *places; /* parameters, then running statistics */
    size_t place_count;
    sw_str problems; /* a line each */
    size_t problem_count;
    bool partial_would_do; /* each problem is one that init.partial allows */
} loading;

/* Begins the line of a problem; returns NULL where it is only counted. */
static sw_str *next_problem(loading *l, bool partial_would_do)
{
    l->partial_would_do &= partial_would_do;
    if (l->problem_count++ >= MAX_LISTED) return NULL;
    sw_str_append(&l->problems, "\n  ");
    return &l->problems;
}

static sw_status add_name(sw_name_list *list, sw_initial_report *report, const char *name)
{
    list->items[list->count] = sw_arena_strdup(&report->arena, name);
    return list->items[list->count++] ? SW_OK : SW_E_MEMORY;
}

static sw_status make_list(sw_name_list *list, sw_initial_report *report, size_t most)
{
    *list = (sw_name_list){.items = sw_arena_alloc(&report->arena, (most + 1) * sizeof(const char *))};
    return list->items ? SW_OK : SW_E_MEMORY;
}

/* --- the network's side ------------------------------------------------------------------------ */

/* The number of the first node of the head: the last one whose first parameter is a convolution's. */
static int head_of(const sw_graph *graph)
{
    for (int n = graph->node_count - 1; n >= 0; n--) {
        const sw_node *node = &graph->nodes[n];
        if (node->param_count > 0 && graph->params[node->params[0]].rank == 4) return n;
    }
    return graph->node_count;
}

static sw_status list_places(loading *l)
{
    const sw_graph *graph = l->graph;
    const int params = graph->param_count, states = graph->state_count;
    l->place_count = (size_t)params + (size_t)states;
    l->places = calloc(l->place_count + 1, sizeof *l->places);
    if (!l->places) return sw_fail_alloc("initial weights", (l->place_count + 1) * sizeof *l->places);
    for (int i = 0; i < params; i++)
        l->places[i] = (place){.tensor = &graph->params[i], .slab = l->store->params};
    for (int i = 0; i < states; i++)
        l->places[params + i] = (place){.tensor = &graph->states[i], .slab = l->store->states};
    for (int n = head_of(graph); n < graph->node_count; n++) {
        const sw_node *node = &graph->nodes[n];
        for (int i = 0; i < node->param_count; i++) l->places[node->params[i]].head = true;
        for (int i = 0; i < node->state_count; i++) l->places[params + node->states[i]].head = true;
    }
    return SW_OK;
}

static place *find_place(const loading *l, const char *name)
{
    for (size_t i = 0; i < l->place_count; i++)
        if (strcmp(l->places[i].tensor->name, name) == 0) return &l->places[i];
    return NULL;
}

/* --- the file's side --------------------------------------------------------------------------- */

static const char *stripped(const sw_init_config *config, const char *name)
{
    for (int i = 0; i < config->strip_count; i++) {
        const size_t length = strlen(config->strip[i]);
        if (strncmp(name, config->strip[i], length) == 0) name += length;
    }
    return name;
}

/* The network's name of a tensor of the file, freed by the caller; NULL: init.map has none. */
static sw_status translate(char **out, const sw_init_config *config, const char *name)
{
    sw_str renamed = {0};
    bool found = config->map.count == 0;
    *out = NULL;
    name = stripped(config, name);
    if (found) sw_str_append(&renamed, name);
    for (int i = 0; !found && i < config->map.count; i++)
        found = sw_pattern_rename(&renamed, config->map.from[i], config->map.to[i], name);
    if (found) return sw_str_take(out, &renamed);
    sw_str_deinit(&renamed);
    return SW_OK;
}

static bool is_counter(const char *name)
{
    static const char counter[] = "num_batches_tracked";
    const size_t length = strlen(name), ending = sizeof counter - 1;
    return length >= ending && strcmp(name + length - ending, counter) == 0;
}

static bool same_shape(const sw_safetensors_tensor *t, const sw_param *tensor)
{
    bool same = t->rank == tensor->rank;
    for (int i = 0; same && i < tensor->rank; i++) same = t->shape[i] == tensor->dims[i];
    return same;
}

static void append_name(sw_str *line, const sw_safetensors_tensor *t, const place *p)
{
    sw_str_append(line, p->tensor->name);
    if (strcmp(t->name, p->tensor->name) != 0) sw_str_printf(line, " (%s in the file)", t->name);
}

static void append_misfit(sw_str *line, const sw_safetensors_tensor *t, const place *p)
{
    append_name(line, t, p);
    sw_str_printf(line, " is %s [", sw_safetensors_dtype_name(t->dtype));
    for (int i = 0; i < t->rank; i++) sw_str_printf(line, "%s%" PRId64, i ? ", " : "", t->shape[i]);
    sw_str_append(line, "], the model has F32 [");
    for (int i = 0; i < p->tensor->rank; i++) sw_str_printf(line, "%s%d", i ? ", " : "", p->tensor->dims[i]);
    sw_str_append(line, "]");
}

/* Gives a tensor its place, if it fits there; *used: the file's tensor counts as one that has a place. */
static void take(loading *l, place *p, const sw_safetensors_tensor *t, bool *used)
{
    sw_str *line;
    *used = true;
    if (p->source) {
        if ((line = next_problem(l, false)))
            sw_str_printf(line, "%s and %s would both be %s", p->source->name, t->name, p->tensor->name);
    } else if (same_shape(t, p->tensor) && sw_safetensors_dtype_is_float(t->dtype)) {
        p->source = t;
    } else if (p->head && l->config->partial) {
        *used = false;
    } else {
        p->misfit = true;
        if ((line = next_problem(l, p->head))) append_misfit(line, t, p);
    }
}

static sw_status match_tensor(loading *l, const sw_safetensors_tensor *t)
{
    sw_status status = SW_OK;
    char *name;
    bool used = false;
    if (is_counter(t->name)) return SW_OK;
    SW_TRY(translate(&name, l->config, t->name));
    place *p = name ? find_place(l, name) : NULL;
    if (p) take(l, p, t, &used);
    if (!used) status = add_name(&l->report->left_over, l->report, t->name);
    free(name);
done:
    return status;
}

/* --- both -------------------------------------------------------------------------------------- */

/* Whether the file should have the tensor: init.map, if there is one, has a name for it. */
static bool is_wanted(const sw_init_config *config, const char *name)
{
    bool wanted = config->map.count == 0;
    for (int i = 0; !wanted && i < config->map.count; i++)
        wanted = sw_pattern_matches(config->map.to[i], name);
    return wanted;
}

static sw_status sort_places(loading *l)
{
    sw_initial_report *report = l->report;
    for (size_t i = 0; i < l->place_count; i++) {
        const place *p = &l->places[i];
        const char *name = p->tensor->name;
        SW_ENSURE(add_name(p->source ? &report->taken : &report->missing, report, name));
        if (p->source || l->config->partial || !is_wanted(l->config, name) || p->misfit) continue;
        sw_str *line = next_problem(l, true);
        if (line) sw_str_printf(line, "%s is missing", name);
    }
    return SW_OK;
}

/* Up to MAX_LISTED names. */
static void append_names(sw_str *out, const sw_name_list *list)
{
    for (size_t i = 0; i < list->count && i < MAX_LISTED; i++)
        sw_str_printf(out, "%s%s", i ? ", " : "", list->items[i]);
    if (list->count > MAX_LISTED) sw_str_printf(out, " and %zu more", list->count - MAX_LISTED);
}

static sw_status fail_misfit(loading *l, const char *path)
{
    const sw_name_list *rest = &l->report->left_over;
    sw_str *text = &l->problems;
    if (l->problem_count > MAX_LISTED) sw_str_printf(text, "\n  and %zu more", l->problem_count - MAX_LISTED);
    if (rest->count) {
        sw_str_append(text, "\nIt holds what this model does not have: ");
        append_names(text, rest);
    }
    if (l->partial_would_do) sw_str_append(text, "\nTo start with what fits: init.partial: true");
    return sw_fail(SW_E_DATA, "%s does not hold this model:%s", path, sw_str_text(text));
}

static sw_status fail_nothing(const loading *l, const char *path)
{
    sw_str names = {0};
    append_names(&names, &l->report->left_over);
    sw_str_append(&names, "; the network's are ");
    append_names(&names, &l->report->missing);
    sw_status status = sw_fail(SW_E_DATA,
                               "%s: none of its tensors is one of the network's. Its names are %s. "
                               "init.strip and init.map say how names of one become names of the other",
                               path, sw_str_text(&names));
    sw_str_deinit(&names);
    return status;
}

static sw_status load_places(const loading *l)
{
    sw_status status = SW_OK;
    size_t most = 1;
    for (size_t i = 0; i < l->place_count; i++)
        if (l->places[i].tensor->elems > most) most = l->places[i].tensor->elems;
    float *host = malloc(most * sizeof *host);
    if (!host) return sw_fail_alloc("initial weights", most * sizeof *host);
    for (size_t i = 0; i < l->place_count; i++) {
        const place *p = &l->places[i];
        if (!p->source) continue;
        SW_TRY(sw_safetensors_reader_read_floats(l->reader, p->source, host));
        SW_TRY(sw_store_write(l->store, p->slab, p->tensor, host));
    }
done:
    free(host);
    return status;
}

sw_status sw_initial_load(sw_initial_report *report, const sw_graph *graph, sw_store *store,
                          const sw_init_config *config, const sw_safetensors_reader *reader, const char *path)
{
    sw_status status = SW_OK;
    const size_t count = sw_safetensors_reader_count(reader);
    loading l = {.graph = graph,
                 .store = store,
                 .config = config,
                 .reader = reader,
                 .report = report,
                 .partial_would_do = true};
    *report = (sw_initial_report){0};
    SW_TRY(list_places(&l));
    SW_TRY(make_list(&report->taken, report, l.place_count));
    SW_TRY(make_list(&report->missing, report, l.place_count));
    SW_TRY(make_list(&report->left_over, report, count));
    for (size_t i = 0; i < count; i++) SW_TRY(match_tensor(&l, sw_safetensors_reader_get(reader, i)));
    SW_TRY(sort_places(&l));
    if (report->taken.count == 0 && l.partial_would_do) SW_TRY(fail_nothing(&l, path));
    if (l.problem_count > 0) SW_TRY(fail_misfit(&l, path));
    SW_TRY(load_places(&l));
done:
    free(l.places);
    sw_str_deinit(&l.problems);
    if (status != SW_OK) sw_initial_report_deinit(report);
    return status;
}

void sw_initial_report_deinit(sw_initial_report *report)
{
    sw_arena_deinit(&report->arena);
    *report = (sw_initial_report){0};
}

sw_status sw_initial_report_log(const sw_initial_report *report, const char *path)
{
    sw_str text = {0};
    sw_str_printf(&text, "init: %zu tensors taken from %s", report->taken.count, path);
    if (report->missing.count) {
        sw_str_printf(&text, "; %zu of the network's not in it, drawn by the seed: ", report->missing.count);
        append_names(&text, &report->missing);
    }
    if (report->left_over.count) {
        sw_str_printf(&text, "; %zu of the file's not used: ", report->left_over.count);
        append_names(&text, &report->left_over);
    }
    sw_status status = sw_str_status(&text);
    if (status == SW_OK) sw_log(SW_LOG_INFO, "%s", text.text);
    sw_str_deinit(&text);
    return status;
}
