#include "image/fit.h"

#include <assert.h>
#include <string.h>

/* The largest rectangle of that aspect ratio in the middle of `frame`. */
static sw_rect largest_inside(sw_size frame, sw_size aspect)
{
    sw_rect rect = {0, 0, frame.width, frame.height};
    int64_t wide = (int64_t)aspect.width * frame.height, tall = (int64_t)aspect.height * frame.width;
    if (wide > tall) /* wider than the frame: as wide as it, and less high */
        rect.height = (int)((2 * tall + aspect.width) / (2 * (int64_t)aspect.width));
    else
        rect.width = (int)((2 * wide + aspect.height) / (2 * (int64_t)aspect.height));
    if (rect.height < 1) rect.height = 1;
    if (rect.width < 1) rect.width = 1;
    rect.left = (frame.width - rect.width) / 2;
    rect.top = (frame.height - rect.height) / 2;
    return rect;
}

static sw_rect whole(sw_size size)
{
    return (sw_rect){0, 0, size.width, size.height};
}

sw_fit sw_fit_find(sw_fit_kind kind, sw_size from, sw_size to)
{
    assert(from.height > 0 && from.width > 0 && to.height > 0 && to.width > 0);
    return (sw_fit){.from = from,
                    .to = to,
                    .part = kind == SW_FIT_CROP ? largest_inside(from, to) : whole(from),
                    .place = kind == SW_FIT_PAD ? largest_inside(to, from) : whole(to)};
}

sw_fit sw_fit_inverse(const sw_fit *fit)
{
    return (sw_fit){.from = fit->to, .to = fit->from, .part = fit->place, .place = fit->part};
}

void sw_fit_apply(uint8_t *out, const sw_fit *fit, const sw_image *picture, sw_resize_kind kind, uint8_t fill)
{
    assert(picture->height == fit->from.height && picture->width == fit->from.width);
    sw_image target = {
        .pixels = out, .width = fit->to.width, .height = fit->to.height, .channels = picture->channels};
    if (fit->place.width < fit->to.width || fit->place.height < fit->to.height)
        memset(out, fill, (size_t)target.width * (size_t)target.height * (size_t)target.channels);
    sw_image_resize_part(&target, fit->place, picture, fit->part, kind);
}
