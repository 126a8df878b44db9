/* Small data folders in the Oxford-IIIT Pet layout, below the scratch folder (see scratch.h). */
#ifndef PETS_FOLDER_H
#define PETS_FOLDER_H

#include <stddef.h>
#include <stdint.h>

/* Makes NAME/images and NAME/annotations/trimaps in the scratch folder and returns NAME's path. */
const char *pets_folder_create(const char *name);

/* Writes images/NAME.jpg (a JPEG of shapes that depend on `variant`) and its trimap with all three classes.
 */
void pets_folder_add(const char *folder, const char *name, int width, int height, unsigned variant);

/* Writes only a trimap with these values, (height, width). */
void pets_folder_add_trimap(const char *folder, const char *name, int width, int height,
                            const uint8_t *values);

/* Writes annotations/SPLIT.txt: "NAME 1 1 1" for each of the names, separated by blanks in `names`. */
void pets_folder_list(const char *folder, const char *split, const char *names);

/* A path in the folder, valid until scratch_remove. */
const char *pets_folder_path(const char *folder, const char *below);

void write_file(const char *path, const void *bytes, size_t length);

/* Lines logged since the last clear, joined by '\n'; catching begins with the first clear. */
void caught_log_clear(void);
const char *caught_log(void);
int caught_log_lines(void);

#endif
