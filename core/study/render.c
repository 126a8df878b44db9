#include "study/render.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/str.h"
#include "draw/gif.h"
#include "draw/palette.h"
#include "render_view.h"
#include "run/out_file.h"

enum { HOLD_CS = 300, GRAY_STEPS = 33 };

static const char *const panel_names[SW_TILES_PANELS] = {[SW_TILES_INPUTS] = "input",
                                                         [SW_TILES_TRUTH] = "truth",
                                                         [SW_TILES_PREDICTION] = "prediction",
                                                         [SW_TILES_ERROR] = "error",
                                                         [SW_TILES_CONFIDENCE] = "confidence"};

typedef struct renderer {
    sw_arena arena; /* of all that is allocated here and by the views */
    const sw_render_options *options;
    render_view *views; /* a run each */
    int view_count;
    sw_tiles_panel panels[SW_TILES_PANELS];
    int panel_count;
    int *epochs, epoch_count; /* of all runs, ascending */
    int width, height;        /* of a frame */
    sw_gif *gif;
    sw_palette palette;
    render_tiles dithered; /* the photographs in the palette's colours */
    uint8_t *indices;      /* (height,width) */
} renderer;

/* ---- what is asked for ---- */

static bool shows(const renderer *r, sw_tiles_panel panel)
{
    for (int i = 0; i < r->panel_count; i++)
        if (r->panels[i] == panel) return true;
    return false;
}

static sw_status add_panel(renderer *r, const char *name, size_t length)
{
    for (int p = 0; p < SW_TILES_PANELS; p++) {
        if (strlen(panel_names[p]) != length || strncmp(panel_names[p], name, length) != 0) continue;
        if (shows(r, (sw_tiles_panel)p))
            return sw_fail(SW_E_USAGE, "--panels: '%s' stands there twice", panel_names[p]);
        r->panels[r->panel_count++] = (sw_tiles_panel)p;
        return SW_OK;
    }
    return sw_fail(SW_E_USAGE, "--panels: '%.*s' is not one of input, truth, prediction, error, confidence",
                   (int)length, name);
}

static sw_status choose_panels(renderer *r)
{
    const char *text = r->options->panels ? r->options->panels : "input,truth,prediction";
    for (bool more = true; more;) {
        const size_t length = strcspn(text, ",");
        SW_ENSURE(add_panel(r, text, length));
        more = text[length] == ',';
        text += length + more;
    }
    return SW_OK;
}

static sw_status check_numbers(const sw_render_options *o)
{
    if (!(o->fps >= 0.1 && o->fps <= 50))
        return sw_fail(SW_E_USAGE, "--fps %g: must be 0.1 to 50 epochs a second", o->fps);
    if (o->size_px != 0 && (o->size_px < SW_RENDER_MIN_SIZE_PX || o->size_px > SW_RENDER_MAX_SIZE_PX))
        return sw_fail(SW_E_USAGE, "--size %d: must be %d to %d pixels", o->size_px, SW_RENDER_MIN_SIZE_PX,
                       SW_RENDER_MAX_SIZE_PX);
    if (o->frames && !*o->frames)
        return sw_fail(SW_E_USAGE, "--frames is empty: it names the folder for the pictures");
    if (o->gif && !*o->gif) return sw_fail(SW_E_USAGE, "--gif is empty: it names the file for the animation");
    if (o->gif && sw_fs_is_dir(o->gif))
        return sw_fail(SW_E_USAGE, "--gif %s: that is a folder, and the animation needs a file", o->gif);
    return SW_OK;
}

/* ---- runs ---- */

static sw_status open_views(renderer *r)
{
    int count = 0, *chosen, chosen_count;
    while (r->options->runs[count]) count++;
    r->views = sw_arena_alloc(&r->arena, (size_t)count * sizeof *r->views);
    if (!r->views) return SW_E_MEMORY;
    while (r->view_count < count) {
        render_view *view = &r->views[r->view_count];
        SW_ENSURE(render_view_open(view, r->options->runs[r->view_count]));
        r->view_count++;
        SW_ENSURE(sw_masks_check_same(&r->views[0].store, &view->store));
    }
    SW_ENSURE(render_choose(&chosen, &chosen_count, &r->arena, &r->views[0].store, r->options->images));
    for (int v = 0; v < count; v++)
        SW_ENSURE(render_view_take(&r->views[v], &r->arena, chosen, chosen_count, r->options->size_px));
    return SW_OK;
}

/* Lists the epochs that any of the runs has, ascending. */
static sw_status join_epochs(renderer *r)
{
    int most = 0;
    for (int v = 0; v < r->view_count; v++) most += r->views[v].store.epoch_count;
    r->epochs = sw_arena_alloc(&r->arena, (size_t)most * sizeof *r->epochs);
    if (!r->epochs) return SW_E_MEMORY;
    for (int last = -1;;) {
        int next = -1;
        for (int v = 0; v < r->view_count; v++) {
            const sw_masks *store = &r->views[v].store;
            int i = 0;
            while (i < store->epoch_count && store->epochs[i] <= last) i++;
            if (i < store->epoch_count && (next < 0 || store->epochs[i] < next)) next = store->epochs[i];
        }
        if (next < 0) return SW_OK;
        r->epochs[r->epoch_count++] = last = next;
    }
}

/* ---- a frame ---- */

static sw_tiles_spec spec_of(const renderer *r, const render_view *view, const render_tiles *photos)
{
    const sw_mask_images *g = &view->store.images;
    int columns = r->views[0].store.images.columns;
    return (sw_tiles_spec){.label = r->view_count > 1 ? view->store.run : NULL,
                           .title = view->title,
                           .count = view->count,
                           .columns = columns < view->count ? columns : view->count,
                           .size = view->size,
                           .scale = view->resized ? 1 : 0,
                           .images = photos->at,
                           .truths = view->truths.at,
                           .predictions = view->predictions.at,
                           .confidences = view->confidences.at,
                           .classes = &g->classes,
                           .panels = r->panels,
                           .panel_count = r->panel_count};
}

static sw_status check_size(int64_t width, int64_t height)
{
    if (width <= SW_IMAGE_MAX_SIDE_PX && width * height <= SW_IMAGE_MAX_PIXELS) return SW_OK;
    return sw_fail(
        SW_E_USAGE,
        "a frame of %lld x %lld pixels is more than a picture can be (%d a side, %d together): show "
        "fewer --images or --panels, a smaller --size, or fewer runs",
        (long long)width, (long long)height, SW_IMAGE_MAX_SIDE_PX, SW_IMAGE_MAX_PIXELS);
}

static void put_beside(sw_image *frame, const sw_image *picture, int left)
{
    for (int y = 0; y < frame->height; y++)
        memcpy(frame->pixels + 3 * ((size_t)y * (size_t)frame->width + (size_t)left),
               picture->pixels + 3 * (size_t)y * (size_t)picture->width, 3 * (size_t)picture->width);
}

/* Draws all runs at their current epochs, with the photographs as they are or dithered. */
static sw_status compose(sw_image *frame, const renderer *r, const render_tiles *photos)
{
    sw_status status = SW_OK;
    sw_image picture = {0};
    *frame = (sw_image){0};
    for (int v = 0; v < r->view_count; v++) {
        sw_tiles_spec spec = spec_of(r, &r->views[v], photos);
        SW_TRY(sw_tiles_picture(&picture, &spec));
        if (v == 0) {
            SW_TRY(check_size((int64_t)picture.width * r->view_count, picture.height));
            SW_TRY(sw_image_init(frame, picture.width * r->view_count, picture.height, 3));
        }
        put_beside(frame, &picture, v * picture.width);
        sw_image_deinit(&picture);
    }
done:
    sw_image_deinit(&picture);
    if (status != SW_OK) sw_image_deinit(frame);
    return status;
}

/* ---- the animation ---- */

/* Flat colours are kept exactly, grays serve confidence and type, and the rest of the palette is for
 * photographs. */
static sw_status make_palette(renderer *r)
{
    uint32_t flat[SW_MAX_CLASSES + SW_TILES_OTHER_FLAT];
    const render_view *view = &r->views[0];
    int count = sw_tiles_flat_rgb(flat, &view->store.images.classes);
    sw_palette_init(&r->palette);
    for (int i = 0; i < count; i++) sw_palette_add(&r->palette, flat[i]);
    for (int i = 0; i < GRAY_STEPS; i++)
        sw_palette_add(&r->palette, (uint32_t)(i * 255 / (GRAY_STEPS - 1)) * 0x010101u);
    if (!shows(r, SW_TILES_INPUTS)) return SW_OK;
    size_t pixels = sw_size_pixels(view->size);
    return sw_palette_add_photos(&r->palette, view->inputs.at, view->count, pixels);
}

static sw_status dither_photos(renderer *r)
{
    const render_view *view = &r->views[0];
    const size_t tile = 3 * sw_size_pixels(view->size);
    SW_ENSURE(render_tiles_init(&r->dithered, &r->arena, view->count, view->size, 3));
    memcpy(r->dithered.pixels, view->inputs.pixels, (size_t)view->count * tile);
    for (int i = 0; i < view->count && shows(r, SW_TILES_INPUTS); i++)
        SW_ENSURE(sw_palette_dither(&r->palette, r->dithered.pixels + (size_t)i * tile, view->size));
    return SW_OK;
}

static sw_status begin_gif(renderer *r)
{
    SW_ENSURE(make_palette(r));
    SW_ENSURE(dither_photos(r));
    r->indices = sw_arena_alloc(&r->arena, (size_t)r->width * (size_t)r->height);
    if (!r->indices) return SW_E_MEMORY;
    return sw_gif_open(&r->gif, r->options->gif, r->width, r->height, r->palette.rgb, r->palette.count);
}

static sw_status add_gif_frame(renderer *r, bool last)
{
    sw_image frame;
    SW_ENSURE(compose(&frame, r, &r->dithered));
    size_t pixels = (size_t)r->width * (size_t)r->height;
    for (size_t i = 0; i < pixels; i++) {
        const uint8_t *rgb = frame.pixels + 3 * i;
        r->indices[i] =
            sw_palette_index(&r->palette, (uint32_t)rgb[0] << 16 | (uint32_t)rgb[1] << 8 | rgb[2]);
    }
    sw_image_deinit(&frame);
    return sw_gif_add(r->gif, r->indices, (int)lround(100 / r->options->fps) + (last ? HOLD_CS : 0));
}

/* ---- pictures ---- */

/* Refuses the folders of a run that have files of the names that are about to be written. */
static sw_status check_frames_folder(const renderer *r)
{
    static const char *const own[] = {"grids", "masks"};
    for (int i = 0; i < 2 * r->view_count; i++) {
        char *folder = sw_fs_join(r->options->runs[i / 2], own[i % 2]);
        const bool same = folder && sw_fs_same(folder, r->options->frames);
        free(folder);
        if (same)
            return sw_fail(SW_E_USAGE, "--frames %s: the run's own files of these names are there",
                           r->options->frames);
    }
    return SW_OK;
}

static sw_status write_picture(const renderer *r, const sw_image *frame, int epoch)
{
    char *path = sw_strf("%s/epoch_%02d.png", r->options->frames, epoch);
    sw_status status = path ? sw_out_file_check(path, NULL, NULL) : SW_E_MEMORY;
    if (status == SW_OK) status = sw_image_write_png(path, frame);
    free(path);
    return status;
}

static sw_status draw_frame(renderer *r, int number)
{
    sw_status status = SW_OK;
    sw_image frame = {0};
    int epoch = r->epochs[number];
    for (int v = 0; v < r->view_count; v++)
        SW_TRY(render_view_go(&r->views[v], epoch, shows(r, SW_TILES_CONFIDENCE)));
    if (number == 0 || r->options->frames) {
        SW_TRY(compose(&frame, r, &r->views[0].inputs));
        r->width = frame.width;
        r->height = frame.height;
    }
    if (r->options->frames) SW_TRY(write_picture(r, &frame, epoch));
    if (number == 0 && r->options->gif) SW_TRY(begin_gif(r));
    if (r->options->gif) SW_TRY(add_gif_frame(r, number == r->epoch_count - 1));
done:
    sw_image_deinit(&frame);
    return status;
}

sw_status sw_render(sw_render_result *result, const sw_render_options *options)
{
    static const char *const gif_endings[] = {".gif", NULL};
    sw_status status = SW_OK;
    renderer *r = calloc(1, sizeof *r);
    *result = (sw_render_result){0};
    if (!r) return sw_fail_alloc("a renderer", sizeof *r);
    r->options = options;
    SW_TRY(check_numbers(options));
    if (options->gif) SW_TRY(sw_out_file_check(options->gif, gif_endings, NULL));
    SW_TRY(choose_panels(r));
    SW_TRY(open_views(r));
    SW_TRY(join_epochs(r));
    if (options->frames) {
        SW_TRY(check_frames_folder(r));
        SW_TRY(sw_fs_mkdirs(options->frames));
    }
    for (int i = 0; i < r->epoch_count; i++) SW_TRY(draw_frame(r, i));
    if (options->gif) {
        sw_gif *gif = r->gif;
        r->gif = NULL;
        SW_TRY(sw_gif_close(gif));
    }
    *result = (sw_render_result){.frames = r->epoch_count,
                                 .first_epoch = r->epochs[0],
                                 .last_epoch = r->epochs[r->epoch_count - 1],
                                 .width = r->width,
                                 .height = r->height};
done:
    sw_gif_discard(r->gif);
    for (int v = 0; v < r->view_count; v++) render_view_close(&r->views[v]);
    sw_arena_deinit(&r->arena);
    free(r);
    return status;
}
