/* Files and folders. A file that is written whole is written under another name in the same folder and then
 * renamed, so that neither a full disk nor a killed process, nor two processes that write the same file, ever
 * leave half a file or a mixture under the real name. */
#ifndef BASE_FS_H
#define BASE_FS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/status.h"
#include "base/str.h"

/* Whether something is seen at the path. False also means that it cannot be known (no permission, a failing
 * disk): good enough for the words of a message, and where a false answer loses nothing. */
bool sw_fs_exists(const char *path);
bool sw_fs_is_dir(const char *path);

/* Finds out whether something is at the path. SW_E_IO: that cannot be known. */
sw_status sw_fs_find(bool *there, const char *path) SW_NODISCARD;

/* Opens a regular file; anything else, which might keep the program waiting, is refused. `flags` as of open;
 * a new file has the mode that the umask leaves of 0666. The caller closes *out. */
sw_status sw_fs_open(int *out, const char *path, int flags) SW_NODISCARD;

/* Reads a whole regular file. *out (freed by the caller) has a NUL after its *length bytes. A file over
 * `max_bytes` is refused before anything is allocated. */
sw_status sw_fs_read(char **out, size_t *length, const char *path, size_t max_bytes) SW_NODISCARD;

/* Creates the folder and its missing parents; one that is there already is success. */
sw_status sw_fs_mkdirs(const char *path) SW_NODISCARD;

/* Writes a text as sw_fs_write does and empties it. SW_E_MEMORY: memory ran out while it was built. */
sw_status sw_fs_write_text(const char *path, sw_str *text) SW_NODISCARD;

/* Writes a whole file aside, flushes it to the disk and renames it to `path`, where nothing or a file may be.
 */
sw_status sw_fs_write(const char *path, const void *bytes, size_t length) SW_NODISCARD;

/* Checks that what is at the path, if anything, is a file, which alone the above replace. SW_E_IO: it is not.
 */
sw_status sw_fs_check_place(const char *path) SW_NODISCARD;

/* Does the same in pieces: open, write to `stream` (commit reports failed writes), then commit, or discard
 * when something went wrong. Both leave the struct empty; discard accepts an empty one. */
typedef struct sw_fs_writer {
    FILE *stream;
    char *path, *aside;
    int cause; /* errno of a failed write to `stream`, if the writing code kept it */
} sw_fs_writer;

sw_status sw_fs_writer_open(sw_fs_writer *writer, const char *path) SW_NODISCARD;
sw_status sw_fs_writer_commit(sw_fs_writer *writer) SW_NODISCARD;
void sw_fs_writer_discard(sw_fs_writer *writer);

/* Appends to an open file (O_APPEND) in one write call, so that a reader finds whole pieces only, even after
 * the process was killed. A piece that a full disk took in part is cut off again. `path` is for messages. */
sw_status sw_fs_append(int fd, const char *path, const void *bytes, size_t length) SW_NODISCARD;

/* Waits until what was appended is on the disk. */
sw_status sw_fs_flush(int fd, const char *path) SW_NODISCARD;

/* Cuts a file to its first `length` bytes. */
sw_status sw_fs_truncate(const char *path, uint64_t length) SW_NODISCARD;

/* Returns "a/b", or `name` alone if it is absolute, on the heap (the caller frees it); NULL when memory is
 * out. */
char *sw_fs_join(const char *folder, const char *name);

/* Returns the folder part of a path on the heap ("." when there is none); NULL when memory is out. */
char *sw_fs_dirname(const char *path);

/* Finds the folder for what is kept between processes and can be made again: SEGWORK_CACHE_DIR, else segwork
 * in XDG_CACHE_HOME, else in ~/.cache. *out is on the heap; the folder need not exist yet. SW_E_IO: none of
 * the three is set. */
sw_status sw_fs_cache_folder(char **out) SW_NODISCARD;

/* Makes that folder, for its owner alone, and its parents. */
sw_status sw_fs_make_cache_folder(const char *folder) SW_NODISCARD;

/* Whether what the file says may be trusted: it belongs to this user or to root, and not everybody may write
 * it. */
bool sw_fs_is_own(const char *path);

/* Asks for the free bytes of the file system that holds `path` (which must exist). */
sw_status sw_fs_free_bytes(uint64_t *out, const char *path) SW_NODISCARD;

/* Tells whether two paths lead to the same existing file or folder. */
bool sw_fs_same(const char *a, const char *b);

/* Counts the bytes of the leading folders that two paths have in common: "runs/" of "runs/a/001" and
 * "runs/b/001". */
size_t sw_fs_shared_folder(const char *a, const char *b);

/* Returns the path without slashes at its end ("runs/a/001/", as a shell completes it, becomes "runs/a/001";
 * "/" stays), on the heap (the caller frees it); NULL when memory is out. */
char *sw_fs_without_last_slash(const char *path);

#endif
