/* Layers by name. A block is a list of layers that stands for one: its own layers are named after it, `$key`
 * in it is what the layer that uses the block says for `key`, and a name is looked for in the block first,
 * then around it. */
#include "layers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "block_values.h"

enum { MAX_DEPTH = 8 };

const char *const layers_keys[] = {"name", "op", "block", "from", "like", NULL};

/* Values of the graph that are no layers (nn/model.c). */
static const char *const taken[] = {"before", "input", SW_LAYER_IMAGES, "labels", "loss", "bn_input", NULL};

/* A name that a layer may be called by, and the value it means: for a block, that of its last layer. */
typedef struct known {
    const char *name, *value;
    int layer;
    sw_yaml_place place;
} known;

typedef struct expander {
    sw_arena *arena;
    sw_problems *problems;
    const sw_yaml_node *blocks; /* mapping, or NULL */
    sw_layer_list *out;
    known *known; /* (known_count), on the heap */
    int known_count;
    bool *read; /* by layer: some other layer reads it */
} expander;

/* The list being read: the network's own, or a block's as one layer uses it. */
typedef struct scope {
    const struct scope *around; /* NULL: this is the network's list */
    const char *prefix;         /* of its layers' names: "", or "e1." */
    const char *input;          /* the value that the first layer reads */
    const char *before;         /* value of the layer read last */
    const sw_yaml_node *values; /* mapping: what `$key` stands for; NULL: nothing */
    int depth;
} scope;

/* ---- names ---- */

static const known *find_known(const expander *x, const char *name)
{
    for (int i = 0; i < x->known_count; i++)
        if (strcmp(x->known[i].name, name) == 0) return &x->known[i];
    return NULL;
}

static sw_status note_known(expander *x, const char *name, const char *value, int layer, sw_yaml_place place)
{
    SW_ENSURE(SW_ARRAY_GROW(x->known, x->known_count, "the names of layers"));
    x->known[x->known_count++] = (known){name, value, layer, place};
    return SW_OK;
}

/* Looks for "<prefix><name>", then around. A name may end in that of a further output: "p1.offsets". */
static sw_status find_in_scopes(const char **value, const expander *x, const scope *s, const char *name)
{
    *value = NULL;
    for (; s; s = s->around) {
        char *full = sw_arena_printf(x->arena, "%s%s", s->prefix, name);
        if (!full) return SW_E_MEMORY;
        const known *found = find_known(x, full);
        if (found) {
            x->read[found->layer] = true;
            *value = found->value;
            return SW_OK;
        }
        char *dot = strrchr(full, '.');
        if (!dot) continue;
        *dot = '\0';
        found = find_known(x, full);
        if (!found || x->out->list[found->layer].op->output_count < 2) continue;
        x->read[found->layer] = true;
        *value = sw_arena_printf(x->arena, "%s.%s", found->value, dot + 1);
        return *value ? SW_OK : SW_E_MEMORY;
    }
    return SW_OK;
}

/* The name that was probably meant, without the prefix of the scope; NULL: none is near. */
static const char *nearest_name(const expander *x, const char *prefix, const char *name)
{
    const char *best = NULL;
    int least = (int)strlen(name) / 2 + 1;
    const size_t length = strlen(prefix);
    for (int i = 0; i < x->known_count; i++) {
        const char *candidate = x->known[i].name;
        if (strncmp(candidate, prefix, length) == 0) candidate += length;
        const int distance = sw_edit_distance(name, candidate);
        if (distance < least) {
            least = distance;
            best = candidate;
        }
    }
    return best;
}

/* Where a list item gives itself this name; NULL: none does. */
static const sw_yaml_node *named_later(const sw_yaml_node *list, const char *name)
{
    for (size_t i = 0; i < list->count; i++) {
        const sw_yaml_entry *entry = sw_yaml_entry_get(list->items[i], "name");
        if (entry && entry->value->kind == SW_YAML_SCALAR && strcmp(entry->value->text, name) == 0)
            return list->items[i];
    }
    return NULL;
}

static void complain_unknown(expander *x, const scope *s, const sw_yaml_node *list, const sw_yaml_node *node)
{
    const sw_yaml_node *later = named_later(list, node->text);
    const char *nearest = nearest_name(x, s->prefix, node->text);
    if (later)
        sw_problems_add(
            x->problems, node->place,
            "there is no layer '%.60s' before this one: it is written in line %d. Layers are "
            "computed in the order in which they are written, and none can read what depends on itself",
            node->text, later->place.line);
    else if (nearest)
        sw_problems_add(x->problems, node->place, "there is no layer '%.60s'; did you mean '%s'?", node->text,
                        nearest);
    else
        sw_problems_add(
            x->problems, node->place,
            "there is no layer '%.60s'; a layer reads the one before it ('before'), one that has a "
            "name, a block's 'input', or 'images'",
            node->text);
}

/* Whether the node is one of the values that the block was given, or an item of a list among them. */
static bool is_given(const scope *s, const sw_yaml_node *node)
{
    for (size_t i = 0; s->values && i < s->values->count; i++) {
        const sw_yaml_node *value = s->values->entries[i].value;
        if (value == node) return true;
        for (size_t k = 0; value->kind == SW_YAML_SEQUENCE && k < value->count; k++)
            if (value->items[k] == node) return true;
    }
    return false;
}

/* The scope in which the node was written: what a block is given means what it means where it was given. */
static const scope *origin_of(const scope *s, const sw_yaml_node *node)
{
    while (is_given(s, node)) s = s->around;
    return s;
}

/* *value NULL: there is no such layer, which has been complained of. */
static sw_status resolve(const char **value, expander *x, const scope *s, const sw_yaml_node *list,
                         const sw_yaml_node *node)
{
    *value = NULL;
    if (node->kind != SW_YAML_SCALAR || sw_yaml_is_null(node) || !*node->text) {
        sw_problems_add(x->problems, node->place, "expected the name of a layer, or a list of names");
        return SW_OK;
    }
    s = origin_of(s, node);
    if (strcmp(node->text, "before") == 0)
        *value = s->before;
    else if (strcmp(node->text, "input") == 0)
        *value = s->input;
    else if (strcmp(node->text, SW_LAYER_IMAGES) == 0)
        *value = SW_LAYER_IMAGES;
    else
        SW_ENSURE(find_in_scopes(value, x, s, node->text));
    if (!*value) complain_unknown(x, s, list, node);
    return SW_OK;
}

/* Notes that the layer which makes the value is read. */
static void note_read(expander *x, const char *value)
{
    const known *found = find_known(x, value);
    if (found) x->read[found->layer] = true;
}

/* ---- one layer ---- */

/* The mapping without the keys that every layer may have. */
static sw_yaml_node *own_options(expander *x, const sw_yaml_node *item)
{
    sw_yaml_node *own = sw_arena_alloc(x->arena, sizeof *own);
    sw_yaml_entry *entries = sw_arena_alloc(x->arena, (item->count + 1) * sizeof *entries);
    if (!own || !entries) return NULL;
    *own = (sw_yaml_node){.kind = SW_YAML_MAPPING, .place = item->place, .entries = entries};
    for (size_t i = 0; i < item->count; i++) {
        bool common = false;
        for (const char *const *key = layers_keys; *key; key++)
            if (strcmp(*key, item->entries[i].key) == 0) common = true;
        if (!common) entries[own->count++] = item->entries[i];
    }
    return own;
}

static bool is_layer_name(const char *name)
{
    static const char *const safe = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
    for (const char *const *t = taken; *t; t++)
        if (strcmp(*t, name) == 0) return false;
    return *name && strspn(name, safe) == strlen(name) && strlen(name) <= 60;
}

/* The layer's full name; *name NULL: it has been complained of. Without a name of its own it is called by its
 * number from 0, in the network's list as layers.3. */
static sw_status name_layer(const char **name, expander *x, const scope *s, const sw_yaml_node *item,
                            size_t number)
{
    const sw_yaml_entry *given = sw_yaml_entry_get(item, "name");
    *name = NULL;
    if (given && (given->value->kind != SW_YAML_SCALAR || !is_layer_name(given->value->text))) {
        sw_problems_add(
            x->problems, given->value->place,
            "name: expected letters, digits, '_' and '-', and none of the words before, input, images, "
            "labels, loss and bn_input");
        return SW_OK;
    }
    *name = given ? sw_arena_printf(x->arena, "%s%s", s->prefix, given->value->text)
                  : sw_arena_printf(x->arena, "%s%zu", *s->prefix ? s->prefix : "layers.", number);
    if (!*name) return SW_E_MEMORY;
    const known *other = find_known(x, *name);
    if (!other) return SW_OK;
    sw_problems_add(x->problems, given ? given->value->place : item->place,
                    "two layers have the name '%s'; the other one is in line %d", *name, other->place.line);
    *name = NULL;
    return SW_OK;
}

/* Fills from and from_count; *good false: something was complained of. */
static sw_status read_from(bool *good, sw_layer *layer, expander *x, const scope *s, const sw_yaml_node *list,
                           const sw_yaml_node *item)
{
    const sw_yaml_entry *from = sw_yaml_entry_get(item, "from");
    const sw_yaml_node *names = from ? from->value : NULL;
    const bool several = names && names->kind == SW_YAML_SEQUENCE;
    const size_t count = several ? names->count : 1;
    *good = count >= 1 && count <= SW_MAX_INPUTS;
    if (!*good) {
        sw_problems_add(x->problems, names->place, "from: expected 1 to %d names of layers, found %zu",
                        SW_MAX_INPUTS, count);
        return SW_OK;
    }
    layer->from_count = (int)count;
    for (size_t i = 0; i < count; i++) {
        layer->from[i] = s->before;
        if (names) SW_ENSURE(resolve(&layer->from[i], x, s, list, several ? names->items[i] : names));
        if (layer->from[i])
            note_read(x, layer->from[i]);
        else
            *good = false;
    }
    return SW_OK;
}

static sw_status read_options(sw_layer *layer, expander *x, const sw_yaml_node *options)
{
    const sw_op *op = layer->op;
    void *attrs = op->attr_bytes ? sw_arena_alloc(x->arena, op->attr_bytes) : NULL;
    layer->attrs = attrs;
    if (op->attr_bytes && !attrs) return SW_E_MEMORY;
    if (op->fields) return sw_fields_read(attrs, op->fields, options, x->arena, x->problems);
    for (size_t i = 0; i < options->count; i++)
        sw_problems_add(x->problems, options->entries[i].key_place, "unknown key '%.60s': %s has no options",
                        options->entries[i].key, op->name);
    return SW_OK;
}

static sw_status add_op(const char **value, expander *x, sw_layer *layer, const sw_yaml_node *item,
                        const char *op_name, const sw_yaml_node *options)
{
    const int before = x->problems->count;
    layer->op = layers_op(op_name);
    if (!layer->op) {
        const char *names[64] = {NULL};
        for (size_t i = 0, n = 0; sw_ops[i] && n < 63; i++)
            if (layers_op(sw_ops[i]->name)) names[n++] = sw_ops[i]->name;
        const char *nearest = sw_nearest_word(op_name, names);
        sw_problems_add(x->problems, sw_yaml_entry_get(item, "op")->value->place,
                        "there is no op '%.60s'%s%s%s configs/README.md lists all", op_name,
                        nearest ? "; did you mean " : "", nearest ? nearest : "", nearest ? "?" : ";");
        return SW_OK;
    }
    SW_ENSURE(read_options(layer, x, options));
    if (x->problems->count > before) return SW_OK;
    if (x->out->count == SW_MAX_LAYERS) {
        sw_problems_add(x->problems, item->place, "more than %d layers", SW_MAX_LAYERS);
        return SW_OK;
    }
    *value = layer->name;
    SW_ENSURE(note_known(x, layer->name, layer->name, x->out->count, item->place));
    x->out->list[x->out->count++] = *layer;
    return SW_OK;
}

static sw_status read_list(expander *x, scope *s, const sw_yaml_node *list);

static sw_status add_block(const char **value, expander *x, const scope *s, const sw_layer *layer,
                           const sw_yaml_node *item, const char *block, const sw_yaml_node *values)
{
    const sw_yaml_entry *body = sw_yaml_entry_get(x->blocks, block);
    const sw_yaml_place place = sw_yaml_entry_get(item, "block")->value->place;
    if (!body) {
        sw_problems_add(x->problems, place, "there is no block '%.60s' in model.blocks", block);
        return SW_OK;
    }
    if (s->depth == MAX_DEPTH) {
        sw_problems_add(x->problems, place, "blocks within blocks, more than %d deep: '%.60s' may use itself",
                        MAX_DEPTH, block);
        return SW_OK;
    }
    if (layer->from_count > 1 || layer->like) {
        sw_problems_add(
            x->problems, item->place,
            "a block reads one layer, and has no `like`; name further layers as keys of its own, which "
            "it uses as $key");
        return SW_OK;
    }
    if (body->value->kind != SW_YAML_SEQUENCE || body->value->count == 0) {
        sw_problems_add(x->problems, body->value->place, "model.blocks.%.60s: expected a list of layers",
                        block);
        return SW_OK;
    }
    if (!block_check_values(x->problems, block, body->value, values)) return SW_OK;
    scope inner = {.around = s,
                   .prefix = sw_arena_printf(x->arena, "%s.", layer->name),
                   .input = layer->from[0],
                   .before = layer->from[0],
                   .values = values,
                   .depth = s->depth + 1};
    if (!inner.prefix) return SW_E_MEMORY;
    const int before = x->problems->count;
    SW_ENSURE(read_list(x, &inner, body->value));
    if (x->problems->count > before) return SW_OK;
    *value = inner.before;
    return note_known(x, layer->name, inner.before, x->out->count - 1, item->place);
}

/* The scalar of a key, or NULL, which is complained of where the key is there. */
static const char *text_of(expander *x, const sw_yaml_node *item, const char *key)
{
    const sw_yaml_entry *entry = sw_yaml_entry_get(item, key);
    if (!entry) return NULL;
    if (entry->value->kind == SW_YAML_SCALAR && !sw_yaml_is_null(entry->value)) return entry->value->text;
    sw_problems_add(x->problems, entry->value->place, "%s: expected a name", key);
    return NULL;
}

/* *value: what the layer makes; NULL: something was complained of. */
static sw_status read_layer(const char **value, expander *x, const scope *s, const sw_yaml_node *list,
                            size_t number)
{
    *value = NULL;
    if (list->items[number]->kind != SW_YAML_MAPPING) {
        sw_problems_add(x->problems, list->items[number]->place, "expected a layer: {op: conv2d, width: 16}");
        return SW_OK;
    }
    const sw_yaml_node *item = block_fill_in(x->arena, s->values, list->items[number]);
    if (!item) return SW_E_MEMORY;
    const char *op = text_of(x, item, "op"), *block = text_of(x, item, "block");
    sw_layer layer = {.place = item->place};
    bool good = false;
    if (!op == !block) {
        sw_problems_add(x->problems, item->place,
                        "a layer has an op (op: conv2d) or is a block of model.blocks (block: NAME)");
        return SW_OK;
    }
    SW_ENSURE(name_layer(&layer.name, x, s, item, number));
    SW_ENSURE(read_from(&good, &layer, x, s, list, item));
    const sw_yaml_entry *like = sw_yaml_entry_get(item, "like");
    if (like) SW_ENSURE(resolve(&layer.like, x, s, list, like->value));
    const sw_yaml_node *options = own_options(x, item);
    if (!options) return SW_E_MEMORY;
    if (!layer.name || !good || (like && !layer.like)) return SW_OK;
    return op ? add_op(value, x, &layer, item, op, options)
              : add_block(value, x, s, &layer, item, block, options);
}

static sw_status read_list(expander *x, scope *s, const sw_yaml_node *list)
{
    for (size_t i = 0; i < list->count; i++) {
        const char *value;
        SW_ENSURE(read_layer(&value, x, s, list, i));
        /* what follows would be complained of for no fault of its own */
        if (!value) return SW_OK;
        s->before = value;
    }
    return SW_OK;
}

/* ---- all ---- */

const sw_op *layers_op(const char *name)
{
    for (const sw_op *const *op = sw_ops; *op; op++)
        if (!(*op)->is_loss && strcmp((*op)->name, name) == 0) return *op;
    return NULL;
}

static void complain_unread(expander *x)
{
    for (int i = 0; i < x->out->count - 1; i++)
        if (!x->read[i])
            sw_problems_add(
                x->problems, x->out->list[i].place,
                "nothing reads layer '%s': only the last one may end there. Name it in `from` of another "
                "layer, or take it out",
                x->out->list[i].name);
}

sw_status layers_read(sw_model_config *model, sw_arena *arena, sw_problems *problems)
{
    sw_status status = SW_OK;
    const int before = problems->count;
    expander x = {
        .arena = arena, .problems = problems, .blocks = model->blocks_written, .out = &model->layers};
    scope all = {.prefix = "", .input = SW_LAYER_IMAGES, .before = SW_LAYER_IMAGES};
    model->layers.list = sw_arena_alloc(arena, SW_MAX_LAYERS * sizeof *model->layers.list);
    x.read = sw_arena_alloc(arena, SW_MAX_LAYERS * sizeof *x.read);
    if (!model->layers.list || !x.read) SW_TRY(SW_E_MEMORY);
    SW_TRY(read_list(&x, &all, model->layers_written));
    if (problems->count == before) complain_unread(&x);
done:
    free(x.known);
    return status;
}
