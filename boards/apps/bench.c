/* An echo over packet sockets, which `make bench` and `make size` measure. Two characters from the console select what:
 * c (recv and send), z (zero copy: the received frame itself is sent), w (forwarding: the frame is copied into an empty one,
 * which is sent, so that its receivers may keep it), f or i (recv and send, with a filter of 10
 * instructions that compares fields, or that must be interpreted); then the number of open sockets, 1 to 9: one echoes
 * (SOCK_RAW, bound to ETH_P_ALL), the others wait for another protocol. m, t and x are like c, but the others are bound to
 * ETH_P_ALL, too: with m they see received frames, with t sent ones as well, and they are emptied after each echo; with x
 * they are never read, so that they hold every frame that they may. A frame of LAST bytes ends the program.
 *
 * The labels mark_* are no instructions; the bench counts instructions between them (see test/bench/bench.ts). */
#include "arch.h"
#include "board.h"
#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <pktsock/pktsock.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define LAST 15
#define OTHER_PROTOCOL 0x9000
#define MAX_SOCKETS 9
#define MARK(name) __asm__ volatile(".global mark_" #name "\nmark_" #name ":" ::: "memory")

static void fail(const char *what) {
  printf("bench: %s: errno %d\n", what, errno);
  board_exit(1);
}

static int open_socket(uint16_t protocol) {
  struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_protocol = htons(protocol)};
  address.sll_ifindex = (int)if_nametoindex("eth0");
  int fd = socket(AF_PACKET, SOCK_RAW, 0);
  if (fd < 0)
    fail("socket");
  if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
    fail("bind");
  return fd;
}

#define LOAD(size, at) BPF_STMT(BPF_LD | BPF_##size | BPF_ABS, at)
#define UNLESS(value, skip) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, skip)

/* Both accept the frames of the bench. */
static struct sock_filter comparing[] = {
    LOAD(H, 12),
    UNLESS(0x88b5, 7),
    LOAD(H, 0),
    UNLESS(0x0250, 5),
    LOAD(W, 2),
    UNLESS(0x4b545301, 3),
    LOAD(B, 6),
    UNLESS(0x02, 1),
    BPF_STMT(BPF_RET | BPF_K, ETH_FRAME_LEN),
    BPF_STMT(BPF_RET | BPF_K, 0),
};
static struct sock_filter computing[] = {
    LOAD(H, 12),
    UNLESS(0x88b5, 7),
    BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0),
    BPF_STMT(BPF_LD | BPF_H | BPF_IND, 0),
    BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 4),
    BPF_STMT(BPF_MISC | BPF_TAX, 0),
    BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0),
    BPF_JUMP(BPF_JMP | BPF_JGT | BPF_X, 0, 0, 1),
    BPF_STMT(BPF_RET | BPF_K, ETH_FRAME_LEN),
    BPF_STMT(BPF_RET | BPF_K, 0),
};

static void attach(int fd, struct sock_filter *filter, unsigned short len) {
  struct sock_fprog program = {len, filter};
  if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) < 0)
    fail("SO_ATTACH_FILTER");
}

static void empty(int fd) {
  uint8_t byte;
  while (recv(fd, &byte, sizeof(byte), MSG_DONTWAIT) >= 0) {
  }
}

/* After each echo the `read` sockets of `others` are emptied. */
__attribute__((noinline, noclone)) static void echo_by_copy(int fd, const int *others, int read) {
  static uint8_t buffer[ETH_FRAME_LEN] __attribute__((aligned(4)));
  for (;;) {
    ssize_t n = recv(fd, buffer, sizeof(buffer), 0);
    MARK(copy_received);
    if (n == LAST)
      return;
    MARK(copy_send);
    n = send(fd, buffer, (size_t)n, 0);
    MARK(copy_sent);
    if (n < 0)
      fail("recv or send");
    for (int i = 0; i < read; i++)
      empty(others[i]);
  }
}

__attribute__((noinline, noclone)) static void echo_in_place(int fd) {
  for (;;) {
    struct pktsock_frame frame;
    int error = pktsock_peek(fd, &frame, 0);
    MARK(lent_received);
    if (error < 0)
      fail("pktsock_peek");
    if (frame.len == LAST)
      return;
    MARK(lent_send);
    ssize_t n = pktsock_submit(fd, &frame);
    MARK(lent_sent);
    if (n < 0)
      fail("pktsock_submit");
  }
}

__attribute__((noinline, noclone)) static void forward(int fd) {
  for (;;) {
    struct pktsock_frame frame, empty;
    int error = pktsock_peek(fd, &frame, 0);
    MARK(forward_received);
    if (error < 0 || pktsock_reserve(fd, &empty, 0) < 0)
      fail("pktsock_peek or pktsock_reserve");
    if (frame.len == LAST)
      return;
    MARK(forward_send);
    memcpy(empty.data, frame.data, frame.len);
    empty.len = frame.len;
    error = pktsock_release(fd, &frame);
    ssize_t n = pktsock_submit(fd, &empty);
    MARK(forward_sent);
    if (error < 0 || n < 0)
      fail("pktsock_release or pktsock_submit");
  }
}

static int read_character(void) {
  int c;
  while ((c = board_console_read()) < 0) {
  }
  return c;
}

int main(void) {
  printf("bench: how?\n");
  int how = read_character(), sockets = read_character() - '0';
  if (strchr("czwfimtx", how) == NULL || sockets < 1 || sockets > MAX_SOCKETS) {
    printf("bench: not c, z, w, f, i, m, t or x and a digit\n");
    return 1;
  }
  int fd = open_socket(ETH_P_ALL), others[MAX_SOCKETS], on = 1;
  bool match = strchr("mtx", how) != NULL;
  for (int i = 0; i < sockets - 1; i++) {
    others[i] = open_socket(match ? ETH_P_ALL : OTHER_PROTOCOL);
    if (how != 't' && setsockopt(others[i], SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on)) < 0)
      fail("PACKET_IGNORE_OUTGOING");
  }
  if (how == 'f')
    attach(fd, comparing, sizeof(comparing) / sizeof(*comparing));
  if (how == 'i')
    attach(fd, computing, sizeof(computing) / sizeof(*computing));
  printf("bench: ready\n");
  if (how == 'z')
    echo_in_place(fd);
  else if (how == 'w')
    forward(fd);
  else
    echo_by_copy(fd, others, how == 'm' || how == 't' ? sockets - 1 : 0);
  struct arch_memory_marks marks;
  arch_memory_marks(&marks);
  printf("bench: linear %lu heap %lu stack %lu\n", (unsigned long)pktsock_memory_size(), (unsigned long)marks.heap,
         (unsigned long)marks.stack);
  return 0;
}
