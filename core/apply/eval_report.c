/* The figures of an evaluation for the terminal, for programs, and image by image for a spreadsheet. */
#include <cjson/cJSON.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "apply/eval.h"
#include "base/fs.h"

#include "page/csv.h"
#include "page/json_text.h"
#include "run/gallery_format.h"
#include "setup/open_data.h"

/* --- for the terminal ------------------------------------------------------------------------ */

static void append_figure(sw_str *out, int width, double value)
{
    if (isnan(value))
        sw_str_printf(out, "%*s", width, "-");
    else
        sw_str_printf(out, "%*.4f", width, value);
}

static void append_row(sw_str *out, const char *what, double clean, bool has_article, double article)
{
    sw_str_printf(out, "%-16s", what);
    append_figure(out, 10, clean);
    if (has_article) append_figure(out, 10, article);
    sw_str_append(out, "\n");
}

static void print_figures(sw_str *out, const sw_eval *eval)
{
    const sw_evaluation *e = &eval->clean, *a = &eval->article;
    bool both = eval->has_article;
    sw_str_printf(out, "%-16s%10s%s\n", "", "clean", both ? "   article" : "");
    append_row(out, "loss", e->loss, both, a->loss);
    append_row(out, "pixel accuracy", sw_confusion_pixel_accuracy(&e->confusion), both,
               a->batch_pixel_accuracy);
    append_row(out, "IoU", sw_confusion_micro_iou(&e->confusion, SW_CLASS_BACKGROUND), both, a->batch_iou);
    append_row(out, "custom IoU", e->custom_iou, both, a->batch_custom_iou);
    const int ignored = eval->saved->experiment->loss.attrs.ignore_index;
    append_row(out, "mean IoU", sw_confusion_mean_iou(&e->confusion, ignored), false, 0);
    append_row(out, "boundary F1", sw_boundary_mean_f1(&e->boundary), false, 0);
    if (both)
        sw_str_append(out, "article: augmented images, figures averaged over batches, not over pixels\n");
}

static void print_classes(sw_str *out, const sw_eval *eval)
{
    const sw_confusion *m = &eval->clean.confusion;
    sw_str_printf(out, "\n%-12s%11s%10s%10s%10s%13s\n", "class", "precision", "recall", "IoU", "Dice",
                  "boundary F1");
    for (int c = 0; c < m->classes; c++) {
        sw_str_printf(out, "%-12s", sw_class_names[c]);
        append_figure(out, 11, sw_confusion_precision(m, c));
        append_figure(out, 10, sw_confusion_recall(m, c));
        append_figure(out, 10, sw_confusion_iou(m, c));
        append_figure(out, 10, sw_confusion_dice(m, c));
        append_figure(out, 13, sw_boundary_f1(&eval->clean.boundary, c));
        sw_str_append(out, "\n");
    }
}

static void print_confusion(sw_str *out, const sw_confusion *m)
{
    sw_str_printf(out, "\n%-12s", "pixels");
    for (int p = 0; p < m->classes; p++) sw_str_printf(out, "%15s", sw_class_names[p]);
    sw_str_append(out, "  <- predicted\n");
    for (int t = 0; t < m->classes; t++) {
        uint64_t row = sw_confusion_row(m, t);
        sw_str_printf(out, "%-12s", sw_class_names[t]);
        for (int p = 0; p < m->classes; p++) sw_str_printf(out, "%15" PRIu64, m->counts[t][p]);
        sw_str_printf(out, "\n%-12s", "");
        for (int p = 0; p < m->classes; p++)
            if (row)
                sw_str_printf(out, "%13.1f %%", 100.0 * (double)m->counts[t][p] / (double)row);
            else
                sw_str_printf(out, "%15s", "-");
        sw_str_append(out, "\n");
    }
}

void sw_eval_print(sw_str *out, const sw_eval *eval)
{
    const sw_trained *s = eval->saved;
    const sw_data_config *data = &s->experiment->data;
    sw_str_printf(out, "weights  %s", s->weights_path);
    if (s->epoch) sw_str_printf(out, ", epoch %d", s->epoch);
    sw_str_printf(out, "\ndata     %s/%s: %d images of %dx%d, %d skipped\n\n", data->root,
                  sw_val_list_name(data), eval->image_count, data->size, data->size,
                  sw_dataset_skipped(eval->val));
    print_figures(out, eval);
    print_classes(out, eval);
    print_confusion(out, &eval->clean.confusion);
}

/* --- for programs ---------------------------------------------------------------------------- */

static cJSON *classes_json(const sw_eval *eval)
{
    const sw_confusion *m = &eval->clean.confusion;
    cJSON *list = cJSON_CreateArray();
    for (int c = 0; c < m->classes; c++) {
        cJSON *item = cJSON_CreateObject();
        cJSON_AddStringToObject(item, "name", sw_class_names[c]);
        cJSON_AddNumberToObject(item, "precision", sw_confusion_precision(m, c));
        cJSON_AddNumberToObject(item, "recall", sw_confusion_recall(m, c));
        cJSON_AddNumberToObject(item, "iou", sw_confusion_iou(m, c));
        cJSON_AddNumberToObject(item, "dice", sw_confusion_dice(m, c));
        cJSON_AddNumberToObject(item, "boundary_f1", sw_boundary_f1(&eval->clean.boundary, c));
        cJSON_AddItemToArray(list, item);
    }
    return list;
}

static cJSON *article_json(const sw_evaluation *a)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddNumberToObject(object, "loss", a->loss);
    cJSON_AddNumberToObject(object, "pixel_accuracy", a->batch_pixel_accuracy);
    cJSON_AddNumberToObject(object, "iou", a->batch_iou);
    cJSON_AddNumberToObject(object, "custom_iou", a->batch_custom_iou);
    return object;
}

static cJSON *metrics_json(const sw_eval *eval)
{
    const sw_evaluation *e = &eval->clean;
    const sw_trained *s = eval->saved;
    cJSON *object = cJSON_CreateObject();
    sw_json_add_text(object, "weights", s->weights_path);
    sw_json_add_text(object, "config", s->config_path);
    if (s->epoch) cJSON_AddNumberToObject(object, "epoch", s->epoch);
    cJSON_AddStringToObject(object, "data", s->experiment->data.root);
    cJSON_AddStringToObject(object, "split", sw_val_list_name(&s->experiment->data));
    cJSON_AddStringToObject(object, "fingerprint", sw_dataset_fingerprint(eval->val));
    cJSON_AddNumberToObject(object, "images", eval->image_count);
    cJSON_AddNumberToObject(object, "skipped", sw_dataset_skipped(eval->val));
    cJSON_AddNumberToObject(object, "loss", e->loss);
    cJSON_AddNumberToObject(object, "pixel_accuracy", sw_confusion_pixel_accuracy(&e->confusion));
    cJSON_AddNumberToObject(object, "iou", sw_confusion_micro_iou(&e->confusion, SW_CLASS_BACKGROUND));
    cJSON_AddNumberToObject(object, "custom_iou", e->custom_iou);
    cJSON_AddNumberToObject(object, "miou",
                            sw_confusion_mean_iou(&e->confusion, s->experiment->loss.attrs.ignore_index));
    cJSON_AddNumberToObject(object, "boundary_f1", sw_boundary_mean_f1(&e->boundary));
    if (eval->has_article) cJSON_AddItemToObject(object, "article", article_json(&eval->article));
    cJSON_AddItemToObject(object, "classes", classes_json(eval));
    cJSON_AddItemToObject(object, "confusion", sw_json_confusion(&e->confusion));
    return object;
}

static sw_status write_in(const char *folder, const char *name, const void *bytes, size_t length)
{
    char *path = sw_fs_join(folder, name);
    if (!path) return SW_E_MEMORY;
    sw_status status = sw_fs_write(path, bytes, length);
    free(path);
    return status;
}

static sw_status write_json(const sw_eval *eval, const char *folder)
{
    sw_status status = SW_OK;
    sw_str text = {0};
    cJSON *object = metrics_json(eval);
    char *printed = cJSON_Print(object);
    if (!printed) {
        status = sw_fail(SW_E_MEMORY, "out of host memory for metrics.json");
        goto done;
    }
    sw_str_printf(&text, "%s\n", printed);
    SW_TRY(sw_str_status(&text));
    SW_TRY(write_in(folder, "metrics.json", text.text, text.length));
done:
    sw_str_deinit(&text);
    cJSON_free(printed);
    cJSON_Delete(object);
    return status;
}

static sw_status write_csv(const sw_eval *eval, const char *folder)
{
    sw_str csv = {0};
    sw_str_append(&csv, "name,pixel_accuracy,iou,custom_iou,miou,boundary_f1");
    for (int c = 0; c < SW_DATA_CLASSES; c++) sw_str_printf(&csv, ",iou_%s", sw_class_names[c]);
    sw_str_append(&csv, "\n");
    for (int i = 0; i < eval->image_count; i++) {
        const sw_eval_image *image = &eval->images[i];
        sw_csv_text(&csv, image->name);
        sw_csv_number(&csv, image->pixel_accuracy, 9);
        sw_csv_number(&csv, image->iou, 9);
        sw_csv_number(&csv, image->custom_iou, 9);
        sw_csv_number(&csv, image->miou, 9);
        sw_csv_number(&csv, image->boundary_f1, 9);
        for (int c = 0; c < SW_DATA_CLASSES; c++) sw_csv_number(&csv, image->class_iou[c], 9);
        sw_str_append(&csv, "\n");
    }
    sw_status status = sw_str_status(&csv);
    if (status == SW_OK) status = write_in(folder, "per_image.csv", csv.text, csv.length);
    sw_str_deinit(&csv);
    return status;
}

sw_status sw_eval_write(const sw_eval *eval, const char *folder)
{
    sw_status status = SW_OK;
    SW_TRY(sw_fs_mkdirs(folder));
    SW_TRY(write_json(eval, folder));
    SW_TRY(write_csv(eval, folder));
done:
    return status;
}
