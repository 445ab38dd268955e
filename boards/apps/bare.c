/* A driver without the socket layer: a loop that sends each received frame back with its addresses swapped. It takes
 * the place of module and component, so it shows the driver alone and the cost of a frame without anything above it.
 *
 * Commands from the console, one character each:
 *   h        hold: leave received frames in the RX ring        g  continue
 *   p a m n  filter: promiscuous, all multicast, the three multicast addresses 01:00:5e:00:00:01 to 03, none
 *   u        filter: the further unicast address 02:00:00:00:00:77
 *   c        print the counters                                q  print the counters and end */
#include "board.h"
#include <pktsock/os.h>
#include <pktsock/ring.h>
#include <stdio.h>
#include <string.h>

#define FRAMES 8
#define FRAME_SIZE 1536
#define SERVICE_US 50000 /* between two calls of a driver's service() */

/* Takes the place of linear memory. Nothing is at offset 0, so that 0 can mean "no frame". A board puts section .dma
 * into memory that its MAC's DMA reaches and that is not cached; it may not be cleared at start-up. */
__attribute__((section(".dma"))) static struct {
  uint32_t nothing;
  struct pkt_iface iface;
  struct pkt_slot fill[FRAMES], rx[FRAMES], tx[FRAMES], completion[FRAMES];
  struct pkt_frame frames[FRAMES];
  uint8_t umem[FRAMES][FRAME_SIZE] __attribute__((aligned(64)));
} memory;

/* A label without an instruction; `make bench` counts instructions between labels. */
#define MARK(name) __asm__ volatile(".global mark_" #name "\nmark_" #name ":" ::: "memory")

#define OFFSET(part) ((uint32_t)((uint8_t *)(part) - (uint8_t *)&memory))

/* The module's side of the rings. */
static struct pkt_ring rx = {memory.rx, FRAMES, 0}, completion = {memory.completion, FRAMES, 0};
static struct pkt_ring fill = {memory.fill, FRAMES, 0}, tx = {memory.tx, FRAMES, 0};

static void put(struct pkt_ring *ring, struct pkt_frame *frame) {
  ring->slots[ring->at].frame = OFFSET(frame);
  if (++ring->at == ring->length)
    ring->at = 0;
}

static struct pkt_frame *take(struct pkt_ring *ring) {
  uint32_t offset = ring->slots[ring->at].frame;
  if (offset == 0)
    return NULL;
  ring->slots[ring->at].frame = 0;
  if (++ring->at == ring->length)
    ring->at = 0;
  return (struct pkt_frame *)((uint8_t *)&memory + offset);
}

static void start(struct pkt_mac *mac) {
  memset(&memory, 0, sizeof(memory));
  mac->iface = &memory.iface;
  strcpy(mac->iface->name, "eth0");
  mac->memory = (uint8_t *)&memory;
  mac->frames = memory.frames;
  mac->frame_table = OFFSET(memory.frames);
  mac->frame_count = FRAMES;
  mac->umem = OFFSET(memory.umem);
  mac->umem_end = OFFSET(memory.umem) + sizeof(memory.umem);
  mac->frame_stride = mac->frame_size = FRAME_SIZE;
  mac->fill = (struct pkt_ring){memory.fill, FRAMES, 0};
  mac->rx = (struct pkt_ring){memory.rx, FRAMES, 0};
  mac->tx = (struct pkt_ring){memory.tx, FRAMES, 0};
  mac->completion = (struct pkt_ring){memory.completion, FRAMES, 0};
  for (unsigned i = 0; i < FRAMES; i++)
    put(&fill, &memory.frames[i]);
  int error = mac->ops->start(mac);
  if (error != 0) {
    printf("%s does not start: %d\n", mac->ops->name, error);
    board_exit(1);
  }
}

/* Reuse sent frames for reception. */
static void take_back_sent(struct pkt_mac *mac) {
  struct pkt_frame *frame = take(&completion);
  if (frame == NULL)
    return;
  do
    put(&fill, frame);
  while ((frame = take(&completion)) != NULL);
  if (mac->ops->refill != NULL)
    mac->ops->refill(mac);
}

static void send(struct pkt_mac *mac, struct pkt_frame *frame) {
  put(&tx, frame);
  mac->ops->transmit(mac);
  take_back_sent(mac);
}

static void swap_addresses(struct pkt_mac *mac, struct pkt_frame *frame) {
  uint8_t *header = mac->memory + frame->mac;
  memcpy(header, header + PKT_ETH_ALEN, PKT_ETH_ALEN);
  memcpy(header + PKT_ETH_ALEN, mac->hwaddr, PKT_ETH_ALEN);
  if (frame->len < PKT_ETH_ZLEN)
    memset(header + frame->len, 0, PKT_ETH_ZLEN - frame->len);
}

static void print_counters(const struct pkt_mac *mac) {
  const struct pkt_iface *iface = mac->iface;
  printf("rx %lu no_frame %lu short %lu long %lu errors %lu tx %lu errors %lu faults %lu\n",
         (unsigned long)iface->rx_frames, (unsigned long)iface->rx_no_frame, (unsigned long)iface->rx_too_short,
         (unsigned long)iface->rx_too_long, (unsigned long)iface->rx_errors, (unsigned long)iface->tx_frames,
         (unsigned long)iface->tx_errors, (unsigned long)iface->ring_faults);
}

static void set_filter(struct pkt_mac *mac, char which) {
  static const uint8_t groups[3][6] = {{1, 0, 0x5e, 0, 0, 1}, {1, 0, 0x5e, 0, 0, 2}, {1, 0, 0x5e, 0, 0, 3}};
  static const uint8_t other[1][6] = {{2, 0, 0, 0, 0, 0x77}};
  struct pkt_mac_filter filter = {.promiscuous = which == 'p', .all_multicast = which == 'a'};
  if (which == 'm') {
    filter.addresses = groups;
    filter.count = 3;
  } else if (which == 'u') {
    filter.addresses = other;
    filter.count = 1;
  }
  mac->ops->set_filter(mac, &filter);
  printf("filter %c\n", which);
}

int main(void) {
  struct pkt_mac *mac = board_mac(0);
  bool hold = false, link = true;
  start(mac);
  pkt_os_watch(pkt_os_self());
  printf("bare: %s is ready\n", mac->ops->name);
  for (;;) {
    struct pkt_frame *frame;
    while (!hold && (frame = take(&rx)) != NULL) {
      MARK(received);
      swap_addresses(mac, frame);
      MARK(send);
      send(mac, frame);
      MARK(sent);
    }
    take_back_sent(mac);
    if (mac->ops->service != NULL)
      mac->ops->service(mac);
    if (mac->ops->link != NULL && mac->ops->link(mac) != link) {
      link = !link;
      printf("link %s\n", link ? "up" : "down");
    }
    int c = board_console_read();
    if (c == 'h' || c == 'g')
      printf("%s\n", (hold = c == 'h') ? "holding" : "going on");
    else if (c == 'c' || c == 'q')
      print_counters(mac);
    else if (c > 0 && strchr("pamnu", c) != NULL)
      set_filter(mac, (char)c);
    if (c == 'q')
      return 0;
    if (c < 0)
      pkt_os_wait(mac->ops->service != NULL ? pkt_os_now() + SERVICE_US : UINT64_MAX);
  }
}
