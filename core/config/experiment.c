#include "config/experiment.h"

#include <stdlib.h>
#include <string.h>

#include "base/fields.h"
#include "compose.h"
#include "config/schema.h"
#include "data/dataset.h"
#include "rules.h"

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

/* The defaults that depend on something else. */
static sw_status complete(sw_experiment *e)
{
    const sw_classes *classes = sw_data_classes(&e->data);
    sw_data_complete(&e->data);
    if (e->model.classes == 0 && classes) e->model.classes = classes->count;
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

sw_status sw_experiment_load(sw_experiment **out, const char *path, const char *const *sets)
{
    sw_status status = SW_OK;
    sw_arena arena = {0};
    sw_problems problems = {0};
    const sw_yaml_node *tree = NULL;
    *out = NULL;
    sw_experiment *e = calloc(1, sizeof *e);
    if (!e) return sw_fail_alloc("an experiment", sizeof *e);
    SW_TRY(compose(&tree, &arena, path, sets));
    SW_TRY(sw_fields_read(e, &sw_experiment_schema, tree, &arena, &problems));
    e->arena = arena; /* from here on the experiment owns it */
    arena = (sw_arena){0};
    e->tree = tree;
    e->path = sw_arena_strdup(&e->arena, path);
    if (!e->path) SW_TRY(SW_E_MEMORY);
    if (problems.count == 0) {
        SW_TRY(complete(e));
        check_rules(e, &problems);
    }
    SW_TRY(sw_problems_finish(&problems));
    *out = e;
    e = NULL;
done:
    sw_str_deinit(&problems.text);
    sw_arena_deinit(&arena);
    sw_experiment_destroy(e);
    return status;
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
