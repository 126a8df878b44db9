#include "data_init.h"

#include <string.h>

#include "base/fs.h"
#include "base/log.h"
#include "base/terminal.h"
#include "data/description.h"
#include "data/guess.h"
#include "data/mask_values.h"
#include "page/sheet.h"
#include "page/shell.h"
#include "print.h"

static void put_splits(sw_str *out, const sw_guess *guess)
{
    const sw_data_config *data = &guess->data;
    sw_str rows = {0};
    char title[200];
    const bool paired = data->layout == SW_LAYOUT_FOLDERS;
    sw_str_printf(&rows, "split\tpictures in%s\tpictures\n", paired ? "\tmasks in" : "");
    for (int s = 0; s < SW_SPLITS; s++) {
        if (!guess->splits[s].pictures) continue;
        sw_str_printf(&rows, "%s\t%s", sw_data_split_name((sw_split)s),
                      sw_data_split_title(title, sizeof title, data, (sw_split)s));
        if (paired) sw_str_printf(&rows, "\t%s", data->folders[s].masks ? data->folders[s].masks : "");
        sw_str_printf(&rows, "\t%d\n", guess->splits[s].pictures);
    }
    sw_sheet_columns(out, &rows, paired ? 3 : 2);
}

static void put_sizes(sw_str *out, const sw_guess *guess)
{
    const sw_stats_range *width = &guess->width_px, *height = &guess->height_px;
    if (guess->one_size)
        sw_str_printf(out, "\nall %d wide and %d high\n\n", width->low, height->low);
    else
        sw_str_printf(out, "\n%d to %d wide (median %d), %d to %d high (median %d)\n\n", width->low,
                      width->high, width->median, height->low, height->high, height->median);
}

static void put_values(sw_str *out, const sw_guess *guess)
{
    const sw_classes *classes = sw_data_classes(&guess->data);
    sw_str rows = {0};
    int edges = 0;
    sw_str_append(&rows, "class\tvalue\tpixels\tmasks\n");
    for (int i = 0; i < guess->value_count; i++) {
        const sw_guess_value *value = &guess->values[i];
        edges += value->is_edge;
        if (value->is_edge) continue;
        sw_str_printf(&rows, "%s\t",
                      value->label == SW_NO_CLASS ? "(ignored)" : classes->list[value->label].name);
        sw_mask_code_append(&rows, value->code);
        sw_str_printf(&rows, "\t%.4f\t%d\n", (double)value->pixels / (double)guess->pixels, value->images);
    }
    sw_sheet_columns(out, &rows, 2);
    sw_str_printf(out, "(pixels: share of all; masks: that have the value, of %d%s)\n", guess->masks_read,
                  guess->masks_read < guess->masks ? ", a sample" : "");
    if (edges) sw_str_printf(out, "%d values more look like smoothed edges, and are ignored\n", edges);
}

static void put_notes(sw_str *out, const sw_guess *guess)
{
    for (int i = 0; i < guess->remark_count; i++) {
        sw_str_append(out, i ? "note: " : "\nnote: ");
        sw_str_wrap(out, guess->remarks[i], 6, 6, SW_TERMINAL_DEFAULT_COLUMNS);
        sw_str_append(out, "\n");
    }
}

static const char *file_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* A line with a command that can be pasted: the program, as it was called, and these words. */
static void put_command(sw_str *out, const char *words, const char *path)
{
    sw_str_append(out, "    ");
    sw_shell_append_word(out, print_program);
    sw_str_printf(out, " %s ", words);
    sw_shell_append_word(out, path);
    sw_str_append(out, "\n");
}

static void put_next_steps(sw_str *out, const sw_guess *guess, const char *path)
{
    sw_str_printf(out, "\nWrote %s. Next:\n\n", path);
    if (guess->data.classes)
        sw_str_append(out, "  Give the classes their names in it. Then look at every picture:\n");
    else
        sw_str_append(out, "  Look at every picture:\n");
    put_command(out, "data stats", path);
    sw_str_printf(out,
                  "  An experiment beside it, say mine.yaml, is three lines:\n"
                  "    include: [experiments/segnet_small.yaml, %s]\n"
                  "    name: mine\n"
                  "    train: {epochs: 40, save_best: miou}\n"
                  "  (The first is found in segwork's sources, or once segwork is installed;\n"
                  "  elsewhere write its whole path.)\n"
                  "  See what it will train on, and train:\n",
                  file_of(path));
    put_command(out, "data browse --out seen.png", "mine.yaml");
    put_command(out, "run", "mine.yaml");
}

static sw_status print_found(const sw_guess *guess, const char *path)
{
    sw_str text = {0};
    sw_str_printf(&text, "%s: layout %s\n\n", guess->data.root, sw_data_layout_name(&guess->data));
    put_splits(&text, guess);
    put_sizes(&text, guess);
    put_values(&text, guess);
    put_notes(&text, guess);
    put_next_steps(&text, guess, path);
    return print_text(&text);
}

static void make_description(sw_str *yaml, const sw_guess *guess, const char *folder, const char *out)
{
    sw_str command = {0};
    sw_str_append(&command, "segwork data init ");
    sw_shell_append_word(&command, folder);
    if (out) sw_shell_append_option(&command, "--out", out);
    sw_guess_yaml(yaml, guess, sw_str_part(yaml, &command), out ? file_of(out) : "data.yaml");
    sw_str_deinit(&command);
}

sw_status data_init(const char *folder, const char *out)
{
    sw_status status = SW_OK;
    const sw_progress_output progress = print_progress();
    sw_guess guess = {0};
    sw_str yaml = {0};
    if (out && sw_fs_exists(out))
        return sw_fail(SW_E_USAGE,
                       "%s is there already, perhaps with names that you gave; name another file with --out, "
                       "or remove it",
                       out);
    SW_TRY(sw_guess_files(&guess, folder, 0));
    SW_TRY(sw_guess_masks(&guess, 0, SW_GUESS_PIXELS, &progress));
    make_description(&yaml, &guess, folder, out);
    if (out) {
        SW_TRY(sw_fs_write_text(out, &yaml));
        SW_TRY(print_found(&guess, out));
    } else {
        for (int i = 0; i < guess.remark_count; i++) sw_log(SW_LOG_WARNING, "%s", guess.remarks[i]);
        SW_TRY(print_text(&yaml));
    }
done:
    sw_str_deinit(&yaml);
    sw_guess_deinit(&guess);
    return status;
}
