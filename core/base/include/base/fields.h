/* Field tables: one description of a struct's members, used to read them from YAML with strict checks, to
 * fill in defaults, to write them back and to document them.
 *
 * A table is a const array of sw_field; each field names its YAML key, its type, its place in the struct, its
 * range and a sentence for people. sw_problems collects all problems of a file, each with
 * file:line:column, what was expected and what was found, and for an unknown key the one that was
 * probably meant. */
#ifndef BASE_FIELDS_H
#define BASE_FIELDS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/status.h"
#include "base/str.h"
#include "base/yaml.h"

typedef enum sw_field_type {
    SW_FIELD_BOOL,        /* bool:             true, false                                   */
    SW_FIELD_INT,         /* int:              min..max                                      */
    SW_FIELD_UINT64,      /* uint64_t:         min..max, at most 2^53 (exact in any reader)  */
    SW_FIELD_FLOAT,       /* float:            min..max, finite                              */
    SW_FIELD_TEXT,        /* const char *:     anything but nothing, true and false          */
    SW_FIELD_ENUM,        /* enum (int-sized): one of choices, whose index is the value      */
    SW_FIELD_TEXT_LIST,   /* const char **:    with a count                                  */
    SW_FIELD_RECORD,      /* struct in place:  a mapping described by `record`               */
    SW_FIELD_RECORD_LIST, /* struct array:     a list of such mappings, at most `max` of them */
    SW_FIELD_CUSTOM       /* whatever `custom` makes of it                                   */
} sw_field_type;

typedef struct sw_field sw_field;
typedef struct sw_field_table sw_field_table;
typedef struct sw_field_custom sw_field_custom;
typedef struct sw_field_variants sw_field_variants;
typedef struct sw_field_synonym sw_field_synonym;

struct sw_field {
    const char *key;
    sw_field_type type;
    size_t offset;              /* of the member in the struct */
    const char *fallback;       /* the default, as YAML; NULL: the key must be given (a RECORD needs none) */
    double min, max;            /* numbers: range; lists: number of items */
    bool above_min;             /* `min` itself is not allowed */
    const char *const *choices; /* ENUM: names, NULL-terminated */
    const char *help;           /* one sentence without its full stop */
    size_t count_offset;        /* lists: of the int that receives the number of items */
    bool one_or_list; /* RECORD_LIST: a mapping stands for a list of one, and nothing for one of defaults */
    const sw_field_table *record;
    const sw_field_custom *custom;
};

struct sw_field_table {
    size_t struct_bytes;
    const sw_field *fields;
    size_t count;
    const sw_field_variants *variants; /* NULL: none */
    const sw_field_synonym *synonyms;  /* of the table that is read from; NULL: none */
};

/* The name that other programs use for one of our keys. A file that has it gets an error, which names our
 * key. A list of these ends in {NULL}. */
struct sw_field_synonym {
    const char *word; /* "learning_rate" */
    const char *path; /* "optimizer.lr" */
};

/* The keys that only some records of a table have, such as the options of the kind that one of its fields
 * names. A key of another variant is refused, unless its value is the default there: earlier versions wrote
 * such keys, and fragments leave them behind. */
struct sw_field_variants {
    size_t offset;                     /* of the struct that the variants' tables describe, in the record */
    int (*chosen)(const void *record); /* number of the variant, once the table's own fields are read */
    const char *(*name)(int variant);  /* NULL: there is no such variant */
    const char *(*help)(int variant);
    const sw_field_table *(*table)(int variant); /* NULL: it has no keys of its own */
};

/* At most this many problems are spelled out; the rest are counted. */
enum { SW_PROBLEMS_SHOWN = 10 };

typedef struct sw_problems {
    sw_str text; /* a line each */
    int count;
    sw_str *unknown; /* unknown keys of files are no problems, but listed here: "train.a, model.b"; NULL: they
                      * are problems. The caller's */
} sw_problems;

/* Adds a problem at a place. */
void sw_problems_add(sw_problems *problems, sw_yaml_place place, const char *fmt, ...) SW_PRINTF(3, 4);
/* Returns SW_OK when there are none, else SW_E_CONFIG with one message that lists them. Frees the list. */
sw_status sw_problems_finish(sw_problems *problems) SW_NODISCARD;

/* What a custom reader is given and may say. */
typedef struct sw_field_reading {
    sw_arena *arena;       /* for what the record points to */
    sw_problems *problems; /* for what is wrong in several places; the reader then returns NULL */
    char why[200];         /* of a wrong node, in words; "": its value is not as `expected` */
} sw_field_reading;

/* A type outside the list above. `record` is the struct that holds the field (its offset is not applied). */
struct sw_field_custom {
    const char *expected;    /* "a list of numbers, median_frequency or none" */
    const char *json_schema; /* the value's JSON schema; NULL: config/schema_json.c makes it */
    /* Fills the record and returns NULL, or returns the node that is wrong: the value or one below. */
    const sw_yaml_node *(*read)(void *record, const sw_yaml_node *value, sw_field_reading *reading);
    void (*write)(sw_str *out, const void *record); /* as YAML in flow style; further lines indented by 6 */
};

/* Fills the struct `out` from `mapping` (NULL: all defaults) and adds to `problems` what is wrong. Texts and
 * lists are copied into the arena. Returns SW_E_MEMORY or SW_OK: problems are not failures here. */
sw_status sw_fields_read(void *out, const sw_field_table *table, const sw_yaml_node *mapping, sw_arena *arena,
                         sw_problems *problems) SW_NODISCARD;

/* Appends the struct as YAML that reads back to the same values. With `origins`, the mapping it was read
 * from, every value is followed by a comment with its file:line, or "default". */
void sw_fields_write(sw_str *out, const sw_field_table *table, const void *record,
                     const sw_yaml_node *origins);

/* Calls `visit` for every value of the struct, in the order of the table, with its dotted path
 * ("model.encoder.0.width"), the value as YAML (on one line, but for some custom ones), and its node in
 * `origins`, the mapping it was read from (NULL: it is a default). The texts are valid during the call.
 * SW_E_MEMORY. */
typedef void (*sw_fields_value_visitor)(void *user, const char *path, const char *value,
                                        const sw_yaml_node *origin);
sw_status sw_fields_values(const sw_field_table *table, const void *record, const sw_yaml_node *origins,
                           sw_fields_value_visitor visit, void *user) SW_NODISCARD;

/* Calls `visit` for every field of the table and the tables below it, depth first, with its dotted path
 * ("model.encoder[].width"). Stops when it returns false. */
typedef bool (*sw_fields_visitor)(void *user, const sw_field *field, const char *path);
void sw_fields_visit(const sw_field_table *table, sw_fields_visitor visit, void *user);

/* Appends what a field accepts, in words: "integer in 1..64", "nearest | bilinear", "number > 0". */
void sw_field_describe(sw_str *out, const sw_field *field);

/* Counts the single-character edits (insert, delete, replace, swap of neighbours; case and -/_ don't count)
 * that turn one word into the other. Words are cut at 63 characters. */
int sw_edit_distance(const char *a, const char *b);

/* Finds the word of a NULL-terminated list that was probably meant: at most half of its letters are wrong.
 * NULL: none is so near. */
const char *sw_nearest_word(const char *word, const char *const *list);

/* Appends a text as YAML: without quotes where every reader takes it for a text. */
void sw_text_append(sw_str *out, const char *text);

/* Appends the shortest decimal that reads back to the same float and is a number in every version of YAML.
 */
void sw_float_append(sw_str *out, float value);

/* Returns the decimal that the float was read from: 0.999 and not 0.999000013, which would make 1 - 0.999
 * wrong in the fifth digit. */
double sw_float_as_written(float value);

#endif
