/* Runs a fuzz target over the files of a folder, without a fuzzer: seeds, and inputs that once broke
 * something.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/fs.h"
#include "fuzz.h"

static int replay(const char *folder, const char *name)
{
    char *path = sw_fs_join(folder, name), *bytes;
    size_t length;
    if (!path || sw_fs_read(&bytes, &length, path, 1 << 24) != SW_OK) {
        fprintf(stderr, "%s\n", sw_error_message());
        free(path);
        return 1;
    }
    printf("%s: %zu bytes\n", path, length);
    LLVMFuzzerTestOneInput((const uint8_t *)bytes, length);
    free(bytes);
    free(path);
    return 0;
}

int main(int argc, char **argv)
{
    DIR *folder = argc == 2 ? opendir(argv[1]) : NULL;
    if (!folder) {
        fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
        return 2;
    }
    int failed = 0, count = 0;
    for (struct dirent *entry; (entry = readdir(folder));)
        if (entry->d_name[0] != '.') {
            failed |= replay(argv[1], entry->d_name);
            count++;
        }
    closedir(folder);
    if (count == 0) fprintf(stderr, "%s is empty\n", argv[1]);
    return failed || count == 0;
}
