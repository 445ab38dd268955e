/* A board's driver with memory in place of the MAC's registers: what the driver writes stays, and no status ever clears by itself.
 * Each pattern of the registers is tried. Each operation and each interrupt must end, and one interrupt handles at most as many
 * frames as the MAC can say that it has. */
#include "board.h"
#include <pktsock/lan9118.h>
#include <pktsock/msf2.h>
#include <pktsock/opencores.h>
#include <pktsock/os.h>
#include <pktsock/stellaris.h>
#include <stdio.h>
#include <string.h>

#define FRAMES 8
#define FRAME_SIZE 1536
#define REGISTER_WORDS 512
#define INTERRUPTS 3
#define MOST_FRAMES 255 /* of LAN9118's count */

__attribute__((section(".dma"))) static struct {
  uint32_t nothing;
  struct pkt_iface iface;
  struct pkt_slot fill[FRAMES], rx[FRAMES], tx[FRAMES], completion[FRAMES];
  struct pkt_frame frames[FRAMES];
  uint8_t umem[FRAMES][FRAME_SIZE] __attribute__((aligned(64)));
} memory;

static uint32_t registers[REGISTER_WORDS];

#define OFFSET(part) ((uint32_t)((uint8_t *)(part) - (uint8_t *)&memory))

/* Of these, the board's image has one. */
extern void stellaris_interrupt(struct pkt_mac *mac) __attribute__((weak));
extern void lan9118_interrupt(struct pkt_mac *mac) __attribute__((weak));
extern void msf2_interrupt(struct pkt_mac *mac) __attribute__((weak));
extern void opencores_interrupt(struct pkt_mac *mac) __attribute__((weak));

static void interrupt(struct pkt_mac *mac) {
  if (stellaris_interrupt != NULL)
    stellaris_interrupt(mac);
  else if (lan9118_interrupt != NULL)
    lan9118_interrupt(mac);
  else if (msf2_interrupt != NULL)
    msf2_interrupt(mac);
  else
    opencores_interrupt(mac);
}

/* All of these drivers' configurations begin like this one. */
static struct msf2_config config;

static void fill_registers(uint32_t with) {
  for (unsigned i = 0; i < REGISTER_WORDS; i++)
    registers[i] = with;
}

/* Empty frames for reception, and frames to send. */
static void reset_rings(struct pkt_mac *mac) {
  memset(&memory, 0, sizeof(memory));
  strcpy(memory.iface.name, "eth0");
  mac->fill = (struct pkt_ring){memory.fill, FRAMES, 0};
  mac->rx = (struct pkt_ring){memory.rx, FRAMES, 0};
  mac->tx = (struct pkt_ring){memory.tx, FRAMES, 0};
  mac->completion = (struct pkt_ring){memory.completion, FRAMES, 0};
  for (unsigned i = 0; i < FRAMES; i++) {
    struct pkt_frame *frame = &memory.frames[i];
    frame->mac = OFFSET(memory.umem[i]);
    frame->len = 60;
    (i % 2 == 0 ? memory.fill : memory.tx)[i / 2].frame = OFFSET(frame);
  }
}

/* Without rx_errors, to which a driver may add what a register says. */
static uint32_t handled(const struct pkt_iface *iface) {
  return iface->rx_frames + iface->rx_no_frame + iface->rx_too_short + iface->rx_too_long;
}

static void try_pattern(struct pkt_mac *mac, uint32_t pattern) {
  static const uint8_t addresses[2][6] = {{0x01, 0, 0x5e, 0, 0, 1}, {0x02, 0, 0, 0, 0, 0x77}};
  const struct pkt_mac_filter filter = {.addresses = addresses, .count = 2};
  reset_rings(mac);
  fill_registers(pattern);
  int started = mac->ops->start(mac);
  fill_registers(pattern); /* the status that does not clear */
  for (unsigned i = 0; i < INTERRUPTS; i++) {
    uint32_t before = handled(&memory.iface);
    interrupt(mac);
    uint32_t frames = handled(&memory.iface) - before;
    if (frames > MOST_FRAMES)
      printf("stuck: one interrupt handles %lu frames\n", (unsigned long)frames);
  }
  mac->ops->transmit(mac);
  if (mac->ops->refill != NULL)
    mac->ops->refill(mac);
  mac->ops->set_filter(mac, &filter);
  if (mac->ops->service != NULL)
    mac->ops->service(mac);
  mac->ops->stop(mac);
  printf("stuck: %08lx start %d\n", (unsigned long)pattern, started);
}

int main(void) {
  static const uint32_t patterns[] = {0,          UINT32_MAX, 0x00400040, 0x80008000, 0x7fff7fff,
                                      0x55555555, 0xaaaaaaaa, 1,          0x01000000};
  struct pkt_mac *mac = board_mac(0);
  memcpy(&config, mac->config, sizeof(unsigned) + sizeof(uintptr_t));
  config.base = (uintptr_t)registers;
  mac->config = &config;
  mac->iface = &memory.iface;
  mac->memory = (uint8_t *)&memory;
  mac->frames = memory.frames;
  mac->frame_table = OFFSET(memory.frames);
  mac->frame_count = FRAMES;
  mac->umem = OFFSET(memory.umem);
  mac->umem_end = OFFSET(memory.umem) + sizeof(memory.umem);
  mac->frame_stride = mac->frame_size = FRAME_SIZE;
  for (unsigned i = 0; i < sizeof(patterns) / sizeof(*patterns); i++)
    try_pattern(mac, patterns[i]);
  printf("stuck: end\n");
  return 0;
}
