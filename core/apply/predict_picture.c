#include "predict_picture.h"

#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "nn/probabilities.h"
#include "predict_files.h"

/* Keeps the calling thread's message with what failed. */
static void keep_failure(sw_status *status, char **message, sw_status failed)
{
    if (failed == SW_OK || *status != SW_OK) return;
    *status = failed;
    *message = sw_strf("%s", sw_error_message());
}

void sw_predict_picture_take_failure(sw_predict_picture *picture, sw_predict_window *window)
{
    if (picture->status == SW_OK) {
        picture->status = window->status;
        picture->message = window->message;
    } else {
        free(window->message);
    }
    window->message = NULL;
}

static sw_status allocate_map(sw_predict_picture *picture)
{
    const size_t pixels = sw_size_pixels(picture->map), classes = (size_t)picture->plan->class_count;
    picture->labels = malloc(pixels);
    if (!picture->labels) return sw_fail_alloc("a map of classes", pixels);
    if (picture->plan->options->samples) {
        picture->uncertainty = malloc(pixels * sizeof *picture->uncertainty);
        if (!picture->uncertainty) return sw_fail_alloc("a map of uncertainty", pixels * sizeof(float));
    }
    if (!(picture->plan->files & 1u << SW_PREDICT_PROBABILITIES)) return SW_OK;
    picture->probabilities = malloc(pixels * classes * sizeof *picture->probabilities);
    return picture->probabilities
               ? SW_OK
               : sw_fail_alloc("a map of probabilities", pixels * classes * sizeof *picture->probabilities);
}

static void free_map(sw_predict_picture *picture)
{
    free(picture->labels);
    free(picture->probabilities);
    free(picture->uncertainty);
    picture->labels = NULL;
    picture->uncertainty = NULL;
    picture->probabilities = NULL;
}

static sw_status read_picture(sw_predict_picture *picture)
{
    sw_status status = SW_OK;
    sw_image image = {0};
    const sw_predict_plan *plan = picture->plan;
    SW_TRY(sw_image_read_rgb_noted(&image, &picture->notes, picture->input->path));
    picture->size = (sw_size){image.height, image.width};
    picture->view = sw_view_make(&plan->rule, picture->size);
    picture->map = plan->options->network_size ? picture->view.scaled : picture->size;
    SW_TRY(sw_fail_in(sw_view_scale(&picture->scaled, &image, &picture->view), "%s", picture->input->path));
    /* several windows are put into the map one after the other; a single one takes it no longer than it needs
     */
    if (sw_view_windows(&picture->view) > 1)
        SW_TRY(sw_fail_in(allocate_map(picture), "%s", picture->input->path));
done:
    sw_image_deinit(&image);
    return status;
}

void sw_predict_picture_read(void *user)
{
    sw_predict_picture *picture = user;
    keep_failure(&picture->status, &picture->message, read_picture(picture));
}

static sw_status write_picture(sw_predict_picture *picture)
{
    sw_status status = sw_predict_files_write(picture);
    free_map(picture);
    return status;
}

void sw_predict_picture_write(void *user)
{
    sw_predict_picture *picture = user;
    if (picture->status == SW_OK) keep_failure(&picture->status, &picture->message, write_picture(picture));
}

static sw_status finish_window(sw_predict_window *window)
{
    sw_predict_picture *picture = window->picture;
    const sw_predict_plan *plan = picture->plan;
    const bool alone = sw_view_windows(&picture->view) == 1;
    const size_t pixels = sw_size_pixels(plan->rule.window);
    if (plan->files & 1u << SW_PREDICT_LOGITS) SW_ENSURE(sw_predict_logits_write(picture, window->logits));
    if (!window->spread)
        SW_ENSURE(
            sw_fail_in(sw_softmax(window->logits, pixels, plan->class_count), "%s", picture->input->path));
    if (window->mirrored) {
        SW_ENSURE(
            sw_fail_in(sw_softmax(window->mirrored, pixels, plan->class_count), "%s", picture->input->path));
        sw_average_mirrored(window->logits, window->mirrored, plan->rule.window, plan->class_count);
    }
    if (alone) SW_ENSURE(sw_fail_in(allocate_map(picture), "%s", picture->input->path));
    sw_map_side rows, columns;
    sw_view_place(&rows, &columns, &picture->view, window->number, picture->map);
    const sw_label_map map = {picture->labels, picture->probabilities};
    SW_ENSURE(sw_fail_in(sw_label_map_fill(&map, window->logits, &rows, &columns, plan->class_count), "%s",
                         picture->input->path));
    if (window->spread) {
        const sw_label_map spread = {.probabilities = picture->uncertainty};
        SW_ENSURE(sw_fail_in(sw_label_map_fill(&spread, window->spread, &rows, &columns, 1), "%s",
                             picture->input->path));
    }
    return alone ? write_picture(picture) : SW_OK;
}

void sw_predict_window_finish(void *user)
{
    sw_predict_window *window = user;
    keep_failure(&window->status, &window->message, finish_window(window));
}

void sw_predict_picture_deinit(sw_predict_picture *picture)
{
    free(picture->message);
    sw_str_deinit(&picture->notes);
    sw_image_deinit(&picture->scaled);
    free_map(picture);
    free(picture->shares);
    *picture = (sw_predict_picture){0};
}
