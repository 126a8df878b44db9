/* A web server for tests: serves the files of one folder on 127.0.0.1, with ranges, and misbehaves on
 * request. */
#ifndef HTTP_SERVER_H
#define HTTP_SERVER_H

#include <stdbool.h>
#include <stddef.h>

typedef struct http_behaviour {
    bool ignores_ranges; /* always sends the whole file */
    long cut_after;      /* closes the connection after so many bytes of each body; 0: never */
    bool stalls;         /* instead of closing it there, waits until the other side does */
} http_behaviour;

/* Starts it in a thread and returns "http://127.0.0.1:PORT". */
const char *http_server_start(const char *folder);
void http_server_behave(http_behaviour behaviour);
void http_server_stop(void);

/* Since the start: requests answered, and bytes of bodies sent. */
int http_server_requests(void);
size_t http_server_body_bytes(void);

#endif
