/* A synthetic set as a folder: which files there are and when they are written. The pictures come from
 * synth_draw.c. */
#include "synth/synth.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/parallel.h"
#include "base/str.h"
#include "base/tally.h"
#include "synth_scene.h"

/* To be raised when the same options give other pictures than before, so that an old set is not taken for a
 * new one. */
enum { DRAWING_VERSION = 1 };
enum { JPEG_QUALITY = 90 };

typedef struct synth_job {
    const char *dir;
    const sw_synth_options *options;
    sw_tally *tally;
} synth_job;

/* Validation pictures have numbers of their own, so that they do not change with the number of training
 * pictures.
 */
static uint32_t number_of(const sw_synth_options *options, int index)
{
    if (index < options->train) return (uint32_t)index;
    return (uint32_t)(SW_SYNTH_MAX_COUNT + index - options->train);
}

static sw_status check_options(const sw_synth_options *options)
{
    if (options->train < 1 || options->val < 1 || options->train > SW_SYNTH_MAX_COUNT ||
        options->val > SW_SYNTH_MAX_COUNT)
        return sw_fail(SW_E_USAGE, "%d training and %d validation pictures: each must be 1 to %d",
                       options->train, options->val, SW_SYNTH_MAX_COUNT);
    if (options->size_px < SW_SYNTH_MIN_SIZE_PX || options->size_px > SW_SYNTH_MAX_SIZE_PX)
        return sw_fail(SW_E_USAGE, "pictures of %d pixels a side: the size must be %d to %d",
                       options->size_px, SW_SYNTH_MIN_SIZE_PX, SW_SYNTH_MAX_SIZE_PX);
    return SW_OK;
}

/* The text of synth.json, by which a folder is recognised. */
static char *describe(const sw_synth_options *options, bool complete)
{
    return sw_strf("{\n  \"made_by\": \"segwork data synth\",\n  \"drawing_version\": %d,\n  \"train\": %d,\n"
                   "  \"val\": %d,\n  \"size_px\": %d,\n  \"seed\": %" PRIu64 ",\n  \"complete\": %s\n}\n",
                   DRAWING_VERSION, options->train, options->val, options->size_px, options->seed,
                   complete ? "true" : "false");
}

/* Of a file that is being written, or that a process killed at the start left. */
static bool is_partial(const char *name)
{
    static const char end[] = ".partial";
    const size_t length = strlen(name);
    return length >= sizeof end && strcmp(name + length - (sizeof end - 1), end) == 0;
}

static sw_status is_empty(bool *out, const char *dir)
{
    *out = true;
    DIR *stream = opendir(dir);
    if (!stream) return sw_fail(SW_E_IO, "%s: %s", dir, strerror(errno));
    const struct dirent *entry;
    while (*out && (entry = readdir(stream)))
        *out =
            strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 || is_partial(entry->d_name);
    closedir(stream);
    return SW_OK;
}

/* Sets *done when the folder holds this set already; fails when it holds anything that must not be
 * overwritten. */
static sw_status look_at_folder(bool *done, const char *dir, const char *marker, const char *complete,
                                const char *unfinished)
{
    *done = false;
    bool empty;
    sw_status status = is_empty(&empty, dir);
    if (status != SW_OK || empty) return status;
    if (!sw_fs_exists(marker))
        return sw_fail(SW_E_CONFIG, "%s holds other files: name an empty or a new folder for synthetic pets",
                       dir);
    char *found = NULL;
    size_t length;
    SW_ENSURE(sw_fs_read(&found, &length, marker, 4096));
    *done = strcmp(found, complete) == 0;
    if (!*done && strcmp(found, unfinished) != 0)
        status = sw_fail(SW_E_CONFIG,
                         "%s holds synthetic pets made with other options (see %s): name another folder, or "
                         "remove this one",
                         dir, marker);
    free(found);
    return status;
}

/* Writes aside and renames, without the flush to the disk that sw_fs_write makes: thousands of flushes would
 * take minutes, and the marker tells that a set is incomplete. */
static sw_status write_quickly(const char *path, const sw_str *bytes)
{
    char *aside = sw_strf("%s.partial", path);
    if (!aside) return SW_E_MEMORY;
    errno = 0;
    FILE *stream = fopen(aside, "wbe");
    bool bad = !stream || fwrite(bytes->text, 1, bytes->length, stream) != bytes->length;
    bad |= stream && fclose(stream) != 0;
    bad = bad || rename(aside, path) != 0;
    sw_status status = bad ? sw_fail(SW_E_IO, "cannot write %s: %s", path, strerror(errno)) : SW_OK;
    if (bad && stream) unlink(aside);
    free(aside);
    return status;
}

static sw_status write_picture(void *user, int index)
{
    const synth_job *job = user;
    uint32_t number = number_of(job->options, index);
    sw_status status = SW_OK;
    sw_image image = {0}, trimap = {0};
    sw_str jpeg = {0}, png = {0};
    char *image_path = sw_strf("%s/images/pet_%06u.jpg", job->dir, number + 1);
    char *trimap_path = sw_strf("%s/annotations/trimaps/pet_%06u.png", job->dir, number + 1);
    if (!image_path || !trimap_path) SW_TRY(SW_E_MEMORY);
    SW_TRY(sw_synth_draw(&image, &trimap, job->options->seed, number, job->options->size_px));
    SW_TRY(sw_image_encode_jpeg(&jpeg, &image, JPEG_QUALITY));
    SW_TRY(sw_image_encode_png(&png, &trimap));
    SW_TRY(write_quickly(image_path, &jpeg));
    SW_TRY(write_quickly(trimap_path, &png));
    sw_tally_add(job->tally, 1);
done:
    free(image_path);
    free(trimap_path);
    sw_str_deinit(&jpeg);
    sw_str_deinit(&png);
    sw_image_deinit(&image);
    sw_image_deinit(&trimap);
    return status;
}

/* Class-id, species (1 cat, 2 dog) and breed-id as the official lists have them; poses stand for breeds. */
static void append_line(sw_str *list, const sw_synth_options *options, int index)
{
    synth_scene scene;
    uint32_t number = number_of(options, index);
    scene_make(&scene, options->seed, number);
    int breed = (int)scene.pet.pose + 1, class_id = scene.pet.cat ? breed : PET_POSES + breed;
    sw_str_printf(list, "pet_%06u %d %d %d\n", number + 1, class_id, scene.pet.cat ? 1 : 2, breed);
}

static sw_status write_list(const synth_job *job, const char *name, int first, int end)
{
    sw_str list = {0};
    char *path = sw_strf("%s/annotations/%s.txt", job->dir, name);
    if (!path) return SW_E_MEMORY;
    sw_str_append(&list, "# NAME class-id species(1 cat, 2 dog) breed-id(pose)\n");
    for (int i = first; i < end; i++) append_line(&list, job->options, i);
    sw_status status = sw_str_status(&list);
    if (status == SW_OK) status = sw_fs_write(path, list.text, list.length);
    free(path);
    sw_str_deinit(&list);
    return status;
}

static sw_status write_all(const char *dir, const sw_synth_options *options)
{
    sw_status status = SW_OK;
    synth_job job = {.dir = dir, .options = options};
    int total = options->train + options->val;
    const sw_tally_plan tally = {.what = "drawing", .unit = "img", .total = (uint64_t)total};
    char *images = sw_fs_join(dir, "images"), *trimaps = sw_fs_join(dir, "annotations/trimaps");
    if (!images || !trimaps) SW_TRY(SW_E_MEMORY);
    SW_TRY(sw_fs_mkdirs(images));
    SW_TRY(sw_fs_mkdirs(trimaps));
    SW_TRY(sw_tally_create(&job.tally, options->progress, &tally));
    SW_TRY(sw_parallel_run(total, options->threads, write_picture, &job));
    sync(); /* before the lists: what they name is on the disk */
    SW_TRY(write_list(&job, "trainval", 0, options->train));
    SW_TRY(write_list(&job, "test", options->train, total));
    SW_TRY(write_list(&job, "list", 0, total));
done:
    sw_tally_destroy(job.tally);
    free(images);
    free(trimaps);
    return status;
}

/* One process draws into a folder; on a file system without locks, any number. */
static sw_status lock_folder(int *out, const char *dir)
{
    *out = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (*out < 0) return sw_fail(SW_E_IO, "%s: %s", dir, strerror(errno));
    if (flock(*out, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) return SW_OK;
    return sw_fail(SW_E_USAGE, "another process is drawing synthetic pets into %s; wait for it or stop it",
                   dir);
}

static sw_status write_set(const char *dir, const sw_synth_options *options, const char *marker,
                           const char *complete, const char *unfinished)
{
    sw_status status = SW_OK;
    bool done;
    int lock = -1;
    SW_ENSURE(look_at_folder(&done, dir, marker, complete, unfinished));
    if (done) return SW_OK;
    SW_TRY(lock_folder(&lock, dir));
    SW_TRY(look_at_folder(&done, dir, marker, complete, unfinished)); /* it may have been made meanwhile */
    if (done) goto done;
    SW_TRY(sw_fs_write(marker, unfinished, strlen(unfinished)));
    SW_TRY(write_all(dir, options));
    SW_TRY(sw_fs_write(marker, complete, strlen(complete)));
done:
    if (lock >= 0) close(lock);
    return status;
}

sw_status sw_synth_write(const char *dir, const sw_synth_options *options)
{
    sw_status status = SW_OK;
    SW_ENSURE(check_options(options));
    char *marker = sw_fs_join(dir, "synth.json");
    char *complete = describe(options, true), *unfinished = describe(options, false);
    if (!marker || !complete || !unfinished) SW_TRY(SW_E_MEMORY);
    if (sw_fs_exists(dir) && !sw_fs_is_dir(dir))
        SW_TRY(sw_fail(SW_E_CONFIG, "%s is a file; synthetic pets need a folder", dir));
    SW_TRY(sw_fs_mkdirs(dir));
    SW_TRY(write_set(dir, options, marker, complete, unfinished));
done:
    free(marker);
    free(complete);
    free(unfinished);
    return status;
}
