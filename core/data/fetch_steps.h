/* The two steps of data/fetch.h. */
#ifndef DATA_FETCH_STEPS_H
#define DATA_FETCH_STEPS_H

#include "data/fetch.h"

/* Brings `url` to `path`, which must become `bytes` long, through PATH.partial. */
sw_status fetch_download(const char *path, const char *url, const char *what, uint64_t bytes,
                         const sw_fetch_options *options) SW_NODISCARD;

/* Unpacks the entries below `folder`/ of a .tar.gz into DIR/FOLDER, through DIR/FOLDER.unpacking. Entries
 * outside make it fail. `bytes` is the archive's size. */
sw_status fetch_unpack(const char *dir, const char *folder, const char *archive, uint64_t bytes,
                       const sw_fetch_options *options) SW_NODISCARD;

#endif
