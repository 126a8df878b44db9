/* The two steps of fetch/fetch.h. */
#ifndef FETCH_FETCH_STEPS_H
#define FETCH_FETCH_STEPS_H

#include "fetch/fetch.h"

/* Downloads `url` to `path` through PATH.partial; it must be `bytes` long. PATH.partial stays as it was when
 * the answer is another file. */
sw_status fetch_download(const char *path, const char *url, const char *what, uint64_t bytes,
                         const sw_fetch_options *options) SW_NODISCARD;

/* Unpacks the entries below `folder`/ of a .tar.gz into DIR/FOLDER, through DIR/FOLDER.unpacking; skips
 * others with a warning. `bytes` is the archive's size. SW_E_DATA: damaged or harmful; SW_E_IO: it could not
 * be read or unpacked just now. */
sw_status fetch_unpack(const char *dir, const char *folder, const char *archive, uint64_t bytes,
                       const sw_fetch_options *options) SW_NODISCARD;

/* Removes what an unfinished unpacking left behind, which may be from another archive. */
sw_status fetch_unpack_clear(const char *dir, const char *folder) SW_NODISCARD;

#endif
