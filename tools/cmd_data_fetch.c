/* segwork data fetch */
#include <stdint.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/terminal.h"
#include "cmd_data.h"
#include "fetch/fetch.h"
#include "print.h"
#include "stop.h"

static const char *base_url;
static long long images_bytes = SW_FETCH_IMAGES_BYTES, annotations_bytes = SW_FETCH_ANNOTATIONS_BYTES;
static const volatile sig_atomic_t *stop;

const struct poptOption data_fetch_options[] = {
    {"base-url", '\0', POPT_ARG_STRING, &base_url, DATA_FETCH,
     "Where both archives are (default: the site above)", "URL"},
    {"expect-images", '\0', POPT_ARG_LONGLONG, &images_bytes, DATA_FETCH,
     "Size of images.tar.gz there (default 791918971)", "BYTES"},
    {"expect-annotations", '\0', POPT_ARG_LONGLONG, &annotations_bytes, DATA_FETCH,
     "Size of annotations.tar.gz there (default 19173078)", "BYTES"},
    POPT_TABLEEND};

/* One line on a terminal, rewritten at most ten times a second. */
static bool show_progress(void *user, const char *what, uint64_t done_bytes, uint64_t total_bytes)
{
    double *shown_s = user, now_s = sw_clock_s();
    if (now_s - *shown_s > 0.1 && sw_terminal_rewrites(stderr)) {
        *shown_s = now_s;
        print_clear_line();
        fprintf(stderr, "%s: %.1f of %.1f MB (%.0f %%)", what, (double)done_bytes * 1e-6,
                (double)total_bytes * 1e-6, 100 * (double)done_bytes / (double)total_bytes);
        fflush(stderr);
    }
    return !*stop;
}

sw_status data_fetch_run(const char *dir, int size_px)
{
    (void)size_px; /* refused before */
    if (images_bytes < 1 || annotations_bytes < 1)
        return sw_fail(SW_E_USAGE, "an archive's size must be 1 byte or more");
    double shown_s = 0.0; /* 0: not yet */
    sw_fetch_options options = {
        .base_url = base_url,
        .images_bytes = (uint64_t)images_bytes,
        .annotations_bytes = (uint64_t)annotations_bytes,
        .progress = show_progress,
        .user = &shown_s,
    };
    stop = sw_stop_on_interrupt();
    sw_status status = sw_fetch_run(dir, &options);
    if (shown_s > 0.0) print_clear_line();
    if (status == SW_OK)
        printf("%s: images and annotations are complete; 'segwork data stats %s' checks them\n", dir, dir);
    return status;
}
