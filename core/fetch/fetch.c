#include "fetch/fetch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/str.h"
#include "fetch_steps.h"

typedef struct fetch_part {
    const char *folder; /* and the archive is FOLDER.tar.gz */
    uint64_t bytes;
} fetch_part;

static uint64_t size_of(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISREG(info.st_mode) ? (uint64_t)info.st_size : 0;
}

/* What is still to come of a part, and twice its size for what it unpacks to: photographs hardly shrink, and
 * small files take whole blocks. */
static sw_status add_need(uint64_t *need, const char *dir, const fetch_part *part)
{
    char *folder = sw_fs_join(dir, part->folder);
    char *archive = sw_strf("%s/%s.tar.gz", dir, part->folder);
    char *partial = sw_strf("%s/%s.tar.gz.partial", dir, part->folder);
    sw_status status = folder && archive && partial ? SW_OK : SW_E_MEMORY;
    if (status == SW_OK && !sw_fs_exists(folder)) {
        uint64_t have = sw_fs_exists(archive) ? part->bytes : size_of(partial);
        *need += 2 * part->bytes + (have < part->bytes ? part->bytes - have : 0);
    }
    free(folder);
    free(archive);
    free(partial);
    return status;
}

static sw_status check_space(const char *dir, const fetch_part *parts, int count)
{
    uint64_t need = 0, free_bytes;
    sw_status status = SW_OK;
    for (int i = 0; i < count; i++) SW_TRY(add_need(&need, dir, &parts[i]));
    SW_TRY(sw_fs_free_bytes(&free_bytes, dir));
    if (free_bytes < need)
        status = sw_fail(SW_E_IO, "%s: %.2f GB are needed to download and unpack, %.2f GB are free", dir,
                         (double)need * 1e-9, (double)free_bytes * 1e-9);
done:
    return status;
}

static sw_status fetch_one(const char *dir, const fetch_part *part, const sw_fetch_options *options)
{
    sw_status status = SW_OK;
    const char *base = options->base_url ? options->base_url : SW_FETCH_BASE_URL;
    size_t length = strlen(base);
    char *what = sw_strf("%s.tar.gz", part->folder), *folder = sw_fs_join(dir, part->folder);
    char *archive = what ? sw_fs_join(dir, what) : NULL;
    char *url = what ? sw_strf("%s%s%s", base, length && base[length - 1] == '/' ? "" : "/", what) : NULL;
    if (!what || !folder || !archive || !url) SW_FAIL_WITH(SW_E_MEMORY);
    if (sw_fs_exists(folder)) goto done;
    SW_TRY(fetch_download(archive, url, what, part->bytes, options));
    status = fetch_unpack(dir, part->folder, archive, part->bytes, options);
    if (status == SW_OK || status == SW_E_DATA) { /* a damaged one must not be found whole by the next call */
        bool removed = unlink(archive) == 0;
        if (!removed && status == SW_OK)
            status = sw_fail(SW_E_IO, "cannot remove %s: %s", archive, strerror(errno));
        else if (status == SW_E_DATA)
            sw_fail_in(status, removed ? "removed, to be downloaded anew by the same command"
                                       : "to be removed, and downloaded anew by the same command");
    }
done:
    free(what);
    free(folder);
    free(archive);
    free(url);
    return status;
}

/* Two of them would append to the same file. The lock is the folder's own and goes with the process. */
static sw_status lock_folder(int *lock, const char *dir)
{
    *lock = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (*lock < 0) return sw_fail(SW_E_IO, "%s: %s", dir, strerror(errno));
    if (flock(*lock, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
        return sw_fail(SW_E_USAGE, "%s: another process is downloading into it", dir);
    return SW_OK; /* a file system without locks is no reason to refuse */
}

sw_status sw_fetch_run(const char *dir, const sw_fetch_options *options)
{
    const fetch_part parts[] = {
        /* The small one first: a wrong address or a full disk shows at once */
        {"annotations", options->annotations_bytes ? options->annotations_bytes : SW_FETCH_ANNOTATIONS_BYTES},
        {"images", options->images_bytes ? options->images_bytes : SW_FETCH_IMAGES_BYTES},
    };
    enum { PARTS = sizeof parts / sizeof parts[0] };
    sw_status status = SW_OK;
    int lock = -1;
    SW_TRY(sw_fs_mkdirs(dir));
    SW_TRY(lock_folder(&lock, dir));
    for (int i = 0; i < PARTS; i++) SW_TRY(fetch_unpack_clear(dir, parts[i].folder));
    SW_TRY(check_space(dir, parts, PARTS));
    for (int i = 0; i < PARTS; i++) SW_TRY(fetch_one(dir, &parts[i], options));
done:
    if (lock >= 0) close(lock);
    return status;
}
