#include "http_server.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/fs.h"

enum { REQUEST_BYTES = 4096, MOST_FILE_BYTES = 16 << 20 };

static struct {
    int listener;
    pthread_t thread;
    char folder[512], url[64];
    pthread_mutex_t lock; /* guards what follows */
    http_behaviour behaviour;
    int requests;
    size_t body_bytes;
} server = {.lock = PTHREAD_MUTEX_INITIALIZER};

static bool read_request(int client, char *request)
{
    size_t have = 0;
    while (have + 1 < REQUEST_BYTES) {
        ssize_t got = recv(client, request + have, REQUEST_BYTES - 1 - have, 0);
        if (got <= 0) return false;
        have += (size_t)got;
        request[have] = '\0';
        if (strstr(request, "\r\n\r\n")) return true;
    }
    return false;
}

static void send_all(int client, const char *bytes, size_t length)
{
    while (length) {
        ssize_t put = send(client, bytes, length, MSG_NOSIGNAL);
        if (put <= 0) return;
        bytes += put;
        length -= (size_t)put;
    }
}

static void send_file(int client, const char *bytes, size_t length, size_t from, http_behaviour behaviour)
{
    char head[256];
    if (from > 0)
        snprintf(
            head, sizeof head,
            "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes %zu-%zu/%zu\r\nContent-Length: %zu\r\n\r\n",
            from, length - 1, length, length - from);
    else
        snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", length);
    size_t body = length - from;
    if (behaviour.cut_after && body > (size_t)behaviour.cut_after) body = (size_t)behaviour.cut_after;
    send_all(client, head, strlen(head));
    send_all(client, bytes + from, body);
    pthread_mutex_lock(&server.lock);
    server.body_bytes += body;
    pthread_mutex_unlock(&server.lock);
    char ignored;
    if (behaviour.stalls && body < length - from) recv(client, &ignored, 1, 0); /* 0 bytes: closed */
}

static void answer(int client)
{
    char request[REQUEST_BYTES], name[128], path[1024];
    if (!read_request(client, request)) return;
    pthread_mutex_lock(&server.lock);
    http_behaviour behaviour = server.behaviour;
    server.requests++;
    pthread_mutex_unlock(&server.lock);
    if (sscanf(request, "GET /%127s ", name) != 1) return;
    snprintf(path, sizeof path, "%s/%s", server.folder, name);
    char *bytes;
    size_t length, from = 0;
    if (sw_fs_read(&bytes, &length, path, MOST_FILE_BYTES) != SW_OK) {
        static const char missing[] = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
        send_all(client, missing, sizeof missing - 1);
        return;
    }
    const char *range = strstr(request, "Range: bytes=");
    if (range && !behaviour.ignores_ranges) from = (size_t)strtoull(range + 13, NULL, 10);
    if (from < length) send_file(client, bytes, length, from, behaviour);
    free(bytes);
}

static void *serve(void *unused)
{
    (void)unused;
    for (;;) {
        int client = accept(server.listener, NULL, NULL);
        if (client < 0 && errno == EMFILE) { /* a test has taken all descriptors for a while */
            nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
            continue;
        }
        if (client < 0) return NULL; /* shut down */
        answer(client);
        close(client);
    }
}

const char *http_server_start(const char *folder)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    snprintf(server.folder, sizeof server.folder, "%s", folder);
    server.listener = socket(AF_INET, SOCK_STREAM, 0);
    cr_assert_geq(server.listener, 0);
    cr_assert_eq(bind(server.listener, (struct sockaddr *)&address, length), 0);
    cr_assert_eq(listen(server.listener, 8), 0);
    cr_assert_eq(getsockname(server.listener, (struct sockaddr *)&address, &length), 0);
    snprintf(server.url, sizeof server.url, "http://127.0.0.1:%d", ntohs(address.sin_port));
    cr_assert_eq(pthread_create(&server.thread, NULL, serve, NULL), 0);
    return server.url;
}

void http_server_behave(http_behaviour behaviour)
{
    pthread_mutex_lock(&server.lock);
    server.behaviour = behaviour;
    pthread_mutex_unlock(&server.lock);
}

void http_server_stop(void)
{
    shutdown(server.listener, SHUT_RDWR);
    pthread_join(server.thread, NULL);
    close(server.listener);
}

int http_server_requests(void)
{
    pthread_mutex_lock(&server.lock);
    int requests = server.requests;
    pthread_mutex_unlock(&server.lock);
    return requests;
}

size_t http_server_body_bytes(void)
{
    pthread_mutex_lock(&server.lock);
    size_t bytes = server.body_bytes;
    pthread_mutex_unlock(&server.lock);
    return bytes;
}
