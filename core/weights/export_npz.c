/* NumPy's .npz, by libarchive. */
#include <archive.h>
#include <archive_entry.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "export_tensors.h"
#include "weights/npy.h"

static sw_status archive_fail(struct archive *archive, const char *path)
{
    int cause = archive_errno(archive); /* libarchive's own text is "Write error", whatever the reason */
    const char *text = cause > 0 ? strerror(cause) : archive_error_string(archive);
    return sw_fail(SW_E_IO, "cannot write %s: %s", path, text ? text : "the archive fails");
}

typedef struct npz {
    struct archive *archive;
    const char *path;
} npz;

static sw_status put_file(const npz *n, const char *tensor, const sw_str *file)
{
    sw_status status = SW_OK;
    char *name = sw_strf("%s.npy", tensor);
    struct archive_entry *entry = archive_entry_new();
    if (!name || !entry) SW_TRY(sw_fail(SW_E_MEMORY, "out of host memory for %s", n->path));
    archive_entry_set_pathname(entry, name);
    archive_entry_set_size(entry, (la_int64_t)file->length);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    if (archive_write_header(n->archive, entry) != ARCHIVE_OK ||
        archive_write_data(n->archive, file->text, file->length) != (la_ssize_t)file->length)
        status = archive_fail(n->archive, n->path);
done:
    archive_entry_free(entry);
    free(name);
    return status;
}

static sw_status put_tensor(void *user, const sw_safetensors_tensor *t, const void *data)
{
    sw_str file = {0};
    sw_status status = sw_npy_append(&file, t->dtype, t->rank, t->shape, data);
    if (status == SW_OK) status = put_file(user, t->name, &file);
    sw_str_deinit(&file);
    return status;
}

sw_status sw_export_npz(const char *path, const sw_safetensors_reader *weights)
{
    sw_status status = SW_OK;
    sw_fs_writer writer = {0};
    npz n = {.archive = archive_write_new(), .path = path};
    if (!n.archive) return sw_fail(SW_E_MEMORY, "out of host memory for %s", path);
    SW_TRY(sw_fs_writer_open(&writer, path));
    if (archive_write_set_format_zip(n.archive) != ARCHIVE_OK ||
        archive_write_zip_set_compression_store(n.archive) != ARCHIVE_OK ||
        archive_write_open_FILE(n.archive, writer.stream) != ARCHIVE_OK)
        SW_TRY(archive_fail(n.archive, path));
    SW_TRY(sw_export_each(weights, true, put_tensor, &n));
    if (archive_write_close(n.archive) != ARCHIVE_OK) SW_TRY(archive_fail(n.archive, path));
    SW_TRY(sw_fs_writer_commit(&writer));
done:
    archive_write_free(n.archive);
    sw_fs_writer_discard(&writer);
    return status;
}
