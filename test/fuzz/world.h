/* The component's surroundings while it is fuzzed: its start with one of some configurations, network interfaces, a clock
 * that advances when a call waits, an uninvolved socket (the bystander), and the invariants. */
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

/* End the run with a finding, which the sentence describes. */
void fuzz_fail(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));
#define MUST(condition, ...) ((condition) ? (void)0 : fuzz_fail(__VA_ARGS__))

/* A driver without hardware (nic.c). The fuzzer makes frames arrive; sent frames stay with it until they are completed. */
struct nic {
  struct pkt_mac mac;
  bool holds; /* keep frames that are sent until nic_complete() */
  bool no_carrier;
  bool started;
  struct pkt_frame *sending[MAX_POOL];
  unsigned sending_count;
  struct pkt_frame *prefetched[2];
  unsigned prefetched_count;
  unsigned sent; /* number of frames, and the last one */
  uint32_t last_len;
  uint8_t last[MAX_FRAME];
  struct pkt_mac_filter filter;
  /* Its clock, if it has one (nic_dma_ops), which stands still between two calls; `clock_lies`: its times are none. */
  int64_t clock_ns;
  bool clock_lies, stamps_received, stamps_sent;
  uint32_t stamps; /* how many it has taken */
};

/* The stamps of a MAC: these seconds, and nanoseconds that count them from 1 on. */
#define NIC_STAMP_SEC 77
/* The largest rate of its clock. */
#define NIC_MAX_PPB 1000000

/* The drivers' natures: FIFO style and DMA style. */
extern const struct pkt_mac_ops nic_fifo_ops, nic_dma_ops;

/* Make a frame arrive that starts `offset` bytes into its buffer. Returns false if there was no empty frame, or the frame is
 * invalid. */
bool nic_arrive(struct nic *nic, const uint8_t *bytes, uint32_t len, uint32_t offset);

/* Complete one of the frames that are being sent. Returns false if there is none. */
bool nic_complete(struct nic *nic, unsigned which);

struct world {
  struct nic nics[MAX_NICS];
  unsigned nic_count;
  struct pktsock_config config;
  uint64_t now; /* microseconds */
  int bystander;
  int waiting; /* the descriptor of the current call, which world_wait() closes if nothing else ends the wait */
  unsigned waits;
  bool may_not_wait;      /* no call may wait */
  void (*closed)(int fd); /* called when it closes one, or NULL */
  struct input in;
};

extern struct world world;

/* True if the environment's FUZZ_BREAK is `what`: a deliberate fault, by which a test checks that it is found. */
bool world_breaks(const char *what);

/* Load the module again. */
void world_start(unsigned configuration);
void world_stop(void);

/* Check that the bystander can receive and send while the others still hold their frames. `tag` distinguishes its frames. */
void world_check_bystander(uint8_t tag);

/* Check, after all descriptors but the bystander's were closed, that all frames and memory are back. */
void world_check_home(void);

#endif
