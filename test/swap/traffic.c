/* Echoes frames while the module is swapped: on Linux by a thread of its own, on a board after every few frames. */
#include "../../boards/pktsock/component.h"
#include "../../build/swap/modules.h"
#include "board.h"
#include <pktsock/pktsock.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OWN_N 0xb588 /* IEEE 802: for local experiments */
enum { FRAMES_BETWEEN = 8 };

static uint32_t version, count;

static const char *verify(const uint8_t *file, size_t size, struct pktsock_module *module) {
  *module = (struct pktsock_module){file, size, ++version};
  return NULL;
}

/* Another module, another one on trial, the one before, the firmware's own. */
static void swap(void) {
  int result;
  switch (count % 4) {
  case 0: result = pktsock_swap(marked, sizeof(marked), 0) == 0 ? pktsock_confirm() : -1; break;
  case 1: result = pktsock_swap(same, sizeof(same), 0); break;
  default: result = pktsock_fallback(); break;
  }
  if (result < 0) {
    printf("swap %u fails: %s\n", (unsigned)count, pktsock_error());
    board_exit(1);
  }
  if (++count % 10 == 0)
    printf("swaps: %u\n", (unsigned)count);
}

#ifdef __linux__
#include <pthread.h>
static void *swap_always(void *unused) {
  for (;;)
    swap();
  return unused;
}
#endif

static void end(unsigned frames) {
  struct pktsock_counters counters;
  struct pktsock_logic logic;
  pktsock_counters(1, &counters);
  pktsock_logic(&logic);
  printf("end: %u frames, %u traps, %u recoveries\n", frames, (unsigned)counters.traps, (unsigned)counters.recoveries);
}

int main(void) {
  static uint8_t frame[1514];
  struct pktsock_sockaddr_ll eth0 = {.sll_family = PKTSOCK_AF_PACKET, .sll_protocol = OWN_N, .sll_ifindex = 1};
  int fd = pktsock_socket(PKTSOCK_AF_PACKET, PKTSOCK_SOCK_RAW, 0);
  pktsock_bind(fd, (struct pktsock_sockaddr *)&eth0, sizeof(eth0));
  pkt_component.config.verify = verify;
  pkt_component.config.report = NULL;
  pkt_component.config.trial_calls = 1000000;
#ifdef __linux__
  pthread_t swapper;
  pthread_create(&swapper, NULL, swap_always, NULL);
#endif
  printf("ready\n");
  for (unsigned frames = 0;; frames++) {
    ptrdiff_t len = pktsock_recv(fd, frame, sizeof(frame), 0);
    if (len < 60 || pktsock_send(fd, frame, (size_t)len, 0) != len) {
      printf("frame %u: %d\n", frames, (int)len);
      board_exit(1);
    }
    if (frame[14] == 0xff) /* the last one */
      end(frames);
#ifndef __linux__
    if (frames % FRAMES_BETWEEN == 0)
      swap();
#endif
  }
}
