/* Downloading the Oxford-IIIT Pet set from its own site. */
#ifndef FETCH_FETCH_H
#define FETCH_FETCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

#define SW_FETCH_BASE_URL "https://thor.robots.ox.ac.uk/~vgg/data/pets"

enum { SW_FETCH_IMAGES_BYTES = 791918971, SW_FETCH_ANNOTATIONS_BYTES = 19173078 };

/* Called from time to time while a file is downloaded or unpacked (what: "images.tar.gz"); false stops with
 * SW_E_INTERRUPTED. */
typedef bool (*sw_fetch_progress)(void *user, const char *what, uint64_t done_bytes, uint64_t total_bytes);

typedef struct sw_fetch_options {
    const char *base_url;                     /* holds images.tar.gz and annotations.tar.gz; NULL: the site */
    uint64_t images_bytes, annotations_bytes; /* sizes to expect; 0: those of the official archives */
    sw_fetch_progress progress;               /* may be NULL */
    void *user;
} sw_fetch_options;

/* Downloads and unpacks DIR/images and DIR/annotations. Leaves a folder that exists alone, so that a second
 * call does nothing. An interrupted download stays as NAME.partial, and the next call continues it; the
 * folders appear only when complete. Archives are removed once unpacked. Only plain files and folders below
 * images/ and annotations/ are unpacked. SW_E_IO: network, disk, or too little space. SW_E_DATA: an archive
 * of another size, damaged, or with entries that would lead elsewhere. SW_E_CONFIG: an archive of another
 * size is there already. SW_E_USAGE: another process downloads into DIR, or segwork was built without libcurl
 * or libarchive (the message gives the commands to use instead). */
sw_status sw_fetch_run(const char *dir, const sw_fetch_options *options) SW_NODISCARD;

#endif
