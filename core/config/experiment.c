#include "config/experiment.h"

#include <stdlib.h>
#include <string.h>

#include "base/fields.h"
#include "compose.h"
#include "config/schema.h"
#include "data/dataset.h"
#include "rules.h"
#include "schema_tables.h"

/* "experiments/my pets.yaml" -> "my_pets": fit for a folder's name. */
static sw_status name_from_path(const char **out, sw_arena *arena, const char *path)
{
    static const char *const safe = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    const char *slash = strrchr(path, '/');
    char *name = sw_arena_strdup(arena, slash ? slash + 1 : path);
    if (!name) return SW_E_MEMORY;
    char *dot = strrchr(name, '.');
    if (dot && dot != name && (strcmp(dot, ".yaml") == 0 || strcmp(dot, ".yml") == 0)) *dot = '\0';
    for (char *c = name; *c; c++)
        if (!strchr(safe, *c) || (c == name && strchr(".-", *c))) *c = '_';
    *out = name;
    return SW_OK;
}

/* A loss of a list that names no ignored label takes the first one's. */
static void complete_losses(sw_experiment *e)
{
    const sw_yaml_node *list = sw_yaml_find(e->tree, "loss");
    for (int i = 1; i < e->loss.count; i++)
        if (!sw_yaml_entry_get(list->items[i], "ignore_index"))
            e->loss.items[i].attrs.ignore_index = e->loss.items[0].attrs.ignore_index;
}

/* The defaults that depend on something else. */
static sw_status complete(sw_experiment *e)
{
    const sw_classes *classes = sw_data_classes(&e->data);
    sw_data_complete(&e->data);
    if (e->model.classes == 0 && classes) e->model.classes = classes->count;
    complete_losses(e);
    if (e->grid.name_count > 0 && !sw_yaml_find(e->tree, "grid.count")) e->grid.count = e->grid.name_count;
    return *e->name ? SW_OK : name_from_path(&e->name, &e->arena, e->path);
}

static sw_status compose(const sw_yaml_node **tree, sw_arena *arena, const char *path,
                         const char *const *sets)
{
    sw_status status = compose_file(tree, arena, path);
    for (size_t i = 0; status == SW_OK && sets && sets[i]; i++)
        status = compose_set(tree, arena, *tree, sets[i]);
    return status;
}

/* ---- the data section alone ---- */

static bool is_other_section(const char *key)
{
    for (size_t i = 0; i < sw_experiment_schema.count; i++)
        if (strcmp(sw_experiment_schema.fields[i].key, key) == 0) return strcmp(key, "data") != 0;
    return false;
}

/* The tree without the other sections. A misspelt key stays, to be reported. */
static sw_status keep_data(const sw_yaml_node **out, sw_arena *arena, const sw_yaml_node *tree)
{
    sw_yaml_node *kept = sw_arena_alloc(arena, sizeof *kept);
    sw_yaml_entry *entries = sw_arena_alloc(arena, (tree->count + 1) * sizeof *entries);
    if (!kept || !entries) return SW_E_MEMORY;
    *kept = (sw_yaml_node){.kind = SW_YAML_MAPPING, .place = tree->place, .entries = entries};
    for (size_t i = 0; i < tree->count; i++)
        if (!is_other_section(tree->entries[i].key)) entries[kept->count++] = tree->entries[i];
    *out = kept;
    return SW_OK;
}

static sw_status read_data(sw_experiment *e, sw_arena *arena, const sw_yaml_node *tree, sw_problems *problems)
{
    static const sw_field fields[] = {{.key = "data",
                                       .type = SW_FIELD_RECORD,
                                       .offset = offsetof(sw_experiment, data),
                                       .record = &schema_data_table}};
    static const sw_field_table table = {.struct_bytes = sizeof(sw_experiment), .fields = fields, .count = 1};
    const sw_yaml_node *data = NULL;
    SW_ENSURE(keep_data(&data, arena, tree));
    return sw_fields_read(e, &table, data, arena, problems);
}

/* ---- loading ---- */

typedef enum extent { WHOLE, DATA_ALONE, OF_RUN } extent;

static sw_status complete_and_check(sw_experiment *e, extent what, sw_problems *problems)
{
    if (what == DATA_ALONE) {
        sw_data_complete(&e->data);
        check_data_rules(e, problems);
        return SW_OK;
    }
    SW_ENSURE(complete(e));
    check_rules(e, problems);
    return SW_OK;
}

static sw_status load(sw_experiment **out, const char *path, const char *const *sets, extent what)
{
    sw_status status = SW_OK;
    sw_arena arena = {0};
    sw_str unknown = {0};
    sw_problems problems = {.unknown = what == OF_RUN ? &unknown : NULL};
    const sw_yaml_node *tree = NULL;
    *out = NULL;
    sw_experiment *e = calloc(1, sizeof *e);
    if (!e) return sw_fail_alloc("an experiment", sizeof *e);
    SW_TRY(compose(&tree, &arena, path, sets));
    if (what == DATA_ALONE)
        SW_TRY(read_data(e, &arena, tree, &problems));
    else
        SW_TRY(sw_fields_read(e, &sw_experiment_schema, tree, &arena, &problems));
    e->arena = arena; /* from here on the experiment owns it */
    arena = (sw_arena){0};
    e->tree = tree;
    e->path = sw_arena_strdup(&e->arena, path);
    if (what == OF_RUN) e->unknown = sw_arena_strdup(&e->arena, sw_str_text(&unknown));
    if (!e->path || (what == OF_RUN && !e->unknown)) SW_TRY(SW_E_MEMORY);
    SW_TRY(sw_str_status(&unknown));
    if (problems.count == 0) SW_TRY(complete_and_check(e, what, &problems));
    if (problems.count > 0 && unknown.length)
        sw_problems_add(&problems, tree->place, "unknown keys: %s", sw_str_text(&unknown));
    SW_TRY(sw_problems_finish(&problems));
    *out = e;
    e = NULL;
done:
    sw_str_deinit(&unknown);
    sw_str_deinit(&problems.text);
    sw_arena_deinit(&arena);
    sw_experiment_destroy(e);
    return status;
}

sw_status sw_experiment_load(sw_experiment **out, const char *path, const char *const *sets)
{
    return load(out, path, sets, WHOLE);
}

sw_status sw_experiment_load_data(sw_experiment **out, const char *path, const char *const *sets)
{
    return load(out, path, sets, DATA_ALONE);
}

sw_status sw_experiment_load_run(sw_experiment **out, const char *path, const char *const *sets)
{
    return load(out, path, sets, OF_RUN);
}

void sw_experiment_fix_engines(sw_experiment *experiment)
{
    experiment->runtime.tune = false;
    experiment->runtime.conv_layers.count = 0;
}

void sw_experiment_destroy(sw_experiment *experiment)
{
    if (!experiment) return;
    sw_arena_deinit(&experiment->arena);
    free(experiment);
}

void sw_experiment_dump_yaml(sw_str *out, const sw_experiment *experiment, bool with_origins)
{
    sw_fields_write(out, &sw_experiment_schema, experiment, with_origins ? experiment->tree : NULL);
}
