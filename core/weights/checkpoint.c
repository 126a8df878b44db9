#include "weights/checkpoint.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"

enum { NAME_BYTES = 320, MAX_LISTED = 8 };

/* One tensor of a checkpoint: where it lives on the device and what it is called in the file. */
typedef struct entry {
    char name[NAME_BYTES];
    const sw_param *tensor; /* NULL: num_batches_tracked, a host number */
    cl_mem slab;
} entry;

typedef sw_status (*visitor)(void *user, const entry *e);

/* Visit every tensor of the checkpoint, always in the same order. */
static sw_status visit_slab(const sw_param *tensors, int count, cl_mem slab, const char *prefix,
                            visitor visit, void *user)
{
    for (int i = 0; i < count; i++) {
        entry e = {.tensor = &tensors[i], .slab = slab};
        snprintf(e.name, sizeof e.name, "%s%s", prefix, tensors[i].name);
        SW_ENSURE(visit(user, &e));
    }
    return SW_OK;
}

static sw_status visit_all(const sw_checkpoint *c, visitor visit, void *user)
{
    const sw_graph *graph = c->graph;
    SW_ENSURE(visit_slab(graph->params, graph->param_count, c->store->params, "", visit, user));
    SW_ENSURE(visit_slab(graph->states, graph->state_count, c->store->states, "", visit, user));
    for (int i = 0; i < graph->node_count; i++) {
        if (graph->nodes[i].state_count == 0) continue;
        entry e = {0};
        snprintf(e.name, sizeof e.name, "%s.num_batches_tracked", graph->nodes[i].name);
        SW_ENSURE(visit(user, &e));
    }
    for (int m = 0; c->optimizer && m < c->optimizer->moment_count; m++) {
        char prefix[64];
        snprintf(prefix, sizeof prefix, "optimizer.%s.", sw_optimizer_moment_name(c->optimizer, m));
        SW_ENSURE(
            visit_slab(graph->params, graph->param_count, c->optimizer->moments[m], prefix, visit, user));
    }
    if (c->averages) {
        SW_ENSURE(visit_slab(graph->params, graph->param_count, c->averages->params, "ema.", visit, user));
        SW_ENSURE(visit_slab(graph->states, graph->state_count, c->averages->states, "ema.", visit, user));
    }
    return SW_OK;
}

static int shape_of(const entry *e, int64_t shape[4])
{
    if (!e->tensor) return 0;
    for (int i = 0; i < e->tensor->rank; i++) shape[i] = e->tensor->dims[i];
    return e->tensor->rank;
}

/* --- saving ---------------------------------------------------------------------------------- */

typedef struct save_state {
    const sw_checkpoint *checkpoint;
    sw_safetensors_writer *writer;
    float *host; /* room for the largest tensor */
} save_state;

static sw_status declare_entry(void *user, const entry *e)
{
    save_state *s = user;
    int64_t shape[4];
    int rank = shape_of(e, shape);
    return sw_safetensors_writer_declare(s->writer, e->name,
                                         e->tensor ? SW_SAFETENSORS_F32 : SW_SAFETENSORS_I64, rank, shape);
}

static sw_status save_entry(void *user, const entry *e)
{
    save_state *s = user;
    if (!e->tensor) {
        int64_t batches = (int64_t)s->checkpoint->batches_tracked;
        return sw_safetensors_writer_put(s->writer, e->name, &batches, sizeof batches);
    }
    SW_ENSURE(sw_store_read(s->checkpoint->store, e->slab, e->tensor, s->host));
    return sw_safetensors_writer_put(s->writer, e->name, s->host, e->tensor->elems * sizeof(float));
}

static size_t largest_elems(const sw_graph *graph)
{
    size_t most = 1;
    for (int i = 0; i < graph->param_count; i++)
        if (graph->params[i].elems > most) most = graph->params[i].elems;
    for (int i = 0; i < graph->state_count; i++)
        if (graph->states[i].elems > most) most = graph->states[i].elems;
    return most;
}

sw_status sw_checkpoint_save(const sw_checkpoint *checkpoint, const char *path,
                             const sw_checkpoint_note *notes, size_t note_count)
{
    sw_status status = SW_OK;
    size_t bytes = largest_elems(checkpoint->graph) * sizeof(float);
    save_state s = {.checkpoint = checkpoint, .host = malloc(bytes)};
    if (!s.host) return sw_fail_alloc("a checkpoint", bytes);
    SW_TRY(sw_safetensors_writer_create(&s.writer));
    for (size_t i = 0; i < note_count; i++)
        SW_TRY(sw_safetensors_writer_metadata(s.writer, notes[i].key, notes[i].value));
    SW_TRY(visit_all(checkpoint, declare_entry, &s));
    SW_TRY(sw_safetensors_writer_add_checksums(s.writer));
    SW_TRY(sw_safetensors_writer_begin(s.writer, path));
    SW_TRY(visit_all(checkpoint, save_entry, &s));
    SW_TRY(sw_safetensors_writer_finish(s.writer));
done:
    sw_safetensors_writer_destroy(s.writer);
    free(s.host);
    return status;
}

/* --- loading --------------------------------------------------------------------------------- */

/* The first MAX_LISTED lines of a list, and how many there are. */
typedef struct short_list {
    const char *before; /* each line */
    sw_str text;
    size_t count;
} short_list;

typedef struct load_state {
    const sw_checkpoint *checkpoint;
    const sw_safetensors_reader *reader;
    float *host;
    short_list problems; /* missing, or of another shape or type */
    bool *used;          /* by the number of the file's tensor */
} load_state;

/* Begins a line of the list; returns NULL where it is only counted. */
static sw_str *list_next(short_list *list)
{
    if (list->count++ >= MAX_LISTED) return NULL;
    sw_str_append(&list->text, list->before);
    return &list->text;
}

static const char *list_text(short_list *list)
{
    if (list->count > MAX_LISTED)
        sw_str_printf(&list->text, "%sand %zu more", list->before, list->count - MAX_LISTED);
    return sw_str_text(&list->text);
}

/* "F32 [64, 3, 3, 3]" */
static void append_type(sw_str *out, sw_safetensors_dtype dtype, int rank, const int64_t *shape)
{
    sw_str_printf(out, "%s [", sw_safetensors_dtype_name(dtype));
    for (int i = 0; i < rank; i++) sw_str_printf(out, "%s%" PRId64, i ? ", " : "", shape[i]);
    sw_str_append(out, "]");
}

static size_t number_of(const sw_safetensors_reader *reader, const sw_safetensors_tensor *tensor)
{
    size_t i = 0;
    while (sw_safetensors_reader_get(reader, i) != tensor) i++;
    return i;
}

static sw_status check_entry(void *user, const entry *e)
{
    load_state *s = user;
    const sw_safetensors_tensor *t = sw_safetensors_reader_find(s->reader, e->name);
    sw_str *line;
    if (!t) {
        if ((line = list_next(&s->problems))) sw_str_printf(line, "%s is missing", e->name);
        return SW_OK;
    }
    s->used[number_of(s->reader, t)] = true;
    int64_t shape[4];
    int rank = shape_of(e, shape);
    sw_safetensors_dtype dtype = e->tensor ? SW_SAFETENSORS_F32 : SW_SAFETENSORS_I64;
    bool same =
        t->rank == rank && (t->dtype == dtype || (e->tensor && sw_safetensors_dtype_is_float(t->dtype)));
    for (int i = 0; same && i < rank; i++) same = t->shape[i] == shape[i];
    if (same || !(line = list_next(&s->problems))) return SW_OK;
    sw_str_printf(line, "%s is ", e->name);
    append_type(line, t->dtype, t->rank, t->shape);
    sw_str_append(line, ", the model has ");
    append_type(line, dtype, rank, shape);
    return SW_OK;
}

static sw_status load_entry(void *user, const entry *e)
{
    load_state *s = user;
    if (!e->tensor) return SW_OK; /* the caller counts batches from the run's own step */
    const sw_safetensors_tensor *t = sw_safetensors_reader_find(s->reader, e->name);
    SW_ENSURE(sw_safetensors_reader_read_floats(s->reader, t, s->host));
    return sw_store_write(s->checkpoint->store, e->slab, e->tensor, s->host);
}

/* Checks that the file holds the checkpoint's tensors. Additional ones are listed with what is wrong, or in a
 * warning when nothing is. */
static sw_status check_all(load_state *s, const char *path)
{
    sw_status status = SW_OK;
    short_list extra = {.before = " "};
    size_t count = sw_safetensors_reader_count(s->reader);
    s->used = calloc(count + 1, sizeof *s->used);
    if (!s->used) return sw_fail_alloc("the names of a checkpoint", count + 1);
    SW_TRY(visit_all(s->checkpoint, check_entry, s));
    for (size_t i = 0; i < count; i++) {
        sw_str *line = s->used[i] ? NULL : list_next(&extra);
        if (line) sw_str_append(line, sw_safetensors_reader_get(s->reader, i)->name);
    }
    if (s->problems.count)
        status = sw_fail(SW_E_DATA, "%s does not hold this model:%s%s%s", path, list_text(&s->problems),
                         extra.count ? "\nIt holds what this model does not have:" : "", list_text(&extra));
    else if (extra.count)
        sw_log(SW_LOG_WARNING, "%s: left aside, as this model has no such tensors:%s", path,
               list_text(&extra));
done:
    sw_str_deinit(&extra.text);
    return status;
}

static sw_status check_and_load(const sw_checkpoint *checkpoint, const sw_safetensors_reader *reader,
                                const char *path, bool load)
{
    size_t bytes = largest_elems(checkpoint->graph) * sizeof(float);
    load_state s = {
        .checkpoint = checkpoint, .reader = reader, .host = malloc(bytes), .problems.before = "\n  "};
    if (!s.host) return sw_fail_alloc("a checkpoint", bytes);
    sw_status status = check_all(&s, path);
    if (status == SW_OK && load) status = visit_all(checkpoint, load_entry, &s);
    sw_str_deinit(&s.problems.text);
    free(s.used);
    free(s.host);
    return status;
}

sw_status sw_checkpoint_check(const sw_graph *graph, const sw_safetensors_reader *reader, const char *path)
{
    const sw_checkpoint checkpoint = {.graph = graph, .store = &(sw_store){0}};
    return check_and_load(&checkpoint, reader, path, false);
}

sw_status sw_checkpoint_load(const sw_checkpoint *checkpoint, const sw_safetensors_reader *reader,
                             const char *path)
{
    return check_and_load(checkpoint, reader, path, true);
}
