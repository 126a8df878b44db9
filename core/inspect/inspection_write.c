/* Figures as a folder of pictures with a list of what they show, or as one page. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/file_set.h"
#include "base/fs.h"
#include "data/files.h"
#include "inspection.h"
#include "page/html.h"
#include "run/out_file.h"

enum { INDEX_COLUMNS = 80, INDEX_INDENT = 4, JPEG_QUALITY = 92 };

#define INDEX "index.txt"

static const char *const page_endings[] = {".html", ".htm", NULL};

static bool is_page(const char *out)
{
    const char *dot = strrchr(out, '.');
    for (int i = 0; dot && page_endings[i]; i++)
        if (strcasecmp(dot, page_endings[i]) == 0) return true;
    return false;
}

/* --- what may be replaced ------------------------------------------------------------------------ */

static sw_status list_inputs(sw_file_set *inputs, const inspection *s)
{
    SW_ENSURE(sw_file_set_add(inputs, s->saved->weights_path));
    SW_ENSURE(sw_file_set_add(inputs, s->saved->config_path));
    if (s->options->image) SW_ENSURE(sw_file_set_add(inputs, s->options->image));
    return sw_data_files_add(inputs, &s->x->data, SW_DATA_ALL);
}

/* Figures of an earlier inspection may be replaced. */
static sw_status check_page(const inspection *s)
{
    sw_file_set inputs = {0};
    sw_status status = list_inputs(&inputs, s);
    if (status == SW_OK) status = sw_out_file_check(s->options->out, page_endings, &inputs);
    sw_file_set_deinit(&inputs);
    return status;
}

sw_status inspection_check_out(const inspection *s)
{
    const char *out = s->options->out;
    char *folder = is_page(out) ? sw_fs_dirname(out) : sw_strf("%s", out);
    if (!folder) return SW_E_MEMORY;
    sw_status status = is_page(out) ? check_page(s) : SW_OK;
    if (status == SW_OK) status = sw_fs_mkdirs(folder);
    free(folder);
    return status;
}

/* --- what all of it is about --------------------------------------------------------------------- */

static void append_subject(sw_str *text, inspection *s)
{
    sw_str_printf(text, "The network of %s", s->saved->weights_path);
    if (s->saved->epoch) sw_str_printf(text, " after epoch %d", s->saved->epoch);
    sw_str_printf(text, ", looking at %s (%d x %d px), at pixel %d,%d and the class %s.", s->picture_name,
                  s->size.width, s->size.height, s->pixel_x, s->pixel_y,
                  inspection_class_name(s, s->class_number));
}

/* --- a folder ------------------------------------------------------------------------------------ */

/* The path of a figure, or behind the last one of the index; on the heap, NULL when memory is out. */
static char *path_of(const inspection *s, int i)
{
    return i < s->figure_count ? sw_strf("%s/%02d-%s.png", s->options->out, i + 1, s->figures[i].id)
                               : sw_fs_join(s->options->out, INDEX);
}

/* Before the first is written; how many there will be shows only now. */
static sw_status check_files(const inspection *s)
{
    static const char *const png[] = {".png", NULL}, *const text[] = {".txt", NULL};
    sw_file_set inputs = {0};
    sw_status status = list_inputs(&inputs, s);
    for (int i = 0; i <= s->figure_count && status == SW_OK; i++) {
        char *path = path_of(s, i);
        status = path ? sw_out_file_check(path, i < s->figure_count ? png : text, &inputs) : SW_E_MEMORY;
        free(path);
    }
    sw_file_set_deinit(&inputs);
    return status;
}

static sw_status write_figure(const char *path, const inspected_figure *f)
{
    sw_image image;
    sw_status status = sw_figure_picture(&image, &f->figure, true);
    if (status == SW_OK) status = sw_image_write_png(path, &image);
    sw_image_deinit(&image);
    return status;
}

static void append_wrapped(sw_str *out, const char *text)
{
    sw_str_printf(out, "%*s", INDEX_INDENT, "");
    sw_str_wrap(out, text, INDEX_INDENT, INDEX_INDENT, INDEX_COLUMNS);
    sw_str_append(out, "\n");
}

static sw_status write_index(const inspection *s, sw_str *index)
{
    char *path = path_of(s, s->figure_count);
    const sw_status status = path ? sw_fs_write_text(path, index) : SW_E_MEMORY;
    free(path);
    return status;
}

static sw_status write_folder(inspection *s)
{
    sw_status status = SW_OK;
    sw_str index = {0}, subject = {0};
    append_subject(&subject, s);
    sw_str_wrap(&index, sw_str_part(&index, &subject), 0, 0, INDEX_COLUMNS);
    sw_str_append(&index, "\n");
    SW_TRY(check_files(s));
    for (int i = 0; i < s->figure_count && status == SW_OK; i++) {
        const inspected_figure *f = &s->figures[i];
        char *path = path_of(s, i);
        if (path) sw_str_printf(&index, "\n%s  %s\n", strrchr(path, '/') + 1, f->figure.title);
        append_wrapped(&index, f->figure.text);
        status = path ? write_figure(path, f) : SW_E_MEMORY;
        free(path);
    }
    if (status == SW_OK) status = write_index(s, &index);
done:
    sw_str_deinit(&index);
    sw_str_deinit(&subject);
    return status;
}

/* --- a page -------------------------------------------------------------------------------------- */

/* Appends the picture itself: a JPEG where that is smaller, as photographs are. */
static sw_status append_picture(sw_str *out, const sw_image *image)
{
    sw_str png = {0}, jpeg = {0};
    sw_status status = sw_image_encode_png(&png, image);
    if (status == SW_OK) status = sw_image_encode_jpeg(&jpeg, image, JPEG_QUALITY);
    const bool photographs = jpeg.length < png.length;
    const sw_str *smaller = photographs ? &jpeg : &png;
    if (status == SW_OK)
        sw_html_data_uri(out, photographs ? "image/jpeg" : "image/png", smaller->text, smaller->length);
    sw_str_deinit(&png);
    sw_str_deinit(&jpeg);
    return status;
}

static sw_status append_figure(sw_str *out, const inspected_figure *f)
{
    sw_status status = SW_OK;
    sw_image image = {0};
    SW_TRY(sw_figure_picture(&image, &f->figure, false));
    sw_html_between(out, "<section>\n<h2>", f->figure.title, "</h2>\n<figure>\n<figcaption>");
    sw_html_text(out, f->figure.text);
    sw_html_between(out, "</figcaption>\n<img alt=\"", f->figure.title, "\"");
    sw_str_printf(out, " width=\"%d\" src=\"", image.width / 2);
    SW_TRY(append_picture(out, &image));
    sw_str_append(out, "\">\n</figure>\n</section>\n");
done:
    sw_image_deinit(&image);
    return status;
}

static sw_status append_page(sw_str *out, inspection *s)
{
    sw_str subject = {0};
    append_subject(&subject, s);
    sw_str_append(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                       "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>");
    sw_html_between(out, "", s->x->name,
                    ": what the network sees</title>\n<link rel=\"icon\" href=\"data:,\">\n");
    sw_str_append(
        out,
        "<style>\n"
        "body { margin: 0 auto; max-width: 82rem; padding: 0 1rem 2rem; background: #ffffff; color: "
        "#1b1f24;\n"
        "  font: 16px/1.5 system-ui, \"DejaVu Sans\", sans-serif; }\n"
        "h1 { font-size: 1.6rem; margin: 1.2rem 0 .2rem; overflow-wrap: anywhere; }\n"
        "h2 { font-size: 1.2rem; margin: 2rem 0 .4rem; padding-top: .6rem; border-top: 1px solid #d0d7de; }\n"
        "p, figcaption { margin: .4rem 0; max-width: 80ch; overflow-wrap: anywhere; }\n"
        "figure { margin: 0; }\n"
        "img { max-width: 100%; height: auto; }\n"
        "</style>\n</head>\n<body>\n<h1>");
    sw_html_between(out, "", s->x->name, ": what the network sees</h1>\n<p>");
    sw_html_text(out, sw_str_part(out, &subject));
    sw_str_append(out, "</p>\n");
    sw_str_deinit(&subject);
    for (int i = 0; i < s->figure_count; i++) SW_ENSURE(append_figure(out, &s->figures[i]));
    sw_str_append(out, "</body>\n</html>\n");
    return sw_str_status(out);
}

static sw_status write_page(inspection *s)
{
    sw_str page = {0};
    sw_status status = append_page(&page, s);
    if (status == SW_OK) status = sw_fs_write(s->options->out, page.text, page.length);
    sw_str_deinit(&page);
    return status;
}

sw_status inspection_write(inspection *s)
{
    return is_page(s->options->out) ? write_page(s) : write_folder(s);
}
