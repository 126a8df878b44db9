/* What is said of keys that no experiment has. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "config/schema.h"
#include "config_case.h"
#include "scratch.h"

TestSuite(config_unknown, .init = scratch_create, .fini = scratch_remove);

/* The key is the first one in the line's braces, or the line's own. */
static void expect_unknown(const char *line, const char *words)
{
    char text[600], place[32], message[300];
    const char *brace = strchr(line, '{');
    snprintf(text, sizeof text, SMALL_MODEL "%s\n", line);
    snprintf(place, sizeof place, "exp.yaml:4:%d: ", brace ? (int)(brace - line) + 2 : 1);
    snprintf(message, sizeof message, "unknown key %s", words);
    config_expect_problem(text, NULL, place, message);
}

Test(config_unknown, what_other_programs_call_a_key_is_answered_with_its_name_here)
{
    static const char *const cases[][2] = {
        {"optimizer: {learning_rate: 0.1}",
         "'optimizer.learning_rate'; the nearest known key is 'optimizer.lr'"},
        {"train: {learning-rate: 0.1}", "'train.learning-rate'; the nearest known key is 'optimizer.lr'"},
        {"learningrate: 0.1", "'learningrate'; the nearest known key is 'optimizer.lr'"},
        {"augment: {rotate: 10}", "'augment.rotate'; the nearest known key is 'augment.rotation'"},
        {"augment: {flip: 0.5}", "'augment.flip'; the nearest known key is 'augment.hflip'"},
        {"train: {batch: 8}", "'train.batch'; the nearest known key is 'train.batch_size'"},
        {"train: {num_epochs: 8}", "'train.num_epochs'; the nearest known key is 'train.epochs'"},
        {"train: {weight_decay: 1}",
         "'train.weight_decay'; the nearest known key is 'optimizer.weight_decay'"},
        {"data: {num_workers: 8}", "'data.num_workers'; the nearest known key is 'data.loader_threads'"},
        {"workers: 8", "'workers'; the nearest known key is 'data.loader_threads'"},
        {"data: {image_size: 96}", "'data.image_size'; the nearest known key is 'data.size'"},
        {"epochs: 3", "'epochs'; the nearest known key is 'train.epochs'"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) expect_unknown(cases[i][0], cases[i][1]);
    config_expect_problem(SMALL_MODEL "  n_classes: 3\n", NULL, "exp.yaml:4:3: ",
                          "unknown key 'model.n_classes'; the nearest known key is 'model.classes'");
}

Test(config_unknown, where_nothing_is_near_the_keys_of_the_section_are_named)
{
    expect_unknown("grid: {zebra: 1}", "'grid.zebra'; there are count, columns, names");
    expect_unknown("zebra: 1", "'zebra'; there are name, seed, data, augment,");
    expect_unknown("loss: {zebra: 1}", "'loss.zebra'; there are kind, weight, label_smoothing,");
}

Test(config_unknown, a_dotted_key_is_told_what_to_write_instead)
{
    static const char *const cases[][2] = {
        {"train.epochs: 3", "'train.epochs'; keys of a file are nested: train: {epochs: 3}"},
        {"train: {early_stop.patience: 2}",
         "'train.early_stop.patience'; keys of a file are nested: train: {early_stop: {patience: 2}}"},
        {"data.size: [64, 96]", "'data.size'; keys of a file are nested: data: {size: [64, 96]}"},
        {"train.lr: 1", "'train.lr'; the nearest known key is 'optimizer.lr'; keys of a file are nested: "
                        "optimizer: {lr: 1}"},
        {"model.encoder.0.width: 8",
         "'model.encoder.0.width'; a file gives a list as a whole, and --set one item of it"},
        {"zebra.crossing: 8", "'zebra.crossing'; keys of a file are nested: section: {key: value}"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) expect_unknown(cases[i][0], cases[i][1]);
}

typedef struct lookup {
    const sw_field_synonym *synonym;
    bool found;
} lookup;

static bool look_at(void *user, const sw_field *field, const char *path)
{
    lookup *l = user;
    const size_t parent = strlen(path) - strlen(field->key);
    l->found |= strcmp(path, l->synonym->path) == 0;
    cr_expect(strncmp(path, l->synonym->path, parent) != 0 || strchr(l->synonym->path + parent, '.') ||
                  strcmp(path + parent, l->synonym->word) != 0,
              "%s is a key itself", path);
    return true;
}

Test(config_unknown, each_synonym_stands_for_a_key_that_there_is)
{
    for (const sw_field_synonym *s = sw_experiment_schema.synonyms; s->word; s++) {
        lookup l = {.synonym = s};
        sw_fields_visit(&sw_experiment_schema, look_at, &l);
        cr_expect(l.found, "%s: there is no key %s", s->word, s->path);
    }
}
