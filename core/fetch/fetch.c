#include "fetch/fetch.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/fs.h"
#include "fetch_steps.h"

typedef struct fetch_part {
    const char *name; /* of the folder, and the archive is NAME.tar.gz */
    uint64_t bytes;
    const char *archive_name, *folder, *archive, *partial; /* of the archive's download */
} fetch_part;

static sw_status find_places(fetch_part *part, sw_arena *arena, const char *dir)
{
    size_t length = strlen(dir);
    const char *slash = length && dir[length - 1] == '/' ? "" : "/";
    part->archive_name = sw_arena_printf(arena, "%s.tar.gz", part->name);
    part->folder = sw_arena_printf(arena, "%s%s%s", dir, slash, part->name);
    part->archive = sw_arena_printf(arena, "%s%s%s.tar.gz", dir, slash, part->name);
    part->partial = sw_arena_printf(arena, "%s%s%s.tar.gz.partial", dir, slash, part->name);
    return part->archive_name && part->folder && part->archive && part->partial ? SW_OK : SW_E_MEMORY;
}

static uint64_t size_of(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISREG(info.st_mode) ? (uint64_t)info.st_size : 0;
}

/* The bytes to download, and twice the archive's size for what it unpacks to: photographs hardly shrink, and
 * small files take whole blocks. */
static uint64_t need_of(const fetch_part *part)
{
    if (sw_fs_exists(part->folder)) return 0;
    uint64_t have = sw_fs_exists(part->archive) ? part->bytes : size_of(part->partial);
    return 2 * part->bytes + (have < part->bytes ? part->bytes - have : 0);
}

static sw_status check_space(const char *dir, const fetch_part *parts, int count)
{
    uint64_t need = 0, free_bytes;
    for (int i = 0; i < count; i++) need += need_of(&parts[i]);
    SW_ENSURE(sw_fs_free_bytes(&free_bytes, dir));
    if (free_bytes < need)
        return sw_fail(SW_E_IO, "%s: %.2f GB are needed to download and unpack, %.2f GB are free", dir,
                       (double)need * 1e-9, (double)free_bytes * 1e-9);
    return SW_OK;
}

static sw_status fetch_one(const char *dir, const fetch_part *part, sw_arena *arena,
                           const sw_fetch_options *options)
{
    if (sw_fs_exists(part->folder)) return SW_OK;
    const char *base = options->base_url ? options->base_url : SW_FETCH_BASE_URL;
    size_t length = strlen(base);
    const char *slash = length && base[length - 1] == '/' ? "" : "/";
    const char *url = sw_arena_printf(arena, "%s%s%s", base, slash, part->archive_name);
    if (!url) return SW_E_MEMORY;
    SW_ENSURE(fetch_download(part->archive, url, part->archive_name, part->bytes, options));
    sw_status status = fetch_unpack(dir, part->name, part->archive, part->bytes, options);
    if (status == SW_OK || status == SW_E_DATA) { /* or the next call would take a damaged one for whole */
        bool removed = unlink(part->archive) == 0;
        if (!removed && status == SW_OK)
            status = sw_fail(SW_E_IO, "cannot remove %s: %s", part->archive, strerror(errno));
        else if (status == SW_E_DATA)
            sw_fail_in(status, removed ? "removed; the same command downloads it again"
                                       : "remove it, and the same command downloads it again");
    }
    return status;
}

/* Locks the folder, since two processes would append to the same file. The lock ends with the process. */
static sw_status lock_folder(int *lock, const char *dir)
{
    *lock = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (*lock < 0) return sw_fail(SW_E_IO, "%s: %s", dir, strerror(errno));
    if (flock(*lock, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
        return sw_fail(SW_E_USAGE, "%s: another process is downloading into it", dir);
    return SW_OK; /* on a file system without locks it goes on */
}

sw_status sw_fetch_run(const char *dir, const sw_fetch_options *options)
{
    fetch_part parts[] = {
        /* the small one first: a wrong address or a full disk shows early */
        {.name = "annotations",
         .bytes = options->annotations_bytes ? options->annotations_bytes : SW_FETCH_ANNOTATIONS_BYTES},
        {.name = "images", .bytes = options->images_bytes ? options->images_bytes : SW_FETCH_IMAGES_BYTES},
    };
    enum { PARTS = sizeof parts / sizeof parts[0] };
    sw_status status = SW_OK;
    sw_arena arena = {0};
    int lock = -1;
    for (int i = 0; i < PARTS; i++) SW_TRY(find_places(&parts[i], &arena, dir));
    SW_TRY(sw_fs_mkdirs(dir));
    SW_TRY(lock_folder(&lock, dir));
    for (int i = 0; i < PARTS; i++) SW_TRY(fetch_unpack_clear(dir, parts[i].name));
    SW_TRY(check_space(dir, parts, PARTS));
    for (int i = 0; i < PARTS; i++) SW_TRY(fetch_one(dir, &parts[i], &arena, options));
done:
    if (lock >= 0) close(lock);
    sw_arena_deinit(&arena);
    return status;
}
