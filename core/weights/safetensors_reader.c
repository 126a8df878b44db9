/* safetensors: the reader. Nothing in a file is trusted before it was checked, in this order: the file's
 * size, the header's length, the header's bytes, its JSON, each entry, then all entries together. */
#include <assert.h>
#include <cjson/cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/str.h"
#include "base/utf8.h"
#include "safetensors_format.h"
#include "weights/half.h"
#include "weights/safetensors.h"

typedef struct slot {
    sw_safetensors_tensor tensor;
    uint64_t begin, end; /* within the data */
} slot;

struct sw_safetensors_reader {
    int fd;
    char *path;
    uint64_t file_bytes, data_at;
    cJSON *header;         /* owns the names */
    const cJSON *metadata; /* within header; NULL: none */
    slot *slots;           /* in the order of the data */
    const slot **by_name;
    size_t count;
};

/* Names come from untrusted files: messages show enough of one to recognise it. */
#define NAME_SHOWN "%.120s"

static bool is_dtype(sw_safetensors_dtype *out, const char *name)
{
    for (*out = SW_SAFETENSORS_F32; *out < SW_SAFETENSORS_DTYPES; (*out)++)
        if (strcmp(name, sw_safetensors_dtype_name(*out)) == 0) return true;
    return false;
}

static bool is_integer(uint64_t *out, const cJSON *item)
{
    if (!cJSON_IsNumber(item)) return false;
    double value = item->valuedouble;
    if (!(value >= 0 && value <= (double)SAFETENSORS_MAX_INTEGER) || floor(value) != value) return false;
    *out = (uint64_t)value;
    return true;
}

/* cJSON is lenient where the format is not: it takes any control character for white space and cuts a string
 * at \u0000, which would let two names become one. NULL when all is well, else what is wrong. */
static const char *header_flaw(const char *text, size_t length)
{
    if (!sw_utf8_is_valid(text, length)) return "the header is not valid UTF-8";
    bool in_string = false;
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c < 0x20 && (in_string || !strchr("\t\n\r", c) || c == '\0'))
            return "the header has a control character";
        if (c == '"') in_string = !in_string;
        if (c != '\\' || !in_string) continue;
        if (length - i > 5 && memcmp(text + i, "\\u0000", 6) == 0) return "the header has a NUL character";
        i++; /* the escaped character ends no string */
    }
    return NULL;
}

static bool is_presentable(const char *name)
{
    if (name[0] == '\0') return false;
    for (const unsigned char *c = (const unsigned char *)name; *c; c++)
        if (*c < 0x20 || *c == 0x7F) return false;
    return true;
}

/* Failures name no path: that is the caller's to add. */
static sw_status read_at(const sw_safetensors_reader *reader, void *into, size_t bytes, uint64_t at)
{
    char *to = into;
    while (bytes > 0) {
        ssize_t got = pread(reader->fd, to, bytes, (off_t)at);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return sw_fail(SW_E_IO, "%s", strerror(errno));
        if (got == 0) return sw_fail(SW_E_DATA, "the file became shorter while being read");
        to += got;
        at += (uint64_t)got;
        bytes -= (size_t)got;
    }
    return SW_OK;
}

static sw_status open_file(sw_safetensors_reader *reader)
{
    /* O_NONBLOCK: a FIFO must not hang the program */
    reader->fd = open(reader->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat info;
    if (reader->fd < 0 || fstat(reader->fd, &info) != 0) return sw_fail(SW_E_IO, "%s", strerror(errno));
    if (!S_ISREG(info.st_mode)) return sw_fail(SW_E_IO, "not a regular file");
    reader->file_bytes = (uint64_t)info.st_size;
    return SW_OK;
}

/* The header's text, NUL-terminated, freed by the caller. */
static sw_status read_header(char **out, size_t *length, sw_safetensors_reader *reader)
{
    uint64_t header_bytes;
    *out = NULL;
    if (reader->file_bytes < SAFETENSORS_PREFIX_BYTES + 2)
        return sw_fail(SW_E_DATA, "%llu bytes are too few for a safetensors file",
                       (unsigned long long)reader->file_bytes);
    SW_ENSURE(read_at(reader, &header_bytes, sizeof header_bytes, 0));
    if (header_bytes > SAFETENSORS_MAX_HEADER_BYTES)
        return sw_fail(SW_E_DATA,
                       "not a safetensors file (a header of %llu bytes, at most 100,000,000 are allowed)",
                       (unsigned long long)header_bytes);
    if (header_bytes > reader->file_bytes - SAFETENSORS_PREFIX_BYTES)
        return sw_fail(SW_E_DATA, "the header should have %llu bytes, the file ends before (%llu bytes)",
                       (unsigned long long)header_bytes, (unsigned long long)reader->file_bytes);
    char *text = malloc((size_t)header_bytes + 1);
    if (!text) return sw_fail_alloc("its header", (size_t)header_bytes + 1);
    sw_status status = read_at(reader, text, (size_t)header_bytes, SAFETENSORS_PREFIX_BYTES);
    text[header_bytes] = '\0';
    if (status == SW_OK && text[0] != '{')
        status = sw_fail(SW_E_DATA, "not a safetensors file (its header does not begin with '{')");
    if (status != SW_OK) {
        free(text);
        return status;
    }
    *out = text;
    *length = (size_t)header_bytes;
    reader->data_at = SAFETENSORS_PREFIX_BYTES + header_bytes;
    return SW_OK;
}

static sw_status parse_header(sw_safetensors_reader *reader)
{
    char *text;
    size_t length = 0;
    sw_status status = SW_OK;
    SW_ENSURE(read_header(&text, &length, reader));
    const char *flaw = header_flaw(text, length), *end = NULL;
    if (flaw) SW_TRY(sw_fail(SW_E_DATA, "%s", flaw));
    reader->header = cJSON_ParseWithLengthOpts(text, length, &end, 0);
    SW_TRY(sw_memory_status("the header"));
    if (!reader->header || !cJSON_IsObject(reader->header))
        SW_TRY(sw_fail(SW_E_DATA, "the header is not valid JSON (at byte %lld)",
                       (long long)(end ? end - text : 0)));
    size_t rest = (size_t)(end - text);
    if (rest + strspn(end, " \t\n\r") != length)
        SW_TRY(sw_fail(SW_E_DATA, "something follows the header's JSON (at byte %zu)", rest));
    text[rest] = '\0';
    status = safetensors_header_check(text);
done:
    free(text);
    return status;
}

static sw_status check_metadata(sw_safetensors_reader *reader, const cJSON *metadata)
{
    if (reader->metadata) return sw_fail(SW_E_DATA, "two " SAFETENSORS_METADATA_KEY " entries");
    if (!cJSON_IsObject(metadata)) return sw_fail(SW_E_DATA, SAFETENSORS_METADATA_KEY " is not an object");
    for (const cJSON *item = metadata->child; item; item = item->next) {
        if (!cJSON_IsString(item))
            return sw_fail(SW_E_DATA, "metadata '" NAME_SHOWN "' is not a string",
                           is_presentable(item->string) ? item->string : "?");
    }
    reader->metadata = metadata;
    return SW_OK;
}

static sw_status parse_shape(slot *s, const cJSON *shape)
{
    sw_safetensors_tensor *t = &s->tensor;
    if (!cJSON_IsArray(shape)) return sw_fail(SW_E_DATA, "shape is not a list");
    for (const cJSON *item = shape->child; item; item = item->next) {
        uint64_t dim;
        if (t->rank == SW_SAFETENSORS_MAX_RANK)
            return sw_fail(SW_E_DATA, "more than %d dimensions", SW_SAFETENSORS_MAX_RANK);
        if (!is_integer(&dim, item)) return sw_fail(SW_E_DATA, "dimension %d is not a size", t->rank);
        t->shape[t->rank++] = (int64_t)dim;
    }
    if (!safetensors_extent(&t->elems, &t->bytes, t->dtype, t->rank, t->shape))
        return sw_fail(SW_E_DATA, "the product of its shape is too large");
    return SW_OK;
}

static sw_status parse_offsets(slot *s, const cJSON *offsets, const sw_safetensors_reader *reader)
{
    const sw_safetensors_tensor *t = &s->tensor;
    uint64_t data_bytes = reader->file_bytes - reader->data_at;
    if (!cJSON_IsArray(offsets) || cJSON_GetArraySize(offsets) != 2 ||
        !is_integer(&s->begin, offsets->child) || !is_integer(&s->end, offsets->child->next))
        return sw_fail(SW_E_DATA, "data_offsets are not two sizes");
    if (s->begin > s->end || s->end > data_bytes)
        return sw_fail(SW_E_DATA, "bytes %llu to %llu do not lie in the file's %llu bytes of data",
                       (unsigned long long)s->begin, (unsigned long long)s->end,
                       (unsigned long long)data_bytes);
    if (s->end - s->begin != t->bytes)
        return sw_fail(SW_E_DATA, "its shape needs %llu bytes, its offsets span %llu",
                       (unsigned long long)t->bytes, (unsigned long long)(s->end - s->begin));
    return SW_OK;
}

static sw_status parse_entry(slot *s, const cJSON *entry, const sw_safetensors_reader *reader)
{
    s->tensor.name = entry->string;
    if (!cJSON_IsObject(entry)) return sw_fail(SW_E_DATA, "its entry is not an object");
    const cJSON *dtype = cJSON_GetObjectItemCaseSensitive(entry, "dtype");
    const cJSON *shape = cJSON_GetObjectItemCaseSensitive(entry, "shape");
    const cJSON *offsets = cJSON_GetObjectItemCaseSensitive(entry, "data_offsets");
    /* three found and three there: none is missing, foreign or given twice */
    if (!dtype || !shape || !offsets || cJSON_GetArraySize(entry) != 3)
        return sw_fail(SW_E_DATA, "its entry must have dtype, shape and data_offsets, once each");
    if (!cJSON_IsString(dtype) || !is_dtype(&s->tensor.dtype, dtype->valuestring))
        return sw_fail(SW_E_DATA,
                       "its dtype is not one read here (F32, F16, BF16, F64, I64, I32, I16, I8, U8, BOOL)");
    SW_ENSURE(parse_shape(s, shape));
    return parse_offsets(s, offsets, reader);
}

static sw_status parse_entries(sw_safetensors_reader *reader)
{
    size_t children = (size_t)cJSON_GetArraySize(reader->header);
    reader->slots = calloc(children + 1, sizeof *reader->slots);
    if (!reader->slots) return sw_fail_alloc("its names", (children + 1) * sizeof *reader->slots);
    for (const cJSON *item = reader->header->child; item; item = item->next) {
        sw_status status;
        if (strcmp(item->string, SAFETENSORS_METADATA_KEY) == 0)
            status = check_metadata(reader, item);
        else if (!is_presentable(item->string))
            status = sw_fail(SW_E_DATA, "a tensor's name is empty or has control characters");
        else
            status = sw_fail_in(parse_entry(&reader->slots[reader->count++], item, reader),
                                "tensor '" NAME_SHOWN "'", item->string);
        if (status != SW_OK) return status;
    }
    return SW_OK;
}

static int compare_begin(const void *a, const void *b)
{
    const slot *x = a, *y = b;
    if (x->begin != y->begin) return x->begin < y->begin ? -1 : 1;
    return (x->end > y->end) - (x->end < y->end);
}

static sw_status check_layout(const sw_safetensors_reader *reader)
{
    uint64_t at = 0, data_bytes = reader->file_bytes - reader->data_at;
    for (size_t i = 0; i < reader->count; i++) {
        const slot *s = &reader->slots[i];
        if (s->begin != at)
            return sw_fail(SW_E_DATA,
                           "tensor '" NAME_SHOWN "' begins at %llu, %s %llu where the one before ends",
                           s->tensor.name, (unsigned long long)s->begin,
                           s->begin > at ? "a hole after" : "over", (unsigned long long)at);
        at = s->end;
    }
    if (at != data_bytes)
        return sw_fail(SW_E_DATA, "the tensors end at %llu, the file has %llu bytes of data",
                       (unsigned long long)at, (unsigned long long)data_bytes);
    return SW_OK;
}

static int compare_names(const void *a, const void *b)
{
    const slot *const *x = a, *const *y = b;
    return strcmp((*x)->tensor.name, (*y)->tensor.name);
}

static sw_status index_names(sw_safetensors_reader *reader)
{
    reader->by_name = malloc((reader->count + 1) * sizeof *reader->by_name);
    if (!reader->by_name) return sw_fail_alloc("its names", (reader->count + 1) * sizeof *reader->by_name);
    for (size_t i = 0; i < reader->count; i++) reader->by_name[i] = &reader->slots[i];
    qsort(reader->by_name, reader->count, sizeof *reader->by_name, compare_names);
    for (size_t i = 1; i < reader->count; i++)
        if (compare_names(&reader->by_name[i - 1], &reader->by_name[i]) == 0)
            return sw_fail(SW_E_DATA, "two tensors are called '" NAME_SHOWN "'",
                           reader->by_name[i]->tensor.name);
    return SW_OK;
}

static int compare_keys(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static sw_status check_metadata_keys(const sw_safetensors_reader *reader)
{
    if (!reader->metadata) return SW_OK;
    sw_status status = SW_OK;
    size_t count = 0, children = (size_t)cJSON_GetArraySize(reader->metadata);
    const char **keys = malloc((children + 1) * sizeof *keys);
    if (!keys) return sw_fail_alloc("its names", (children + 1) * sizeof *keys);
    for (const cJSON *item = reader->metadata->child; item; item = item->next) keys[count++] = item->string;
    qsort(keys, count, sizeof *keys, compare_keys);
    for (size_t i = 1; i < count && status == SW_OK; i++)
        if (strcmp(keys[i - 1], keys[i]) == 0)
            status = sw_fail(SW_E_DATA, "two metadata entries are called '" NAME_SHOWN "'",
                             is_presentable(keys[i]) ? keys[i] : "?");
    free(keys);
    return status;
}

/* Their digits are hexadecimal, or the header's own would not be right. */
static sw_status check_checksums(const sw_safetensors_reader *reader)
{
    const char *digits = sw_safetensors_reader_metadata(reader, SAFETENSORS_CHECKSUMS_KEY);
    const size_t wanted = (reader->count + 1) * SAFETENSORS_CHECKSUM_DIGITS;
    if (!digits || strlen(digits) == wanted) return SW_OK;
    return sw_fail(SW_E_DATA, "its checksums have %zu digits, not %zu", strlen(digits), wanted);
}

sw_status sw_safetensors_reader_open(sw_safetensors_reader **out, const char *path)
{
    sw_status status = SW_OK;
    *out = NULL;
    sw_safetensors_reader *reader = calloc(1, sizeof *reader);
    if (!reader) return sw_fail_alloc("checkpoint reader", sizeof *reader);
    reader->fd = -1;
    reader->path = sw_strf("%s", path);
    if (!reader->path) SW_TRY(SW_E_MEMORY);
    SW_TRY(open_file(reader));
    SW_TRY(parse_header(reader));
    SW_TRY(parse_entries(reader));
    SW_TRY(check_metadata_keys(reader));
    qsort(reader->slots, reader->count, sizeof *reader->slots, compare_begin);
    SW_TRY(check_layout(reader));
    SW_TRY(index_names(reader));
    SW_TRY(check_checksums(reader));
    *out = reader;
    reader = NULL;
done:
    sw_safetensors_reader_destroy(reader);
    return sw_fail_in(status, "%s", path);
}

size_t sw_safetensors_reader_count(const sw_safetensors_reader *reader)
{
    return reader->count;
}

const sw_safetensors_tensor *sw_safetensors_reader_get(const sw_safetensors_reader *reader, size_t index)
{
    assert(index < reader->count);
    return &reader->slots[index].tensor;
}

static int compare_to_name(const void *key, const void *element)
{
    const slot *const *s = element;
    return strcmp(key, (*s)->tensor.name);
}

const sw_safetensors_tensor *sw_safetensors_reader_find(const sw_safetensors_reader *reader, const char *name)
{
    const slot *const *found =
        bsearch(name, reader->by_name, reader->count, sizeof *reader->by_name, compare_to_name);
    return found ? &(*found)->tensor : NULL;
}

const char *sw_safetensors_reader_metadata(const sw_safetensors_reader *reader, const char *key)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(reader->metadata, key);
    return item ? item->valuestring : NULL;
}

/* The checksums cover a tensor each, as the header's own has shown. */
static sw_status check_tensor(const sw_safetensors_reader *reader, const slot *s, const void *bytes)
{
    const char *digits = sw_safetensors_reader_metadata(reader, SAFETENSORS_CHECKSUMS_KEY);
    if (!digits || safetensors_checksum_is(digits + (s - reader->slots + 1) * SAFETENSORS_CHECKSUM_DIGITS,
                                           safetensors_tensor_checksum(bytes, (size_t)s->tensor.bytes)))
        return SW_OK;
    return sw_fail(SW_E_DATA, "its values are not those that were written (its checksum is another): the "
                              "file is damaged");
}

sw_status sw_safetensors_reader_verify(const sw_safetensors_reader *reader)
{
    sw_status status = SW_OK;
    uint64_t most = 1;
    if (!sw_safetensors_reader_metadata(reader, SAFETENSORS_CHECKSUMS_KEY)) return SW_OK;
    for (size_t i = 0; i < reader->count; i++)
        if (reader->slots[i].tensor.bytes > most) most = reader->slots[i].tensor.bytes;
    void *bytes = malloc((size_t)most);
    if (!bytes) return sw_fail_alloc("a tensor of a checkpoint", (size_t)most);
    for (size_t i = 0; i < reader->count && status == SW_OK; i++) {
        const sw_safetensors_tensor *t = &reader->slots[i].tensor;
        status = sw_safetensors_reader_read(reader, t, bytes, (size_t)t->bytes);
    }
    free(bytes);
    return status;
}

sw_status sw_safetensors_reader_read(const sw_safetensors_reader *reader, const sw_safetensors_tensor *tensor,
                                     void *into, size_t bytes)
{
    const slot *s = (const slot *)(const void *)tensor; /* the tensor is the slot's first member */
    assert(s >= reader->slots && s < reader->slots + reader->count && bytes == tensor->bytes);
    sw_status status = read_at(reader, into, bytes, reader->data_at + s->begin);
    if (status == SW_OK) status = check_tensor(reader, s, into);
    return sw_fail_in(status, "tensor '" NAME_SHOWN "': %s", tensor->name, reader->path);
}

sw_status sw_safetensors_reader_read_floats(const sw_safetensors_reader *reader,
                                            const sw_safetensors_tensor *tensor, float *into)
{
    const sw_safetensors_dtype dtype = tensor->dtype;
    assert(sw_safetensors_dtype_is_float(dtype));
    if (dtype == SW_SAFETENSORS_F32) return sw_safetensors_reader_read(reader, tensor, into, tensor->bytes);
    /* into the upper half, so that float i is written behind the numbers that are still to be read */
    char *halves = (char *)into + tensor->bytes;
    SW_ENSURE(sw_safetensors_reader_read(reader, tensor, halves, tensor->bytes));
    for (uint64_t i = 0; i < tensor->elems; i++) {
        uint16_t bits;
        memcpy(&bits, halves + i * sizeof bits, sizeof bits);
        into[i] = dtype == SW_SAFETENSORS_F16 ? sw_half_float(bits) : sw_bfloat_float(bits);
    }
    return SW_OK;
}

void sw_safetensors_reader_destroy(sw_safetensors_reader *reader)
{
    if (!reader) return;
    if (reader->fd >= 0) close(reader->fd);
    cJSON_Delete(reader->header);
    free(reader->slots);
    free(reader->by_name);
    free(reader->path);
    free(reader);
}
