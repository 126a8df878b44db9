#include "measure/run_profile.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/log.h"
#include "measure/passes.h"
#include "measure/trace.h"
#include "page/json_text.h"
#include "page/sheet.h"

/* Profiled steps of a kind. */
typedef struct window {
    bool open, closed;
    int seen;    /* steps */
    int counted; /* of these, in the tables: all but the first, which touches memory and compiles kernels */
    double images;
    double begun_s, seconds; /* of the step under way; of the counted ones on the host */
} window;

typedef struct host_total {
    uint64_t count;
    double seconds;
} host_total;

struct sw_run_profile {
    sw_cl *cl;
    const sw_network *network;
    char *folder;
    int steps;
    sw_trace *trace; /* NULL once the first epoch is over */
    double begun_s;
    double peak_gflops, copy_gbytes_per_s;
    window windows[2];
    host_total host[SW_HOST_SPANS];
    sw_pass_list passes;
};

static const struct {
    const char *name, *key;
    bool inside;  /* of the one before that is not */
    bool of_step; /* in the trace only while steps are profiled */
} spans[SW_HOST_SPANS] = {
    [SW_SPAN_LOAD] = {"wait for a batch", "load", false, true},
    [SW_SPAN_UPLOAD] = {"upload", "upload", false, true},
    [SW_SPAN_ENQUEUE] = {"enqueue", "enqueue", false, true},
    [SW_SPAN_WAIT] = {"wait for losses", "wait", false, true},
    [SW_SPAN_RECORD] = {"records", "records", false, true},
    [SW_SPAN_VALIDATION] = {"validation", "validation", false, false},
    [SW_SPAN_VALIDATION_LOAD] = {"wait for a batch", "validation_load", true, true},
    [SW_SPAN_EVALUATE] = {"evaluate", "evaluate", true, true},
    [SW_SPAN_METRICS] = {"metrics", "metrics", true, true},
    [SW_SPAN_PICTURES] = {"pictures", "pictures", false, false},
    [SW_SPAN_CHECKPOINT] = {"checkpoints", "checkpoints", false, false},
};

/* --- opening and closing --------------------------------------------------------------------- */

sw_status sw_run_profile_create(sw_run_profile **out, const char *folder, sw_cl *cl,
                                const sw_network *network, int steps)
{
    sw_status status = SW_OK;
    char *path = NULL;
    *out = NULL;
    sw_run_profile *p = calloc(1, sizeof *p);
    if (!p) return sw_fail_alloc("the profile", sizeof *p);
    *p = (sw_run_profile){.cl = cl, .network = network, .steps = steps, .folder = sw_strf("%s", folder)};
    path = sw_fs_join(folder, "trace.json");
    if (!p->folder || !path) SW_TRY(SW_E_MEMORY);
    SW_TRY(sw_profile_peak(&p->peak_gflops, &p->copy_gbytes_per_s, cl));
    p->begun_s = sw_clock_s();
    SW_TRY(sw_trace_create(&p->trace, path, sw_cl_device(cl)->name, p->begun_s));
    *out = p;
    p = NULL;
done:
    free(path);
    sw_run_profile_destroy(p);
    return status;
}

sw_status sw_run_profile_epoch_done(sw_run_profile *p)
{
    if (!p || !p->trace) return SW_OK;
    sw_status status = sw_trace_flush(p->trace);
    sw_trace_destroy(p->trace);
    p->trace = NULL;
    return status;
}

void sw_run_profile_destroy(sw_run_profile *p)
{
    if (!p) return;
    for (int k = 0; k < 2; k++)
        if (p->windows[k].open && sw_profile_stop(p->cl) != SW_OK) break;
    if (p->windows[0].open || p->windows[1].open) sw_profile_set_sink(p->cl, NULL, NULL);
    if (sw_run_profile_epoch_done(p) != SW_OK)
        sw_log(SW_LOG_WARNING, "the trace is not complete: %s", sw_error_message());
    sw_pass_list_deinit(&p->passes);
    free(p->folder);
    free(p);
}

/* --- the host -------------------------------------------------------------------------------- */

double sw_run_profile_begin(const sw_run_profile *p)
{
    return p ? sw_clock_s() : 0.0;
}

/* The number of the profiled step under way; 0: none is. */
static int step_number(const sw_run_profile *p)
{
    for (int k = 0; k < 2; k++)
        if (p->windows[k].open) return p->windows[k].seen + 1;
    return 0;
}

static void trace_host(sw_run_profile *p, const char *name, double start_s, double end_s)
{
    const sw_trace_span span = {
        .track = SW_TRACK_HOST, .name = name, .step = step_number(p), .start_s = start_s, .end_s = end_s};
    sw_trace_add(p->trace, &span);
}

double sw_run_profile_end(sw_run_profile *p, sw_host_span what, double begun)
{
    double now = sw_run_profile_begin(p);
    if (!p) return now;
    p->host[what].count++;
    p->host[what].seconds += now - begun;
    if (p->trace && (step_number(p) > 0 || !spans[what].of_step)) trace_host(p, spans[what].name, begun, now);
    return now;
}

/* --- the device ------------------------------------------------------------------------------ */

static void trace_device(void *user, const sw_profile_span *s)
{
    sw_run_profile *p = user;
    const sw_trace_span span = {.track = SW_TRACK_DEVICE,
                                .name = s->kernel,
                                .layer = s->node,
                                .pass = s->pass,
                                .start_s = s->start_s,
                                .end_s = s->end_s};
    if (p->trace) sw_trace_add(p->trace, &span);
}

sw_status sw_run_profile_steps_done(sw_run_profile *p, sw_profile_steps kind)
{
    if (!p || !p->windows[kind].open) return SW_OK;
    window *w = &p->windows[kind];
    if (w->counted > 0)
        SW_ENSURE(
            sw_pass_list_take(&p->passes, p->network, kind == SW_STEPS_VALIDATE, 0, w->counted, w->images));
    SW_ENSURE(sw_profile_stop(p->cl));
    sw_profile_set_sink(p->cl, NULL, NULL);
    w->open = false;
    w->closed = true;
    if (p->trace) SW_ENSURE(sw_trace_flush(p->trace));
    return SW_OK;
}

sw_status sw_run_profile_step_begin(sw_run_profile *p, sw_profile_steps kind)
{
    if (!p || p->windows[kind].closed) return SW_OK;
    window *w = &p->windows[kind];
    if (!w->open) {
        SW_ENSURE(sw_profile_start(p->cl));
        sw_profile_reset(p->cl);
        sw_profile_set_sink(p->cl, trace_device, p);
        w->open = true;
    }
    w->begun_s = sw_clock_s();
    return SW_OK;
}

/* The first step's spans stay in the trace, but its times are not those of a step. */
static sw_status drop_first_step(sw_run_profile *p)
{
    sw_profile_row *rows;
    size_t count;
    sw_status status = sw_profile_rows(&rows, &count, p->cl);
    if (status == SW_OK) sw_profile_reset(p->cl);
    free(rows);
    return status;
}

sw_status sw_run_profile_step_end(sw_run_profile *p, sw_profile_steps kind, int images)
{
    static const char *const names[] = {"training step", "validation step"};
    if (!p || !p->windows[kind].open) return SW_OK;
    window *w = &p->windows[kind];
    double now = sw_clock_s();
    if (p->trace) trace_host(p, names[kind], w->begun_s, now);
    if (++w->seen == 1 && p->steps > 1) return drop_first_step(p);
    w->counted++;
    w->images += images;
    w->seconds += now - w->begun_s;
    return w->seen == p->steps ? sw_run_profile_steps_done(p, kind) : SW_OK;
}

/* --- writing --------------------------------------------------------------------------------- */

static void print_host(sw_str *out, const sw_run_profile *p)
{
    double all = sw_clock_s() - p->begun_s, known = 0.0;
    sw_str rows = {0};
    sw_str_append(&rows, "host, the whole of this process\ttimes\tseconds\tms each\tshare\n");
    for (int i = 0; i < SW_HOST_SPANS; i++) {
        const host_total *h = &p->host[i];
        if (!h->count) continue;
        if (!spans[i].inside) known += h->seconds;
        sw_str_printf(&rows, "%s%s\t%llu\t%.3f\t%.2f\t%.1f%%\n", spans[i].inside ? "  " : "", spans[i].name,
                      (unsigned long long)h->count, h->seconds, 1e3 * h->seconds / (double)h->count,
                      100.0 * h->seconds / all);
    }
    sw_str_printf(&rows, "other\t\t%.3f\t\t%.1f%%\n", all - known, 100.0 * (all - known) / all);
    sw_str_append(out, "\n");
    sw_sheet_columns(out, &rows, 1);
}

static void print_window(sw_str *out, const sw_run_profile *p, sw_profile_steps kind)
{
    static const char *const names[] = {"training", "validation"};
    const window *w = &p->windows[kind];
    if (!w->counted) return;
    double step_ms = 1e3 * w->seconds / w->counted;
    double device_ms = sw_pass_list_ms(&p->passes, kind == SW_STEPS_VALIDATE);
    sw_str_printf(out, "%d %s steps of %.4g images: %.1f ms each on the host, %.1f ms of the device\n",
                  w->counted, names[kind], w->images / w->counted, step_ms, device_ms);
}

static void print_all(sw_str *out, const sw_run_profile *p, bool layers)
{
    sw_str_printf(out, "profile on %.60s, peak %.1f GFLOP/s, copy %.1f GB/s\n", sw_cl_device(p->cl)->name,
                  p->peak_gflops, p->copy_gbytes_per_s);
    print_window(out, p, SW_STEPS_TRAIN);
    print_window(out, p, SW_STEPS_VALIDATE);
    sw_pass_list_print(out, &p->passes, p->peak_gflops, layers);
    print_host(out, p);
}

/* Writes a file of the run's folder and frees the text. */
static sw_status write_file(const sw_run_profile *p, const char *name, sw_str *text)
{
    char *path = sw_fs_join(p->folder, name);
    sw_status status = path ? sw_str_status(text) : SW_E_MEMORY;
    if (status == SW_OK) status = sw_fs_write(path, text->text, text->length);
    free(path);
    sw_str_deinit(text);
    return status;
}

static void add_window(cJSON *root, const char *key, const window *w)
{
    if (!w->counted) return;
    SW_JSON_ADD_NUMBERS(cJSON_AddObjectToObject(root, key), {"steps", w->counted}, {"images", w->images},
                        {"host_ms", 1e3 * w->seconds / w->counted});
}

static void add_host(cJSON *root, const sw_run_profile *p)
{
    cJSON *host = cJSON_AddObjectToObject(root, "host");
    cJSON_AddNumberToObject(host, "seconds", sw_clock_s() - p->begun_s);
    for (int i = 0; i < SW_HOST_SPANS; i++)
        SW_JSON_ADD_NUMBERS(cJSON_AddObjectToObject(host, spans[i].key), {"count", (double)p->host[i].count},
                            {"seconds", p->host[i].seconds});
}

static sw_status append_json(sw_str *out, const sw_run_profile *p)
{
    sw_status status = SW_OK;
    cJSON *root = cJSON_CreateObject();
    cJSON_AddStringToObject(root, "device", sw_cl_device(p->cl)->name);
    SW_JSON_ADD_NUMBERS(root, {"peak_gflops", p->peak_gflops},
                        {"copy_gbytes_per_second", p->copy_gbytes_per_s});
    add_window(root, "train", &p->windows[SW_STEPS_TRAIN]);
    add_window(root, "infer", &p->windows[SW_STEPS_VALIDATE]);
    add_host(root, p);
    SW_TRY(sw_pass_list_json(root, &p->passes, p->peak_gflops));
    SW_TRY(sw_json_document(out, root));
done:
    cJSON_Delete(root);
    return status;
}

sw_status sw_run_profile_write(sw_run_profile *p, char **summary)
{
    sw_status status = SW_OK;
    sw_str text = {0};
    *summary = NULL;
    SW_TRY(sw_run_profile_steps_done(p, SW_STEPS_TRAIN));
    SW_TRY(sw_run_profile_steps_done(p, SW_STEPS_VALIDATE));
    SW_TRY(sw_run_profile_epoch_done(p));
    print_all(&text, p, true);
    SW_TRY(write_file(p, "profile.txt", &text));
    SW_TRY(append_json(&text, p));
    SW_TRY(write_file(p, "profile.json", &text));
    print_all(&text, p, false);
    SW_TRY(sw_str_take(summary, &text));
done:
    sw_str_deinit(&text);
    return status;
}
