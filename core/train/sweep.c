/* A sweep planned: its keys' values as runs, their names and folders. */
#include "train/sweep.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "sweep_runs.h"

enum { MAX_AXES = 64, SHOWN_BYTES = 40, MAX_NAME_BYTES = 200 };

/* ---- names ---- */

static uint32_t fnv1a(const char *text)
{
    uint32_t hash = 2166136261u;
    for (; *text; text++) hash = (hash ^ (unsigned char)*text) * 16777619u;
    return hash;
}

/* Appends a value as part of a folder's name: characters that need quoting become '-', and a long value is
 * cut and gets a hash. */
static void append_value(sw_str *out, const char *value)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+-";
    char text[SHOWN_BYTES];
    size_t length = 0;
    bool cut = false;
    for (const char *c = value; *c && !cut; c++) {
        bool keeps = strchr(plain, *c) != NULL;
        if (!keeps && (length == 0 || text[length - 1] == '-')) continue;
        cut = length == sizeof text - 1;
        if (!cut) text[length++] = keeps ? *c : '-';
    }
    while (length > 0 && text[length - 1] == '-') length--;
    text[length] = '\0';
    if (cut)
        sw_str_printf(out, "%.*s-%08" PRIx32, SHOWN_BYTES - 10, text, fnv1a(value));
    else
        sw_str_append(out, text);
}

/* ---- the runs ---- */

typedef struct request {
    sw_sweep_axis axes[MAX_AXES];
    int count;
    int by_key[MAX_AXES]; /* axes in alphabetical order */
} request;

static sw_status read_axes(request *r, sw_arena *arena, const char *const *sets)
{
    bool varies = false;
    for (size_t i = 0; sets && sets[i]; i++) {
        if (r->count == MAX_AXES) return sw_fail(SW_E_USAGE, "more than %d keys are set", MAX_AXES);
        sw_sweep_axis *axis = &r->axes[r->count];
        SW_ENSURE(sw_sweep_axis_parse(axis, arena, sets[i]));
        int at = r->count++;
        for (int k = 0; k < at; k++)
            if (strcmp(r->axes[k].key, axis->key) == 0)
                return sw_fail(SW_E_USAGE, "%s is set twice; give all its values in one --set", axis->key);
        varies |= axis->varies;
        while (at > 0 && strcmp(r->axes[r->by_key[at - 1]].key, axis->key) > 0) {
            r->by_key[at] = r->by_key[at - 1];
            at--;
        }
        r->by_key[at] = r->count - 1;
    }
    if (varies) return SW_OK;
    return sw_fail(SW_E_USAGE, "nothing varies: give at least one key several values, as in --set "
                               "loss.gamma=0,1,2 or --set seed=0..2");
}

static sw_status count_runs(int *out, const request *r)
{
    int64_t count = 1;
    for (int a = 0; a < r->count; a++) {
        count *= r->axes[a].count;
        if (count > SW_SWEEP_MAX_RUNS)
            return sw_fail(SW_E_USAGE, "these values make more than %d runs; sweep in parts",
                           SW_SWEEP_MAX_RUNS);
    }
    *out = (int)count;
    return SW_OK;
}

/* The value of an axis in run number `run`: the last axis varies fastest. */
static const char *value_in(const request *r, int axis, int run)
{
    for (int a = r->count - 1; a > axis; a--) run /= r->axes[a].count;
    return r->axes[axis].values[run % r->axes[axis].count];
}

static sw_status name_run(sw_sweep_run *run, sw_sweep *sweep, const request *r, int number)
{
    sw_status status = SW_OK;
    sw_str name = {0};
    for (int i = 0; i < r->count; i++) {
        const sw_sweep_axis *axis = &r->axes[r->by_key[i]];
        if (!axis->varies) continue;
        sw_str_printf(&name, "%s%s=", name.length ? "," : "", axis->key);
        append_value(&name, value_in(r, r->by_key[i], number));
    }
    SW_TRY(sw_str_status(&name));
    if (name.length > MAX_NAME_BYTES)
        SW_TRY(sw_fail(SW_E_USAGE, "%.80s...: too many keys vary to name a folder by them", name.text));
    run->name = sw_arena_strdup(&sweep->arena, name.text);
    run->path = sw_arena_printf(&sweep->arena, "%s/%s", sweep->folder, name.text);
    run->config = sw_arena_printf(&sweep->arena, "%s/%s/config.yaml", sweep->folder, name.text);
    if (!run->name || !run->path || !run->config) status = SW_E_MEMORY;
done:
    sw_str_deinit(&name);
    return status;
}

static sw_status set_values(sw_sweep_run *run, sw_sweep *sweep, const request *r, int number)
{
    const char **sets = sw_arena_alloc(&sweep->arena, ((size_t)r->count + 1) * sizeof *sets);
    if (!sets) return SW_E_MEMORY;
    for (int a = 0; a < r->count; a++) {
        sets[a] = sw_arena_printf(&sweep->arena, "%s=%s", r->axes[a].key, value_in(r, a, number));
        if (!sets[a]) return SW_E_MEMORY;
    }
    run->sets = sets;
    return SW_OK;
}

static sw_status refuse_same_name(const sw_sweep *sweep, const sw_sweep_run *run)
{
    for (const sw_sweep_run *other = sweep->runs; other < run; other++)
        if (strcmp(other->name, run->name) == 0)
            return sw_fail(SW_E_USAGE,
                           "two values make the same folder name, %s: put them into experiments of their own",
                           run->name);
    return SW_OK;
}

/* ---- the plan ---- */

static sw_status name_folder(sw_sweep *sweep, const char *given, const char *const *first_sets)
{
    if (given && !*given) return sw_fail(SW_E_USAGE, "--out: expected a folder");
    if (given) {
        int length = (int)strlen(given);
        while (length > 1 && given[length - 1] == '/') length--;
        sweep->folder = sw_arena_printf(&sweep->arena, "%.*s", length, given);
    } else {
        sw_experiment *first;
        SW_ENSURE(sw_experiment_load(&first, sweep->experiment_path, first_sets));
        sweep->folder = sw_arena_printf(&sweep->arena, "runs/%s-sweep", first->name);
        sw_experiment_destroy(first);
    }
    return sweep->folder ? SW_OK : SW_E_MEMORY;
}

static sw_status plan_run(sw_sweep *sweep, const request *r, int number)
{
    sw_sweep_run *run = &sweep->runs[number];
    SW_ENSURE(name_run(run, sweep, r, number));
    SW_ENSURE(refuse_same_name(sweep, run));
    SW_ENSURE(sw_experiment_load(&run->experiment, sweep->experiment_path, run->sets));
    return sweep_look_at(run);
}

sw_status sw_sweep_plan(sw_sweep *sweep, const char *experiment_path, const char *const *sets,
                        const char *folder)
{
    sw_status status = SW_OK;
    *sweep = (sw_sweep){.experiment_path = experiment_path};
    request *r = calloc(1, sizeof *r);
    if (!r) return sw_fail_alloc("a sweep", sizeof *r);
    SW_TRY(read_axes(r, &sweep->arena, sets));
    SW_TRY(count_runs(&sweep->count, r));
    sweep->runs = sw_arena_alloc(&sweep->arena, (size_t)sweep->count * sizeof *sweep->runs);
    if (!sweep->runs) {
        sweep->count = 0;
        SW_TRY(SW_E_MEMORY);
    }
    for (int i = 0; i < sweep->count; i++) SW_TRY(set_values(&sweep->runs[i], sweep, r, i));
    SW_TRY(name_folder(sweep, folder, sweep->runs[0].sets));
    for (int i = 0; i < sweep->count; i++) SW_TRY(plan_run(sweep, r, i));
done:
    free(r);
    if (status != SW_OK) sw_sweep_deinit(sweep);
    return status;
}

sw_status sw_sweep_select(sw_sweep *sweep, int number)
{
    if (number < 1 || number > sweep->count)
        return sw_fail(SW_E_USAGE, "--run %d: the sweep has runs 1 to %d", number, sweep->count);
    for (int i = 0; i < sweep->count; i++)
        if (i != number - 1) sw_experiment_destroy(sweep->runs[i].experiment);
    sweep->runs[0] = sweep->runs[number - 1];
    sweep->count = 1;
    return SW_OK;
}

void sw_sweep_deinit(sw_sweep *sweep)
{
    for (int i = 0; i < sweep->count; i++) sw_experiment_destroy(sweep->runs[i].experiment);
    sw_arena_deinit(&sweep->arena);
    *sweep = (sw_sweep){0};
}
