/* Measures the component's memory for test/memory.test.ts: starts it, receives frames and makes calls of each kind. */
#include "arch.h"
#include "board.h"
#include <arpa/inet.h>
#include <linux/filter.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <pktsock/pktsock.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define CHECK(condition) ((condition) ? (void)0 : (void)printf("memory: line %d: not %s\n", __LINE__, #condition))

/* As boards/family/cortex-m/startup.c paints it. */
extern uint32_t __task_stack_start[];
#define STACK_PAINT 0x5a5a5a5au

/* The stack that the calls of main() use. */
__attribute__((noinline)) static void paint(void) {
  const uint32_t *end = (const uint32_t *)__builtin_frame_address(0) - 16;
  for (volatile uint32_t *at = __task_stack_start; at < end; at++)
    *at = STACK_PAINT;
}

__attribute__((noinline)) static unsigned used(const uint32_t *top) {
  const uint32_t *at = __task_stack_start;
  while (at < top && *at == STACK_PAINT)
    at++;
  return (unsigned)(top - at) * sizeof(*at);
}

static struct sock_filter program[] = {
    BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 12),        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_IP, 0, 2),
    BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, ETH_HLEN), BPF_STMT(BPF_LD | BPF_H | BPF_IND, 0),
    BPF_STMT(BPF_RET | BPF_K, ETH_FRAME_LEN),
};

static void make_calls(void) {
  static uint8_t frame[ETH_FRAME_LEN];
  struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = 1};
  socklen_t len = sizeof(address);
  int fd = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL)), tap = socket(AF_PACKET, SOCK_DGRAM, htons(ETH_P_ALL));
  CHECK(fd >= 0 && tap >= 0);
  CHECK(bind(fd, (struct sockaddr *)&address, len) == 0);
  CHECK(getsockname(fd, (struct sockaddr *)&address, &len) == 0);
  struct sock_fprog filter = {sizeof(program) / sizeof(*program), program};
  CHECK(setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter)) == 0);
  CHECK(setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &filter, sizeof(filter)) == 0);
  struct packet_mreq member = {
      .mr_ifindex = 1, .mr_type = PACKET_MR_MULTICAST, .mr_alen = 6, .mr_address = {1, 0, 0x5e, 0, 0, 1}};
  CHECK(setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &member, sizeof(member)) == 0);
  struct tpacket_stats stats;
  len = sizeof(stats);
  CHECK(getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &stats, &len) == 0);
  struct ifreq request = {.ifr_name = "eth0"};
  CHECK(ioctl(fd, SIOCGIFINDEX, &request) == 0);
  printf("memory: ready\n");
  for (int i = 0; i < 8; i++) {
    struct pollfd asked = {.fd = fd, .events = POLLIN};
    CHECK(poll(&asked, 1, 5000) == 1);
    struct sockaddr_ll from;
    len = sizeof(from);
    ssize_t n = recvfrom(fd, frame, sizeof(frame), 0, (struct sockaddr *)&from, &len);
    CHECK(n >= 60);
    if (i % 2 == 0) {
      CHECK(send(fd, frame, (size_t)n, 0) == n);
    } else {
      CHECK(sendto(tap, frame, (size_t)n - ETH_HLEN, 0, (struct sockaddr *)&from, len) == n - ETH_HLEN);
    }
  }
  struct pktsock_frame lent;
  CHECK(pktsock_reserve(fd, &lent, 0) == 0 && pktsock_release(fd, &lent) == 0);
  CHECK(pktsock_peek(tap, &lent, MSG_DONTWAIT) == 0 && pktsock_release(tap, &lent) == 0);
  CHECK(close(tap) == 0 && close(fd) == 0);
}

int main(void) {
  struct arch_memory_marks marks;
  arch_memory_marks(&marks);
  printf("memory: start: stack %lu\n", (unsigned long)marks.stack);
  for (int i = 0; i < 2; i++) {
    paint();
    make_calls();
    printf("memory: calls: stack %u\n", used(__builtin_frame_address(0)));
  }
  arch_memory_marks(&marks);
  printf("memory: linear %lu heap %lu engine %lu\n", (unsigned long)pktsock_memory_size(), (unsigned long)marks.heap,
         (unsigned long)pktsock_engine_heap_used());
  return 0;
}
