#include "apply/eval.h"

#include <stdlib.h>

#include "data/loader.h"
#include "setup/open_data.h"

static void keep_image(void *user, const sw_image_evaluation *figures)
{
    sw_eval *eval = user;
    const sw_confusion *m = &figures->confusion;
    sw_eval_image *image = &eval->images[figures->image];
    *image =
        (sw_eval_image){.name = sw_dataset_name(eval->val, figures->image),
                        .pixel_accuracy = sw_confusion_pixel_accuracy(m),
                        .iou = sw_confusion_micro_iou(m, SW_CLASS_BACKGROUND),
                        .custom_iou = figures->custom_iou,
                        .miou = sw_confusion_mean_iou(m, eval->saved->experiment->loss.attrs.ignore_index),
                        .boundary_f1 = sw_boundary_mean_f1(&figures->boundary)};
    for (int c = 0; c < SW_DATA_CLASSES; c++) image->class_iou[c] = sw_confusion_iou(m, c);
}

/* Validation images, and the loss with its class weights as numbers, which may need the training masks. */
static sw_status open_data(sw_eval *eval, sw_loss_config *loss)
{
    sw_status status = SW_OK;
    const sw_experiment *x = eval->saved->experiment;
    sw_dataset *train = NULL;
    if (x->model.classes != SW_DATA_CLASSES)
        return sw_fail(SW_E_CONFIG,
                       "model.classes is %d, but the data have %d classes (pet, background, border)",
                       x->model.classes, SW_DATA_CLASSES);
    if (x->loss.median_frequency) SW_TRY(sw_open_train_data(&train, &x->data));
    *loss = sw_resolve_loss(&x->loss, train);
    SW_TRY(sw_open_val_data(&eval->val, &x->data));
    eval->image_count = sw_dataset_count(eval->val);
    eval->images = calloc((size_t)eval->image_count, sizeof *eval->images);
    if (!eval->images)
        status = sw_fail_alloc("the figures of each image", (size_t)eval->image_count * sizeof *eval->images);
done:
    sw_dataset_destroy(train);
    return status;
}

static sw_status evaluate(sw_eval *eval, sw_trained *saved, const sw_eval_options *options)
{
    sw_status status = SW_OK;
    const sw_experiment *x = saved->experiment;
    sw_loader *clean = NULL, *article = NULL;
    sw_progress *progress = NULL;
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
    int steps = sw_loader_batch_count(clean);
    const sw_progress_plan plan = {.first_epoch = saved->epoch,
                                   .last_epoch = saved->epoch,
                                   .val_steps = eval->has_article ? 2 * steps : steps};
    if (options->progress) SW_TRY(sw_progress_create(&progress, options->progress, &plan));
    sw_evaluate_options how = {.epoch = saved->epoch,
                               .boundary = true,
                               .on_image = keep_image,
                               .on_image_user = eval,
                               .progress = progress};
    SW_TRY(sw_evaluate(&eval->clean, &saved->network, clean, &how));
    how.boundary = false;
    how.on_image = NULL;
    how.progress_done = steps;
    if (article) SW_TRY(sw_evaluate(&eval->article, &saved->network, article, &how));
done:
    sw_progress_destroy(progress);
    sw_loader_destroy(clean);
    sw_loader_destroy(article);
    return status;
}

sw_status sw_eval_run(sw_eval *eval, sw_trained *saved, const sw_eval_options *options)
{
    sw_status status = SW_OK;
    sw_loss_config loss;
    *eval = (sw_eval){.saved = saved, .has_article = saved->experiment->train.article_every > 0};
    SW_TRY(open_data(eval, &loss));
    SW_TRY(sw_trained_start(saved, &loss, saved->experiment->train.val_batch_size, options->device));
    SW_TRY(evaluate(eval, saved, options));
done:
    if (status != SW_OK) sw_eval_deinit(eval);
    return status;
}

void sw_eval_deinit(sw_eval *eval)
{
    free(eval->images);
    sw_dataset_destroy(eval->val);
    *eval = (sw_eval){0};
}
