/* See journal.h. Entries of different lengths follow each other in the order of the calls; one that is replaced moves to the
 * end, so that options that exclude each other come out as they were. */
#include "journal.h"
#include "component.h"

#include <string.h>

#if PKTSOCK_RECOVER
enum kind { SOCKET, PACKET_OPTION, SOCKET_OPTION, MULTICAST };

/* Followed by so many words. The longest are filters. */
struct journal_entry {
  uint32_t words : 14;
  uint32_t name : 9;  /* of an option */
  uint32_t owner : 6; /* a descriptor without PKTSOCK_FIRST_DESCRIPTOR, or the index of an interface */
  uint32_t kind : 2;
};
static_assert(sizeof(struct journal_entry) == sizeof(uint32_t), "struct journal_entry");

/* The bytes of SOCKET. */
struct opened {
  uint32_t type; /* as socket() takes it, or STACK */
  uint16_t protocol, ifindex;
};
#define STACK UINT32_MAX

/* The most bytes that an option's value has: those of struct timeval and struct packet_mreq. */
#define MOST_VALUE 16
/* In a struct packet_mreq. */
#define MREQ_ALEN 6
#define MREQ_ADDRESS 8

/* The ways to do again what an entry says. Each is noted when its call is made for the first time, so that the linker can leave
 * out of a firmware the exports that it does not call. */
enum way { OPEN, OPEN_STACK, BIND, SET_OPTION, ADD_ADDRESS, SET_FLAGS, WAYS };
static void (*ways[WAYS])(struct journal_entry *entry);

static _Alignas(4) uint8_t entries[PKTSOCK_JOURNAL_SIZE + 1];
static uint32_t used;
static uint16_t iface_flags[PKTSOCK_INTERFACES]; /* as SIOCSIFFLAGS has set them */
static uint8_t multicast_lost;                   /* a bit for each interface some of whose addresses did not fit */

static uint32_t size_of(uint32_t words) { return (1 + words) * (uint32_t)sizeof(uint32_t); }

static struct journal_entry *entry_at(uint32_t at) { return (void *)(entries + at); }

static uint8_t *bytes_of(struct journal_entry *entry) { return (uint8_t *)(entry + 1); }

static uint32_t owner_of(int fd) { return (uint32_t)fd - PKTSOCK_FIRST_DESCRIPTOR; }

/* The position of an entry, or `used`. `len` bytes of it are `bytes`. */
static uint32_t find(uint32_t owner, enum kind kind, int name, const void *bytes, uint32_t len) {
  uint32_t at = 0;
  for (; at < used; at += size_of(entry_at(at)->words)) {
    struct journal_entry *e = entry_at(at);
    if (e->owner == owner && e->kind == kind && e->name == name && len <= e->words * 4u &&
        memcmp(bytes_of(e), bytes, len) == 0)
      break;
  }
  return at;
}

static struct opened *opened(uint32_t owner) {
  uint32_t at = find(owner, SOCKET, 0, "", 0);
  return at < used ? (void *)bytes_of(entry_at(at)) : NULL;
}

static bool remove_at(uint32_t at) {
  if (at == used)
    return false;
  uint32_t size = size_of(entry_at(at)->words);
  used -= size;
  memmove(entries + at, entries + at + size, used - at);
  return true;
}

static int fd_of(const struct journal_entry *e) { return (int)e->owner + PKTSOCK_FIRST_DESCRIPTOR; }

static bool add(uint32_t owner, enum kind kind, int name, const void *bytes, uint32_t len) {
  uint32_t words = (len + 3) / 4;
  if (size_of(words) > (PKTSOCK_JOURNAL_SIZE & ~3u) - used)
    return false;
  struct journal_entry *e = entry_at(used);
  *e = (struct journal_entry){
      .words = words & 0x3fff, .name = (uint32_t)name & 0x1ff, .owner = owner & 0x3f, .kind = kind};
  memset(bytes_of(e), 0, words * 4);
  memcpy(bytes_of(e), bytes, len);
  used += size_of(words);
  return true;
}

void pkt_journal_clear(void) {
  used = 0;
  for (unsigned i = 0; i < PKTSOCK_INTERFACES; i++)
    iface_flags[i] = PKTSOCK_IFF_UP | PKTSOCK_IFF_MULTICAST;
  multicast_lost = 0;
}

void pkt_journal_close(int fd) {
  for (uint32_t at = 0; at < used;)
    if (entry_at(at)->kind != MULTICAST && entry_at(at)->owner == owner_of(fd))
      remove_at(at);
    else
      at += size_of(entry_at(at)->words);
}

static const struct opened *opened_in(struct journal_entry *e) { return (void *)bytes_of(e); }

static void open_as(int fd, struct opened socket) { add(owner_of(fd), SOCKET, 0, &socket, sizeof(socket)); }

static void open_again(struct journal_entry *e) {
  pkt_bounds_open(pkt_call(&pkt_export_openSocket, opened_in(e)->type, opened_in(e)->protocol, 0, 0), fd_of(e));
}

void pkt_journal_open(int fd, int type, uint16_t protocol) {
  ways[OPEN] = open_again;
  open_as(fd, (struct opened){.type = (uint32_t)type, .protocol = protocol});
}

static void open_stack_again(struct journal_entry *e) {
  pkt_bounds_open(pkt_call(&pkt_export_openStack, opened_in(e)->ifindex, 0, 0, 0), fd_of(e));
}

void pkt_journal_stack(int fd, unsigned ifindex) {
  ways[OPEN_STACK] = open_stack_again;
  open_as(fd, (struct opened){.type = STACK, .ifindex = (uint16_t)ifindex});
}

/* If the interface is down, the socket reports ENETDOWN again, even if it has done so before: the journal does not say. */
static void bind_again(struct journal_entry *e) {
  const struct pktsock_sockaddr_ll address = {
      .sll_family = PKTSOCK_AF_PACKET, .sll_protocol = opened_in(e)->protocol, .sll_ifindex = opened_in(e)->ifindex};
  uint32_t len = pkt_put_address(&address, sizeof(address));
  pkt_call(&pkt_export_bindSocket, pkt_socket_of(fd_of(e)), len, 0, 0);
}

static void bind_to(int fd, int ifindex, uint16_t protocol) {
  struct opened *socket = opened(owner_of(fd));
  ways[BIND] = bind_again;
  if (socket == NULL)
    return;
  socket->ifindex = (uint16_t)ifindex;
  if (protocol != 0)
    socket->protocol = protocol;
}

void pkt_journal_bind(int fd, const struct pktsock_sockaddr_ll *address) {
  bind_to(fd, address->sll_ifindex, address->sll_protocol);
}

void pkt_journal_flag(int fd, uint32_t flag, bool on) {
  struct opened *socket = opened(owner_of(fd));
  if (socket != NULL && socket->type != STACK)
    socket->type = on ? socket->type | flag : socket->type & ~flag;
}

/* SO_BINDTODEVICE: the interface's name may lack its NUL; an empty one means every interface. */
static void bind_to_device(int fd, const char *name, uint32_t len) {
  char wanted[PKT_IFNAMSIZ] = {0}, known[PKT_IFNAMSIZ];
  unsigned index = pkt_component.mac_count;
  if (len != 0)
    strncpy(wanted, name, len < PKT_IFNAMSIZ - 1 ? len : PKT_IFNAMSIZ - 1);
  for (; index > 0; index--) {
    pkt_get_name(index, known);
    if (strcmp(wanted, known) == 0)
      break;
  }
  bind_to(fd, (int)index, 0);
}

static int32_t set_again(uint32_t socket, struct journal_entry *e) {
  int level = e->kind == PACKET_OPTION ? PKTSOCK_SOL_PACKET : PKTSOCK_SOL_SOCKET;
  if (!PKTSOCK_FILTER || level != PKTSOCK_SOL_SOCKET || e->name != PKTSOCK_SO_ATTACH_FILTER)
    return pkt_set_option(socket, level, e->name, bytes_of(e), e->words * 4u);
  struct pktsock_sock_fprog program = {.len = (uint16_t)(e->words * 4u / sizeof(struct pktsock_sock_filter)),
                                       .filter = (void *)bytes_of(e)};
  return pkt_set_option(socket, level, e->name, &program, sizeof(program));
}

/* A socket that lacks an option does not survive. */
static void set_option_again(struct journal_entry *e) {
  int fd = fd_of(e);
  if (pkt_socket_of(fd) == 0 || set_again(pkt_socket_of(fd), e) >= 0)
    return;
  pkt_call(&pkt_export_closeSocket, pkt_socket_of(fd), 0, 0, 0);
  pkt_bounds_lose(fd);
}

void pkt_journal_option(int fd, int level, int name, const void *value, pktsock_socklen_t len) {
  uint32_t owner = owner_of(fd), bytes = len < MOST_VALUE ? len : MOST_VALUE;
  enum kind kind = level == PKTSOCK_SOL_PACKET ? PACKET_OPTION : SOCKET_OPTION;
  ways[SET_OPTION] = set_option_again;
  if (kind == SOCKET_OPTION && name == PKTSOCK_SO_BINDTODEVICE) {
    bind_to_device(fd, value, len);
    return;
  }
  if (kind == PACKET_OPTION && name == PKTSOCK_PACKET_DROP_MEMBERSHIP) {
    uint16_t address;
    memcpy(&address, (const uint8_t *)value + MREQ_ALEN, sizeof(address));
    remove_at(find(owner, kind, PKTSOCK_PACKET_ADD_MEMBERSHIP, value, MREQ_ADDRESS + (address < 8u ? address : 8u)));
    return;
  }
  if (PKTSOCK_FILTER && kind == SOCKET_OPTION && name == PKTSOCK_SO_ATTACH_FILTER) {
    const struct pktsock_sock_fprog *program = value;
    value = program->filter;
    bytes = program->len * (uint32_t)sizeof(struct pktsock_sock_filter);
  }
  bool detach = kind == SOCKET_OPTION && name == PKTSOCK_SO_DETACH_FILTER;
  if (kind != PACKET_OPTION || name != PKTSOCK_PACKET_ADD_MEMBERSHIP)
    remove_at(find(owner, kind, detach ? PKTSOCK_SO_ATTACH_FILTER : name, "", 0));
  if (!detach && opened(owner) != NULL && !add(owner, kind, name, value, bytes))
    pkt_journal_close(fd);
}

/* Of all interfaces. */
static void set_flags_again(struct journal_entry *none) {
  (void)none;
  for (unsigned i = 0; i < pkt_component.mac_count; i++) {
    bool lost = (multicast_lost >> (i + 1) & 1) != 0;
    uint32_t flags = iface_flags[i] | (lost ? PKTSOCK_IFF_ALLMULTI : 0);
    pkt_call(&pkt_export_requestIfaceFlags, pkt_offset_of(pkt_component.macs[i]->iface), flags, 0, 0);
  }
}

void pkt_journal_iface_flags(uint32_t index, uint32_t flags) {
  ways[SET_FLAGS] = set_flags_again;
  iface_flags[index - 1] = (uint16_t)flags;
}

static void add_address_again(struct journal_entry *e) {
  memcpy(pkt_exchange(), bytes_of(e), PKT_ETH_ALEN);
  pkt_call(&pkt_export_setMulticast, pkt_offset_of(pkt_iface_of(e->owner)), 1, 0, 0);
}

void pkt_journal_multicast(uint32_t index, bool on, const uint8_t *address) {
  ways[ADD_ADDRESS] = add_address_again;
  remove_at(find(index, MULTICAST, 0, address, PKT_ETH_ALEN));
  if (!on || add(index, MULTICAST, 0, address, PKT_ETH_ALEN))
    return;
  ways[SET_FLAGS] = set_flags_again;
  multicast_lost |= (uint8_t)(1u << index);
}

static void replay(struct journal_entry *e) {
  if (e->kind == MULTICAST) {
    ways[ADD_ADDRESS](e);
  } else if (e->kind != SOCKET) {
    ways[SET_OPTION](e);
  } else if (opened_in(e)->type == STACK) {
    ways[OPEN_STACK](e);
  } else {
    ways[OPEN](e);
    if (opened_in(e)->ifindex != 0 && pkt_socket_of(fd_of(e)) != 0)
      ways[BIND](e);
  }
}

void pkt_journal_replay(void) {
  for (uint32_t at = 0; at < used; at += size_of(entry_at(at)->words))
    replay(entry_at(at));
  if (ways[SET_FLAGS] != NULL)
    ways[SET_FLAGS](NULL);
  for (int i = 0; i < (int)PKT_MAX_DESCRIPTORS; i++)
    if (pkt_socket_of(i + PKTSOCK_FIRST_DESCRIPTOR) == 0)
      pkt_journal_close(i + PKTSOCK_FIRST_DESCRIPTOR);
}
#endif
