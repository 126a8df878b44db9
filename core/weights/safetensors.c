/* safetensors: element types and the writer. The reader is safetensors_reader.c. */
#include "weights/safetensors.h"

#include <assert.h>
#include <cjson/cJSON.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/fs.h"
#include "base/utf8.h"
#include "safetensors_format.h"

static const struct {
    const char *name;
    size_t bytes;
} dtypes[] = {
    [SW_SAFETENSORS_F32] = {"F32", 4}, [SW_SAFETENSORS_I64] = {"I64", 8},
    [SW_SAFETENSORS_I32] = {"I32", 4}, [SW_SAFETENSORS_U8] = {"U8", 1},
    [SW_SAFETENSORS_F16] = {"F16", 2}, [SW_SAFETENSORS_BF16] = {"BF16", 2},
    [SW_SAFETENSORS_F64] = {"F64", 8}, [SW_SAFETENSORS_I16] = {"I16", 2},
    [SW_SAFETENSORS_I8] = {"I8", 1},   [SW_SAFETENSORS_BOOL] = {"BOOL", 1},
};

const char *sw_safetensors_dtype_name(sw_safetensors_dtype dtype)
{
    return dtypes[dtype].name;
}

size_t sw_safetensors_dtype_bytes(sw_safetensors_dtype dtype)
{
    return dtypes[dtype].bytes;
}

bool sw_safetensors_dtype_is_float(sw_safetensors_dtype dtype)
{
    return dtype == SW_SAFETENSORS_F32 || dtype == SW_SAFETENSORS_F16 || dtype == SW_SAFETENSORS_BF16;
}

bool safetensors_extent(uint64_t *elems, uint64_t *bytes, sw_safetensors_dtype dtype, int rank,
                        const int64_t *shape)
{
    uint64_t product = 1;
    for (int i = 0; i < rank; i++) {
        if (shape[i] < 0) return false;
        uint64_t dim = (uint64_t)shape[i];
        if (dim != 0 && product > SAFETENSORS_MAX_INTEGER / dim) return false;
        product *= dim;
    }
    if (product > SAFETENSORS_MAX_INTEGER / dtypes[dtype].bytes) return false;
    *elems = product;
    *bytes = product * dtypes[dtype].bytes;
    return true;
}

/* ---- writer ---- */

typedef struct entry {
    const char *name;
    sw_safetensors_dtype dtype;
    int rank;
    int64_t shape[SW_SAFETENSORS_MAX_RANK];
    uint64_t begin, bytes; /* within the data */
    bool put;
} entry;

struct sw_safetensors_writer {
    sw_arena names;
    cJSON *metadata; /* NULL: none */
    entry *entries;
    size_t count;
    bool begun;
    sw_fs_writer file;
    uint64_t data_at; /* where the data begins in the file */
    char *header;     /* its text, of a file with checksums from begin on; owned */
    char *checksums;  /* their digits in it; NULL: none */
};

sw_status sw_safetensors_writer_create(sw_safetensors_writer **out)
{
    *out = calloc(1, sizeof **out);
    return *out ? SW_OK : sw_fail_alloc("checkpoint writer", sizeof **out);
}

sw_status sw_safetensors_writer_metadata(sw_safetensors_writer *writer, const char *key, const char *value)
{
    assert(!writer->begun);
    if (!sw_utf8_is_valid(key, strlen(key)) || !sw_utf8_is_valid(value, strlen(value)))
        return sw_fail(SW_E_DATA, "checkpoint metadata '%s': not valid UTF-8", key);
    if (!writer->metadata && !(writer->metadata = cJSON_CreateObject()))
        return sw_fail_alloc("checkpoint metadata", 0);
    if (cJSON_GetObjectItemCaseSensitive(writer->metadata, key))
        return sw_fail(SW_E_DATA, "checkpoint metadata '%s' given twice", key);
    if (!cJSON_AddStringToObject(writer->metadata, key, value))
        return sw_fail_alloc("checkpoint metadata", strlen(value));
    return SW_OK;
}

sw_status sw_safetensors_writer_add_checksums(sw_safetensors_writer *writer)
{
    const size_t digits = (writer->count + 1) * SAFETENSORS_CHECKSUM_DIGITS;
    char *zeros = malloc(digits + 1);
    if (!zeros) return sw_fail_alloc("checksums", digits + 1);
    memset(zeros, '0', digits);
    zeros[digits] = '\0';
    sw_status status = sw_safetensors_writer_metadata(writer, SAFETENSORS_CHECKSUMS_KEY, zeros);
    free(zeros);
    return status;
}

static entry *find_entry(const sw_safetensors_writer *writer, const char *name)
{
    for (size_t i = 0; i < writer->count; i++)
        if (strcmp(writer->entries[i].name, name) == 0) return &writer->entries[i];
    return NULL;
}

sw_status sw_safetensors_writer_declare(sw_safetensors_writer *writer, const char *name,
                                        sw_safetensors_dtype dtype, int rank, const int64_t *shape)
{
    assert(!writer->begun && rank >= 0 && rank <= SW_SAFETENSORS_MAX_RANK);
    if (name[0] == '\0' || strcmp(name, SAFETENSORS_METADATA_KEY) == 0 ||
        !sw_utf8_is_valid(name, strlen(name)))
        return sw_fail(SW_E_DATA, "'%s' cannot be the name of a tensor", name);
    if (find_entry(writer, name)) return sw_fail(SW_E_DATA, "tensor '%s' declared twice", name);
    entry added = {.dtype = dtype, .rank = rank};
    if (rank > 0) memcpy(added.shape, shape, (size_t)rank * sizeof *shape);
    uint64_t elems;
    if (!safetensors_extent(&elems, &added.bytes, dtype, rank, added.shape))
        return sw_fail(SW_E_DATA, "tensor '%s': its size in bytes is not a sensible number", name);
    SW_ENSURE(SW_ARRAY_GROW(writer->entries, writer->count, "list of tensors"));
    added.name = sw_arena_strdup(&writer->names, name);
    if (!added.name) return SW_E_MEMORY;
    writer->entries[writer->count++] = added;
    return SW_OK;
}

/* Puts wider elements first, so that each tensor begins at a multiple of its element size, which PyTorch
 * needs to view the bytes in place. Within a size the order of declaration is kept. */
static void lay_out(sw_safetensors_writer *writer)
{
    uint64_t at = 0;
    for (size_t width = 8; width >= 1; width /= 2) {
        for (size_t i = 0; i < writer->count; i++) {
            entry *e = &writer->entries[i];
            if (dtypes[e->dtype].bytes != width) continue;
            e->begin = at;
            at += e->bytes;
        }
    }
}

static int by_begin(const void *a, const void *b)
{
    const entry *x = a, *y = b;
    if (x->begin != y->begin) return x->begin < y->begin ? -1 : 1;
    return (x->bytes > y->bytes) - (x->bytes < y->bytes); /* an empty tensor before its neighbour */
}

static bool add_entry(cJSON *header, const entry *e)
{
    double shape[SW_SAFETENSORS_MAX_RANK] = {0};
    const double offsets[] = {(double)e->begin, (double)(e->begin + e->bytes)};
    for (int i = 0; i < e->rank; i++) shape[i] = (double)e->shape[i];
    cJSON *object = cJSON_AddObjectToObject(header, e->name);
    return object && cJSON_AddStringToObject(object, "dtype", dtypes[e->dtype].name) &&
           cJSON_AddItemToObject(object, "shape", cJSON_CreateDoubleArray(shape, e->rank)) &&
           cJSON_AddItemToObject(object, "data_offsets", cJSON_CreateDoubleArray(offsets, 2));
}

/* The header's JSON, freed by the caller with cJSON_free; NULL when memory is out. */
static char *header_text(const sw_safetensors_writer *writer)
{
    char *text = NULL;
    cJSON *header = cJSON_CreateObject();
    if (!header) return NULL;
    if (writer->metadata &&
        !cJSON_AddItemReferenceToObject(header, SAFETENSORS_METADATA_KEY, writer->metadata))
        goto done;
    for (size_t i = 0; i < writer->count; i++)
        if (!add_entry(header, &writer->entries[i])) goto done;
    text = cJSON_PrintUnformatted(header);
done:
    cJSON_Delete(header);
    return text;
}

sw_status sw_safetensors_writer_begin(sw_safetensors_writer *writer, const char *path)
{
    assert(!writer->begun);
    sw_status status = SW_OK;
    lay_out(writer);
    if (writer->count) qsort(writer->entries, writer->count, sizeof *writer->entries, by_begin);
    char *text = header_text(writer);
    if (!text) return sw_fail_alloc("checkpoint header", 0);
    size_t length = strlen(text);
    size_t padding = (SAFETENSORS_ALIGN - length % SAFETENSORS_ALIGN) % SAFETENSORS_ALIGN;
    uint64_t header_bytes = length + padding;
    if (header_bytes > SAFETENSORS_MAX_HEADER_BYTES)
        SW_TRY(sw_fail(SW_E_DATA, "%s: a header of %llu bytes, the format allows 100,000,000", path,
                       (unsigned long long)header_bytes));
    SW_TRY(sw_fs_writer_open(&writer->file, path));
    writer->begun = true;
    writer->data_at = SAFETENSORS_PREFIX_BYTES + header_bytes;
    /* a failed write leaves the stream's error flag, which finish reports */
    fwrite(&header_bytes, sizeof header_bytes, 1, writer->file.stream);
    fwrite(text, 1, length, writer->file.stream);
    fwrite("        ", 1, padding, writer->file.stream);
    if (writer->metadata && (writer->checksums = safetensors_checksums_find(text))) {
        writer->header = text;
        text = NULL;
    }
done:
    cJSON_free(text);
    return status;
}

sw_status sw_safetensors_writer_put(sw_safetensors_writer *writer, const char *name, const void *data,
                                    size_t bytes)
{
    assert(writer->begun);
    const char *path = writer->file.path;
    entry *e = find_entry(writer, name);
    if (!e) return sw_fail(SW_E_DATA, "%s: tensor '%s' was never declared", path, name);
    if (e->put) return sw_fail(SW_E_DATA, "%s: tensor '%s' written twice", path, name);
    if (e->bytes != bytes)
        return sw_fail(SW_E_DATA, "%s: tensor '%s' was declared with %llu bytes and got %zu", path, name,
                       (unsigned long long)e->bytes, bytes);
    off_t at = (off_t)(writer->data_at + e->begin);
    /* seeking flushes stdio's buffer, so it is done only where tensors do not come in the file's order */
    if (ftello(writer->file.stream) != at && fseeko(writer->file.stream, at, SEEK_SET) != 0)
        return sw_fail(SW_E_IO, "%s: %s", path, strerror(errno));
    if (fwrite(data, 1, bytes, writer->file.stream) != bytes)
        return sw_fail(SW_E_IO, "cannot write tensor '%s' to %s: %s", name, path, strerror(errno));
    e->put = true;
    if (writer->checksums)
        safetensors_checksum_print(writer->checksums +
                                       (e - writer->entries + 1) * SAFETENSORS_CHECKSUM_DIGITS,
                                   safetensors_tensor_checksum(data, bytes));
    return SW_OK;
}

/* The header was written with zeros in their place. */
static sw_status write_checksums(sw_safetensors_writer *writer)
{
    const off_t at = SAFETENSORS_PREFIX_BYTES + (off_t)(writer->checksums - writer->header);
    const size_t digits = (writer->count + 1) * SAFETENSORS_CHECKSUM_DIGITS;
    safetensors_checksum_print(writer->checksums,
                               safetensors_header_checksum(writer->header, writer->checksums));
    if (fseeko(writer->file.stream, at, SEEK_SET) == 0 &&
        fwrite(writer->checksums, 1, digits, writer->file.stream) == digits)
        return SW_OK;
    return sw_fail(SW_E_IO, "cannot write %s: %s", writer->file.path, strerror(errno));
}

sw_status sw_safetensors_writer_finish(sw_safetensors_writer *writer)
{
    assert(writer->begun);
    for (size_t i = 0; i < writer->count; i++)
        if (!writer->entries[i].put)
            return sw_fail(SW_E_DATA, "%s: tensor '%s' was declared but never written", writer->file.path,
                           writer->entries[i].name);
    if (writer->checksums) SW_ENSURE(write_checksums(writer));
    return sw_fs_writer_commit(&writer->file);
}

void sw_safetensors_writer_destroy(sw_safetensors_writer *writer)
{
    if (!writer) return;
    sw_fs_writer_discard(&writer->file);
    cJSON_Delete(writer->metadata);
    cJSON_free(writer->header);
    free(writer->entries);
    sw_arena_deinit(&writer->names);
    free(writer);
}
