/* Unpacking by libarchive. Each entry is checked: only plain files and folders below one folder are unpacked,
 * and no more bytes than such an archive can sensibly hold. */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <archive.h>
#include <archive_entry.h>

#include "base/fs.h"
#include "base/log.h"
#include "base/str.h"
#include "fetch_steps.h"

/* Pictures hardly shrink and annotations do so several times; the extra bytes are for archives of a few
 * files. Each entry's header counts too, so that the number of empty files is limited as well. */
enum { MOST_GROWTH = 10, MOST_EXTRA_BYTES = 1 << 20, HEADER_BYTES = 512, READ_BLOCK_BYTES = 64 << 10 };

typedef struct unpack_job {
    const char *target; /* DIR/FOLDER.unpacking */
    const char *folder, *what;
    uint64_t bytes, unpacked, limit;
    int entries; /* that belonged to the folder */
    const sw_fetch_options *options;
} unpack_job;

/* Tells whether a path could lead out of the folder it is below. */
static bool is_harmful(const char *path)
{
    if (path[0] == '/') return true;
    for (const char *c = path; *c; c++) {
        bool begins = c == path || c[-1] == '/';
        if (begins && c[0] == '.' && c[1] == '.' && (c[2] == '/' || c[2] == '\0')) return true;
        if ((unsigned char)*c < 0x20 || *c == 0x7f || *c == '\\') return true;
    }
    return false;
}

/* The part of an entry's path below the folder, "" for the folder itself, or NULL for a path that is not
 * below it. */
static const char *path_below(const char *path, const char *folder)
{
    while (path[0] == '.' && path[1] == '/') path += 2;
    size_t length = strlen(folder);
    if (strncmp(path, folder, length) != 0 || (path[length] != '/' && path[length] != '\0')) return NULL;
    path += length;
    while (*path == '/') path++;
    return path;
}

/* Side files that macOS puts into archives; the official one has some. */
static bool is_side_file(const char *path)
{
    const char *slash = strrchr(path, '/');
    return strncmp(slash ? slash + 1 : path, "._", 2) == 0;
}

/* A real folder, not a link to one */
static sw_status make_folder(const char *path)
{
    struct stat info;
    if (mkdir(path, 0777) == 0) return SW_OK;
    if (errno == EEXIST && lstat(path, &info) == 0 && S_ISDIR(info.st_mode)) return SW_OK;
    return sw_fail(SW_E_IO, "cannot create folder %s: %s", path, strerror(errno));
}

/* Makes the folders between target and the entry. path: TARGET/BELOW, changed and restored. */
static sw_status make_parents(char *path, size_t target_length)
{
    for (char *c = path + target_length + 1; *c; c++) {
        if (*c != '/') continue;
        *c = '\0';
        sw_status status = make_folder(path);
        *c = '/';
        if (status != SW_OK) return status;
    }
    return SW_OK;
}

/* A damaged archive is SW_E_DATA, which removes it; one that cannot be read at the moment is not. */
static sw_status fail_reading(struct archive *archive, const char *what)
{
    switch (archive_errno(archive)) {
    case ENOMEM:
        return sw_fail(SW_E_MEMORY, "out of host memory for unpacking %s", what);
    case EACCES:
    case EIO:
    case EMFILE:
    case ENFILE:
    case ENOENT:
    case EPERM:
        return sw_fail(SW_E_IO, "cannot read %s: %s", what, strerror(archive_errno(archive)));
    default:
        return sw_fail(SW_E_DATA, "%s is damaged: %s", what, archive_error_string(archive));
    }
}

static sw_status count_bytes(unpack_job *job, uint64_t bytes)
{
    job->unpacked += bytes;
    if (job->unpacked <= job->limit) return SW_OK;
    return sw_fail(SW_E_DATA, "%s: unpacks to more than %" PRIu64 " bytes", job->what, job->limit);
}

static sw_status write_file(struct archive *archive, const char *path, unpack_job *job)
{
    sw_status status = SW_OK;
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (fd < 0) return sw_fail(SW_E_IO, "cannot write %s: %s", path, strerror(errno));
    const void *block;
    size_t length;
    la_int64_t offset;
    int code;
    while ((code = archive_read_data_block(archive, &block, &length, &offset)) == ARCHIVE_OK) {
        SW_TRY(count_bytes(job, length));
        for (size_t done_bytes = 0; done_bytes < length;) {
            ssize_t put = pwrite(fd, (const char *)block + done_bytes, length - done_bytes,
                                 (off_t)(offset + (la_int64_t)done_bytes));
            if (put < 0 && errno == EINTR) continue;
            if (put < 0) SW_TRY(sw_fail(SW_E_IO, "cannot write %s: %s", path, strerror(errno)));
            done_bytes += (size_t)put;
        }
    }
    if (code != ARCHIVE_EOF) status = fail_reading(archive, job->what);
done:
    if (close(fd) != 0 && status == SW_OK)
        status = sw_fail(SW_E_IO, "cannot write %s: %s", path, strerror(errno));
    return status;
}

static sw_status unpack_entry(struct archive *archive, struct archive_entry *entry, unpack_job *job)
{
    const char *name = archive_entry_pathname(entry);
    mode_t kind = archive_entry_filetype(entry);
    if (!name || is_harmful(name))
        return sw_fail(SW_E_DATA, "%s: entry '%.100s' leads out of the folder", job->what, name ? name : "");
    if (archive_entry_hardlink(entry) || (kind != AE_IFREG && kind != AE_IFDIR))
        return sw_fail(SW_E_DATA, "%s: entry '%.100s' is a link or a special file", job->what, name);
    if (is_side_file(name)) return SW_OK;
    const char *below = path_below(name, job->folder);
    if (!below) {
        sw_log(SW_LOG_WARNING, "%s: entry '%.100s' does not belong to %s/, skipped", job->what, name,
               job->folder);
        return SW_OK;
    }
    if (below[0] == '\0') return SW_OK;
    job->entries++;
    char *path = sw_strf("%s/%s", job->target, below);
    if (!path) return SW_E_MEMORY;
    size_t end = strlen(path);
    if (path[end - 1] == '/') path[end - 1] = '\0';
    sw_status status = SW_OK;
    SW_TRY(make_parents(path, strlen(job->target)));
    SW_TRY(kind == AE_IFDIR ? make_folder(path) : write_file(archive, path, job));
done:
    free(path);
    return status;
}

static sw_status unpack_all(struct archive *archive, unpack_job *job)
{
    for (;;) {
        struct archive_entry *entry;
        int code = archive_read_next_header(archive, &entry);
        if (code == ARCHIVE_EOF) return SW_OK;
        if (code != ARCHIVE_OK && code != ARCHIVE_WARN) return fail_reading(archive, job->what);
        sw_status status = count_bytes(job, HEADER_BYTES);
        if (status == SW_OK) status = unpack_entry(archive, entry, job);
        if (status != SW_OK) return status;
        uint64_t read_bytes = (uint64_t)archive_filter_bytes(archive, -1);
        if (job->options->progress &&
            !job->options->progress(job->options->user, "unpacking", read_bytes, job->bytes))
            return sw_fail(SW_E_INTERRUPTED, "stopped while unpacking %s; the same command unpacks it again",
                           job->what);
    }
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *where)
{
    (void)info;
    (void)kind;
    (void)where;
    return remove(path);
}

sw_status fetch_unpack_clear(const char *dir, const char *folder)
{
    enum { OPEN_FOLDERS = 16 };
    char *target = sw_strf("%s/%s.unpacking", dir, folder);
    if (!target) return SW_E_MEMORY;
    sw_status status = SW_OK;
    struct stat info;
    if (lstat(target, &info) == 0 && nftw(target, remove_one, OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS) != 0)
        status = sw_fail(SW_E_IO, "cannot remove %s: %s", target, strerror(errno));
    free(target);
    return status;
}

sw_status fetch_unpack(const char *dir, const char *folder, const char *archive_path, uint64_t bytes,
                       const sw_fetch_options *options)
{
    sw_status status = SW_OK;
    char *target = sw_strf("%s/%s.unpacking", dir, folder), *final_path = sw_fs_join(dir, folder);
    struct archive *archive = archive_read_new();
    if (!target || !final_path || !archive) SW_TRY(sw_fail(SW_E_MEMORY, "out of host memory for unpacking"));
    archive_read_support_filter_gzip(archive);
    archive_read_support_format_tar(archive);
    if (archive_read_open_filename(archive, archive_path, READ_BLOCK_BYTES) != ARCHIVE_OK)
        SW_TRY(fail_reading(archive, archive_path));
    unpack_job job = {.target = target,
                      .folder = folder,
                      .what = archive_path,
                      .bytes = bytes,
                      .limit = MOST_GROWTH * bytes + MOST_EXTRA_BYTES,
                      .options = options};
    SW_TRY(make_folder(target));
    SW_TRY(unpack_all(archive, &job));
    if (job.entries == 0)
        SW_TRY(sw_fail(SW_E_DATA, "%s: nothing in it belongs to %s/", archive_path, folder));
    sync(); /* the folder gets its name only when its files are on the disk */
    if (rename(target, final_path) != 0)
        status = sw_fail(SW_E_IO, "cannot rename %s to %s: %s", target, final_path, strerror(errno));
done:
    archive_read_free(archive);
    free(target);
    free(final_path);
    return status;
}
