// Nodes for the benchmark of health checks: answers every request on every address of 127/8 with 200 and closes.
// Prints the number of answers of each tenth of a second, one a line, until it is ended.
// Usage: health_nodes PORT
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <time.h>
#include <poll.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

static long tenths(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 10 + t.tv_nsec / 100000000;
}

int main(int argc, char **argv) {
  static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";
  int on = 1, l = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(argc > 1 ? atoi(argv[1]) : 0)};
  setsockopt(l, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  // A connection is accepted with its request: one read finds it whole.
  setsockopt(l, IPPROTO_TCP, TCP_DEFER_ACCEPT, &on, sizeof on);
  if (bind(l, (struct sockaddr *)&a, sizeof a) || listen(l, 65535)) return perror("health_nodes"), 1;
  setvbuf(stdout, NULL, _IOLBF, 0);
  long now = tenths(), count = 0;
  for (;;) {
    struct pollfd p = {.fd = l, .events = POLLIN};
    int ready = poll(&p, 1, 20);
    for (long t = tenths(); now < t; now++, count = 0) printf("%ld\n", count);
    if (ready <= 0) continue;
    int c = accept4(l, NULL, NULL, SOCK_NONBLOCK);
    if (c < 0) continue;
    char got[4096];
    if (read(c, got, sizeof got) > 0 && write(c, answer, sizeof answer - 1) > 0) count++;
    close(c);
  }
}
