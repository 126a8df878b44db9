/* Folders of runs: manifest, records, masks, gallery and event files, as compare, report, render and --resume
 * read them. What was brought back to an epoch stays as it is when it is brought back there again. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/str.h"
#include "fuzz.h"
#include "run/events.h"
#include "run/gallery_format.h"
#include "run/masks.h"
#include "run/reader.h"

static const char events[] = "events.out.tfevents.1.here";

static const char *const names[] = {"config.yaml",
                                    "manifest.json",
                                    "steps.jsonl",
                                    "metrics.jsonl",
                                    "metrics.csv",
                                    events,
                                    "masks/images.json",
                                    "masks/inputs.png",
                                    "masks/truth.png",
                                    "masks/epoch_01.png",
                                    "masks/epoch_01_confidence.png",
                                    "gallery/epoch_01.json",
                                    "gallery/epoch_01.png",
                                    NULL};

static void check_failure(sw_status status)
{
    fuzz_expect(status != SW_E_MEMORY && strlen(sw_error_message()) > 0, "a failure has a message");
}

static void read_run(const char *folder)
{
    sw_run_reader run;
    sw_step_table steps;
    const sw_status status = sw_run_reader_open(&run, folder);
    if (status != SW_OK) {
        check_failure(status);
        return;
    }
    for (size_t i = 0; i < run.epochs.count; i++)
        fuzz_expect(run.epochs.rows[i].epoch >= 0 &&
                        (i == 0 || run.epochs.rows[i].epoch > run.epochs.rows[i - 1].epoch),
                    "epochs are in order");
    if (sw_run_reader_steps(&steps, &run) == SW_OK)
        for (size_t i = 1; i < steps.count; i++)
            fuzz_expect(steps.rows[i].step == steps.rows[i - 1].step + 1, "steps follow each other");
    sw_step_table_deinit(&steps);
    sw_run_reader_close(&run);
}

static void read_masks(const char *folder)
{
    sw_masks masks;
    const sw_status status = sw_masks_open(&masks, folder);
    if (status != SW_OK) check_failure(status);
    for (int e = 0; status == SW_OK && e < masks.epoch_count; e++) {
        const size_t pixels =
            (size_t)masks.images.count * (size_t)masks.images.size.width * (size_t)masks.images.size.height;
        uint8_t *labels = malloc(pixels), *confidences = malloc(pixels);
        if (sw_masks_read(&masks, masks.epochs[e], labels, confidences) == SW_OK)
            for (size_t i = 0; i < pixels; i++)
                fuzz_expect(labels[i] < masks.images.classes.count, "a pixel is a class");
        free(labels);
        free(confidences);
    }
    sw_masks_deinit(&masks);
}

static void read_gallery(const char *folder)
{
    sw_gallery_view view;
    const sw_status status = sw_gallery_read(&view, folder);
    if (status != SW_OK) check_failure(status);
    for (int list = 0; status == SW_OK && list < SW_GALLERY_LISTS; list++)
        for (int i = 0; i < view.counts[list]; i++)
            fuzz_expect(view.items[list][i].row >= 0 && view.items[list][i].row < view.rows &&
                            view.items[list][i].name,
                        "an image has a row");
    sw_gallery_view_deinit(&view);
}

static char *contents(const char *folder, const char *name, size_t *length)
{
    char *path = sw_fs_join(folder, name), *bytes = NULL;
    *length = 0;
    if (sw_fs_read(&bytes, length, path, 1 << 26) != SW_OK) bytes = NULL;
    free(path);
    return bytes;
}

static void rewind_events(const char *folder)
{
    size_t before, after;
    const sw_status status = sw_events_rewind(folder, 1, 4);
    if (status != SW_OK) {
        check_failure(status);
        return;
    }
    char *once = contents(folder, events, &before);
    fuzz_expect(sw_events_rewind(folder, 1, 4) == SW_OK, "what was brought back can be brought back");
    char *twice = contents(folder, events, &after);
    fuzz_expect(before == after && (!before || memcmp(once, twice, before) == 0),
                "the second time changes nothing");
    free(once);
    free(twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    const char *folder = fuzz_folder(bytes, length, names);
    read_run(folder);
    read_masks(folder);
    read_gallery(folder);
    rewind_events(folder);
    return 0;
}
