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
#include "page/sheet.h"
#include "run/run_json.h"
#include "setup/open_data.h"

/* --- for the terminal ------------------------------------------------------------------------ */

static void append_figure(sw_str *rows, double value)
{
    if (isnan(value))
        sw_str_append(rows, "\t-");
    else
        sw_str_printf(rows, "\t%.4f", value);
}

static void append_row(sw_str *rows, const char *what, double clean, bool has_article, double article)
{
    sw_str_append(rows, what);
    append_figure(rows, clean);
    if (has_article) append_figure(rows, article);
    sw_str_append(rows, "\n");
}

/* The article's own measure is shown for its data alone. */
static bool is_of_pets(const sw_eval *eval, const sw_column *column)
{
    return eval->columns.classes.border < 0 && strcmp(column->metric->key, "custom_iou") == 0;
}

static void print_figures(sw_str *out, const sw_eval *eval)
{
    bool both = eval->has_article;
    const sw_classes *classes = &eval->columns.classes;
    sw_str rows = {0};
    const char *how = eval->flip ? ", flip" : "";
    sw_str_printf(&rows, both ? "\tclean%s\tarticle%s\n" : "\tclean%s\n", how, how);
    append_row(&rows, "loss", eval->clean.loss, both, eval->article.loss);
    for (int i = 0; i < eval->columns.count; i++) {
        const sw_column *column = &eval->columns.list[i];
        if (!sw_column_is_score(column) || column->c >= 0 || is_of_pets(eval, column)) continue;
        const int article = column->article;
        append_row(&rows, column->label, eval->figures[i], both && article >= 0,
                   article >= 0 ? eval->figures[article] : (double)NAN);
    }
    sw_sheet_columns(out, &rows, 1);
    if (classes->background >= 0)
        sw_str_printf(out, "micro IoU: without the class %s\n", classes->list[classes->background].name);
    if (eval->flip) sw_str_append(out, "flip: averaged with the predictions for the mirrored images\n");
    if (both)
        sw_str_append(out, "article: augmented images, figures averaged over batches, not over pixels\n");
}

static void print_classes(sw_str *out, const sw_eval *eval)
{
    const sw_classes *classes = &eval->columns.classes;
    sw_str rows = {0};
    sw_str_append(&rows, "class");
    for (int m = 0; m < sw_metric_count; m++)
        if (sw_metric_table[m].per_class) sw_str_printf(&rows, "\t%s", sw_metric_table[m].label);
    for (int c = 0; c < classes->count; c++) {
        const bool ignored = c == eval->clean.confusion.ignored;
        sw_str_printf(&rows, "\n%s%s", classes->list[c].name, ignored ? " (ignored)" : "");
        for (int i = 0; i < eval->columns.count; i++)
            if (eval->columns.list[i].c == c && eval->columns.list[i].metric->per_class)
                append_figure(&rows, eval->figures[i]);
    }
    sw_str_append(&rows, "\n");
    sw_str_append(out, "\n");
    sw_sheet_columns(out, &rows, 1);
}

/* A table with a column a class is for a few of them. */
enum { MATRIX_CLASSES = 8, MISTAKES = 20 };

static void print_mistakes(sw_str *out, const sw_confusion *m, const sw_classes *classes)
{
    sw_mistake mistakes[MISTAKES];
    const int count = sw_confusion_mistakes(mistakes, MISTAKES, m);
    sw_str rows = {0};
    sw_str_append(&rows, "truth\ttaken for\tpixels\tof the truth\n");
    for (int i = 0; i < count; i++) {
        const sw_mistake *wrong = &mistakes[i];
        sw_str_printf(&rows, "%s\t%s\t%" PRIu64 "\t%.1f %%\n", classes->list[wrong->truth].name,
                      classes->list[wrong->prediction].name, wrong->pixels,
                      100.0 * (double)wrong->pixels / (double)m->truths[wrong->truth]);
    }
    sw_str_append(out, "\nlargest mistakes\n");
    sw_sheet_columns(out, &rows, 2);
}

/* Below each row of pixels, their shares of it. */
static void print_confusion(sw_str *out, const sw_confusion *m, const sw_classes *classes)
{
    sw_str rows = {0};
    sw_str_append(&rows, "pixels");
    for (int p = 0; p < m->classes; p++) sw_str_printf(&rows, "\t%s", classes->list[p].name);
    sw_str_append(&rows, "\t<- predicted\n");
    for (int t = 0; t < m->classes; t++) {
        uint64_t row = m->truths[t];
        sw_str_append(&rows, classes->list[t].name);
        for (int p = 0; p < m->classes; p++) sw_str_printf(&rows, "\t%" PRIu64, sw_confusion_at(m, t, p));
        sw_str_append(&rows, "\n");
        for (int p = 0; p < m->classes; p++)
            if (row)
                sw_str_printf(&rows, "\t%.1f %%", 100.0 * (double)sw_confusion_at(m, t, p) / (double)row);
            else
                sw_str_append(&rows, "\t-");
        sw_str_append(&rows, "\n");
    }
    sw_str_append(out, "\n");
    sw_sheet_columns(out, &rows, 1);
}

void sw_eval_print(sw_str *out, const sw_eval *eval)
{
    const sw_trained *s = eval->saved;
    const sw_data_config *data = &s->experiment->data;
    char title[256];
    sw_str_printf(out, "weights  %s", s->weights_path);
    if (s->epoch) sw_str_printf(out, ", epoch %d", s->epoch);
    sw_str_printf(out, "\ndata     %s/%s: %d image%s of %dx%d, %d skipped\n\n", data->root,
                  sw_data_split_title(title, sizeof title, data, eval->split), eval->image_count,
                  eval->image_count == 1 ? "" : "s", data->size.width, data->size.height,
                  sw_dataset_skipped(eval->val));
    print_figures(out, eval);
    print_classes(out, eval);
    if (eval->columns.classes.count <= MATRIX_CLASSES)
        print_confusion(out, &eval->clean.confusion, &eval->columns.classes);
    else
        print_mistakes(out, &eval->clean.confusion, &eval->columns.classes);
}

/* --- for programs ---------------------------------------------------------------------------- */

static cJSON *classes_json(const sw_eval *eval)
{
    const sw_classes *classes = &eval->columns.classes;
    cJSON *list = cJSON_CreateArray();
    for (int c = 0; c < classes->count; c++) {
        cJSON *item = cJSON_CreateObject();
        cJSON_AddStringToObject(item, "name", classes->list[c].name);
        for (int i = 0; i < eval->columns.count; i++) {
            const sw_column *column = &eval->columns.list[i];
            if (column->c == c && column->metric->per_class)
                cJSON_AddNumberToObject(item, column->metric->key, eval->figures[i]);
        }
        cJSON_AddItemToArray(list, item);
    }
    return list;
}

static cJSON *article_json(const sw_eval *eval)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddNumberToObject(object, "loss", eval->article.loss);
    for (int i = 0; i < eval->columns.count; i++) {
        const char *of = eval->columns.list[i].metric->article_of;
        if (of) cJSON_AddNumberToObject(object, of, eval->figures[i]);
    }
    return object;
}

static cJSON *metrics_json(const sw_eval *eval)
{
    const sw_evaluation *e = &eval->clean;
    const sw_trained *s = eval->saved;
    char title[256];
    cJSON *object = cJSON_CreateObject();
    sw_json_add_text(object, "weights", s->weights_path);
    sw_json_add_text(object, "config", s->config_path);
    if (s->epoch) cJSON_AddNumberToObject(object, "epoch", s->epoch);
    cJSON_AddStringToObject(object, "data", s->experiment->data.root);
    cJSON_AddStringToObject(object, "split",
                            sw_data_split_title(title, sizeof title, &s->experiment->data, eval->split));
    cJSON_AddStringToObject(object, "fingerprint", sw_dataset_fingerprint(eval->val));
    if (eval->flip) cJSON_AddStringToObject(object, "tta", "flip");
    cJSON_AddNumberToObject(object, "images", eval->image_count);
    cJSON_AddNumberToObject(object, "skipped", sw_dataset_skipped(eval->val));
    cJSON_AddNumberToObject(object, "loss", e->loss);
    for (int i = 0; i < eval->columns.count; i++) {
        const sw_column *column = &eval->columns.list[i];
        if (sw_column_is_score(column) && column->c < 0)
            cJSON_AddNumberToObject(object, column->key, eval->figures[i]);
    }
    if (eval->has_article) cJSON_AddItemToObject(object, "article", article_json(eval));
    cJSON_AddItemToObject(object, "classes", classes_json(eval));
    cJSON_AddItemToObject(object, "confusion", sw_json_confusion(&e->confusion));
    return object;
}

sw_status sw_eval_json(sw_str *out, const sw_eval *eval)
{
    cJSON *metrics = metrics_json(eval);
    const sw_status status = sw_json_document(out, metrics);
    cJSON_Delete(metrics);
    return status;
}

/* Those of an image, the ones without a class first; returns their number. */
static int list_image_columns(int *out, const sw_columns *columns)
{
    int count = 0;
    for (int with_class = 0; with_class < 2; with_class++)
        for (int i = 0; i < columns->count; i++)
            if ((columns->list[i].metric->shown & SW_METRIC_OF_IMAGE) &&
                with_class == (columns->list[i].c >= 0))
                out[count++] = i;
    return count;
}

static sw_status write_csv(const char *path, const sw_eval *eval)
{
    sw_str csv = {0};
    int *shown = malloc((size_t)eval->columns.count * sizeof *shown);
    if (!shown)
        return sw_fail_alloc("the columns of per_image.csv", (size_t)eval->columns.count * sizeof *shown);
    const int count = list_image_columns(shown, &eval->columns);
    sw_str_append(&csv, "name");
    for (int k = 0; k < count; k++) sw_str_printf(&csv, ",%s", eval->columns.list[shown[k]].key);
    sw_str_append(&csv, "\n");
    for (int i = 0; i < eval->image_count; i++) {
        const double *figures = eval->image_figures + (size_t)i * (size_t)eval->columns.count;
        sw_csv_text(&csv, sw_dataset_name(eval->val, i));
        for (int k = 0; k < count; k++) sw_csv_number(&csv, figures[shown[k]], 9);
        sw_str_append(&csv, "\n");
    }
    free(shown);
    return sw_fs_write_text(path, &csv);
}

sw_status sw_eval_write(const sw_eval *eval, const char *folder)
{
    sw_status status = SW_OK;
    char *json = sw_fs_join(folder, "metrics.json"), *csv = sw_fs_join(folder, "per_image.csv");
    cJSON *metrics = metrics_json(eval);
    if (!json || !csv) SW_TRY(SW_E_MEMORY);
    SW_TRY(sw_fs_mkdirs(folder));
    SW_TRY(sw_json_write(json, metrics));
    SW_TRY(write_csv(csv, eval));
done:
    cJSON_Delete(metrics);
    free(json);
    free(csv);
    return status;
}
