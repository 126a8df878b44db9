#include "compose.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fields.h"
#include "base/fs.h"
#include "base/str.h"
#include "locate.h"

enum { MAX_CHAIN = 16, MAX_FILES = 64 };

static const char set_source[] = "--set "; /* where a value came from that no file gives */

typedef struct composer {
    sw_arena *arena;
    int files;
    int depth; /* files of the chain being read, outermost first: */
    const char *chain[MAX_CHAIN];
    char *real[MAX_CHAIN]; /* their real paths, to recognise a cycle */
} composer;

/* ---- merging ---- */

static const sw_yaml_node *merge(sw_arena *arena, const char *section, const sw_yaml_node *base,
                                 const sw_yaml_node *over);

static bool merge_entry(sw_arena *arena, sw_yaml_entry *entries, size_t *count, const sw_yaml_entry *over)
{
    size_t i = 0;
    while (i < *count && strcmp(entries[i].key, over->key) != 0) i++;
    const sw_yaml_node *value =
        i < *count ? merge(arena, over->key, entries[i].value, over->value) : over->value;
    entries[i] = (sw_yaml_entry){over->key, over->key_place, value};
    if (i == *count) (*count)++;
    return value != NULL;
}

/* Two ways to describe a network: a list of `by` replaces what a fragment before it said under `gone`. So
 * does a layout of data, which says anew where the files lie: the lists and folders of another data set say
 * nothing of this one's. */
typedef struct replacement {
    const char *section; /* of the experiment */
    const char *by;
    sw_yaml_kind kind;   /* of its value */
    const char *gone[8]; /* ends in NULL */
} replacement;

static const replacement replacements[] = {
    {"model", "layers", SW_YAML_SEQUENCE, {"encoder", "decoder", "head", "bias", NULL}},
    {"model", "encoder", SW_YAML_SEQUENCE, {"layers", "blocks", NULL}},
    {"data",
     "layout",
     SW_YAML_SCALAR,
     {"train", "val", "test", "train_split", "val_split", "test_split", "mask_suffix", NULL}}};

static bool is_of_set(sw_yaml_place place)
{
    return place.source && strncmp(place.source, set_source, strlen(set_source)) == 0;
}

/* Whether a mapping gives `by` in a way that replaces. A --set names single keys: only a value that differs
 * says something new. */
static bool gives(const sw_yaml_node *over, const replacement *r, const sw_yaml_node *base)
{
    const sw_yaml_entry *by = sw_yaml_entry_get(over, r->by), *old = sw_yaml_entry_get(base, r->by);
    if (!by || by->value->kind != r->kind) return false;
    if (r->kind == SW_YAML_SEQUENCE) return by->value->count > 0;
    const bool same = old && old->value->kind == r->kind && strcmp(old->value->text, by->value->text) == 0;
    return !same || !is_of_set(by->key_place);
}

static bool is_replaced(const char *section, const sw_yaml_entry *entry, const sw_yaml_node *base,
                        const sw_yaml_node *over)
{
    for (size_t i = 0; i < sizeof replacements / sizeof *replacements; i++) {
        const replacement *r = &replacements[i];
        if (strcmp(section, r->section) != 0) continue;
        for (const char *const *gone = r->gone; *gone; gone++)
            if (strcmp(*gone, entry->key) == 0 && gives(over, r, base))
                return r->kind == SW_YAML_SEQUENCE || !is_of_set(entry->key_place);
    }
    return false;
}

/* Mappings merge key by key; anything else replaces what was there. section: the key whose values they are,
 * "" for the experiment itself. NULL when memory is out. */
static const sw_yaml_node *merge(sw_arena *arena, const char *section, const sw_yaml_node *base,
                                 const sw_yaml_node *over)
{
    if (!base || base->kind != SW_YAML_MAPPING || over->kind != SW_YAML_MAPPING) return over;
    sw_yaml_node *merged = sw_arena_alloc(arena, sizeof *merged);
    sw_yaml_entry *entries = sw_arena_alloc(arena, (base->count + over->count) * sizeof *entries);
    if (!merged || !entries) return NULL;
    size_t count = 0;
    for (size_t i = 0; i < base->count; i++)
        if (!is_replaced(section, &base->entries[i], base, over)) entries[count++] = base->entries[i];
    for (size_t i = 0; i < over->count; i++)
        if (!merge_entry(arena, entries, &count, &over->entries[i])) return NULL;
    *merged =
        (sw_yaml_node){.kind = SW_YAML_MAPPING, .place = over->place, .count = count, .entries = entries};
    return merged;
}

/* ---- files and their fragments ---- */

static sw_status compose_at(composer *c, const sw_yaml_node **out, const char *path,
                            const sw_yaml_place *from);

static sw_status fail_cycle(const composer *c, int first, const char *path, sw_yaml_place from)
{
    sw_str chain = {0};
    for (int i = first; i < c->depth; i++) sw_str_printf(&chain, "%s -> ", c->chain[i]);
    sw_str_append(&chain, path);
    sw_status status = sw_str_status(&chain);
    if (status == SW_OK) status = sw_yaml_fail(from, "include cycle: %s", chain.text);
    sw_str_deinit(&chain);
    return status;
}

static sw_status include_fragment(composer *c, const sw_yaml_node **merged, const char *folder,
                                  const sw_yaml_node *name)
{
    sw_status status = SW_OK;
    sw_str looked_at = {0};
    const char *path = NULL;
    const sw_yaml_node *fragment = NULL;
    if (name->kind != SW_YAML_SCALAR || sw_yaml_is_null(name) || !*name->text)
        return sw_yaml_fail(name->place, "include: expected the path of a YAML file");
    SW_TRY(locate_config(&path, c->arena, folder, name->text, &looked_at));
    if (!path)
        SW_TRY(
            sw_yaml_fail(name->place, "fragment '%s' not found; looked at %s", name->text, looked_at.text));
    SW_TRY(compose_at(c, &fragment, path, &name->place));
    *merged = merge(c->arena, "", *merged, fragment);
    if (!*merged) status = SW_E_MEMORY;
done:
    sw_str_deinit(&looked_at);
    return status;
}

static sw_status include_all(composer *c, const sw_yaml_node **merged, const char *folder,
                             const sw_yaml_node *names)
{
    sw_status status = SW_OK;
    if (names->kind == SW_YAML_MAPPING)
        return sw_yaml_fail(names->place, "include: expected a list of paths of YAML files, found a mapping");
    if (names->kind == SW_YAML_SCALAR) return include_fragment(c, merged, folder, names);
    for (size_t i = 0; status == SW_OK && i < names->count; i++)
        status = include_fragment(c, merged, folder, names->items[i]);
    return status;
}

/* The mapping without its `include`. */
static sw_status own_keys(composer *c, const sw_yaml_node **out, const sw_yaml_node *root)
{
    sw_yaml_node *own = sw_arena_alloc(c->arena, sizeof *own);
    sw_yaml_entry *entries = sw_arena_alloc(c->arena, root->count * sizeof *entries);
    if (!own || !entries) return SW_E_MEMORY;
    size_t count = 0;
    for (size_t i = 0; i < root->count; i++) {
        const sw_yaml_entry *entry = &root->entries[i];
        if (strcmp(entry->key, "include") == 0) continue;
        if (sw_edit_distance(entry->key, "include") <= 2) /* the schema does not know `include` */
            return sw_yaml_fail(entry->key_place, "unknown key '%s'; the nearest known key is 'include'",
                                entry->key);
        entries[count++] = *entry;
    }
    *own = (sw_yaml_node){.kind = SW_YAML_MAPPING, .place = root->place, .count = count, .entries = entries};
    *out = own;
    return SW_OK;
}

static sw_status compose_parsed(composer *c, const sw_yaml_node **out, const char *path,
                                const sw_yaml_node *root)
{
    sw_status status = SW_OK;
    const sw_yaml_node *merged = NULL, *own = NULL;
    const sw_yaml_entry *include = sw_yaml_entry_get(root, "include");
    char *folder = sw_fs_dirname(path);
    if (!folder) return SW_E_MEMORY;
    if (include) SW_TRY(include_all(c, &merged, folder, include->value));
    SW_TRY(own_keys(c, &own, root));
    *out = merge(c->arena, "", merged, own);
    if (!*out) status = SW_E_MEMORY;
done:
    free(folder);
    return status;
}

/* `from`: the include that asks for it, NULL for the experiment itself. */
static sw_status compose_at(composer *c, const sw_yaml_node **out, const char *path,
                            const sw_yaml_place *from)
{
    sw_status status = SW_OK;
    const sw_yaml_node *root = NULL;
    sw_yaml_place here = from ? *from : (sw_yaml_place){path, 0, 0};
    if (sw_fs_is_dir(path)) return sw_yaml_fail(here, "'%s' is a folder; expected a YAML file", path);
    char *real = realpath(path, NULL);
    if (!real) return sw_yaml_fail(here, "cannot find '%s': %s", path, strerror(errno));
    for (int i = 0; i < c->depth; i++) {
        if (strcmp(c->real[i], real) != 0) continue;
        free(real);
        return fail_cycle(c, i, path, here);
    }
    if (c->depth == MAX_CHAIN || c->files == MAX_FILES) {
        free(real);
        return sw_yaml_fail(here, "more than %d fragments in all, or more than %d in one chain", MAX_FILES,
                            MAX_CHAIN);
    }
    c->chain[c->depth] = path;
    c->real[c->depth++] = real;
    c->files++;
    SW_TRY(sw_yaml_parse_file(&root, c->arena, path));
    if (root->kind != SW_YAML_MAPPING)
        status = sw_yaml_fail(root->place, "expected a mapping of keys to values, found %s",
                              sw_yaml_is_null(root)            ? "nothing"
                              : root->kind == SW_YAML_SEQUENCE ? "a list"
                                                               : "a single value");
    else
        status = compose_parsed(c, out, path, root);
done:
    free(c->real[--c->depth]);
    return status;
}

sw_status compose_file(const sw_yaml_node **out, sw_arena *arena, const char *path)
{
    composer c = {.arena = arena};
    sw_str looked_at = {0};
    const char *found = NULL;
    *out = NULL;
    sw_status status = SW_OK;
    SW_TRY(locate_config(&found, arena, "", path, &looked_at));
    if (!found)
        status = sw_fail(SW_E_CONFIG, "experiment '%s' not found; looked at %s", path, looked_at.text);
    else
        status = compose_at(&c, out, found, NULL);
done:
    sw_str_deinit(&looked_at);
    return status;
}

/* ---- --set ---- */

typedef struct assignment {
    sw_arena *arena;
    sw_yaml_place origin;
    const sw_yaml_node *value;
} assignment;

static sw_status assign(const assignment *a, const char *section, const sw_yaml_node **out,
                        const sw_yaml_node *node, const char *rest);

static sw_status assign_item(const assignment *a, const sw_yaml_node **out, const sw_yaml_node *list,
                             const char *part, const char *rest)
{
    unsigned long index = strtoul(part, NULL, 10);
    if (strspn(part, "0123456789") != strlen(part) || index >= list->count)
        return sw_yaml_fail(a->origin, "'%s' is no item of a list of %zu (the first is 0)", part,
                            list->count);
    const sw_yaml_node **items = sw_arena_alloc(a->arena, list->count * sizeof(const sw_yaml_node *));
    sw_yaml_node *changed = sw_arena_alloc(a->arena, sizeof *changed);
    if (!items || !changed) return SW_E_MEMORY;
    memcpy(items, list->items, list->count * sizeof(const sw_yaml_node *));
    *changed = *list;
    changed->items = items;
    *out = changed;
    return assign(a, "", &items[index], list->items[index], rest);
}

static sw_status assign_entry(const assignment *a, const char *section, const sw_yaml_node **out,
                              const sw_yaml_node *mapping, const char *part, const char *rest)
{
    static const sw_yaml_node nothing = {.kind = SW_YAML_MAPPING};
    const sw_yaml_entry *old = sw_yaml_entry_get(mapping, part);
    sw_yaml_entry *entry = sw_arena_alloc(a->arena, sizeof *entry);
    sw_yaml_node *single = sw_arena_alloc(a->arena, sizeof *single);
    const char *key = sw_arena_strdup(a->arena, part);
    if (!entry || !single || !key) return SW_E_MEMORY;
    *entry = (sw_yaml_entry){.key = key, .key_place = a->origin};
    *single = (sw_yaml_node){.kind = SW_YAML_MAPPING, .place = a->origin, .count = 1, .entries = entry};
    if (mapping) single->place = mapping->place; /* the mapping keeps its place, its new value has another */
    SW_ENSURE(assign(a, key, &entry->value, old ? old->value : NULL, rest));
    *out = merge(a->arena, section, mapping ? mapping : &nothing, single);
    return *out ? SW_OK : SW_E_MEMORY;
}

/* *out: `node` (NULL: nothing there yet), the values of the key `section`, with the value put at the path
 * `rest`. */
static sw_status assign(const assignment *a, const char *section, const sw_yaml_node **out,
                        const sw_yaml_node *node, const char *rest)
{
    if (!*rest) {
        *out = merge(a->arena, section, node, a->value);
        return *out ? SW_OK : SW_E_MEMORY;
    }
    char part[128];
    size_t length = strcspn(rest, ".");
    snprintf(part, sizeof part, "%.*s", (int)length, rest);
    const char *after = rest + length + (rest[length] == '.');
    if (node && node->kind == SW_YAML_SEQUENCE) return assign_item(a, out, node, part, after);
    if (node && node->kind == SW_YAML_SCALAR && !sw_yaml_is_null(node))
        return sw_yaml_fail(a->origin,
                            "there is a single value, '%s', where '%s' should be a key of a mapping",
                            node->text, part);
    return assign_entry(a, section, out, node && node->kind == SW_YAML_MAPPING ? node : NULL, part, after);
}

static sw_status check_key(const char *key, sw_yaml_place origin)
{
    int parts = 1;
    for (const char *c = key; *c; c++) parts += *c == '.';
    size_t length = strlen(key);
    bool empty_part = !length || key[0] == '.' || key[length - 1] == '.' || strstr(key, "..");
    if (empty_part || parts > SW_YAML_MAX_DEPTH || length > 127)
        return sw_yaml_fail(origin, "'%.40s' is not a key; write it like optimizer.lr", key);
    if (strcmp(key, "include") == 0)
        return sw_yaml_fail(origin, "fragments are included by files, not by --set");
    return SW_OK;
}

sw_status compose_set(const sw_yaml_node **out, sw_arena *arena, const sw_yaml_node *tree, const char *text)
{
    const char *equals = strchr(text, '='), *source = sw_arena_printf(arena, "%s%s", set_source, text);
    if (!source) return SW_E_MEMORY;
    assignment a = {.arena = arena, .origin = {source, 0, 0}};
    if (!equals) return sw_yaml_fail(a.origin, "expected key=value, as in --set optimizer.lr=0.01");
    const char *key = sw_arena_printf(arena, "%.*s", (int)(equals - text), text);
    if (!key) return SW_E_MEMORY;
    SW_ENSURE(check_key(key, a.origin));
    SW_ENSURE(sw_yaml_parse_value(&a.value, arena, equals + 1, source));
    return assign(&a, "", out, tree, key);
}
