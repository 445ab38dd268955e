/* What is around the component while it is fuzzed: its start with one of some configurations, network interfaces, a clock
 * that moves when somebody waits, a socket that only stands by, and the invariants. */
#ifndef FUZZ_WORLD_H
#define FUZZ_WORLD_H

#include "input.h"
#include <pktsock/mac.h>
#include <pktsock/pktsock.h>
#include <pktsock/select.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#define MAX_NICS 2
#define MAX_FRAME 2048
#define MAX_POOL 40

/* Ends the run with a sentence: a finding. */
void fuzz_fail(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));
#define MUST(condition, ...) ((condition) ? (void)0 : fuzz_fail(__VA_ARGS__))

/* A driver without hardware (nic.c): what shall arrive arrives, and what is sent stays with it until it is completed. */
struct nic {
  struct pkt_mac mac;
  bool holds; /* keep frames that are sent until nic_complete() */
  bool no_carrier;
  bool started;
  struct pkt_frame *sending[MAX_POOL];
  unsigned sending_count;
  struct pkt_frame *prefetched[2];
  unsigned prefetched_count;
  unsigned sent; /* how many, and the last one */
  uint32_t last_len;
  uint8_t last[MAX_FRAME];
  struct pkt_mac_filter filter;
};

/* The drivers' natures: FIFO style and DMA style. */
extern const struct pkt_mac_ops nic_fifo_ops, nic_dma_ops;

/* A frame arrives that starts `offset` bytes into its buffer. False: there was no empty frame, or the frame is none. */
bool nic_arrive(struct nic *nic, const uint8_t *bytes, uint32_t len, uint32_t offset);

/* One of the frames that are being sent is through; false: there is none. */
bool nic_complete(struct nic *nic, unsigned which);

struct world {
  struct nic nics[MAX_NICS];
  unsigned nic_count;
  struct pktsock_config config;
  uint64_t now; /* microseconds */
  int bystander;
  int waiting; /* the descriptor of the call under way, which world_wait() closes when nothing else ends the wait */
  unsigned waits;
  void (*closed)(int fd); /* told when it does, or NULL */
  struct input in;
};

extern struct world world;

/* What is wrong on purpose, so that a test sees that it is found: the environment's FUZZ_BREAK is `what`. */
bool world_breaks(const char *what);

/* Load the module afresh. */
void world_start(unsigned configuration);
void world_stop(void);

/* Does the bystander receive and send? Done while others still hold what they hold. `tag` makes its frames different. */
void world_check_bystander(uint8_t tag);

/* All descriptors but the bystander's were closed: is everything home? */
void world_check_home(void);

#endif
