/* What the writer and the reader of a run's gallery share. */
#include "run/gallery_format.h"

const char *sw_gallery_list_name(sw_gallery_list list)
{
    static const char *const names[] = {"worst", "uncertain", "doubtful"};
    return names[list];
}

int sw_gallery_list_figures(sw_gallery_figure out[SW_GALLERY_FIGURES])
{
    static const sw_gallery_figure own[] = {{"confidence", "confidence", SW_GALLERY_CONFIDENCE},
                                            {"confident_error", "surely wrong", SW_GALLERY_CONFIDENT_ERROR},
                                            {"border", "border in truth", SW_GALLERY_BORDER}};
    const sw_metric *metrics[SW_MAX_CAPTIONS];
    int count = sw_metrics_captioned(metrics);
    for (int i = 0; i < count; i++)
        out[i] = (sw_gallery_figure){metrics[i]->key, metrics[i]->label, SW_GALLERY_SCORE + i};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++) out[count++] = own[i];
    return count;
}
