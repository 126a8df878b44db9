#include "fuzz.h"

#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char path[] = "/tmp/segwork-fuzz-XXXXXX";
static int fd = -1;

void fuzz_expect(int condition, const char *promise)
{
    if (condition) return;
    fprintf(stderr, "broken promise: %s\n", promise);
    abort();
}

static void remove_file(void)
{
    unlink(path);
}

const char *fuzz_file(const uint8_t *bytes, size_t length)
{
    if (fd < 0) {
        fd = mkstemp(path);
        atexit(remove_file);
    }
    fuzz_expect(fd >= 0 && ftruncate(fd, 0) == 0 && pwrite(fd, bytes, length, 0) == (ssize_t)length,
                "there is a file to read from");
    return path;
}

/* ---- folders ---- */

static char folder[] = "/tmp/segwork-fuzz-XXXXXX";
static bool has_folder;

static int remove_entry(const char *name, const struct stat *info, int kind, struct FTW *walk)
{
    (void)info;
    (void)kind;
    return walk->level > 0 || !has_folder ? remove(name) : 0;
}

static void empty_folder(void)
{
    nftw(folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

static void remove_folder(void)
{
    has_folder = false;
    empty_folder();
}

static void write_below(const char *name, const uint8_t *bytes, size_t length)
{
    char file[sizeof folder + 64];
    snprintf(file, sizeof file, "%s/%s", folder, name);
    char *slash = strchr(file + sizeof folder, '/');
    if (slash) {
        *slash = '\0';
        mkdir(file, 0777);
        *slash = '/';
    }
    FILE *stream = fopen(file, "wb");
    fuzz_expect(stream && fwrite(bytes, 1, length, stream) == length && fclose(stream) == 0,
                "there are files to read from");
}

/* Where "==== NAME\n" begins next, `end` if nowhere; *name is one of `names`, and *body is behind the line.
 */
static const uint8_t *find_file(const uint8_t *at, const uint8_t *end, const char *const *names,
                                const char **name, const uint8_t **body)
{
    for (; (at = memchr(at, '=', (size_t)(end - at))) != NULL; at++)
        for (size_t i = 0; names[i]; i++) {
            char line[80];
            const int length = snprintf(line, sizeof line, "==== %s\n", names[i]);
            if (end - at < length || memcmp(at, line, (size_t)length) != 0) continue;
            *name = names[i];
            *body = at + length;
            return at;
        }
    return end;
}

const char *fuzz_folder(const uint8_t *bytes, size_t length, const char *const *names)
{
    if (!has_folder) {
        fuzz_expect(mkdtemp(folder) != NULL, "there is a folder to read from");
        has_folder = true;
        atexit(remove_folder);
    }
    empty_folder();
    const uint8_t *const end = bytes + length, *body = NULL, *next = NULL, *next_body = NULL;
    const char *name = NULL, *next_name = NULL;
    for (const uint8_t *at = find_file(bytes, end, names, &name, &body); at < end; at = next) {
        next = find_file(body, end, names, &next_name, &next_body);
        write_below(name, body, (size_t)(next - body));
        name = next_name;
        body = next_body;
    }
    return folder;
}
