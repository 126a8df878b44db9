/* Pictures of the page. Sheets of many images are put into it as they are, and each image is a window onto
 * its tile: a picture stands in the page once, however often it is shown. */
#include <math.h>
#include <stdlib.h>

#include "base/fs.h"
#include "page/html.h"
#include "report_parts.h"
#include "run/judge.h"
#include "run/masks.h"
#include "run/masks_files.h"

/* Epochs a slider stops at, at most: more are thinned out evenly, so that the page stays of a size to send.
 */
enum { MAX_STOPS = 25 };

static sw_status append_file_uri(sw_str *out, const char *path)
{
    char *bytes;
    size_t length;
    sw_status status = sw_fs_read(&bytes, &length, path, SW_IMAGE_MAX_FILE_BYTES);
    if (status != SW_OK) return status;
    sw_html_data_uri(out, "image/png", bytes, length);
    free(bytes);
    return SW_OK;
}

/* Where tile i of n in a row or column lies, for background-position. */
static double place(int i, int n)
{
    return n > 1 ? 100.0 * i / (n - 1) : 0;
}

static void append_cut(sw_str *out, const char *kind, double x, double y)
{
    sw_str_printf(out, "<div class=\"cut %s\" style=\"background-position:%.4f%% %.4f%%\"></div>", kind, x,
                  y);
}

static void append_legend(sw_str *out, const sw_classes *classes)
{
    sw_str_append(out, "<p class=\"legend\">");
    for (int c = 0; c < classes->count; c++) {
        sw_str_printf(out, "<span><i class=\"swatch\" style=\"background:#%06x\"></i> ",
                      (unsigned)classes->list[c].rgb);
        sw_html_text(out, classes->list[c].name);
        sw_str_append(out, "</span>");
    }
    sw_str_append(out,
                  "<span class=\"note\">From left to right: input, truth, prediction, confidence (white: "
                  "sure)</span></p>\n");
}

/* ---- the slider's frame, shared by both kinds of pictures ---- */

static const sw_epoch_record *epoch_row(const sw_run_reader *run, int epoch)
{
    for (size_t i = 0; i < run->epochs.count; i++)
        if (run->epochs.rows[i].epoch == epoch) return &run->epochs.rows[i];
    return NULL;
}

static void append_stop_text(sw_str *out, const sw_run_reader *run, int epoch)
{
    const sw_epoch_record *row = epoch_row(run, epoch);
    sw_str_printf(out, "\"epoch %d", epoch);
    const sw_metric *metrics[SW_MAX_CAPTIONS];
    const int count = row ? sw_metrics_captioned(metrics) : 0;
    for (int i = 0; i < count; i++) {
        sw_str_printf(out, "%s%s ", i ? ", " : ": ", metrics[i]->label);
        report_number(out, sw_epoch_figure(row, &run->epochs.columns, metrics[i]->key));
    }
    if (!row && epoch == 0) sw_str_append(out, ": before training");
    sw_str_append(out, "\"");
}

/* Epoch number i of the n to show out of all; the first and the last are always among them. */
static int stop_at(const int *epochs, int count, int i, int n)
{
    return epochs[n > 1 ? (int)((int64_t)i * (count - 1) / (n - 1)) : count - 1];
}

static void open_slider(sw_str *out, int run, int stops, const char *label)
{
    sw_str_printf(out,
                  "<div class=\"slider\" hidden><label for=\"slider-%d\">%s</label><input type=\"range\" "
                  "id=\"slider-%d\" min=\"0\" max=\"%d\" value=\"%d\" aria-controls=\"sheet-%d\">"
                  "<button type=\"button\">Play</button><output for=\"slider-%d\" aria-live=\"off\"></output>"
                  "<script type=\"application/json\">[",
                  run, label, run, stops - 1, stops - 1, run, run);
}

/* ---- masks ---- */

typedef struct grid_page {
    const sw_run_reader *run;
    int number; /* of the run on the page */
    sw_masks store;
    int columns, rows, stops;
} grid_page;

static sw_status append_masks_file(sw_str *out, const grid_page *g, const char *name)
{
    char *path = masks_file(g->run->path, name);
    if (!path) return SW_E_MEMORY;
    sw_status status = append_file_uri(out, path);
    free(path);
    return status;
}

static sw_status append_epoch_file(sw_str *out, const grid_page *g, int epoch, bool confidence)
{
    char *path = masks_epoch_file(g->run->path, epoch, confidence);
    if (!path) return SW_E_MEMORY;
    sw_status status = append_file_uri(out, path);
    free(path);
    return status;
}

static sw_status append_stops(sw_str *out, const grid_page *g)
{
    sw_status status = SW_OK;
    for (int i = 0; i < g->stops; i++) {
        int epoch = stop_at(g->store.epochs, g->store.epoch_count, i, g->stops);
        SW_TRY(sw_masks_read(&g->store, epoch, NULL, NULL)); /* names what is damaged */
        sw_str_append(out, i ? ",\n{\"text\":" : "\n{\"text\":");
        append_stop_text(out, g->run, epoch);
        sw_str_append(out, ",\"prediction\":\"");
        SW_TRY(append_epoch_file(out, g, epoch, false));
        sw_str_append(out, "\",\"confidence\":\"");
        SW_TRY(append_epoch_file(out, g, epoch, true));
        sw_str_append(out, "\"}");
    }
done:
    return status;
}

/* The rules that put the sheets behind the windows; the second element is what the slider exchanges. */
static sw_status append_grid_rules(sw_str *out, const grid_page *g)
{
    sw_status status = SW_OK;
    int n = g->number, last = g->store.epochs[g->store.epoch_count - 1];
    sw_str_printf(out,
                  "<style>#sheet-%d .cut{background-size:%d%% %d%%}\n#sheet-%d .input{background-image:url(",
                  n, 100 * g->columns, 100 * g->rows, n);
    SW_TRY(append_masks_file(out, g, "inputs.png"));
    sw_str_printf(out, ")}\n#sheet-%d .truth{background-image:url(", n);
    SW_TRY(append_masks_file(out, g, "truth.png"));
    sw_str_printf(out, ")}</style>\n<style id=\"sheet-%d-epoch\">#sheet-%d .prediction{background-image:url(",
                  n, n);
    SW_TRY(append_epoch_file(out, g, last, false));
    sw_str_printf(out, ")}\n#sheet-%d .confidence{background-image:url(", n);
    SW_TRY(append_epoch_file(out, g, last, true));
    sw_str_append(out, ")}</style>\n");
done:
    return status;
}

static void append_grid_tiles(sw_str *out, const grid_page *g)
{
    static const char *const kinds[] = {"input", "truth", "prediction", "confidence"};
    sw_str_printf(out, "<div class=\"tiles\" id=\"sheet-%d\">\n", g->number);
    for (int i = 0; i < g->store.images.count; i++) {
        double x = place(i % g->columns, g->columns), y = place(i / g->columns, g->rows);
        sw_str_append(out, "<figure class=\"tile\"><div class=\"four\" role=\"img\" aria-label=\"");
        sw_html_text(out, g->store.images.names[i]);
        sw_str_append(out, ": input, truth, prediction and confidence\">");
        for (int k = 0; k < 4; k++) append_cut(out, kinds[k], x, y);
        sw_str_append(out, "</div><figcaption>");
        sw_html_text(out, g->store.images.names[i]);
        sw_str_append(out, "</figcaption></figure>\n");
    }
    sw_str_append(out, "</div>\n");
}

static sw_status append_masks(sw_str *out, grid_page *g)
{
    sw_status status = SW_OK;
    SW_TRY(sw_masks_open(&g->store, g->run->path));
    if (g->store.epoch_count == 0) {
        sw_str_append(out, "<p>No epoch's predictions are kept yet.</p>\n");
        goto done;
    }
    masks_layout(&g->store.images, &g->columns, &g->rows);
    g->stops = g->store.epoch_count < MAX_STOPS ? g->store.epoch_count : MAX_STOPS;
    append_legend(out, &g->store.images.classes);
    if (g->stops < g->store.epoch_count)
        sw_str_printf(out, "<p class=\"note\">%d of %d epochs, evenly chosen.</p>\n", g->stops,
                      g->store.epoch_count);
    SW_TRY(append_grid_rules(out, g));
    open_slider(out, g->number, g->stops, "Epoch");
    SW_TRY(append_stops(out, g));
    sw_str_append(out, "]</script></div>\n");
    append_grid_tiles(out, g);
done:
    sw_masks_deinit(&g->store);
    return status;
}

/* ---- pictures of a run that keeps no masks ---- */

static char *picture_path(const sw_run_reader *run, int epoch)
{
    return sw_strf("%s/grids/epoch_%02d.png", run->path, epoch);
}

static sw_status list_pictures(int **out, int *count, const sw_run_reader *run)
{
    *count = 0;
    *out = malloc(((size_t)run->experiment->train.epochs + 1) * sizeof **out);
    if (!*out) return sw_fail_alloc("a list of epochs", 0);
    for (int epoch = 0; epoch <= run->experiment->train.epochs; epoch++) {
        char *path = picture_path(run, epoch);
        if (path && sw_fs_exists(path)) (*out)[(*count)++] = epoch;
        free(path);
    }
    return SW_OK;
}

static sw_status append_picture(sw_str *out, const sw_run_reader *run, int epoch)
{
    char *path = picture_path(run, epoch);
    if (!path) return SW_E_MEMORY;
    sw_status status = append_file_uri(out, path);
    free(path);
    return status;
}

static sw_status append_pictures(sw_str *out, const grid_page *g)
{
    sw_status status = SW_OK;
    int *epochs = NULL, count = 0;
    SW_TRY(list_pictures(&epochs, &count, g->run));
    if (count == 0) {
        sw_str_append(out, "<p>The run has no pictures yet.</p>\n");
        goto done;
    }
    int stops = count < MAX_STOPS ? count : MAX_STOPS;
    open_slider(out, g->number, stops, "Epoch");
    for (int i = 0; i < stops; i++) {
        int epoch = stop_at(epochs, count, i, stops);
        sw_str_append(out, i ? ",\n{\"text\":" : "\n{\"text\":");
        append_stop_text(out, g->run, epoch);
        sw_str_append(out, ",\"whole\":\"");
        SW_TRY(append_picture(out, g->run, epoch));
        sw_str_append(out, "\"}");
    }
    sw_str_printf(
        out,
        "]</script></div>\n<img class=\"whole\" id=\"sheet-%d\" data-alt=\"Inputs, truth and prediction of "
        "validation images\" alt=\"Inputs, truth and prediction of validation images, epoch %d\" src=\"",
        g->number, epochs[count - 1]);
    SW_TRY(append_picture(out, g->run, epochs[count - 1]));
    sw_str_append(out, "\">\n");
done:
    free(epochs);
    return status;
}

sw_status report_grid(sw_str *out, const report_data *data, int r)
{
    grid_page g = {.run = &data->runs.runs[r], .number = r};
    char *index = masks_file(g.run->path, "images.json");
    if (!index) return SW_E_MEMORY;
    bool has_masks = sw_fs_exists(index);
    free(index);
    sw_str_append(out, "<h3>The same validation images, epoch by epoch</h3>\n");
    return has_masks ? append_masks(out, &g) : append_pictures(out, &g);
}

/* ---- gallery ---- */

static const char *const list_titles[] = {"Worst", "Least certain", "Doubtful truth"};

static const char *const list_notes[] = {
    "Lowest pixel accuracy first.",
    "Lowest mean confidence first: the softmax of the predicted class, over all pixels.",
    "Where the truth itself may be wrong: most pixels first that are wrong although the network is sure (0.9 "
    "or "
    "more), plus what the truth has of border beyond the usual. Look before you believe the figures."};

static void append_item(sw_str *out, const sw_gallery_view *g, const sw_gallery_item *item)
{
    sw_gallery_figure figures[SW_GALLERY_FIGURES];
    const int count = sw_gallery_list_figures(figures);
    sw_str_append(out, "<figure class=\"tile\"><div class=\"four\" role=\"img\" aria-label=\"");
    sw_html_text(out, item->name);
    sw_str_append(out, ": input, truth, prediction and confidence\">");
    for (int k = 0; k < SW_GALLERY_TILES; k++)
        append_cut(out, "", place(k, SW_GALLERY_TILES), place(item->row, g->rows));
    sw_str_append(out, "</div><figcaption><b>");
    sw_html_text(out, item->name);
    sw_str_append(out, "</b>");
    for (int f = 0; f < count; f++) {
        sw_str_printf(out, "%s%s ", f ? ", " : "<br>", figures[f].label);
        report_percent(out, item->figures.values[figures[f].at]);
    }
    sw_str_append(out, "</figcaption></figure>\n");
}

static void append_list(sw_str *out, const sw_gallery_view *g, int run, int list)
{
    const char *name = sw_gallery_list_name((sw_gallery_list)list);
    sw_str_printf(out,
                  "<div role=\"tabpanel\" id=\"gallery-%d-%s\" aria-labelledby=\"gallery-%d-%s-tab\">"
                  "<h4>%s</h4><p class=\"note\">%s",
                  run, name, run, name, list_titles[list], list_notes[list]);
    if (list == SW_GALLERY_DOUBTFUL && !isnan(g->border_median)) {
        sw_str_append(out, " Usual border: ");
        report_percent(out, g->border_median);
        sw_str_append(out, ".");
    }
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
    sw_str_printf(out, "<style>#gallery-%d .cut{background-size:%d%% %d%%;background-image:url(", r,
                  100 * SW_GALLERY_TILES, 100 * g->rows);
    sw_html_data_uri(out, "image/png", g->sheet, g->sheet_bytes);
    sw_str_printf(out,
                  ")}</style>\n<div id=\"gallery-%d\"><div class=\"tabs\" role=\"tablist\" "
                  "aria-label=\"Images worth a look\" hidden>",
                  r);
    for (int l = 0; l < SW_GALLERY_LISTS; l++) {
        const char *name = sw_gallery_list_name((sw_gallery_list)l);
        sw_str_printf(out,
                      "<button type=\"button\" role=\"tab\" id=\"gallery-%d-%s-tab\" "
                      "aria-controls=\"gallery-%d-%s\">%s</button>",
                      r, name, r, name, list_titles[l]);
    }
    sw_str_append(out, "</div>\n");
    for (int l = 0; l < SW_GALLERY_LISTS; l++) append_list(out, g, r, l);
    sw_str_append(out, "</div>\n");
}
