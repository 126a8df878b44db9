#include "inspect/channels.h"

#include <math.h>

static size_t pixels_of(sw_shape shape)
{
    return (size_t)shape.h * (size_t)shape.w;
}

static sw_channel_strength measure(const float *values, sw_shape shape, int channel)
{
    sw_channel_strength s = {.channel = channel, .least = values[channel], .most = values[channel]};
    const size_t pixels = pixels_of(shape);
    for (size_t i = 0; i < pixels; i++) {
        const float value = values[i * (size_t)shape.c + (size_t)channel];
        s.mean += fabs((double)value);
        s.least = fminf(s.least, value);
        s.most = fmaxf(s.most, value);
    }
    s.mean /= (double)pixels;
    return s;
}

int sw_channels_strongest(sw_channel_strength *out, int count, const float *values, sw_shape shape)
{
    int found = 0;
    for (int c = 0; c < shape.c; c++) {
        const sw_channel_strength s = measure(values, shape, c);
        int at = found;
        while (at > 0 && out[at - 1].mean < s.mean) at--;
        if (at == count) continue;
        found += found < count;
        for (int i = found - 1; i > at; i--) out[i] = out[i - 1];
        out[at] = s;
    }
    return found;
}

void sw_channel_copy(float *out, const float *values, sw_shape shape, int channel)
{
    for (size_t i = 0; i < pixels_of(shape); i++) out[i] = values[i * (size_t)shape.c + (size_t)channel];
}

static sw_peak find_peak(const float *values, sw_shape shape, int channel, int image)
{
    size_t best = 0;
    const size_t pixels = pixels_of(shape), channels = (size_t)shape.c, c = (size_t)channel;
    for (size_t i = 1; i < pixels; i++)
        if (values[i * channels + c] > values[best * channels + c]) best = i;
    return (sw_peak){.value = values[best * channels + c],
                     .image = image,
                     .y = (int)(best / (size_t)shape.w),
                     .x = (int)(best % (size_t)shape.w)};
}

void sw_peaks_add(sw_peak *peaks, int count, const float *values, sw_shape shape, int channel, int image)
{
    const sw_peak peak = find_peak(values, shape, channel, image);
    int at = count;
    while (at > 0 && (peaks[at - 1].image < 0 || peaks[at - 1].value < peak.value)) at--;
    for (int i = count - 1; i > at; i--) peaks[i] = peaks[i - 1];
    if (at < count) peaks[at] = peak;
}
