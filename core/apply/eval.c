#include "apply/eval.h"

#include <stdlib.h>

#include "base/tally.h"
#include "data/loader.h"
#include "nn/losses.h"
#include "setup/open_data.h"

/* The figures of each image, from one of the two passes. */
typedef struct eval_pass {
    sw_eval *eval;
    sw_tally *tally;
} eval_pass;

static void count_image(void *user, const sw_image_evaluation *image)
{
    const eval_pass *pass = user;
    (void)image;
    sw_tally_add(pass->tally, 1);
}

static void keep_image(void *user, const sw_image_evaluation *image)
{
    const eval_pass *pass = user;
    sw_eval *eval = pass->eval;
    const sw_measures measures = {.classes = &eval->columns.classes, .clean = image->figures};
    sw_columns_measure(eval->image_figures + (size_t)image->image * (size_t)eval->columns.count,
                       &eval->columns, &measures);
    count_image(user, image);
}

/* Validation images, and the loss with its class weights as numbers, which may need the training masks. */
static sw_status open_data(sw_eval *eval, sw_loss_config *loss)
{
    sw_status status = SW_OK;
    const sw_experiment *x = eval->saved->experiment;
    sw_dataset *train = NULL;
    if (sw_loss_needs_train_masks(&x->loss)) SW_TRY(sw_open_data(&train, &x->data, SW_SPLIT_TRAIN));
    *loss = sw_resolve_loss(&x->loss, train);
    SW_TRY(sw_open_data(&eval->val, &x->data, eval->split));
    eval->image_count = sw_dataset_count(eval->val);
    const sw_loss_names losses = sw_losses_name(loss);
    SW_TRY(sw_columns_init(&eval->columns, sw_dataset_classes(eval->val), &losses));
    const size_t columns = (size_t)eval->columns.count, figures = (size_t)eval->image_count * columns;
    eval->figures = calloc(columns, sizeof *eval->figures);
    eval->image_figures = calloc(figures, sizeof *eval->image_figures);
    if (!eval->figures || !eval->image_figures)
        status = sw_fail_alloc("the figures of each image", (figures + columns) * sizeof *eval->figures);
done:
    sw_dataset_destroy(train);
    return status;
}

static sw_status evaluate(sw_eval *eval, sw_trained *saved, const sw_eval_options *options)
{
    sw_status status = SW_OK;
    const sw_experiment *x = saved->experiment;
    sw_loader *clean = NULL, *article = NULL;
    eval_pass pass = {.eval = eval};
    sw_loader_options loader = {.batch_size = x->train.val_batch_size,
                                .threads = x->data.loader_threads,
                                .prefetch = x->data.prefetch,
                                .hold = SW_EVALUATE_HOLD,
                                .seed = x->seed,
                                .augment = &x->augment,
                                .stream = SW_RNG_AUGMENT_VAL};
    if (eval->has_article) SW_TRY(sw_loader_create(&article, eval->val, &loader));
    loader.augment = NULL;
    SW_TRY(sw_loader_create(&clean, eval->val, &loader));
    const uint64_t images = (uint64_t)eval->image_count;
    const sw_tally_plan plan = {
        .what = "eval", .unit = "img", .total = eval->has_article ? 2 * images : images};
    SW_TRY(sw_tally_create(&pass.tally, options->progress, &plan));
    sw_evaluate_options how = {.classes = &eval->columns.classes,
                               .epoch = saved->epoch,
                               .boundary = true,
                               .flip = eval->flip,
                               .on_image = keep_image,
                               .on_image_user = &pass};
    SW_TRY(sw_evaluate(&eval->clean, &saved->network, clean, &how));
    how.boundary = false;
    how.on_image = count_image;
    if (article) SW_TRY(sw_evaluate(&eval->article, &saved->network, article, &how));
done:
    sw_tally_destroy(pass.tally);
    sw_loader_destroy(clean);
    sw_loader_destroy(article);
    return status;
}

sw_status sw_eval_run(sw_eval *eval, sw_trained *saved, const sw_eval_options *options)
{
    sw_status status = SW_OK;
    sw_loss_config loss;
    *eval = (sw_eval){.saved = saved,
                      .split = options->split,
                      .flip = options->flip,
                      .has_article = sw_article_every(saved->experiment) > 0};
    SW_TRY(open_data(eval, &loss));
    const sw_trained_use use = {
        .loss = &loss, .batch = saved->experiment->train.val_batch_size, .device = options->device};
    SW_TRY(sw_trained_start(saved, &use));
    SW_TRY(evaluate(eval, saved, options));
    const sw_measures measures = {.classes = &eval->columns.classes,
                                  .clean = &eval->clean,
                                  .article = eval->has_article ? &eval->article : NULL};
    sw_columns_measure(eval->figures, &eval->columns, &measures);
done:
    if (status != SW_OK) sw_eval_deinit(eval);
    return status;
}

void sw_eval_deinit(sw_eval *eval)
{
    sw_evaluation_deinit(&eval->clean);
    sw_evaluation_deinit(&eval->article);
    sw_columns_deinit(&eval->columns);
    free(eval->figures);
    free(eval->image_figures);
    sw_dataset_destroy(eval->val);
    *eval = (sw_eval){0};
}
