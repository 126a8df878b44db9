/* Download by libcurl, continued where an earlier one stopped. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <curl/curl.h>

#include "base/fs.h"
#include "base/log.h"
#include "base/str.h"
#include "fetch_steps.h"

enum { CONNECT_SECONDS = 30, STALLED_SECONDS = 60, STALLED_BYTES_A_SECOND = 100 };

typedef struct download_job {
    const char *what, *partial;
    uint64_t bytes, have; /* expected and written so far */
    const sw_fetch_options *options;
    FILE *stream;
    bool no_archive, too_long, stopped;
    int write_error; /* errno */
} download_job;

/* Takes only what begins as gzip does, since a page that asks for a login comes with a status of success too.
 */
static size_t take_bytes(char *bytes, size_t size, size_t count, void *user)
{
    static const unsigned char gzip[] = {0x1f, 0x8b};
    download_job *job = user;
    size_t length = size * count;
    if (job->have == 0 && memcmp(bytes, gzip, length < sizeof gzip ? length : sizeof gzip) != 0) {
        job->no_archive = true;
        return 0;
    }
    if (length > job->bytes - job->have) {
        job->too_long = true;
        return 0;
    }
    if (fwrite(bytes, 1, length, job->stream) != length) {
        job->write_error = errno;
        return 0;
    }
    job->have += length;
    return length;
}

static int show_progress(void *user, curl_off_t total, curl_off_t now, curl_off_t up_total, curl_off_t up_now)
{
    (void)total;
    (void)now;
    (void)up_total;
    (void)up_now;
    download_job *job = user;
    if (!job->options->progress) return 0;
    job->stopped = !job->options->progress(job->options->user, job->what, job->have, job->bytes);
    return job->stopped;
}

static void set_options(CURL *curl, const char *url, download_job *job, char *reason)
{
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https,file");
    curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR,
                     strncmp(url, "https:", 6) == 0 ? "https" : "http,https");
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(curl, CURLOPT_MAXREDIRS, 5L);
    curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "segwork");
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, (long)STALLED_SECONDS);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, (long)STALLED_BYTES_A_SECOND);
    curl_easy_setopt(curl, CURLOPT_RESUME_FROM_LARGE, (curl_off_t)job->have);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, reason);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_bytes);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, job);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, show_progress);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, job);
}

static sw_status explain(CURLcode code, const char *reason, const char *url, const download_job *job)
{
    if (job->stopped)
        return sw_fail(SW_E_INTERRUPTED, "stopped; the same command goes on at %" PRIu64 " bytes of %s",
                       job->have, job->what);
    if (job->write_error)
        return sw_fail(SW_E_IO, "cannot write %s: %s", job->partial, strerror(job->write_error));
    if (job->no_archive)
        return sw_fail(
            SW_E_DATA,
            "%s: what came is no .tar.gz; a page that asks for a login, perhaps: open the address in "
            "a browser",
            url);
    if (job->too_long)
        return sw_fail(SW_E_DATA, "%s: more than the %" PRIu64 " bytes it should have", url, job->bytes);
    return sw_fail(SW_E_IO,
                   "%s: %s (%" PRIu64 " of %" PRIu64 " bytes are here; the same command goes on from there)",
                   url, reason[0] ? reason : curl_easy_strerror(code), job->have, job->bytes);
}

/* Judges a finished transfer. `answer_bytes` is the length that the server gave for its answer, -1 for none.
 * *from_start: the server sends the right file, but only from its start. */
static sw_status judge(CURLcode code, curl_off_t answer_bytes, const char *reason, const char *url,
                       const download_job *job, bool *from_start)
{
    if (code == CURLE_RANGE_ERROR && answer_bytes == (curl_off_t)job->bytes) {
        *from_start = true;
        return SW_OK;
    }
    if (code == CURLE_RANGE_ERROR)
        return sw_fail(SW_E_IO,
                       "%s: does not go on at byte %" PRIu64 ", and is not the file of %" PRIu64
                       " bytes: perhaps a page that asks for a login. %s is kept to continue later; "
                       "remove it to start again",
                       url, job->have, job->bytes, job->partial);
    if (code != CURLE_OK || job->write_error) return explain(code, reason, url, job);
    if (job->have != job->bytes)
        return sw_fail(SW_E_DATA, "%s: %" PRIu64 " bytes instead of %" PRIu64, url, job->have, job->bytes);
    return SW_OK;
}

/* The length that the server gave for its answer; -1: none. Where a range is refused, newer versions of
 * libcurl have not taken it from the header yet. */
static curl_off_t answer_length(CURL *curl)
{
    curl_off_t bytes = -1;
    struct curl_header *header;
    if (curl_easy_header(curl, "Content-Length", 0, CURLH_HEADER, -1, &header) == CURLHE_OK)
        return strtoll(header->value, NULL, 10);
    (void)curl_easy_getinfo(curl, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &bytes);
    return bytes;
}

/* Makes one transfer, appended to the partial file. Bytes that turn out to be another file's are cut off
 * again. */
static sw_status transfer(const char *url, download_job *job, bool *from_start)
{
    sw_status status = SW_OK;
    char reason[CURL_ERROR_SIZE] = "";
    uint64_t before = job->have;
    *from_start = false;
    CURL *curl = curl_easy_init();
    if (!curl) return sw_fail(SW_E_MEMORY, "out of host memory for libcurl");
    job->stream = fopen(job->partial, "abe");
    if (!job->stream) SW_TRY(sw_fail(SW_E_IO, "cannot write %s: %s", job->partial, strerror(errno)));
    set_options(curl, url, job, reason);
    CURLcode code = curl_easy_perform(curl);
    const curl_off_t answer_bytes = answer_length(curl);
    errno = 0;
    if (fclose(job->stream) != 0 && !job->write_error) job->write_error = errno;
    status = judge(code, answer_bytes, reason, url, job, from_start);
    if (status == SW_E_DATA && (job->too_long || answer_bytes >= 0) &&
        truncate(job->partial, (off_t)before) != 0)
        sw_log(SW_LOG_WARNING, "%s holds part of another file: remove it", job->partial);
done:
    curl_easy_cleanup(curl);
    return status;
}

static sw_status download(const char *url, download_job *job)
{
    struct stat info;
    if (stat(job->partial, &info) == 0) job->have = (uint64_t)info.st_size;
    bool from_start = job->have > job->bytes;
    sw_status status = SW_OK;
    if (!from_start && job->have < job->bytes) status = transfer(url, job, &from_start);
    if (status == SW_OK && from_start) {
        sw_log(SW_LOG_WARNING, "%s: cannot be continued, starts again", job->what);
        job->have = 0;
        status = sw_fs_truncate(job->partial, 0);
        if (status == SW_OK) status = transfer(url, job, &from_start);
    }
    return status;
}

/* Checks an archive that is there under its final name: a finished download, or the user's own. */
static sw_status check_archive(const char *path, uint64_t bytes)
{
    struct stat info;
    if (stat(path, &info) != 0) return sw_fail(SW_E_IO, "%s: %s", path, strerror(errno));
    if ((uint64_t)info.st_size == bytes) return SW_OK;
    return sw_fail(
        SW_E_CONFIG,
        "%s has %" PRIu64 " bytes instead of %" PRIu64
        ": an incomplete download? Rename it to %s.partial to continue it, or remove it to download it again",
        path, (uint64_t)info.st_size, bytes, path);
}

sw_status fetch_download(const char *path, const char *url, const char *what, uint64_t bytes,
                         const sw_fetch_options *options)
{
    if (sw_fs_exists(path)) return check_archive(path, bytes);
    char *partial = sw_strf("%s.partial", path);
    if (!partial) return SW_E_MEMORY;
    sw_status status = SW_OK;
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        SW_TRY(sw_fail(SW_E_MEMORY, "libcurl does not start"));
    download_job job = {.what = what, .partial = partial, .bytes = bytes, .options = options};
    status = download(url, &job);
    curl_global_cleanup();
    if (status == SW_OK && rename(partial, path) != 0)
        status = sw_fail(SW_E_IO, "cannot rename %s to %s: %s", partial, path, strerror(errno));
done:
    free(partial);
    return status;
}
