/* A folder of its own for a test's files. */
#ifndef SCRATCH_H
#define SCRATCH_H

/* Criterion fixtures: make the folder before a test, remove it with all it holds afterwards. */
void scratch_create(void);
void scratch_remove(void);

/* The path of `name` in the folder, valid until scratch_remove. */
const char *scratch_path(const char *name);

/* Writes a text file there, making folders as needed, and returns its path. */
const char *scratch_write(const char *name, const char *text);

/* Expects that the file there holds this text. */
void scratch_expect_text(const char *name, const char *text);

/* From now on a file of this process can't grow past so many bytes, as if the disk were full. */
void scratch_limit_files(unsigned bytes);

/* How many files the folder holds, hidden ones too. */
int scratch_count_files(void);

#endif
