/* The invariant that all frames and memory are back where they belong, read from linear memory with the layout of
 * assembly/layout.ts. */
#include "world.h"

#include "../../boards/pktsock/component.h"
#include "structs.h"

#include <net/if.h>

static uint32_t word(uint32_t at) {
  uint32_t value;
  memcpy(&value, pkt_component.engine.memory + at, sizeof(value));
  return value;
}

static uint32_t state(uint32_t field) { return word(PKT_CONTROL + PKT_CONTROL_BYTES + field); }

/* ---- Frames --------------------------------------------------------------------------------------------------------- */

static uint8_t places[2 * MAX_POOL]; /* of each frame of the table */

static void put(uint32_t offset, const char *where) {
  const struct pkt_control *control = pkt_component.control;
  uint32_t index = (offset - control->frame_table) / PKT_FRAME_BYTES;
  MUST(index < control->frame_count && offset == control->frame_table + index * PKT_FRAME_BYTES,
       "%s holds what is no frame: %u", where, offset);
  MUST(places[index]++ == 0, "frame %u is in %s and elsewhere", index, where);
}

static void put_ring(const struct pkt_ring *ring, const char *where) {
  for (unsigned i = 0; i < ring->length; i++)
    if (ring->slots[i].frame != 0)
      put(ring->slots[i].frame, where);
}

static uint32_t offset_of(const struct pkt_frame *frame) {
  return (uint32_t)((const uint8_t *)frame - pkt_component.engine.memory);
}

static void check_frames(struct nic *nic) {
  const struct pkt_control *control = pkt_component.control;
  const struct pkt_iface *iface = nic->mac.iface;
  memset(places, 0, sizeof(places));
  put_ring(&nic->mac.fill, "FILL");
  put_ring(&nic->mac.rx, "RX");
  put_ring(&nic->mac.tx, "TX");
  put_ring(&nic->mac.completion, "COMPLETION");
  for (unsigned i = 0; i < nic->prefetched_count; i++)
    put(offset_of(nic->prefetched[i]), "the driver");
  uint32_t bottom = iface->completion_ring + iface->ring_length * PKT_SLOT_BYTES;
  for (uint32_t top = iface->free; top != bottom; top -= 4)
    put(word(top), "the free stack");

  uint32_t first = (iface->index - 1) * control->frames, own = pkt_offset_of(iface);
  for (uint32_t i = 0; i < control->frame_count; i++) {
    const struct pkt_frame *frame = &nic->mac.frames[i];
    bool mine = i - first < control->frames;
    MUST(places[i] == mine, "frame %u is in %u places of eth%u", i, places[i], iface->index - 1);
    MUST(!mine || (frame->iface == own && frame->refs == 0 && frame->owner == 0), "frame %u is still held", i);
    MUST((frame->flags & (PKT_FRAME_WANTS_STAMP | PKT_FRAME_WANTS_HW_STAMP)) == 0 || !mine,
         "frame %u still asks for a stamp", i);
  }
  MUST(iface->tx_owned == control->tx_frames && iface->tx_missing == 0, "sending has %u frames of %u, %u missing",
       iface->tx_owned, control->tx_frames, iface->tx_missing);
  MUST(iface->spare == control->frames - control->tx_frames - control->rx_reserve, "sockets may hold %d frames",
       (int)iface->spare);
  MUST(iface->ring_faults == 0, "the driver met %u invalid ring entries", iface->ring_faults);
}

/* ---- The heap ------------------------------------------------------------------------------------------------------- */

#define HEAP_HEADER 4u

/* Only connections that were allocated in batches may stay allocated. */
static void check_heap(void) {
  const struct pkt_control *control = pkt_component.control;
  uint32_t size = (control->heap_size + 7) & ~7u, free = 0, last = 0;
  for (uint32_t block = state(STATE_heap); block != 0; block = word(block + HEAP_HEADER)) {
    MUST(block > last, "the heap's free blocks are not in order");
    free += word(block);
    last = block + word(block);
  }
  uint32_t connections = state(STATE_connections) - control->prealloc_conns;
  uint32_t bytes = SOCKET_bytes + control->queue_frames * (ENTRY_bytes + 4);
  uint32_t batch = connections * bytes, most_lost = connections * (HEAP_HEADER + 7);
  MUST(free <= size - batch && free + batch + most_lost >= size,
       "%u of %u bytes of the heap are free, %u connections allocated", free, size, connections);
  MUST(state(STATE_heldByMessages) == 0, "%u frames are held by error queues", state(STATE_heldByMessages));
  MUST(connections == 0 || control->alloc_conns != 1, "%u connections were not given back", connections);
}

/* ---- Interfaces ----------------------------------------------------------------------------------------------------- */

static void check_iface(struct nic *nic) {
  const struct pkt_iface *iface = nic->mac.iface;
  MUST(iface->stamping == 0, "%u sockets that are closed want stamps", iface->stamping);
  MUST(nic->filter.count == 0 && !nic->filter.promiscuous && !nic->filter.all_multicast,
       "the MAC accepts frames that no socket wants");
  check_frames(nic);
}

/* No task polls a descriptor, so each accepts the maximum of pollers. */
static void check_pollers(void) {
  struct pollfd fds[PKT_MAX_DESCRIPTORS * PKTSOCK_NPOLLWAITERS];
  nfds_t count = sizeof(fds) / sizeof(fds[0]);
  for (nfds_t i = 0; i < count; i++)
    fds[i] = (struct pollfd){PKTSOCK_FIRST_DESCRIPTOR + (int)(i % PKT_MAX_DESCRIPTORS), POLLIN, 0};
  MUST(pktsock_poll(fds, count, 0) == (int)count, "a poll() that ended still counts");
}

/* Frames that closed sockets still send count against no socket; the bystander's are not counted. */
static void check_owners(void) {
  const struct pkt_frame *frames = world.nics[0].mac.frames;
  for (uint32_t i = 0; i < pkt_component.control->frame_count; i++)
    MUST(frames[i].owner == 0, "frame %u counts against a socket that is closed", i);
}

void world_check_home(void) {
  check_owners();
  world_check_bystander(0x5a);
  MUST(pktsock_close(world.bystander) == 0, "the bystander cannot be closed");
  for (unsigned i = 0; i < world.nic_count; i++)
    while (nic_complete(&world.nics[i], 0))
      ;
  int fd = pktsock_socket(AF_PACKET, SOCK_RAW, 0);
  MUST(fd >= 0, "no socket after all were closed");
  pkt_call(&pkt_export_bytesUnsent, pkt_socket_of(fd), 0, 0, 0); /* takes back sent frames */
  pkt_call(&pkt_export_service, 0, 0, 0, 0);
  pktsock_close(fd);
  for (uint32_t at = STATE_bytes; at < PKT_STATE_BYTES; at += sizeof(uint32_t))
    MUST(state(at) == 0, "a closed socket is offered received frames");
  MUST(state(STATE_taps) == 0 && state(STATE_pickyTaps) == 0, "a closed socket is offered sent frames");
  MUST(state(STATE_multicast) == 0, "the multicast addresses of the interfaces were not deleted");
  for (unsigned i = 0; i < world.nic_count; i++)
    check_iface(&world.nics[i]);
  check_heap();
  check_pollers();
  struct pktsock_counters counters;
  MUST(pktsock_counters(1, &counters) == 0 && counters.traps == 0, "the module trapped");
}
