/* The component's surroundings: see world.h. The clock and the wait of boards/os/posix.c are replaced by the linker
 * (--wrap), so that runs are reproducible; its lock is the real one. */
#include "world.h"

#include "../../boards/pktsock/component.h"

#include <errno.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#define START_US 1000000000ull
#define ETH_P_BYSTANDER 0x88b5
/* After so many waits of one call its descriptor is closed: the call must then end soon. */
#define PATIENCE 8
#define MAX_WAITS 32

extern const unsigned char pktsock_wasm[];
extern const unsigned int pktsock_wasm_size;

struct world world;

/* Preallocated sockets only, allocated sockets, batches of them, and the minimum of everything. */
static const struct {
  struct pktsock_config config;
  const struct pkt_mac_ops *ops;
} configurations[] = {
    {{.prealloc_conns = 4,
      .mac_count = 1,
      .frames = 12,
      .frame_size = 1536,
      .frame_align = 4,
      .tx_frames = 4,
      .rx_reserve = 2,
      .stack_reserve = 1,
      .queue_frames = 8,
      .heap_size = 1024},
     &nic_fifo_ops},
    {{.prealloc_conns = 1,
      .alloc_conns = 1,
      .max_conns = 6,
      .mac_count = 2,
      .frames = 8,
      .frame_size = 256,
      .frame_align = 4,
      .tx_frames = 3,
      .rx_reserve = 1,
      .stack_reserve = 1,
      .queue_frames = 4,
      .heap_size = 4096},
     &nic_dma_ops},
    {{.alloc_conns = 3,
      .mac_count = 2,
      .frames = 6,
      .frame_size = 128,
      .frame_align = 64,
      .tx_frames = 2,
      .rx_reserve = 2,
      .queue_frames = 2,
      .heap_size = 3000},
     &nic_dma_ops},
    {{.prealloc_conns = 5,
      .mac_count = 1,
      .frames = 3,
      .frame_size = 128,
      .frame_align = 16,
      .tx_frames = 1,
      .rx_reserve = 1,
      .queue_frames = 1,
      .heap_size = 700},
     &nic_fifo_ops},
    {{.prealloc_conns = 2,
      .mac_count = 1,
      .frames = 6,
      .frame_size = 1536,
      .frame_align = 4,
      .tx_frames = 2,
      .rx_reserve = 1,
      .stack_reserve = 1,
      .queue_frames = 4,
      .heap_size = 16384},
     &nic_fifo_ops},
};

void fuzz_fail(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  fprintf(stderr, "FINDING: ");
  vfprintf(stderr, format, arguments);
  fprintf(stderr, "\n");
  va_end(arguments);
  abort();
}

bool world_breaks(const char *what) {
  static const char *broken;
  static bool asked;
  if (!asked)
    broken = getenv("FUZZ_BREAK"), asked = true;
  return broken != NULL && strcmp(broken, what) == 0;
}

static void set_flags(const char *name, short flags) {
  struct ifreq request = {0};
  strcpy(request.ifr_name, name);
  request.ifr_flags = (short)(flags | IFF_BROADCAST | IFF_MULTICAST);
  MUST(pktsock_ioctl(world.bystander, SIOCSIFFLAGS, &request) == 0, "SIOCSIFFLAGS: errno %d", errno);
}

/* ---- os.h ----------------------------------------------------------------------------------------------------------- */

uint64_t __wrap_pkt_os_now(void);
void __wrap_pkt_os_time(uint32_t *sec, uint32_t *nsec);
void __wrap_pkt_os_wait(uint64_t deadline);

uint64_t __wrap_pkt_os_now(void) { return world.now; }

void __wrap_pkt_os_time(uint32_t *sec, uint32_t *nsec) {
  *sec = (uint32_t)(world.now / 1000000);
  *nsec = (uint32_t)(world.now % 1000000) * 1000;
}

static void something_arrives(struct nic *nic) {
  uint8_t frame[60] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02, 0, 0, 0, 0, 0x33, 0x08, 0x00, world.waits};
  nic_arrive(nic, frame, sizeof(frame), 0);
}

/* A call waits: an event happens, and time passes. */
void __wrap_pkt_os_wait(uint64_t deadline) {
  MUST(!world.may_not_wait, "a call waits");
  MUST(++world.waits < MAX_WAITS, "a call waits on a descriptor that is closed");
  struct nic *nic = &world.nics[world.waits % world.nic_count];
  switch (world.waits > PATIENCE ? 3 : input_u8(&world.in) & 7) {
  case 1: nic_complete(nic, 0); break;
  case 2: something_arrives(nic); break;
  case 3:
    if (world.waiting >= 0 && world.waiting != world.bystander && pktsock_close(world.waiting) == 0 &&
        world.closed != NULL)
      world.closed(world.waiting);
    break;
  case 4: set_flags("eth0", 0); break;
  default: break;
  }
  world.now = deadline != UINT64_MAX ? deadline : world.now + 1000;
}

/* ---- Start and end -------------------------------------------------------------------------------------------------- */

static void trapped(const char *who, const char *sentence) { fuzz_fail("%s: the module trapped: %s", who, sentence); }

static void open_bystander(void) {
  struct sockaddr_ll address = {
      .sll_family = AF_PACKET, .sll_protocol = __builtin_bswap16(ETH_P_BYSTANDER), .sll_ifindex = 1};
  world.bystander = pktsock_socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, 0);
  MUST(world.bystander >= 0, "no first socket: errno %d", errno);
  MUST(pktsock_bind(world.bystander, (struct sockaddr *)&address, sizeof(address)) == 0, "bind: errno %d", errno);
}

void world_start(unsigned configuration) {
  static struct pkt_mac *macs[MAX_NICS];
  unsigned number = configuration % (sizeof(configurations) / sizeof(configurations[0]));
  struct pktsock_config *config = &world.config;
  *config = configurations[number].config;
  config->wasm = pktsock_wasm;
  config->wasm_size = pktsock_wasm_size;
  config->macs = macs;
  config->report = trapped;
  world.nic_count = config->mac_count;
  for (unsigned i = 0; i < world.nic_count; i++) {
    struct nic *nic = &world.nics[i];
    nic->mac = (struct pkt_mac){.ops = configurations[number].ops, .hwaddr = {0x02, 0, 0, 0, 0, (uint8_t)(1 + i)}};
    nic->holds = nic->no_carrier = false;
    nic->sending_count = nic->prefetched_count = nic->sent = 0;
    nic->filter = (struct pkt_mac_filter){0};
    nic->clock_ns = 0;
    nic->clock_lies = false;
    nic->stamps = 0;
    macs[i] = &nic->mac;
  }
  world.now = START_US;
  world.waiting = -1;
  world.waits = 0;
  MUST(pktsock_start(config) == 0, "start: %s", pktsock_error());
  open_bystander();
}

void world_stop(void) {
  pktsock_stop();
  for (unsigned i = 0; i < world.nic_count; i++)
    MUST(!world.nics[i].started, "a driver is not stopped");
}

/* ---- The bystander -------------------------------------------------------------------------------------------------- */

/* Bring the interfaces up and complete everything that was sent. */
static void calm(void) {
  for (unsigned i = 0; i < world.nic_count; i++) {
    struct nic *nic = &world.nics[i];
    nic->holds = nic->no_carrier = false;
    set_flags(i == 0 ? "eth0" : "eth1", IFF_UP);
    while (nic_complete(nic, 0))
      ;
  }
}

static int readiness(short events) {
  struct pollfd fds[2] = {{world.bystander, events, 0}, {world.bystander, events, 0}};
  int ready = pktsock_poll(fds, PKTSOCK_NPOLLWAITERS < 2 ? 1 : 2, 0);
  MUST(ready >= 0, "poll() on the bystander: errno %d", errno);
  return fds[0].revents;
}

static void fill(uint8_t *frame, uint32_t len, const uint8_t *to, const uint8_t *from, uint8_t tag) {
  memcpy(frame, to, 6);
  memcpy(frame + 6, from, 6);
  frame[12] = ETH_P_BYSTANDER >> 8, frame[13] = ETH_P_BYSTANDER & 0xff;
  for (uint32_t i = 14; i < len; i++)
    frame[i] = (uint8_t)(i * 7 + tag);
}

void world_check_bystander(uint8_t tag) {
  static const uint8_t peer[6] = {0x02, 0, 0, 0, 0, 0x77};
  struct nic *nic = &world.nics[0];
  uint8_t sent[128], got[192];
  uint32_t len = 60 + tag % 50;
  calm();
  while (pktsock_recv(world.bystander, got, sizeof(got), MSG_DONTWAIT) >= 0 || errno == ENETDOWN)
    ;
  MUST(errno == EAGAIN, "the bystander's recv(): errno %d", errno);
  MUST(readiness(POLLIN | POLLOUT) == POLLOUT, "the bystander cannot send: poll() says %#x",
       (unsigned)readiness(POLLIN | POLLOUT));

  fill(sent, len, nic->mac.hwaddr, peer, tag);
  MUST(nic_arrive(nic, sent, len, 0), "the driver has no frame left to receive into");
  MUST((readiness(POLLIN) & POLLIN) != 0, "the bystander gets no frame");
  memset(got, 0xa5, sizeof(got));
  ssize_t n = pktsock_recv(world.bystander, got, sizeof(got), MSG_DONTWAIT);
  if (world_breaks("the bystander's frame"))
    got[len / 2] ^= 1;
  MUST(n == (ssize_t)len && memcmp(got, sent, len) == 0, "the bystander got %zd bytes of %u, or others", n, len);
  MUST(got[len] == 0xa5, "the byte behind a frame was written");

  fill(sent, len, peer, nic->mac.hwaddr, (uint8_t)~tag);
  unsigned before = nic->sent;
  n = pktsock_send(world.bystander, sent, len, MSG_DONTWAIT);
  MUST(n == (ssize_t)len, "the bystander cannot send: %zd, errno %d", n, errno);
  MUST(nic->sent == before + 1 && nic->last_len == len && memcmp(nic->last, sent, len) == 0,
       "what the bystander sent is not what went to the wire");
}
