/* safetensors files: the container in which checkpoints travel to and from PyTorch.
 *
 * A file is 8 bytes of header length, a JSON header, then the tensors' bytes, row-major and little-endian.
 * The writer lays tensors out by descending element size (as the format's own library does), so that every
 * tensor is aligned for its type; it writes aside and renames. The reader trusts nothing in a file: lengths,
 * offsets, holes, overlaps, names and the size of the file are checked before a byte of data is read, and no
 * allocation is larger than what the file's own size justifies. */
#ifndef WEIGHTS_SAFETENSORS_H
#define WEIGHTS_SAFETENSORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

typedef enum sw_safetensors_dtype {
    SW_SAFETENSORS_F32,
    SW_SAFETENSORS_I64,
    SW_SAFETENSORS_I32,
    SW_SAFETENSORS_U8,
    SW_SAFETENSORS_F16,
    SW_SAFETENSORS_BF16,
    SW_SAFETENSORS_F64,
    SW_SAFETENSORS_I16,
    SW_SAFETENSORS_I8,
    SW_SAFETENSORS_BOOL,
    SW_SAFETENSORS_DTYPES
} sw_safetensors_dtype;

enum { SW_SAFETENSORS_MAX_RANK = 8 };

const char *sw_safetensors_dtype_name(sw_safetensors_dtype dtype); /* "F32", "I64", ... */
size_t sw_safetensors_dtype_bytes(sw_safetensors_dtype dtype);
/* Tells whether every number of that type is a float exactly, so that weights can be read from it: F32, F16
 * and BF16. */
bool sw_safetensors_dtype_is_float(sw_safetensors_dtype dtype);

/* ---- writing: create, declare everything, begin, put each tensor once in any order, finish ---- */

typedef struct sw_safetensors_writer sw_safetensors_writer;

sw_status sw_safetensors_writer_create(sw_safetensors_writer **out) SW_NODISCARD;

/* Adds a string to the file's metadata; a key given twice is an error (SW_E_DATA). */
sw_status sw_safetensors_writer_metadata(sw_safetensors_writer *writer, const char *key,
                                         const char *value) SW_NODISCARD;

/* Adds checksums of the header and of every tensor to the metadata, once everything is declared: readers of
 * segwork then notice a damaged byte. */
sw_status sw_safetensors_writer_add_checksums(sw_safetensors_writer *writer) SW_NODISCARD;

/* Announces a tensor. `rank` 0 is a scalar (`shape` may then be NULL). A name that is empty, taken or
 * "__metadata__", or a shape whose byte count overflows, is an error (SW_E_DATA). */
sw_status sw_safetensors_writer_declare(sw_safetensors_writer *writer, const char *name,
                                        sw_safetensors_dtype dtype, int rank,
                                        const int64_t *shape) SW_NODISCARD;

/* Opens the file aside and writes the header. Nothing can be declared afterwards. */
sw_status sw_safetensors_writer_begin(sw_safetensors_writer *writer, const char *path) SW_NODISCARD;

/* Writes one tensor; `bytes` must be what the declared shape demands. */
sw_status sw_safetensors_writer_put(sw_safetensors_writer *writer, const char *name, const void *data,
                                    size_t bytes) SW_NODISCARD;

/* Checks that every tensor was put, flushes to the disk and renames to the path. Destroy the writer after. */
sw_status sw_safetensors_writer_finish(sw_safetensors_writer *writer) SW_NODISCARD;

/* Frees the writer. An unfinished file is removed, and an earlier file at the path stays. */
void sw_safetensors_writer_destroy(sw_safetensors_writer *writer);

/* ---- reading ---- */

typedef struct sw_safetensors_reader sw_safetensors_reader;

typedef struct sw_safetensors_tensor {
    const char *name; /* owned by the reader */
    sw_safetensors_dtype dtype;
    int rank;
    int64_t shape[SW_SAFETENSORS_MAX_RANK];
    uint64_t elems, bytes;
} sw_safetensors_tensor;

/* Opens a file and checks all of its header. SW_E_IO: the system refused; SW_E_DATA: not a valid file, with
 * the path, the tensor and what is wrong. The file stays open until the reader is destroyed. */
sw_status sw_safetensors_reader_open(sw_safetensors_reader **out, const char *path) SW_NODISCARD;

size_t sw_safetensors_reader_count(const sw_safetensors_reader *reader);
/* The tensor of that number (asserted to be < count), in the order of the data. */
const sw_safetensors_tensor *sw_safetensors_reader_get(const sw_safetensors_reader *reader, size_t index);
/* The tensor of that name, or NULL. */
const sw_safetensors_tensor *sw_safetensors_reader_find(const sw_safetensors_reader *reader,
                                                        const char *name);
/* The metadata string of that key, or NULL; owned by the reader. */
const char *sw_safetensors_reader_metadata(const sw_safetensors_reader *reader, const char *key);

/* Reads a tensor of this reader into the caller's memory; `bytes` must equal tensor->bytes (asserted).
 * Thread-safe. SW_E_DATA: the file has checksums, and the tensor's is another. */
sw_status sw_safetensors_reader_read(const sw_safetensors_reader *reader, const sw_safetensors_tensor *tensor,
                                     void *into, size_t bytes) SW_NODISCARD;

/* Reads a tensor whose type is F32, F16 or BF16 (asserted) as tensor->elems floats. */
sw_status sw_safetensors_reader_read_floats(const sw_safetensors_reader *reader,
                                            const sw_safetensors_tensor *tensor, float *into) SW_NODISCARD;

/* Reads all tensors against their checksums; does nothing where the file has none. */
sw_status sw_safetensors_reader_verify(const sw_safetensors_reader *reader) SW_NODISCARD;

void sw_safetensors_reader_destroy(sw_safetensors_reader *reader);

#endif
