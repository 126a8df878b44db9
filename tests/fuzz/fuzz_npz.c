/* Weights as NumPy's archives: the arrays of any safetensors file are read back, by the library that wrote
 * them and byte by byte, under the names and in the order of the file. */
#include <archive.h>
#include <archive_entry.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "weights/export.h"
#include "weights/npy.h"

/* Whether the tensor is one of the network's own: moments and averages are not exported. */
static int is_exported(const sw_safetensors_tensor *t)
{
    return strncmp(t->name, "optimizer.", 10) != 0 && strncmp(t->name, "ema.", 4) != 0;
}

/* The array's name, as libarchive reads it: a backslash becomes a slash. */
static char *name_of_array(const sw_safetensors_tensor *t)
{
    char *name = sw_strf("%s.npy", t->name);
    for (char *c = name; *c; c++)
        if (*c == '\\') *c = '/';
    return name;
}

static void expect_array(struct archive *a, const sw_safetensors_reader *weights,
                         const sw_safetensors_tensor *t)
{
    struct archive_entry *entry;
    sw_str file = {0};
    char *data = malloc(t->bytes + 1), *name = name_of_array(t);
    fuzz_expect(sw_safetensors_reader_read(weights, t, data, t->bytes) == SW_OK &&
                    sw_npy_append(&file, t->dtype, t->rank, t->shape, data) == SW_OK,
                "an exported tensor can be read");
    fuzz_expect(archive_read_next_header(a, &entry) == ARCHIVE_OK, "every tensor is in the archive");
    fuzz_expect(strcmp(archive_entry_pathname(entry), name) == 0, "an array has its tensor's name");
    char *content = malloc(file.length + 1);
    fuzz_expect(archive_read_data(a, content, file.length + 1) == (la_ssize_t)file.length &&
                    memcmp(content, file.text, file.length) == 0,
                "an array is its tensor");
    free(content);
    free(data);
    free(name);
    sw_str_deinit(&file);
}

static void read_back(const char *path, const sw_safetensors_reader *weights)
{
    struct archive *a = archive_read_new();
    struct archive_entry *entry;
    archive_read_support_format_zip(a);
    fuzz_expect(archive_read_open_filename(a, path, 4096) == ARCHIVE_OK, "an archive can be opened");
    for (size_t i = 0; i < sw_safetensors_reader_count(weights); i++) {
        const sw_safetensors_tensor *t = sw_safetensors_reader_get(weights, i);
        if (is_exported(t)) expect_array(a, weights, t);
    }
    fuzz_expect(archive_read_next_header(a, &entry) == ARCHIVE_EOF, "nothing else is in the archive");
    archive_read_free(a);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    sw_safetensors_reader *weights;
    const char *path = fuzz_file(bytes, length);
    char archive[64];
    snprintf(archive, sizeof archive, "%s.npz", path);
    if (sw_safetensors_reader_open(&weights, path) == SW_OK) {
        if (sw_export_npz(archive, weights) == SW_OK)
            read_back(archive, weights);
        else
            fuzz_expect(strlen(sw_error_message()) > 0, "a failed export is explained");
        remove(archive);
    }
    sw_safetensors_reader_destroy(weights);
    return 0;
}
