/* An application of the STM32 tests: a driver's time stamps without the socket layer. It sends each received frame back with its
 * addresses swapped, and prints both stamps that the driver handed over, or "none". Characters from the console:
 *
 *   r R      have received frames stamped, or not
 *   t T      have sent frames stamped, or not
 *   w W      ask for the stamps of the frames that it sends, or not */
#include "board.h"
#include <pktsock/os.h>
#include <pktsock/ring.h>
#include <stdio.h>
#include <string.h>

#define FRAMES 8
#define FRAME_SIZE 1536
#define SERVICE_US 50000

/* Takes the place of linear memory. */
__attribute__((section(".dma"))) static struct {
  uint32_t nothing;
  struct pkt_iface iface;
  struct pkt_slot fill[FRAMES], rx[FRAMES], tx[FRAMES], completion[FRAMES];
  struct pkt_frame frames[FRAMES];
  uint8_t umem[FRAMES][FRAME_SIZE] __attribute__((aligned(64)));
} memory;

#define OFFSET(part) ((uint32_t)((uint8_t *)(part) - (uint8_t *)&memory))
#define RING(slots) ((struct pkt_ring){slots, FRAMES, 0})

static bool asks;                                /* for the stamps of sent frames */
static struct pkt_ring rx, tx, fill, completion; /* the module's side */

static void put(struct pkt_ring *ring, struct pkt_frame *frame) {
  ring->slots[ring->at].frame = OFFSET(frame);
  ring->at = (uint16_t)((ring->at + 1) % FRAMES);
}

static struct pkt_frame *take(struct pkt_ring *ring) {
  uint32_t offset = ring->slots[ring->at].frame;
  if (offset == 0)
    return NULL;
  ring->slots[ring->at].frame = 0;
  ring->at = (uint16_t)((ring->at + 1) % FRAMES);
  return (struct pkt_frame *)((uint8_t *)&memory + offset);
}

static void start(struct pkt_mac *mac) {
  memset(&memory, 0, sizeof(memory));
  mac->iface = &memory.iface;
  mac->memory = (uint8_t *)&memory;
  mac->frames = memory.frames;
  mac->frame_table = OFFSET(memory.frames);
  mac->frame_count = FRAMES;
  mac->umem = OFFSET(memory.umem);
  mac->umem_end = OFFSET(memory.umem) + sizeof(memory.umem);
  mac->frame_stride = mac->frame_size = FRAME_SIZE;
  mac->fill = fill = RING(memory.fill);
  mac->rx = rx = RING(memory.rx);
  mac->tx = tx = RING(memory.tx);
  mac->completion = completion = RING(memory.completion);
  for (unsigned i = 0; i < FRAMES; i++)
    put(&fill, &memory.frames[i]);
  if (mac->ops->start(mac) != 0)
    board_exit(1);
}

static void print_stamp(const char *what, const struct pkt_frame *frame) {
  if (frame->flags & PKT_FRAME_HW_STAMPED)
    printf("%s %lu.%09lu\n", what, (unsigned long)frame->hw_sec, (unsigned long)frame->hw_nsec);
  else
    printf("%s none\n", what);
}

static void echo(struct pkt_mac *mac, struct pkt_frame *frame) {
  uint8_t *header = mac->memory + frame->mac;
  memcpy(header, header + PKT_ETH_ALEN, PKT_ETH_ALEN);
  memcpy(header + PKT_ETH_ALEN, mac->hwaddr, PKT_ETH_ALEN);
  frame->flags = asks ? PKT_FRAME_WANTS_HW_STAMP : 0;
  put(&tx, frame);
  mac->ops->transmit(mac);
}

static void obey(struct pkt_mac *mac, int c) {
  static bool received, sent;
  if (c == 'r' || c == 'R')
    received = c == 'r';
  else if (c == 't' || c == 'T')
    sent = c == 't';
  else
    asks = c == 'w';
  if (mac->ops->clock->stamp(mac, received, sent) != 0)
    board_exit(1);
  printf("did %c\n", c);
}

int main(void) {
  struct pkt_mac *mac = board_mac(0);
  start(mac);
  pkt_os_watch(pkt_os_self());
  printf("stamps: ready\n");
  for (;;) {
    struct pkt_frame *frame;
    while ((frame = take(&rx)) != NULL) {
      print_stamp("received", frame);
      echo(mac, frame);
    }
    while ((frame = take(&completion)) != NULL) {
      print_stamp("sent", frame);
      put(&fill, frame);
    }
    mac->ops->refill(mac);
    mac->ops->service(mac);
    int c = board_console_read();
    if (c >= 0)
      obey(mac, c);
    else
      pkt_os_wait(pkt_os_now() + SERVICE_US);
  }
}
