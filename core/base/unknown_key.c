#include "unknown_key.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

enum { PATH_BYTES = 256, SHOWN_BYTES = 60, LETTERS_AN_EDIT = 3 };

typedef struct search {
    const char *leaf;        /* the last part of the unknown key */
    char parent[PATH_BYTES]; /* what is before it, as the schema writes it: "model.encoder[]." */
    char best[PATH_BYTES];   /* "": nothing is near */
    int distance;            /* of `best` */
    sw_str siblings;         /* the keys of the parent: "epochs, batch_size" */
} search;

static bool is_sibling(const search *s, const char *path, size_t parent_length)
{
    return strlen(s->parent) == parent_length && memcmp(s->parent, path, parent_length) == 0;
}

static size_t parent_length_of(const char *path)
{
    const char *dot = strrchr(path, '.');
    return dot ? (size_t)(dot + 1 - path) : 0;
}

/* `word` stands for the key at `path`. One of another section costs one more, so that a typo in a sibling's
 * name wins over the same name elsewhere. */
static void consider(search *s, const char *word, const char *path)
{
    const size_t given = strlen(s->leaf), length = strlen(word);
    const int edits = sw_edit_distance(s->leaf, word);
    const int distance = edits + (is_sibling(s, path, parent_length_of(path)) ? 0 : 1);
    const size_t longer = given > length ? given : length;
    if ((size_t)edits * LETTERS_AN_EDIT > longer || distance >= s->distance) return;
    s->distance = distance;
    snprintf(s->best, sizeof s->best, "%s", path);
}

static bool consider_field(void *user, const sw_field *field, const char *path)
{
    search *s = user;
    consider(s, field->key, path);
    if (is_sibling(s, path, parent_length_of(path)))
        sw_str_printf(&s->siblings, "%s%s", s->siblings.length ? ", " : "", field->key);
    return true;
}

/* "model.encoder.0." -> "model.encoder[].", as the schema writes it. */
static void generic_path(char out[PATH_BYTES], const char *prefix, size_t length)
{
    size_t used = 0;
    for (const char *c = prefix; c < prefix + length && used + 4 < PATH_BYTES; c++) {
        if (c[0] == '.' && c[1] >= '0' && c[1] <= '9') {
            out[used++] = '[';
            out[used++] = ']';
            while (c[1] >= '0' && c[1] <= '9') c++;
        } else {
            out[used++] = *c;
        }
    }
    out[used] = '\0';
}

static void look_for(search *s, const sw_field_table *root, const char *path)
{
    *s = (search){.leaf = path + parent_length_of(path), .distance = INT_MAX};
    generic_path(s->parent, path, parent_length_of(path));
    sw_fields_visit(root, consider_field, s);
    for (const sw_field_synonym *other = root->synonyms; other && other->word; other++)
        consider(s, other->word, other->path);
}

/* "train: {epochs: 3}" of "train.epochs" and 3 */
static void append_nested(sw_str *out, const char *path, const sw_yaml_node *value)
{
    int depth = 0;
    for (const char *c = path; *c; c++) {
        depth += *c == '.';
        if (*c == '.')
            sw_str_append(out, ": {");
        else
            sw_str_append_bytes(out, c, 1);
    }
    sw_str_append(out, ": ");
    sw_yaml_append(out, value, 0);
    while (depth-- > 0) sw_str_append(out, "}");
}

static void append_dotted(sw_str *out, const search *s, const char *path, const sw_yaml_node *value)
{
    char own[PATH_BYTES];
    generic_path(own, path, strlen(path));
    if (!*s->best) {
        sw_str_append(out, "; keys of a file are nested: section: {key: value}");
    } else if (strstr(s->best, "[]")) {
        sw_str_append(out, "; a file gives a list as a whole, and --set one item of it");
    } else {
        if (strcmp(s->best, own) != 0) sw_str_printf(out, "; the nearest known key is '%s'", s->best);
        sw_str_append(out, "; keys of a file are nested: ");
        append_nested(out, s->best, value);
    }
}

static void append_advice(sw_str *out, const sw_field_table *root, const sw_yaml_entry *entry,
                          const char *path)
{
    search s;
    look_for(&s, root, path);
    if (strchr(entry->key, '.'))
        append_dotted(out, &s, path, entry->value);
    else if (*s.best)
        sw_str_printf(out, "; the nearest known key is '%s'", s.best);
    else if (s.siblings.length)
        sw_str_printf(out, "; there are %s", sw_str_part(out, &s.siblings));
    sw_str_deinit(&s.siblings);
}

void unknown_key_report(sw_problems *problems, const sw_field_table *root, const sw_yaml_entry *entry,
                        const char *prefix)
{
    char path[PATH_BYTES];
    sw_str advice = {0};
    snprintf(path, sizeof path, "%s%.*s", prefix, SHOWN_BYTES, entry->key);
    if (problems->unknown && entry->key_place.line > 0) {
        sw_str_printf(problems->unknown, "%s%s", problems->unknown->length ? ", " : "", path);
        return;
    }
    append_advice(&advice, root, entry, path);
    sw_problems_add(problems, entry->key_place, "unknown key '%s'%s", path,
                    sw_str_part(&problems->text, &advice));
    sw_str_deinit(&advice);
}
