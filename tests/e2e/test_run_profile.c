/* Where a run's time goes: tables and a trace, and nothing where nobody asked. */
#include <cjson/cJSON.h>
#include <criterion/criterion.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "program.h"
#include "scratch.h"

TestSuite(run_profile, .init = scratch_create, .fini = scratch_remove);

#define TINY "run $SRC/tests/support/tiny.yaml --set train.epochs=2 "

static cJSON *parse(const char *name)
{
    char *text = file_text(name, NULL);
    cJSON *root = cJSON_Parse(text);
    cr_assert_not_null(root, "%s is no JSON:\n%s", name, text);
    free(text);
    return root;
}

static double number(const cJSON *object, const char *key)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);
    cr_assert(cJSON_IsNumber(item), "no number '%s'", key);
    return item->valuedouble;
}

static const char *text(const cJSON *object, const char *key)
{
    const char *value = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));
    return value ? value : "";
}

/* --- the trace ------------------------------------------------------------------------------- */

typedef struct span {
    const char *name, *layer, *pass;
    int track;
    double start, end; /* microseconds */
} span;

typedef struct trace {
    cJSON *root;
    span *spans;
    int count;
} trace;

static int earlier(const void *a, const void *b)
{
    const span *x = a, *y = b;
    if (x->track != y->track) return x->track - y->track;
    if (x->start != y->start) return x->start < y->start ? -1 : 1;
    return (x->end < y->end) - (x->end > y->end);
}

/* Spans by track and start, the outer before the inner. */
static trace read_trace(const char *name)
{
    trace t = {.root = parse(name)};
    const cJSON *events = cJSON_GetObjectItemCaseSensitive(t.root, "traceEvents"), *event;
    t.spans = calloc((size_t)cJSON_GetArraySize(events) + 1, sizeof *t.spans);
    cr_assert(t.spans);
    cJSON_ArrayForEach(event, events)
    {
        if (strcmp(text(event, "ph"), "X") != 0) continue;
        const cJSON *args = cJSON_GetObjectItemCaseSensitive(event, "args");
        double start = number(event, "ts");
        t.spans[t.count++] = (span){.name = text(event, "name"),
                                    .layer = text(args, "layer"),
                                    .pass = text(args, "pass"),
                                    .track = (int)number(event, "pid"),
                                    .start = start,
                                    .end = start + number(event, "dur")};
    }
    qsort(t.spans, (size_t)t.count, sizeof *t.spans, earlier);
    return t;
}

static void free_trace(trace *t)
{
    cJSON_Delete(t->root);
    free(t->spans);
}

static int count_spans(const trace *t, const char *name)
{
    int count = 0;
    for (int i = 0; i < t->count; i++) count += strcmp(t->spans[i].name, name) == 0;
    return count;
}

/* A span of a track begins after the one before has ended, or lies in it. */
static void expect_nested(const trace *t)
{
    const double rounding = 2e-3; /* the file has nanoseconds */
    const span *open[16];
    int depth = 0;
    for (int i = 0; i < t->count; i++) {
        const span *s = &t->spans[i];
        if (i > 0 && s->track != t->spans[i - 1].track) depth = 0;
        while (depth > 0 && open[depth - 1]->end <= s->start + rounding) depth--;
        const span *around = depth > 0 ? open[depth - 1] : s;
        cr_expect(s->end <= around->end + rounding, "%s %.3f-%.3f crosses %s %.3f-%.3f", s->name, s->start,
                  s->end, around->name, around->start, around->end);
        cr_assert_lt(depth, 16);
        open[depth++] = s;
    }
}

/* Of a track's spans, how many lie outside all spans of that name on the host's track. */
static int outside(const trace *t, const char *pass, const char *of)
{
    const double clocks = 1000; /* microseconds the two clocks may be apart on a busy machine */
    int count = 0;
    for (int i = 0; i < t->count; i++) {
        const span *s = &t->spans[i];
        bool in = strcmp(s->pass, pass) != 0;
        for (int k = 0; k < t->count && !in; k++)
            in = strcmp(t->spans[k].name, of) == 0 && s->start > t->spans[k].start - clocks &&
                 s->end < t->spans[k].end + clocks;
        count += !in;
    }
    return count;
}

Test(run_profile, the_trace_has_the_first_steps_by_kernel_layer_and_pass_in_spans_that_nest)
{
    program_draw_pets(24, 8);
    program_expect(0, "prediction grid", "segwork " TINY "--profile --profile-steps 3 --out run");
    trace t = read_trace("run/trace.json");
    expect_nested(&t);
    cr_expect_eq(count_spans(&t, "training step"), 3);
    cr_expect_eq(count_spans(&t, "validation step"), 3);
    cr_expect_eq(count_spans(&t, "upload"), 3);
    cr_expect_eq(count_spans(&t, "enqueue"), 3);
    cr_expect_eq(count_spans(&t, "wait for losses"), 3);
    cr_expect_eq(count_spans(&t, "wait for a batch"), 6);
    cr_expect_eq(count_spans(&t, "metrics"), 2, "of the batch before each but the first");
    cr_expect_eq(count_spans(&t, "validation"), 1, "of the first epoch");
    cr_expect_eq(count_spans(&t, "checkpoints"), 1);
    static const char *const passes[] = {"forward", "recompute",     "backward",
                                         "infer",   "backward-data", "backward-weights"};
    for (size_t p = 0; p < sizeof passes / sizeof *passes; p++) {
        int found = 0;
        for (int i = 0; i < t.count; i++)
            found += t.spans[i].track == 2 && strcmp(t.spans[i].pass, passes[p]) == 0 && t.spans[i].layer[0];
        cr_expect_gt(found, 0, "no kernel of pass %s", passes[p]);
    }
    cr_expect_eq(outside(&t, "forward", "training step"), 0);
    cr_expect_eq(outside(&t, "backward-weights", "training step"), 0);
    cr_expect_eq(outside(&t, "infer", "validation step"), 0);
    free_trace(&t);
}

Test(run_profile, tables_and_figures_say_where_device_and_host_spend_their_time)
{
    program_draw_pets(24, 8);
    program_expect(0, "\nall layers ", "segwork " TINY "--profile --profile-steps 4 --out run");
    cr_expect_not_null(strstr(program_output, "3 training steps of 4 images"), "%s", program_output);
    cr_expect_not_null(strstr(program_output, "\nhost, the whole of this process"), "%s", program_output);
    for (const char *line = strstr(program_output, "\nall layers "); line && line[1];
         line = strchr(line + 1, '\n'))
        cr_expect_leq(strcspn(line + 1, "\n"), 80, "%.*s", (int)strcspn(line + 1, "\n"), line + 1);
    char *tables = file_text("run/profile.txt", NULL);
    cr_expect_not_null(strstr(tables, "\ndc1.seq.0 "), "layers\n%s", tables);
    free(tables);

    cJSON *root = parse("run/profile.json");
    const cJSON *train = cJSON_GetObjectItemCaseSensitive(root, "train"),
                *host = cJSON_GetObjectItemCaseSensitive(root, "host"), *row;
    cr_expect_eq(number(train, "steps"), 3);
    cr_expect_eq(number(train, "images"), 12);
    cr_expect_eq(number(cJSON_GetObjectItemCaseSensitive(host, "load"), "count"), 12, "two epochs of six");
    cr_expect_eq(number(cJSON_GetObjectItemCaseSensitive(host, "wait"), "count"), 12);
    cr_expect_eq(number(cJSON_GetObjectItemCaseSensitive(host, "checkpoints"), "count"), 2);
    cr_expect_eq(number(cJSON_GetObjectItemCaseSensitive(host, "validation"), "count"), 2);
    double device_ms = 0, known_s = 0;
    int data = 0, weights = 0;
    cJSON_ArrayForEach(row, cJSON_GetObjectItemCaseSensitive(root, "layers"))
    {
        if (strcmp(text(row, "step"), "train") == 0) device_ms += number(row, "ms");
        data += strcmp(text(row, "pass"), "backward-data") == 0;
        weights += strcmp(text(row, "pass"), "backward-weights") == 0;
    }
    cr_expect_eq(weights, 5, "the tiny network's convolutions");
    cr_expect_eq(data, 5, "bn_input wants a gradient");
    /* the kernels of a step cannot take longer than the step; but an update may end after the host has its
     * loss */
    cr_expect_lt(device_ms, 1.5 * number(train, "host_ms"));
    cJSON_ArrayForEach(row, host) known_s += cJSON_IsObject(row) ? number(row, "seconds") : 0;
    cr_expect(known_s > 0 && known_s < 2 * number(host, "seconds"));
    cJSON_Delete(root);
}

Test(run_profile, profiling_changes_no_bit_and_without_it_there_is_no_file)
{
    program_draw_pets(8, 4);
    program_expect(0, NULL, "segwork " TINY "--out plain && segwork " TINY "--out profiled --profile");
    expect_same_run("plain", "profiled", 2);
    cr_expect(!file_exists("plain/trace.json") && !file_exists("plain/profile.json") &&
              !file_exists("plain/profile.txt"));
    program_expect(0, NULL,
                   "segwork " TINY "--out both --profile --set runtime.loss_every=3 && "
                   "sed -i 's/loss_every: 3/loss_every: 0/' both/config.yaml");
    expect_same_run("plain", "both", 2);
}

/* Whatever ends a run, the trace can be opened. */
Test(run_profile, an_interrupted_or_killed_run_leaves_a_trace_that_can_be_read)
{
    static const int signals[] = {SIGINT, SIGKILL};
    program_draw_pets(24, 8);
    for (int i = 0; i < 2; i++) {
        pid_t pid =
            program_start("run $SRC/tests/support/tiny.yaml --set train.epochs=1000 --out run%d --profile "
                          "--profile-steps 2",
                          i);
        char steps[32], name[32], summary[32];
        snprintf(steps, sizeof steps, "run%d/steps.jsonl", i);
        snprintf(name, sizeof name, "run%d/trace.json", i);
        snprintf(summary, sizeof summary, "run%d/profile.json", i);
        cr_assert(program_wait_for_lines(pid, steps, 4));
        kill(pid, signals[i]);
        cr_expect_eq(program_wait(pid), i == 0 ? 130 : 128 + SIGKILL, "%s", program_output);
        trace t = read_trace(name);
        expect_nested(&t);
        cr_expect_eq(count_spans(&t, "training step"), 2);
        free_trace(&t);
        cr_expect_eq(file_exists(summary), i == 0);
    }
    program_expect(0, "host, the whole of this process",
                   "segwork run --resume run0 --profile --set train.epochs=1; true");
}

Test(run_profile, the_number_of_steps_has_limits)
{
    program_expect(2, "--profile-steps 0: 1 to 1000", "segwork " TINY "--profile --profile-steps 0");
    program_expect(2, "--profile-steps 1001: 1 to 1000", "segwork " TINY "--profile --profile-steps 1001");
}
