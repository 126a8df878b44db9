#include "comparability.h"

#include <string.h>

#include "data/dataset.h"
#include "nn/losses.h"

static bool same_value(const judged *a, const judged *b, const char *key)
{
    const sw_config_value *x = sw_config_values_find(a->values, key),
                          *y = sw_config_values_find(b->values, key);
    return !x == !y && (!x || strcmp(x->value, y->value) == 0);
}

static bool same_text(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "") == 0;
}

typedef enum sameness { SAME, OTHER, UNKNOWN } sameness;

/* Equal fingerprints mean the same images. Different ones mean other images only if both were resized alike:
 * a fingerprint is of the resized images. */
static sameness same_data(const judged *a, const judged *b, const sw_run_split *x, const sw_run_split *y)
{
    const char *mine = x->fingerprint, *others = y->fingerprint;
    if (!mine || !others || !*mine || !*others) return UNKNOWN;
    if (strcmp(mine, others) == 0) return SAME;
    bool same_way = same_value(a, b, "data.size") && same_value(a, b, "data.resize");
    return same_way ? OTHER : UNKNOWN;
}

/* Whether one of the two sets of images differs; `keys` are those that choose it, NULL at the end. */
static bool other_images(const judged *a, const judged *b, const sw_run_split *x, const sw_run_split *y,
                         const char *const *keys)
{
    static const char *const both[] = {"data.layout",     "data.holdout", "data.val_share",
                                       "data.limit_seed", "data.ignore",  NULL};
    const sameness found = same_data(a, b, x, y);
    if (found != UNKNOWN) return found == OTHER;
    bool same = true;
    for (int i = 0; both[i]; i++) same = same && same_value(a, b, both[i]);
    for (int i = 0; keys[i]; i++) same = same && same_value(a, b, keys[i]);
    return !same;
}

static bool other_classes(const judged *a, const judged *b)
{
    return !sw_classes_same(sw_data_classes(&a->x->data), sw_data_classes(&b->x->data)) ||
           sw_losses_ignored(&a->x->loss) != sw_losses_ignored(&b->x->loss);
}

/* Whether a key of the loss of one has another value in the other. */
static bool other_loss_key(const judged *a, const judged *b)
{
    static const char section[] = "loss.";
    for (size_t i = 0; i < a->values->count; i++) {
        const char *key = a->values->items[i].key;
        if (strncmp(key, section, sizeof section - 1) == 0 && !same_value(a, b, key)) return true;
    }
    return false;
}

static bool other_loss(const judged *a, const judged *b)
{
    return other_loss_key(a, b) || other_loss_key(b, a);
}

static const char *const val_keys[] = {"data.val_split", "data.val_limit", "data.val.images", NULL};
static const char *const train_keys[] = {"data.train_split", "data.train_limit", "data.train.images", NULL};

unsigned judge_oddities(const judged *a, const judged *b)
{
    const sw_run_facts *x = a->facts, *y = b->facts;
    bool both = a->is_run && b->is_run;
    unsigned odd = 0;
    if (!same_value(a, b, "data.size")) odd |= ODD_SIZE;
    if (!same_value(a, b, "data.resize")) odd |= ODD_RESIZE;
    if (other_classes(a, b)) odd |= ODD_CLASSES;
    if (other_images(a, b, &x->val, &y->val, val_keys)) odd |= ODD_VAL;
    if (other_images(a, b, &x->train, &y->train, train_keys)) odd |= ODD_TRAIN;
    if (other_loss(a, b)) odd |= ODD_LOSS;
    if (both && (!same_text(x->device, y->device) || !same_text(x->host, y->host))) odd |= ODD_DEVICE;
    if (both && !same_text(x->revision, y->revision)) odd |= ODD_PROGRAM;
    if (both && a->epochs != b->epochs) odd |= ODD_LENGTH;
    return odd;
}

judged judge_run(const sw_run_reader *run)
{
    return (judged){.is_run = true,
                    .facts = &run->facts,
                    .values = &run->values,
                    .x = run->experiment,
                    .epochs = sw_run_reader_epochs_done(run)};
}

const note judge_notes[JUDGE_NOTES] = {
    {"validation_data", true, ODD_VAL, "validated on other images than ", ": metrics are not comparable"},
    {"image_size", true, ODD_SIZE, "images of another size than ", "'s: metrics are not comparable"},
    {"classes", true, ODD_CLASSES, "other classes or pixels count than in ", ": metrics are not comparable"},
    {"resize", false, ODD_RESIZE, "images were resized another way than ", "'s (data.resize)"},
    {"training_data", false, ODD_TRAIN, "trained on other images than ", ""},
    {"loss", false, ODD_LOSS, "another loss than ", "'s: train_loss and val_loss are not comparable"},
    {"epochs", false, ODD_LENGTH, "another number of epochs than ", ""},
    {"device", false, ODD_DEVICE, "on another device or machine than ", ": times are not comparable"},
    {"program", false, ODD_PROGRAM, "made by another revision of segwork than ", ""},
};

/* ---- the same but for the seed ---- */

bool judge_is_label(const char *key)
{
    return strcmp(key, "name") == 0 || strcmp(key, "runtime.conv_layers") == 0;
}

/* The folder of the images does not matter once they are known to be the same. */
static bool may_differ(const char *key, bool same_images)
{
    return strcmp(key, "seed") == 0 || judge_is_label(key) || (same_images && strcmp(key, "data.root") == 0);
}

static bool same_values(const judged *a, const judged *b, bool same_images)
{
    if (a->values->count != b->values->count) return false;
    for (size_t i = 0; i < a->values->count; i++) {
        const sw_config_value *x = &a->values->items[i], *y = &b->values->items[i];
        if (strcmp(x->key, y->key) != 0) return false; /* another number of stages */
        if (strcmp(x->value, y->value) != 0 && !may_differ(x->key, same_images)) return false;
    }
    return true;
}

bool judge_same_but_seed(const judged *a, const judged *b)
{
    const sw_run_facts *x = a->facts, *y = b->facts;
    if (a->is_run != b->is_run || a->epochs != b->epochs || a->x->seed == b->x->seed) return false;
    const sameness train = same_data(a, b, &x->train, &y->train), val = same_data(a, b, &x->val, &y->val);
    if (train == OTHER || val == OTHER || !same_text(x->device, y->device) || !same_text(x->host, y->host))
        return false;
    return same_values(a, b, train == SAME && val == SAME);
}
