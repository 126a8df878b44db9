#include "report_images.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/fs.h"
#include "page/html.h"
#include "run/epoch_files.h"
#include "run/judge.h"
#include "run/masks.h"

/* Epochs a slider stops at, at most: more are thinned out evenly, so that the page stays of a size to send.
 */
enum { MAX_STOPS = 25 };

/* ---- pictures and windows onto them ---- */

/* Appends a file as a data URI; the path is freed, and NULL is memory that ran out. */
static sw_status append_file(sw_str *out, char *path)
{
    char *bytes;
    size_t length;
    if (!path) return SW_E_MEMORY;
    sw_status status = sw_fs_read(&bytes, &length, path, SW_IMAGE_MAX_FILE_BYTES);
    free(path);
    if (status != SW_OK) return status;
    sw_html_data_uri(out, "image/png", bytes, length);
    free(bytes);
    return SW_OK;
}

/* The position of tile i of n in a row or column, for background-position. */
static double place(int i, int n)
{
    return n > 1 ? 100.0 * i / (n - 1) : 0;
}

static void append_cut(sw_str *out, const char *kind, double x, double y)
{
    sw_str_printf(out, "<div class=\"cut %s\" style=\"background-position:%.4f%% %.4f%%\"></div>", kind, x,
                  y);
}

/* Opens the figure of an image, into which its four windows go. */
static void open_tile(sw_str *out, const char *name)
{
    sw_html_between(out, "<figure class=\"tile\"><div class=\"four\" role=\"img\" aria-label=\"", name,
                    ": input, truth, prediction and confidence\">");
}

static void append_legend(sw_str *out, const sw_classes *classes)
{
    const bool folded = classes->count > REPORT_FEW_CLASSES;
    if (folded) sw_str_printf(out, "<details><summary>Colours of the %d classes</summary>", classes->count);
    sw_str_append(out, "<p class=\"legend\">");
    for (int c = 0; c < classes->count; c++) {
        sw_str_append(out, "<span>");
        report_swatch(out, classes->list[c].rgb);
        sw_html_between(out, " ", classes->list[c].name, "</span>");
    }
    sw_str_append(out, folded ? "</p></details><p class=\"note\">" : "<span class=\"note\">");
    sw_str_append(out, "From left to right: input, truth, prediction, confidence (white: sure)");
    sw_str_append(out, folded ? "</p>\n" : "</span></p>\n");
}

/* ---- the slider over epochs ---- */

/* A picture that the slider exchanges: the name page.js knows it by, and its file of an epoch (on the heap;
 * NULL when memory is out). */
typedef struct layer {
    const char *name;
    char *(*file)(const char *run, int epoch);
} layer;

typedef struct slider {
    const sw_run_reader *run;
    int number; /* of the run on the page */
    const layer *layers;
    int layer_count;
    int *epochs, epoch_count; /* that have pictures, ascending */
} slider;

static int stops_of(const slider *s)
{
    return s->epoch_count < MAX_STOPS ? s->epoch_count : MAX_STOPS;
}

/* The epoch of stop i; the first and the last epoch are always among them. */
static int stop_at(const slider *s, int i)
{
    const int last = s->epoch_count - 1, n = stops_of(s);
    return s->epochs[n > 1 ? (int)((int64_t)i * last / (n - 1)) : last];
}

static void append_stop_text(sw_str *out, const sw_run_reader *run, int epoch)
{
    const sw_epoch_record *row = NULL;
    const sw_metric *metrics[SW_MAX_CAPTIONS];
    for (size_t i = 0; i < run->epochs.count; i++)
        if (run->epochs.rows[i].epoch == epoch) row = &run->epochs.rows[i];
    const int count = row ? sw_metrics_captioned(metrics, NULL, &run->epochs.columns.classes) : 0;
    sw_str_printf(out, "\"epoch %d", epoch);
    for (int i = 0; i < count; i++) {
        const double value = sw_epoch_figure(row, &run->epochs.columns, metrics[i]->key);
        sw_str_printf(out, "%s%s %s", i ? ", " : ": ", metrics[i]->label, report_number(value).text);
    }
    sw_str_append(out, !row && epoch == 0 ? ": before training\"" : "\"");
}

static sw_status append_slider(sw_str *out, const slider *s)
{
    const int n = s->number, stops = stops_of(s);
    sw_str_printf(out,
                  "<div class=\"slider\" hidden><label for=\"slider-%d\">Epoch</label><input type=\"range\" "
                  "id=\"slider-%d\" min=\"0\" max=\"%d\" value=\"%d\" aria-controls=\"sheet-%d\">"
                  "<button type=\"button\">Play</button><output for=\"slider-%d\" aria-live=\"off\"></output>"
                  "<script type=\"application/json\">[",
                  n, n, stops - 1, stops - 1, n, n);
    for (int i = 0; i < stops; i++) {
        const int epoch = stop_at(s, i);
        sw_str_append(out, i ? ",\n{\"text\":" : "\n{\"text\":");
        append_stop_text(out, s->run, epoch);
        for (int l = 0; l < s->layer_count; l++) {
            sw_str_printf(out, ",\"%s\":\"", s->layers[l].name);
            SW_ENSURE(append_file(out, s->layers[l].file(s->run->path, epoch)));
            sw_str_append(out, "\"");
        }
        sw_str_append(out, "}");
    }
    sw_str_append(out, "]</script></div>\n");
    return SW_OK;
}

/* ---- masks ---- */

static char *prediction_file(const char *run, int epoch)
{
    return sw_masks_epoch_file(run, epoch, false);
}

static char *confidence_file(const char *run, int epoch)
{
    return sw_masks_epoch_file(run, epoch, true);
}

static const layer mask_layers[] = {{"prediction", prediction_file}, {"confidence", confidence_file}};

/* Appends the rule that puts a sheet behind the windows of its kind. */
static sw_status append_rule(sw_str *out, int number, const char *kind, char *path)
{
    sw_str_printf(out, "#sheet-%d .%s{background-image:url(", number, kind);
    SW_ENSURE(append_file(out, path));
    sw_str_append(out, ")}\n");
    return SW_OK;
}

/* Appends the rules of all sheets. The second element is what the slider exchanges. */
static sw_status append_rules(sw_str *out, const slider *s, sw_size size, int columns, int rows)
{
    const int n = s->number, last = s->epochs[s->epoch_count - 1];
    const char *run = s->run->path;
    sw_str_printf(out, "<style>#sheet-%d .cut{aspect-ratio:%d/%d;background-size:%d%% %d%%}\n", n, size.width,
                  size.height, 100 * columns, 100 * rows);
    SW_ENSURE(append_rule(out, n, "input", sw_masks_file(run, "inputs.png")));
    SW_ENSURE(append_rule(out, n, "truth", sw_masks_file(run, "truth.png")));
    sw_str_printf(out, "</style>\n<style id=\"sheet-%d-epoch\">", n);
    for (int l = 0; l < s->layer_count; l++)
        SW_ENSURE(append_rule(out, n, s->layers[l].name, s->layers[l].file(run, last)));
    sw_str_append(out, "</style>\n");
    return SW_OK;
}

static void append_grid_tiles(sw_str *out, int number, const sw_mask_images *images, int columns, int rows)
{
    static const char *const kinds[] = {"input", "truth", "prediction", "confidence"};
    sw_str_printf(out, "<div class=\"tiles\" id=\"sheet-%d\">\n", number);
    for (int i = 0; i < images->count; i++) {
        open_tile(out, images->names[i]);
        for (int k = 0; k < 4; k++)
            append_cut(out, kinds[k], place(i % columns, columns), place(i / columns, rows));
        sw_html_between(out, "</div><figcaption>", images->names[i], "</figcaption></figure>\n");
    }
    sw_str_append(out, "</div>\n");
}

/* Reads what the slider will show, so that a damaged file is refused by name instead of being embedded. */
static sw_status check_epochs(const slider *s, const sw_masks *store)
{
    sw_status status = SW_OK;
    const sw_mask_images *g = &store->images;
    const size_t bytes = (size_t)g->count * sw_size_pixels(g->size);
    uint8_t *scratch = malloc(bytes);
    if (!scratch) return sw_fail_alloc("an epoch's masks", bytes);
    for (int i = 0; i < stops_of(s) && status == SW_OK; i++)
        status = sw_masks_read(store, stop_at(s, i), scratch, scratch);
    free(scratch);
    return status;
}

static sw_status append_masks(sw_str *out, slider *s)
{
    sw_status status = SW_OK;
    int columns, rows;
    sw_masks store;
    SW_ENSURE(sw_masks_open(&store, s->run->path));
    s->layers = mask_layers;
    s->layer_count = 2;
    s->epochs = store.epochs;
    s->epoch_count = store.epoch_count;
    if (s->epoch_count == 0) {
        sw_str_append(out, "<p>No epoch's predictions are kept yet.</p>\n");
        goto done;
    }
    SW_TRY(check_epochs(s, &store));
    sw_masks_shape(&columns, &rows, &store.images);
    append_legend(out, &store.images.classes);
    if (stops_of(s) < s->epoch_count)
        sw_str_printf(out, "<p class=\"note\">%d of %d epochs, evenly chosen.</p>\n", stops_of(s),
                      s->epoch_count);
    SW_TRY(append_rules(out, s, store.images.size, columns, rows));
    SW_TRY(append_slider(out, s));
    append_grid_tiles(out, s->number, &store.images, columns, rows);
done:
    sw_masks_deinit(&store);
    return status;
}

/* ---- pictures of a run that keeps no masks ---- */

static char *picture_file(const char *run, int epoch)
{
    return sw_epoch_file(run, "grids", epoch, ".png");
}

static const sw_epoch_files pictures = {"grids", (const char *const[]){".png", NULL}};
static const layer picture_layer = {"whole", picture_file};

static sw_status append_pictures(sw_str *out, slider *s)
{
    sw_status status = SW_OK;
    s->layers = &picture_layer;
    s->layer_count = 1;
    SW_TRY(sw_epoch_files_list(&s->epochs, &s->epoch_count, s->run->path, &pictures));
    if (s->epoch_count == 0) {
        sw_str_append(out, "<p>The run has no pictures yet.</p>\n");
        goto done;
    }
    SW_TRY(append_slider(out, s));
    const int last = s->epochs[s->epoch_count - 1];
    sw_str_printf(out,
                  "<img class=\"whole\" id=\"sheet-%d\" data-alt=\"Inputs, truth and prediction of "
                  "validation images\" alt=\"Inputs, truth and prediction of validation images, epoch %d\" "
                  "src=\"",
                  s->number, last);
    SW_TRY(append_file(out, picture_file(s->run->path, last)));
    sw_str_append(out, "\">\n");
done:
    free(s->epochs);
    return status;
}

sw_status report_grid(sw_str *out, const report_data *data, int r)
{
    slider s = {.run = &data->runs.runs[r], .number = r};
    char *index = sw_masks_file(s.run->path, "images.json");
    if (!index) return SW_E_MEMORY;
    const bool has_masks = sw_fs_exists(index);
    free(index);
    sw_str_append(out, "<h3>The same validation images, epoch by epoch</h3>\n");
    return has_masks ? append_masks(out, &s) : append_pictures(out, &s);
}

/* ---- gallery ---- */

static const struct {
    const char *title, *note;
} lists[SW_GALLERY_LISTS] = {
    {"Worst", "Lowest pixel accuracy first."},
    {"Least certain", "Lowest mean confidence first: the softmax of the predicted class, over all pixels."},
    {"Doubtful truth",
     "Where the truth itself may be wrong: most pixels first that are wrong although the network is sure "
     "(0.9 or more). Look before you believe the figures."}};

typedef struct panel_id {
    char text[48];
} panel_id;

static panel_id id_of(int run, int list)
{
    panel_id id;
    snprintf(id.text, sizeof id.text, "gallery-%d-%s", run, sw_gallery_list_name((sw_gallery_list)list));
    return id;
}

static void append_item(sw_str *out, const sw_gallery_view *g, const sw_gallery_item *item)
{
    sw_gallery_figure figures[SW_GALLERY_FIGURES];
    const int count = sw_gallery_list_figures(figures, &g->classes);
    open_tile(out, item->name);
    for (int k = 0; k < SW_GALLERY_TILES; k++)
        append_cut(out, "", place(k, SW_GALLERY_TILES), place(item->row, g->rows));
    sw_html_between(out, "</div><figcaption><b>", item->name, "</b>");
    for (int f = 0; f < count; f++)
        sw_str_printf(out, "%s%s %s", f ? ", " : "<br>", figures[f].label,
                      report_percent(item->figures.values[figures[f].at]).text);
    sw_str_append(out, "</figcaption></figure>\n");
}

static void append_list(sw_str *out, const sw_gallery_view *g, int run, int list)
{
    report_open_panel(out, id_of(run, list).text);
    sw_str_printf(out, "<h4>%s</h4><p class=\"note\">%s", lists[list].title, lists[list].note);
    if (list == SW_GALLERY_DOUBTFUL && g->classes.border >= 0 && !isnan(g->border_median))
        sw_str_printf(out, " What the truth has of border beyond the usual, %s, counts too.",
                      report_percent(g->border_median).text);
    sw_str_append(out, "</p><div class=\"tiles\">\n");
    for (int i = 0; i < g->counts[list]; i++) append_item(out, g, &g->items[list][i]);
    sw_str_append(out, "</div></div>\n");
}

void report_gallery(sw_str *out, const report_data *data, int r)
{
    const sw_gallery_view *g = &data->galleries[r];
    if (g->epoch == 0 || g->rows == 0) return;
    sw_str_printf(
        out,
        "<h3>Images worth a look</h3><p>Out of %d validation images, with the weights of epoch %d.</p>\n",
        g->images, g->epoch);
    append_legend(out, &g->classes);
    sw_str_printf(
        out, "<style>#gallery-%d .cut{aspect-ratio:%d/%d;background-size:%d%% %d%%;background-image:url(", r,
        g->size.width, g->size.height, 100 * SW_GALLERY_TILES, 100 * g->rows);
    sw_html_data_uri(out, "image/png", g->sheet, g->sheet_bytes);
    sw_str_printf(out, ")}</style>\n<div id=\"gallery-%d\">", r);
    report_open_tabs(out, "Images worth a look");
    for (int l = 0; l < SW_GALLERY_LISTS; l++) report_tab(out, id_of(r, l).text, -1, lists[l].title);
    sw_str_append(out, "</div>\n");
    for (int l = 0; l < SW_GALLERY_LISTS; l++) append_list(out, g, r, l);
    sw_str_append(out, "</div>\n");
}
