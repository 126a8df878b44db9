#include "augment_warp.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/classes.h"

/* An affine map of the plane; the last column moves. */
typedef struct affine {
    double m[2][3];
} affine;

/* What `then` makes of what `first` makes of a point. */
static affine after(affine then, affine first)
{
    affine both;
    for (int r = 0; r < 2; r++)
        for (int c = 0; c < 3; c++)
            both.m[r][c] =
                then.m[r][0] * first.m[0][c] + then.m[r][1] * first.m[1][c] + (c == 2 ? then.m[r][2] : 0);
    return both;
}

/* x sx + tx, y sy + ty */
static affine scaled(double sx, double sy, double tx, double ty)
{
    return (affine){{{sx, 0, tx}, {0, sy, ty}}};
}

/* About (cx, cy). Rows go down: seen from above the output turns clockwise over the picture, so that the
 * picture turns counterclockwise in the output. */
static affine rotated(double radians, double cx, double cy)
{
    double c = cos(radians), s = sin(radians);
    return (affine){{{c, -s, cx - c * cx + s * cy}, {s, c, cy - s * cx - c * cy}}};
}

/* From the frame of the output to the picture, without augmentation. */
static affine fitted(const sw_fit *fit, bool own_pixels)
{
    if (own_pixels)
        return scaled(1, 1, (fit->from.width - fit->to.width) / 2.0,
                      (fit->from.height - fit->to.height) / 2.0);
    double step_x = (double)fit->part.width / fit->place.width;
    double step_y = (double)fit->part.height / fit->place.height;
    return scaled(step_x, step_y, fit->part.left - step_x * fit->place.left,
                  fit->part.top - step_y * fit->place.top);
}

warp_map warp_compose(const sw_fit *fit, const warp_draw *draw)
{
    double width = fit->to.width, height = fit->to.height;
    affine fit_map = fitted(fit, draw->own_pixels);
    /* how much larger than the frame the scaled picture is; negative: smaller */
    double over_x = fit->from.width / fit_map.m[0][0] * draw->scale - width;
    double over_y = fit->from.height / fit_map.m[1][1] * draw->scale - height;
    affine all =
        scaled(draw->hflip ? -1 : 1, draw->vflip ? -1 : 1, draw->hflip ? width : 0, draw->vflip ? height : 0);
    all = after(scaled(draw->cut.side, draw->cut.side, draw->cut.left * width, draw->cut.top * height), all);
    if (draw->radians != 0) all = after(rotated(draw->radians, width / 2, height / 2), all);
    double shift_x = (draw->x - 0.5) * over_x, shift_y = (draw->y - 0.5) * over_y, zoom = 1 / draw->scale;
    all = after(scaled(zoom, zoom, width / 2 + (shift_x - width / 2) * zoom,
                       height / 2 + (shift_y - height / 2) * zoom),
                all);
    all = after(fit_map, all);
    warp_map map;
    memcpy(map.u, all.m[0], sizeof map.u);
    memcpy(map.v, all.m[1], sizeof map.v);
    return map;
}

double warp_finest_step(const sw_fit *fit, bool own_pixels, double highest_scale, double smallest_cut)
{
    affine map = fitted(fit, own_pixels);
    return fmin(map.m[0][0], map.m[1][1]) * smallest_cut / highest_scale;
}

void warp_place_deinit(warp_place *place)
{
    free(place->reduced);
    free(place->sums);
    free(place->inside);
    *place = (warp_place){0};
}

/* Sees to it that there is room for `count` items; what was there is lost. */
static sw_status make_room(void *array, size_t *count, size_t wanted, size_t item_bytes)
{
    if (*count >= wanted) return SW_OK;
    void **items = array;
    free(*items);
    *count = 0;
    *items = malloc(wanted * item_bytes);
    if (!*items) return sw_fail_alloc("an augmented image", wanted * item_bytes);
    *count = wanted;
    return SW_OK;
}

static int clamp(int value, int last)
{
    return value < 0 ? 0 : value > last ? last : value;
}

static double at(const double line[3], int x, int y)
{
    return line[0] * (x + 0.5) + (line[1] * (y + 0.5) + line[2]);
}

static bool shows(const warp_map *map, sw_size size, int x, int y)
{
    double u = at(map->u, x, y), v = at(map->v, x, y);
    return u >= 0 && u < size.width && v >= 0 && v < size.height;
}

/* Narrows low..high to the places where 0 <= slope x + start < limit, about. */
static void narrow(double *low, double *high, double slope, double start, double limit)
{
    if (slope == 0) {
        if (start < 0 || start >= limit) *high = *low;
        return;
    }
    double one = -start / slope, other = (limit - start) / slope;
    *low = fmax(*low, fmin(one, other));
    *high = fmin(*high, fmax(one, other));
}

/* The columns of a row whose centres lie in the picture, which has no holes: they follow each other. The
 * estimate can be off by rounding; the ends are settled by looking. */
static void find_inside(int inside[2], const warp_map *map, sw_size picture, int width, int y)
{
    double low = 0, high = width;
    narrow(&low, &high, map->u[0], at(map->u, 0, y) - 0.5 * map->u[0], picture.width);
    narrow(&low, &high, map->v[0], at(map->v, 0, y) - 0.5 * map->v[0], picture.height);
    int first = clamp((int)fmin(low, width) - 1, width);
    int end = high > low ? clamp((int)high + 2, width) : first;
    while (first < end && !shows(map, picture, first, y)) first++;
    while (end > first && !shows(map, picture, end - 1, y)) end--;
    inside[0] = first;
    inside[1] = end;
}

static void take_labels(uint8_t *out, int y, const int inside[2], const warp_map *map,
                        const warp_source *source)
{
    const sw_image *labels = &source->labels;
    double finer = 1.0 / source->label_step;
    for (int x = inside[0]; x < inside[1]; x++) {
        int column = clamp((int)(at(map->u, x, y) * finer), labels->width - 1);
        int row = clamp((int)(at(map->v, x, y) * finer), labels->height - 1);
        out[x] = labels->pixels[(size_t)row * (size_t)labels->width + (size_t)column];
    }
}

/* A picture or a reduced part of it: its point (u, v) is u * scale_u + move_u, v * scale_v + move_v of
 * `image`, whose first pixel has its centre at 0. */
typedef struct view {
    sw_image image;
    double scale_u, move_u, scale_v, move_v;
} view;

static void interpolate(float *out, int y, const int inside[2], const warp_map *map, const view *seen)
{
    const sw_image *image = &seen->image;
    size_t stride = (size_t)image->width * 3;
    double last_x = image->width - 1, last_y = image->height - 1;
    for (int x = inside[0]; x < inside[1]; x++) {
        double u = at(map->u, x, y) * seen->scale_u + seen->move_u;
        double v = at(map->v, x, y) * seen->scale_v + seen->move_v;
        u = u < 0 ? 0 : u > last_x ? last_x : u;
        v = v < 0 ? 0 : v > last_y ? last_y : v;
        int left = (int)u, upper = (int)v;
        float right_weight = (float)(u - left), lower_weight = (float)(v - upper);
        const uint8_t *above = image->pixels + (size_t)upper * stride + 3 * (size_t)left;
        const uint8_t *below = upper < image->height - 1 ? above + stride : above;
        size_t right = left < image->width - 1 ? 3 : 0;
        for (size_t c = 0; c < 3; c++) {
            float top = above[c], bottom = below[c];
            top += right_weight * ((float)above[right + c] - top);
            bottom += right_weight * ((float)below[right + c] - bottom);
            out[3 * x + (int)c] = top + lower_weight * (bottom - top);
        }
    }
    for (int i = 3 * inside[0]; i < 3 * inside[1]; i++) out[i] /= 255.0f;
}

/* Pixels of the kept picture between two neighbouring pixels of the output, along one of its axes. */
static int pixels_between(const double line[3], int step)
{
    double between = sqrt(line[0] * line[0] + line[1] * line[1]) / step;
    return between < 1 ? 1 : between > SW_IMAGE_MAX_STEP ? SW_IMAGE_MAX_STEP : (int)(between + 0.5);
}

/* The blocks from first to end of an axis that the output can see, with their neighbours. */
static void see(int *first, int *end, const double line[3], sw_size size, double block, int pixels, int step)
{
    double low = INFINITY, high = -INFINITY;
    for (int corner = 0; corner < 4; corner++) {
        double value = at(line, corner % 2 ? size.width - 1 : 0, corner / 2 ? size.height - 1 : 0) / block;
        low = fmin(low, value);
        high = fmax(high, value);
    }
    int blocks = (pixels - 1) / step + 1;
    *first = low < 1 ? 0 : low >= blocks ? blocks - 1 : (int)low - 1;
    *end = high < 0 ? 0 : high >= blocks - 1 ? blocks : (int)high + 2;
    if (*end <= *first) *end = *first + 1;
}

/* Averages what the output can see of the picture. */
static sw_status reduce(view *seen, sw_size size, const warp_map *map, const warp_source *source, int step_x,
                        int step_y, warp_place *place)
{
    int left, right, top, bottom;
    double block_x = (double)step_x * source->image_step, block_y = (double)step_y * source->image_step;
    see(&left, &right, map->u, size, block_x, source->image.width, step_x);
    see(&top, &bottom, map->v, size, block_y, source->image.height, step_y);
    sw_rect part = {left * step_x, top * step_y, (right - left) * step_x, (bottom - top) * step_y};
    if (part.left + part.width > source->image.width) part.width = source->image.width - part.left;
    if (part.top + part.height > source->image.height) part.height = source->image.height - part.top;
    SW_ENSURE(make_room(&place->reduced, &place->reduced_bytes,
                        (size_t)(right - left) * (size_t)(bottom - top) * 3, 1));
    SW_ENSURE(make_room(&place->sums, &place->sum_count, (size_t)part.width * 3, sizeof *place->sums));
    sw_image_average(place->reduced, place->sums, &source->image, part, step_x, step_y);
    *seen = (view){
        .image = {.pixels = place->reduced, .width = right - left, .height = bottom - top, .channels = 3},
        .scale_u = 1 / block_x,
        .move_u = -0.5 - left,
        .scale_v = 1 / block_y,
        .move_v = -0.5 - top};
    return SW_OK;
}

sw_status warp_apply(float *out_image, uint8_t *out_labels, sw_size size, const warp_map *map,
                     const warp_source *source, warp_place *place)
{
    assert(source->image.channels == 3 && source->labels.channels == 1);
    size_t width = (size_t)size.width, pixels = (size_t)size.height * width;
    int step_x = pixels_between(map->u, source->image_step);
    int step_y = pixels_between(map->v, source->image_step);
    double scale = 1.0 / source->image_step;
    view seen = {source->image, scale, -0.5, scale, -0.5};
    if (step_x > 1 || step_y > 1) SW_ENSURE(reduce(&seen, size, map, source, step_x, step_y, place));
    SW_ENSURE(make_room(&place->inside, &place->inside_count, 2 * (size_t)size.height, sizeof(int)));
    memset(out_labels, SW_NO_CLASS, pixels);
    for (int y = 0; y < size.height; y++) {
        int *inside = place->inside + 2 * y;
        find_inside(inside, map, source->size, size.width, y);
        take_labels(out_labels + (size_t)y * width, y, inside, map, source);
        interpolate(out_image + (size_t)y * width * 3, y, inside, map, &seen);
    }
    warp_blacken_outside(out_image, size, place);
    return SW_OK;
}

void warp_blacken_outside(float *image, sw_size size, const warp_place *place)
{
    for (int y = 0; y < size.height; y++, image += 3 * (size_t)size.width) {
        size_t first = 3 * (size_t)place->inside[2 * y], end = 3 * (size_t)place->inside[2 * y + 1];
        memset(image, 0, first * sizeof *image);
        memset(image + end, 0, (3 * (size_t)size.width - end) * sizeof *image);
    }
}
