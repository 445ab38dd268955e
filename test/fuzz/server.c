/* Fuzzes the server of `pktsock run` (host/preload/protocol.h): an input is what hostile programs do with their connections,
 * and what arrives at the interface meanwhile. They know the address, and the secret too if they may read the environment of the
 * program that is run. The server must not wait, keep descriptors or memory, or serve a well-behaved program less. */
#define main server_main
#include "../../host/preload/server/server.c"
#undef main

#include "world.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <netpacket/packet.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>

/* More than the server has slots for. */
enum { PROGRAMS = CONNECTIONS + 16, MAPS = 8, STEPS = 64 };

/* A hostile program's connections and what it has mapped. */
static int programs[PROGRAMS];
static struct {
  uint8_t *memory;
  size_t size;
} maps[MAPS];
static char key[32];
static int input_of_server[2];

/* ---- host_nic.h, in place of the driver ----------------------------------------------------------------------------- */

int host_nic_epoll(void) {
  static int epoll = -1;
  if (epoll < 0)
    epoll = epoll_create1(EPOLL_CLOEXEC);
  return epoll;
}

uint64_t host_nic_overruns(void) { return 0; }

int host_nic_wait(struct epoll_event *events, int room, uint64_t deadline) {
  (void)deadline;
  return epoll_wait(host_nic_epoll(), events, room, 0);
}

/* ---- Hostile programs ----------------------------------------------------------------------------------------------- */

/* The name of a socket's end; `which` of 16 or more are not what the protocol says. */
static socklen_t name_of(struct sockaddr_un *address, uint8_t which) {
  static const char *const others[] = {"%s/", "%s/0000000", "%s/xyz", "%s/-0000001", "other%s/00000001", "%s/ffffffff"};
  *address = (struct sockaddr_un){.sun_family = AF_UNIX};
  char *path = address->sun_path + 1;
  int len = which < 16 ? snprintf(path, sizeof(address->sun_path) - 1, "%s/%08x", key, which)
                       : snprintf(path, sizeof(address->sun_path) - 1,
                                  others[which % (sizeof(others) / sizeof(*others))], key);
  return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)len);
}

/* Returns a connection to the server, or -1. `name` of 128 or more: without one. */
static int connect_as(uint8_t name) {
  struct sockaddr_un address, server = {.sun_family = AF_UNIX};
  int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  MUST(fd >= 0, "socket(): errno %d", errno);
  if (name < 128) {
    socklen_t len = name_of(&address, name);
    (void)bind(fd, (struct sockaddr *)&address, len); /* it may be in use */
  }
  memcpy(server.sun_path + 1, key, strlen(key));
  if (connect(fd, (struct sockaddr *)&server, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(key))) ==
      0)
    return fd;
  close(fd);
  return -1;
}

static void close_program(int *fd) {
  if (*fd >= 0)
    close(*fd);
  *fd = -1;
}

static int *program(struct input *in) { return &programs[input_u8(in) % 16]; }

static void connect_many(struct input *in) {
  unsigned first = input_u8(in) % PROGRAMS, count = input_u8(in);
  for (unsigned i = first; i < PROGRAMS && count > 0; i++, count--)
    if (programs[i] < 0)
      programs[i] = connect_as(128);
}

/* A number that often is one that matters. */
static int32_t argument(struct input *in) {
  static const int32_t known[] = {AF_PACKET,       SOCK_RAW,
                                  SOCK_DGRAM,      SOL_SOCKET,
                                  SOL_PACKET,      SO_ATTACH_FILTER,
                                  SO_BINDTODEVICE, SO_RCVTIMEO,
                                  PACKET_RX_RING,  PACKET_VERSION,
                                  PACKET_HDRLEN,   PACKET_RESERVE,
                                  SIOCOUTQ,        PACKET_STATISTICS,
                                  SIOCGIFCONF,     FIONBIO,
                                  FIONREAD,        SIOCGIFNAME,
                                  SIOCGIFADDR,     SIOCSIFFLAGS,
                                  SIOCGSTAMP,      PACKET_AUXDATA,
                                  MSG_OOB,         0x300,
                                  0x888e,          -1,
                                  PRELOAD_DATA,    INT32_MAX,
                                  INT32_MIN,       sizeof(struct ifreq),
                                  SO_TIMESTAMPNS,  PACKET_FANOUT};
  uint8_t which = input_u8(in);
  if (which < 128)
    return which;
  return which < 192 ? known[which % (sizeof(known) / sizeof(*known))] : (int32_t)input_u32(in);
}

/* Bytes of a request: some of the input's, and then as many zeros as the input says. */
static size_t data(struct input *in, uint8_t *bytes, size_t room) {
  size_t given = input_u8(in) % 96, more = input_bool(in) ? input_u16(in) * 2u : 0;
  input_bytes(in, bytes, given);
  memset(bytes + given, 0, room - given);
  return given + more < room ? given + more : room;
}

/* Send a request, with a descriptor now and then. The lowest bits of `oddities` ask for what is not right. */
static void request(struct input *in) {
  static struct {
    struct preload_request head;
    uint8_t data[PRELOAD_DATA + 64];
  } message;
  int fd = *program(in);
  uint8_t oddities = input_u8(in);
  message.head = (struct preload_request){.call = input_u8(in) % (CALL_QUEUE + 2), .number = input_u8(in)};
  for (unsigned i = 0; i < 4; i++)
    message.head.arguments[i] = argument(in);
  message.head.name = input_u8(in);
  message.head.control = input_u8(in) * 4u;
  memcpy(message.head.secret, secret, sizeof(secret));
  size_t len = sizeof(message.head) + data(in, message.data, sizeof(message.data));
  if ((oddities & 7) == 1)
    message.head.secret[input_u8(in) % sizeof(secret)] ^= 1;
  if ((oddities & 7) == 2)
    len = input_u8(in) % sizeof(message.head);
  if ((oddities & 7) == 3)
    message.head.number = message.head.control = input_u32(in);
  if (fd >= 0)
    (void)answer(fd, &message, len, (oddities & 24) == 24 ? input_of_server[1] : -1);
}

/* Take what the server sent; map the memory that came with it. Nobody must be able to change its size. A pipe is closed. */
static void take(int fd) {
  static uint8_t bytes[PRELOAD_DATA + 64];
  union {
    struct cmsghdr header;
    uint8_t bytes[CMSG_SPACE(sizeof(int))];
  } control;
  struct iovec part = {bytes, sizeof(bytes)};
  struct msghdr message = {
      .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof(control)};
  int memory;
  struct stat is;
  if (fd < 0 || recvmsg(fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) < 0 || message.msg_controllen == 0)
    return;
  memcpy(&memory, CMSG_DATA(&control.header), sizeof(memory));
  MUST(fstat(memory, &is) == 0, "fstat(): errno %d", errno);
  if (S_ISFIFO(is.st_mode)) { /* CALL_QUEUE */
    close(memory);
    return;
  }
  MUST(is.st_size > 0, "memory of no bytes");
  MUST(ftruncate(memory, 0) < 0 && ftruncate(memory, is.st_size + 1) < 0, "the memory's size can be changed");
  for (unsigned i = 0; i < MAPS; i++)
    if (maps[i].memory == NULL) {
      maps[i].memory = mmap(NULL, (size_t)is.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
      maps[i].size = (size_t)is.st_size;
      MUST(maps[i].memory != MAP_FAILED, "mmap(): errno %d", errno);
      break;
    }
  close(memory);
}

/* Overwrite a part of the shared memory. */
static void scribble(struct input *in) {
  unsigned which = input_u8(in) % MAPS;
  size_t at = input_u16(in) * 16u, len = input_u8(in);
  uint8_t with = input_u8(in);
  if (maps[which].memory != NULL && at + len <= maps[which].size)
    memset(maps[which].memory + at, with, len);
}

static void arrive(struct input *in) {
  uint8_t frame[1514] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02, 0, 0, 0, 0, 0x33, 0x88, 0x8e};
  uint32_t len = 14 + input_u16(in) % 1501;
  input_bytes(in, frame + 12, input_u8(in) % 8);
  nic_arrive(&world.nics[0], frame, len, 0);
}

static void serve_all(void) {
  bool ending = false;
  MUST(turn(&ending) && !ending, "the server ends");
}

static void step(struct input *in) {
  int *fd;
  switch (input_u8(in) % 16) {
  case 0:
    fd = program(in);
    if (*fd < 0)
      *fd = connect_as(input_u8(in));
    break;
  case 1: close_program(program(in)); break;
  case 2: connect_many(in); break;
  case 3:
  case 4: take(*program(in)); break;
  case 5: scribble(in); break;
  case 6:
  case 7: arrive(in); break;
  case 8: shutdown(*program(in), input_u8(in) % 3); break;
  case 9: send(*program(in), "", input_bool(in), MSG_DONTWAIT | MSG_NOSIGNAL); break;
  case 10: world.nics[0].holds = input_bool(in); break;
  case 11: world.now += input_u16(in); break;
  case 12: nic_complete(&world.nics[0], input_u8(in)); break;
  default: request(in); break;
  }
}

/* ---- A well-behaved program, and the end ----------------------------------------------------------------------------- */

/* Make the call of `request` over a connection, and return what the answer says. */
static int32_t call(int fd, struct preload_request request) {
  struct preload_answer result;
  memcpy(request.secret, secret, sizeof(secret));
  MUST(send(fd, &request, sizeof(request), MSG_NOSIGNAL) == sizeof(request), "a request cannot be sent: errno %d",
       errno);
  /* One turn accepts one connection, and looks at 32 of those that have something to say. */
  for (unsigned turns = 0; turns < 2 * PROGRAMS + 8; turns++) {
    ssize_t n = recv(fd, &result, sizeof(result), MSG_DONTWAIT);
    if (n == sizeof(result) && !world_breaks("an answer"))
      return result.result < 0 ? -result.error : result.result;
    MUST(n < 0 && errno == EAGAIN, "no answer: %zd, errno %d", n, errno);
    serve_all();
  }
  fuzz_fail("a well-behaved program gets no answer");
}

/* Returns a new connection; the server may first have to accept others. */
static int join(uint8_t name) {
  for (unsigned turns = 0; turns < 2 * PROGRAMS; turns++) {
    int fd = connect_as(name);
    if (fd >= 0)
      return fd;
    serve_all();
  }
  fuzz_fail("a well-behaved program cannot connect");
}

static void check_service(void) {
  int fd = join(255);
  MUST(call(fd, (struct preload_request){.call = CALL_NOTHING}) == 0, "nothing fails");
  close(fd);
}

/* A socket receives a frame through its connection. */
static void check_socket(void) {
  static uint8_t got[sizeof(struct preload_frame) + 2048];
  uint8_t frame[60] = {0x02, 0, 0, 0, 0, 1, 0x02, 0, 0, 0, 0, 0x33, 0x88, 0x8e, 'p', 'k'};
  int fd = join(15);
  struct preload_request open = {.call = CALL_SOCKET, .arguments = {SOCK_RAW, __builtin_bswap16(0x888e)}};
  MUST(call(fd, open) == 0, "a socket cannot be opened when all others are closed");
  serve_all();
  MUST(nic_arrive(&world.nics[0], frame, sizeof(frame), 0), "a frame cannot arrive");
  serve_all();
  const struct preload_frame *head = (const void *)got;
  ssize_t n = recv(fd, got, sizeof(got), MSG_DONTWAIT);
  MUST(n == (ssize_t)(sizeof(*head) + sizeof(frame)) && head->len == sizeof(frame) &&
           memcmp(got + sizeof(*head), frame, sizeof(frame)) == 0,
       "the socket gets %zd bytes, or others", n);
  close(fd);
  serve_all();
}

static unsigned open_descriptors(void) {
  unsigned count = 0;
  DIR *all = opendir("/proc/self/fd");
  while (readdir(all) != NULL)
    count++;
  closedir(all);
  return count;
}

static void end_programs(void) {
  for (unsigned i = 0; i < PROGRAMS; i++)
    close_program(&programs[i]);
  for (unsigned i = 0; i < MAPS; i++)
    if (maps[i].memory != NULL) {
      munmap(maps[i].memory, maps[i].size);
      maps[i].memory = NULL;
    }
}

/* The server notices that all programs have ended. */
static void check_end(void) {
  bool open = true;
  for (unsigned turns = 0; open && turns < 2 * PROGRAMS; turns++) {
    serve_all();
    reap_connections();
    open = false;
    for (unsigned i = 0; i < CONNECTIONS; i++)
      open |= connections[i].fd >= 0;
  }
  MUST(!open, "a connection stays open that nobody has");
}

static void prepare(void) {
  static bool ready;
  if (ready)
    return;
  ready = true;
  snprintf(key, sizeof(key), "pktsock-fuzz-%d", (int)getpid());
  memset(secret, 's', sizeof(secret));
  MUST(pipe2(input_of_server, O_CLOEXEC) == 0 && dup2(input_of_server[0], STDIN_FILENO) == STDIN_FILENO,
       "pipe(): errno %d", errno);
  for (int i = 0; i < PROGRAMS; i++)
    programs[i] = -1;
  for (int i = 0; i < CONNECTIONS; i++)
    connections[i].fd = connections[i].socket = -1;
  listen_at(key);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
  world.in = (struct input){bytes, bytes + len};
  prepare();
  world_start(input_u8(&world.in));
  world.may_not_wait = true;
  MUST(view_set(0, "wlan0", 7, "192.0.2.2/24"), "view_set() fails");
  unsigned before = open_descriptors();
  for (unsigned steps = 0; steps < STEPS && input_left(&world.in) != 0; steps++) {
    step(&world.in);
    if (input_u8(&world.in) % 4 != 0)
      serve_all();
  }
  check_service();
  end_programs();
  check_end();
  world_check_bystander((uint8_t)len); /* nothing is left to be received */
  check_socket();
  check_end();
  MUST(open_descriptors() == before, "%u descriptors are open, %u were", open_descriptors(), before);
  world_check_home();
  world_stop();
  return 0;
}
