/* The connections to the server; see protocol.h. */
#define _GNU_SOURCE
#include "library.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

struct interface library_interfaces[PRELOAD_INTERFACES];
unsigned library_interface_count;
static char key[64], secret[PRELOAD_SECRET_BYTES + 1];

static void __attribute__((constructor)) read_environment(void) {
  const char *server = getenv(PRELOAD_KEY), *word = getenv(PRELOAD_SECRET), *view = getenv(PRELOAD_VIEW);
  int used;
  if (server == NULL || word == NULL || view == NULL)
    return;
  snprintf(secret, sizeof(secret), "%s", word);
  snprintf(key, sizeof(key), "%s", server);
  for (struct interface *i = library_interfaces; i < library_interfaces + PRELOAD_INTERFACES; i++) {
    if (sscanf(view, "%15[^=]=%u%n", i->name, &i->index, &used) != 2)
      return;
    library_interface_count++;
    view += used;
    if (*view++ != ',')
      return;
  }
}

/* The abstract address "\0KEY", or "\0KEY/NUMBER" when `number` is not 0; returns its length. */
static socklen_t make_address(struct sockaddr_un *address, uint32_t number) {
  address->sun_family = AF_UNIX;
  address->sun_path[0] = '\0';
  int n = number == 0 ? snprintf(address->sun_path + 1, sizeof(address->sun_path) - 1, "%s", key)
                      : snprintf(address->sun_path + 1, sizeof(address->sun_path) - 1, "%s/%08x", key, number);
  return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)n);
}

uint32_t library_number(int fd) {
  struct sockaddr_un address, ours;
  socklen_t len = sizeof(address), ours_len = make_address(&ours, UINT32_MAX);
  int error = errno;
  size_t prefix = ours_len - 8; /* all but the digits */
  uint32_t number = 0;
  if (key[0] != '\0' && NEXT(getsockname)(fd, (struct sockaddr *)&address, &len) == 0 && len == ours_len &&
      memcmp(&address, &ours, prefix) == 0) {
    char digits[9] = {0};
    memcpy(digits, (char *)&address + prefix, 8);
    number = (uint32_t)strtoul(digits, NULL, 16);
  }
  errno = error;
  return number;
}

int library_server_has_ended(void) {
  static const char line[] = "pktsock run: the server has ended; calls on packet sockets answer ENETDOWN\n";
  static bool said;
  if (!__atomic_exchange_n(&said, true, __ATOMIC_RELAXED) && NEXT(write)(STDERR_FILENO, line, sizeof(line) - 1) < 0)
    said = true; /* there is no standard error */
  errno = ENETDOWN;
  return -1;
}

static int connect_to_server(int fd) {
  struct sockaddr_un server;
  socklen_t len = make_address(&server, 0);
  int result;
  do
    result = NEXT(connect)(fd, (struct sockaddr *)&server, len);
  while (result < 0 && errno == EINTR);
  return result < 0 ? library_server_has_ended() : 0;
}

/* Returns the descriptor that came with a message, or -1. */
static int descriptor_of(struct msghdr *message) {
  struct cmsghdr *header = CMSG_FIRSTHDR(message);
  int descriptor = -1;
  if (header != NULL && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS)
    memcpy(&descriptor, CMSG_DATA(header), sizeof(descriptor));
  return descriptor;
}

/* One request, one answer, over a connection. `descriptor` is set to the one that comes with the answer,
 * or -1. */
static int exchange(int fd, struct preload_request *request, const struct iovec *out, size_t out_parts,
                    struct preload_answer *answer, const struct iovec *in, size_t in_parts, int *descriptor) {
  union {
    struct cmsghdr header;
    uint8_t bytes[CMSG_SPACE(sizeof(int))];
  } control;
  struct iovec parts[MAX_PARTS + 4] = {{request, sizeof(*request)}};
  struct msghdr message = {.msg_iov = parts, .msg_iovlen = 1 + out_parts};
  ssize_t n;
  memcpy(request->secret, secret, sizeof(request->secret));
  if (out_parts != 0)
    memcpy(parts + 1, out, out_parts * sizeof(*out));
  do
    n = NEXT(sendmsg)(fd, &message, MSG_NOSIGNAL);
  while (n < 0 && errno == EINTR);
  if (n < 0)
    return errno == EPIPE || errno == ECONNRESET ? library_server_has_ended() : -1;
  parts[0] = (struct iovec){answer, sizeof(*answer)};
  if (in_parts != 0)
    memcpy(parts + 1, in, in_parts * sizeof(*in));
  message = (struct msghdr){.msg_iov = parts, .msg_iovlen = 1 + in_parts};
  message.msg_control = control.bytes;
  message.msg_controllen = sizeof(control);
  do
    n = NEXT(recvmsg)(fd, &message, MSG_CMSG_CLOEXEC);
  while (n < 0 && errno == EINTR);
  if (n < 0 && errno == EFAULT)
    return -1;
  if (n < (ssize_t)sizeof(*answer))
    return library_server_has_ended();
  *descriptor = descriptor_of(&message);
  return 0;
}

static int result_of(const struct preload_answer *answer) {
  if (answer->result < 0)
    errno = answer->error;
  return answer->result;
}

/* close(2) that keeps errno. */
static void discard(int fd) {
  int error = errno;
  NEXT(close)(fd);
  errno = error;
}

/* Take the byte off a socket's descriptor, and no frame that may be there instead. */
static void drain(int fd) {
  char byte;
  if (NEXT(recv)(fd, &byte, 1, MSG_DONTWAIT | MSG_PEEK | MSG_TRUNC) == 1)
    NEXT(recv)(fd, &byte, 1, MSG_DONTWAIT);
}

/* Take all off a socket's descriptor: the frame, and the byte behind it. */
static void purge(int fd) {
  enum { MESSAGES = 2 };
  struct preload_request request = {.call = CALL_NOTHING};
  struct preload_answer answer;
  char byte;
  for (int i = 0; i < MESSAGES && NEXT(recv)(fd, &byte, 1, MSG_DONTWAIT) >= 0; i++)
    ;
  library_call(-1, &request, NULL, 0, &answer, NULL, 0);
}

/* library_call(), for an answer that may come with a descriptor. */
static int make_call(int fd, struct preload_request *request, const struct iovec *out, size_t out_parts,
                     struct preload_answer *answer, const struct iovec *in, size_t in_parts, int *descriptor) {
  int call = NEXT(socket)(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0), result = -1;
  if (call < 0)
    return -1;
  if (connect_to_server(call) == 0 && exchange(call, request, out, out_parts, answer, in, in_parts, descriptor) == 0) {
    if (answer->drain != 0 && fd >= 0)
      drain(fd);
    if (answer->purge != 0 && fd >= 0)
      purge(fd);
    result = result_of(answer);
  }
  discard(call);
  return result;
}

int library_call(int fd, struct preload_request *request, const struct iovec *out, size_t out_parts,
                 struct preload_answer *answer, const struct iovec *in, size_t in_parts) {
  int descriptor;
  return make_call(fd, request, out, out_parts, answer, in, in_parts, &descriptor);
}

int library_descriptor(int fd, struct preload_request *request, int *descriptor) {
  struct preload_answer answer;
  return make_call(fd, request, NULL, 0, &answer, NULL, 0, descriptor);
}

/* ---- Calls over the socket's own connection ---- */

/* The sockets whose answers are mapped; an entry stays until another socket needs its place and its own is closed. */
static struct known {
  uint32_t number, changing;
  struct preload_answers *answers;
} table[64];

static bool is_closed(const struct preload_answers *answers) {
  return __atomic_load_n(&answers->closed, __ATOMIC_ACQUIRE) != 0;
}

/* Map the answers of a socket in the place of another one that is closed. */
static void map_answers(struct known *entry, int fd, uint32_t number) {
  struct preload_request request = {.call = CALL_ANSWERS, .number = number};
  int memory;
  if (library_descriptor(fd, &request, &memory) < 0 || memory < 0)
    return;
  int where = entry->answers != NULL ? MAP_FIXED : 0;
  void *mapped =
      NEXT(mmap)(entry->answers, sizeof(*entry->answers), PROT_READ | PROT_WRITE, MAP_SHARED | where, memory, 0);
  discard(memory);
  if (mapped == MAP_FAILED)
    return;
  entry->answers = mapped;
  __atomic_store_n(&entry->number, number, __ATOMIC_RELEASE);
}

enum { ENTRIES = sizeof(table) / sizeof(*table) };

/* Returns the entry of a socket, or NULL. */
static struct known *entry_of(uint32_t number) {
  for (unsigned i = 0; i < ENTRIES; i++) {
    struct known *entry = &table[(number + i) % ENTRIES];
    const uint32_t has = __atomic_load_n(&entry->number, __ATOMIC_ACQUIRE);
    if (has == number)
      return is_closed(entry->answers) ? NULL : entry;
    if (has == 0)
      return NULL;
  }
  return NULL;
}

/* Returns the answers of a socket, or NULL. Keeps errno. */
static struct preload_answers *answers_of(int fd, uint32_t number) {
  const struct known *known = entry_of(number);
  if (known != NULL)
    return known->answers;
  int error = errno;
  struct preload_answers *answers = NULL;
  for (unsigned i = 0; i < ENTRIES && answers == NULL; i++) {
    struct known *entry = &table[(number + i) % ENTRIES];
    if (__atomic_exchange_n(&entry->changing, 1, __ATOMIC_ACQUIRE) != 0)
      continue; /* another thread does, or a signal handler has interrupted this one */
    const bool replaceable = entry->answers == NULL || is_closed(entry->answers);
    if (replaceable)
      map_answers(entry, fd, number);
    if (entry->number == number)
      answers = entry->answers;
    __atomic_store_n(&entry->changing, 0, __ATOMIC_RELEASE);
    if (replaceable)
      break;
  }
  errno = error;
  return answers;
}

bool library_has_error(int fd, uint32_t number) {
  const struct preload_answers *answers = answers_of(fd, number);
  if (answers != NULL)
    return __atomic_load_n(&answers->error, __ATOMIC_ACQUIRE) != 0;
  struct preload_request request = {.call = CALL_POLL, .number = number};
  struct preload_answer answer;
  int error = errno;
  int events = library_call(fd, &request, NULL, 0, &answer, NULL, 0);
  errno = error;
  return events >= 0 && (events & POLLERR) != 0;
}

/* Wait for the answer after turn `before`. Returns false if the server has ended. */
static bool wait_for_answer(int fd, struct preload_answers *answers, uint32_t before) {
  const struct timespec patience = {.tv_nsec = 100000000};
  char byte;
  while (__atomic_load_n(&answers->turn, __ATOMIC_ACQUIRE) == before) {
    if (syscall(SYS_futex, &answers->turn, FUTEX_WAIT, before, &patience, NULL, 0) == 0 || errno != ETIMEDOUT)
      continue;
    ssize_t n = NEXT(recv)(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    if (is_closed(answers) || n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
      return false;
  }
  return true;
}

int library_send(int fd, struct preload_request *request, const struct iovec *out, size_t out_parts,
                 struct preload_answer *answer) {
  struct preload_answers *answers = answers_of(fd, request->number);
  struct iovec parts[MAX_PARTS + 4] = {{request, sizeof(*request)}};
  struct msghdr message = {.msg_iov = parts, .msg_iovlen = 1 + out_parts};
  if (answers == NULL || __atomic_exchange_n(&answers->busy, 1, __ATOMIC_ACQUIRE) != 0)
    return library_call(fd, request, out, out_parts, answer, NULL, 0);
  memcpy(request->secret, secret, sizeof(request->secret));
  memcpy(parts + 1, out, out_parts * sizeof(*out));
  int error = errno;
  const uint32_t before = __atomic_load_n(&answers->turn, __ATOMIC_RELAXED);
  const bool sent = NEXT(sendmsg)(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0;
  const bool answered = sent && wait_for_answer(fd, answers, before);
  if (answered)
    *answer = answers->answer;
  __atomic_store_n(&answers->busy, 0, __ATOMIC_RELEASE);
  if (!sent) {
    errno = error; /* too long for the connection, or it has ended: the other way reports it */
    return library_call(fd, request, out, out_parts, answer, NULL, 0);
  }
  if (!answered)
    return library_server_has_ended();
  if (answer->drain != 0)
    drain(fd);
  errno = error;
  return result_of(answer);
}

/* Bind to a number that no socket uses. */
static int bind_to_number(int fd) {
  static uint32_t last; /* only where the search starts, so races do not matter */
  struct sockaddr_un address;
  socklen_t len;
  int result;
  do {
    last = last == 0 ? (uint32_t)getpid() << 8 : last + 1;
    len = make_address(&address, last);
    result = NEXT(bind)(fd, (struct sockaddr *)&address, len);
  } while (result < 0 && errno == EADDRINUSE);
  return result;
}

int library_open(int type, int flags, int protocol) {
  struct preload_request request = {.call = CALL_SOCKET, .arguments = {type, protocol}};
  struct preload_answer answer;
  int descriptor, fd = NEXT(socket)(AF_UNIX, SOCK_SEQPACKET | (flags & ~SOCK_NONBLOCK), 0);
  if (fd < 0)
    return -1;
  if (bind_to_number(fd) == 0 && connect_to_server(fd) == 0 &&
      exchange(fd, &request, NULL, 0, &answer, NULL, 0, &descriptor) == 0 && result_of(&answer) >= 0) {
    if ((flags & SOCK_NONBLOCK) != 0)
      NEXT(fcntl)(fd, F_SETFL, O_NONBLOCK);
    return fd;
  }
  discard(fd);
  return -1;
}
