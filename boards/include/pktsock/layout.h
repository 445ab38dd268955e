/* The structs that C shares with the module, in linear memory. The numbers come from assembly/abi.ts by way of the
 * generated pktsock/abi.h; the assertions below keep the two in step. */
#ifndef PKT_LAYOUT_H
#define PKT_LAYOUT_H

#include <assert.h>
#include <pktsock/abi.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* assembly/abi.ts documents what each word means and which side writes it. Offsets are from the start of linear
 * memory. */

struct pkt_control {
  uint32_t magic, abi;
  uint32_t memory_size, memory_base, frame_align;
  uint32_t prealloc_conns, alloc_conns, max_conns;
  uint32_t interfaces, frames, frame_size, tx_frames, rx_reserve, stack_reserve, queue_frames, heap_size;
  uint32_t table, table_length, first_iface, frame_table, frame_count, umem, frame_stride, needed, news;
  uint8_t exchange[PKT_EXCHANGE_BYTES];
  uint32_t app_size, app_needed, app_wake;
};

/* The exchange area before addIface(). */
struct pkt_exchange_iface {
  char name[PKT_IFNAMSIZ]; /* NUL-padded */
  uint8_t hwaddr[PKT_ETH_ALEN];
};

/* The exchange area after receiveFrom() with PKT_WANT_NAME. */
struct pkt_exchange_received {
  uint8_t address[PKT_SLL_BYTES]; /* struct sockaddr_ll */
  uint32_t msg_flags, len, uncut_len, net;
  uint32_t frame_flags, tci, sec, nsec;
  uint32_t options, drops;
  uint32_t timestamping, hw_sec, hw_nsec, stamp_id;
};

struct pkt_slot {
  uint32_t frame, next;
};

struct pkt_frame {
  uint32_t iface, refs, mac, len, key, flags, tci, sec, nsec, owner, buffer, hw_sec, hw_nsec;
};

struct pkt_iface {
  uint32_t next, index, flags, mtu;
  uint32_t fill, rx, tx, completion;
  uint32_t free, tx_owned, tx_missing, spare, limit, key;
  uint8_t hwaddr[8];
  uint32_t tx_offset;
  char name[PKT_IFNAMSIZ];
  uint32_t fill_ring, rx_ring, tx_ring, completion_ring, ring_length;
  uint32_t stamping;
  uint32_t rx_frames, rx_no_frame, rx_too_short, rx_too_long, rx_errors, tx_frames, tx_errors;
  uint32_t rx_pool_empty, ring_faults, rx_iface_down, filter_changed;
  uint32_t hw_stamping;
};

/* The part of a socket that C reads; what follows it belongs to the module. The 64-bit time-outs are two words each,
 * because linear memory is aligned to 4 bytes only. */
struct pkt_socket {
  uint32_t nonblock;
  uint32_t receive_timeout[2], send_timeout[2]; /* microseconds, low word first; 0: no limit */
  uint32_t head, special, iface, full, sndbuf, sending;
  uint32_t options; /* PKT_OPTION_* */
};

#define PKT_AT(type, field, number)                                                                                    \
  static_assert(offsetof(struct type, field) == (number), #type "." #field " is not where assembly/abi.ts says")

PKT_AT(pkt_control, memory_size, PKT_CONTROL_MEMORY_SIZE);
PKT_AT(pkt_control, prealloc_conns, PKT_CONTROL_PREALLOC_CONNS);
PKT_AT(pkt_control, interfaces, PKT_CONTROL_INTERFACES);
PKT_AT(pkt_control, heap_size, PKT_CONTROL_HEAP_SIZE);
PKT_AT(pkt_control, table, PKT_CONTROL_TABLE);
PKT_AT(pkt_control, needed, PKT_CONTROL_NEEDED);
PKT_AT(pkt_control, news, PKT_CONTROL_NEWS);
PKT_AT(pkt_control, exchange, PKT_CONTROL_EXCHANGE);
PKT_AT(pkt_control, app_size, PKT_CONTROL_APP_SIZE);
PKT_AT(pkt_control, app_needed, PKT_CONTROL_APP_NEEDED);
PKT_AT(pkt_control, app_wake, PKT_CONTROL_APP_WAKE);
PKT_AT(pkt_exchange_iface, hwaddr, PKT_IFNAMSIZ);
PKT_AT(pkt_exchange_received, msg_flags, PKT_EXCHANGE_MSG_FLAGS);
PKT_AT(pkt_exchange_received, len, PKT_EXCHANGE_LEN);
PKT_AT(pkt_exchange_received, uncut_len, PKT_EXCHANGE_UNCUT_LEN);
PKT_AT(pkt_exchange_received, net, PKT_EXCHANGE_NET);
PKT_AT(pkt_exchange_received, frame_flags, PKT_EXCHANGE_FRAME_FLAGS);
PKT_AT(pkt_exchange_received, tci, PKT_EXCHANGE_TCI);
PKT_AT(pkt_exchange_received, sec, PKT_EXCHANGE_SEC);
PKT_AT(pkt_exchange_received, nsec, PKT_EXCHANGE_NSEC);
PKT_AT(pkt_exchange_received, options, PKT_EXCHANGE_OPTIONS);
PKT_AT(pkt_exchange_received, drops, PKT_EXCHANGE_DROPS);
PKT_AT(pkt_exchange_received, timestamping, PKT_EXCHANGE_TIMESTAMPING);
PKT_AT(pkt_exchange_received, stamp_id, PKT_EXCHANGE_STAMP_ID);
PKT_AT(pkt_slot, frame, PKT_SLOT_FRAME);
PKT_AT(pkt_slot, next, PKT_SLOT_NEXT);
PKT_AT(pkt_frame, refs, PKT_FRAME_REFS);
PKT_AT(pkt_frame, mac, PKT_FRAME_MAC);
PKT_AT(pkt_frame, flags, PKT_FRAME_FLAGS);
PKT_AT(pkt_frame, nsec, PKT_FRAME_NSEC);
PKT_AT(pkt_frame, buffer, PKT_FRAME_BUFFER);
PKT_AT(pkt_frame, hw_nsec, PKT_FRAME_HW_NSEC);
PKT_AT(pkt_iface, fill, PKT_IFACE_FILL);
PKT_AT(pkt_iface, hwaddr, PKT_IFACE_HWADDR);
PKT_AT(pkt_iface, name, PKT_IFACE_NAME);
PKT_AT(pkt_iface, fill_ring, PKT_IFACE_FILL_RING);
PKT_AT(pkt_iface, stamping, PKT_IFACE_STAMPING);
PKT_AT(pkt_iface, filter_changed, PKT_IFACE_FILTER_CHANGED);
PKT_AT(pkt_iface, hw_stamping, PKT_IFACE_HW_STAMPING);
PKT_AT(pkt_socket, nonblock, PKT_SOCKET_NONBLOCK);
PKT_AT(pkt_socket, receive_timeout, PKT_SOCKET_RCVTIMEO);
PKT_AT(pkt_socket, send_timeout, PKT_SOCKET_SNDTIMEO);
PKT_AT(pkt_socket, head, PKT_SOCKET_HEAD);
PKT_AT(pkt_socket, iface, PKT_SOCKET_IFACE);
PKT_AT(pkt_socket, full, PKT_SOCKET_FULL);
PKT_AT(pkt_socket, sending, PKT_SOCKET_SENDING);
PKT_AT(pkt_socket, options, PKT_SOCKET_OPTIONS);
static_assert(sizeof(struct pkt_socket) == PKT_SOCKET_BYTES, "pkt_socket");
static_assert(sizeof(struct pkt_exchange_received) <= PKT_EXCHANGE_BYTES, "pkt_exchange_received");
static_assert(sizeof(struct pkt_slot) == PKT_SLOT_BYTES, "pkt_slot");
static_assert(sizeof(struct pkt_frame) == PKT_FRAME_BYTES, "pkt_frame");

/* Returns the index of the frame whose place in the frame table is `distance` bytes, or a number above all indices if
 * no frame begins there. This is an exact division in two instructions: multiplying by the inverse of an odd number
 * gives the quotient, or a large number if there is a remainder, and the rotation does the same for 4. */
static inline uint32_t pkt_frame_index_(uint32_t distance) {
  const uint32_t odd = PKT_FRAME_BYTES / 4;
  /* The lowest 3 bits of an odd number are their own inverse; each step doubles how many are. */
  const uint32_t of6 = odd * (2 - odd * odd), of12 = of6 * (2 - odd * of6), of24 = of12 * (2 - odd * of12);
  uint32_t quotient = distance * (of24 * (2 - odd * of24));
  return quotient >> 2 | quotient << 30;
}
static_assert(PKT_FRAME_BYTES % 8 == 4, "PKT_FRAME_BYTES is an odd number times 4");
static_assert(sizeof(struct pkt_iface) == PKT_IFACE_BYTES, "pkt_iface");
static_assert(sizeof(struct pkt_control) <= PKT_CONTROL_BYTES, "pkt_control");

#ifdef __cplusplus
}
#endif

#endif
