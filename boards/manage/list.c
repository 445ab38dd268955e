/* What the board has: module, interfaces, sockets. Everything comes from the component's public calls. */
#include "message.h"

#include <pktsock/pktsock.h>

#include <string.h>

#define BOARD_NAME 63

enum manage_status manage_hello(const struct pktsock_manage *manage, uint32_t most, struct manage_answer *answer) {
  struct pktsock_logic logic;
  struct pktsock_counters counters;
  char board[BOARD_NAME + 1] = "";
  memset(&logic, 0, sizeof(logic));
  memset(&counters, 0, sizeof(counters));
  pktsock_logic(&logic); /* zeros while the component is stopped */
  pktsock_counters(1, &counters);
  if (manage->board != NULL)
    strncpy(board, manage->board, BOARD_NAME);
  const uint32_t words[] = {PKT_ABI_VERSION,      most,           manage->allowed,     PKTSOCK_INTERFACES,
                            logic.state,          logic.version,  logic.fallback,      logic.swaps,
                            logic.fallbacks,      counters.traps, counters.recoveries, counters.lost_frames,
                            counters.lost_sockets};
  for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++)
    manage_write32(answer, words[i]);
  manage_write_text(answer, board);
  manage_write_text(answer, logic.engine);
  manage_write_text(answer, logic.reason);
  return MANAGE_OK;
}

static int option_of(int fd, int name, uint32_t *value) {
  int number = 0;
  pktsock_socklen_t len = sizeof(number);
  int result = pktsock_getsockopt(fd, PKTSOCK_SOL_SOCKET, name, &number, &len);
  *value = (uint32_t)number;
  return result;
}

/* The number of the first open descriptor from `number` on, counted from the component's first; PKT_MAX_DESCRIPTORS: none. */
static uint32_t next_socket(uint32_t number, uint32_t *type) {
  while (number < PKT_MAX_DESCRIPTORS && option_of(PKTSOCK_FIRST_DESCRIPTOR + (int)number, PKTSOCK_SO_TYPE, type) < 0)
    number++;
  return number;
}

/* What only an ioctl of a socket tells; zeros when none is open. */
static void write_address(struct manage_answer *answer, const char *name) {
  struct pktsock_ifreq hwaddr, flags, mtu;
  uint32_t type, number = next_socket(0, &type);
  memset(&hwaddr, 0, sizeof(hwaddr));
  memcpy(hwaddr.ifr_ifrn.ifrn_name, name, PKTSOCK_IFNAMSIZ);
  flags = mtu = hwaddr;
  if (number < PKT_MAX_DESCRIPTORS) {
    int fd = PKTSOCK_FIRST_DESCRIPTOR + (int)number;
    pktsock_ioctl(fd, PKTSOCK_SIOCGIFHWADDR, &hwaddr);
    pktsock_ioctl(fd, PKTSOCK_SIOCGIFFLAGS, &flags);
    pktsock_ioctl(fd, PKTSOCK_SIOCGIFMTU, &mtu);
  }
  manage_write32(answer, (uint16_t)flags.ifr_ifru.ifru_flags);
  manage_write32(answer, (uint32_t)mtu.ifr_ifru.ifru_mtu);
  manage_write(answer, hwaddr.ifr_ifru.ifru_hwaddr.sa_data, PKT_ETH_ALEN);
}

enum manage_status manage_interface(struct manage_body *body, struct manage_answer *answer) {
  uint32_t index = manage_read32(body);
  struct pktsock_counters c;
  char name[PKTSOCK_IFNAMSIZ] = "";
  if (body->short_of)
    return MANAGE_INVALID;
  if (pktsock_counters(index, &c) < 0 || pktsock_if_indextoname(index, name) == NULL)
    return MANAGE_NOT_THERE;
  const uint32_t words[] = {c.rx_frames, c.tx_frames,     c.rx_no_frame, c.rx_pool_empty, c.rx_too_short, c.rx_too_long,
                            c.rx_errors, c.rx_iface_down, c.tx_errors,   c.mac_restarts,  c.ring_faults};
  for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++)
    manage_write32(answer, words[i]);
  write_address(answer, name);
  manage_write_text(answer, name);
  return MANAGE_OK;
}

enum manage_status manage_socket(struct manage_body *body, struct manage_answer *answer) {
  uint32_t type, rcvbuf, number = next_socket(manage_read32(body), &type);
  if (body->short_of)
    return MANAGE_INVALID;
  if (number >= PKT_MAX_DESCRIPTORS)
    return MANAGE_NOT_THERE;
  int fd = PKTSOCK_FIRST_DESCRIPTOR + (int)number;
  struct pktsock_sockaddr_ll address;
  struct pktsock_socket_counters c;
  pktsock_socklen_t len = sizeof(address);
  memset(&address, 0, sizeof(address));
  memset(&c, 0, sizeof(c));
  /* Another task may close it meanwhile: zeros, then. */
  pktsock_getsockname(fd, (struct pktsock_sockaddr *)&address, &len);
  pktsock_socket_counters(fd, &c);
  option_of(fd, PKTSOCK_SO_RCVBUF, &rcvbuf);
  const uint8_t *protocol = (const uint8_t *)&address.sll_protocol; /* in network order */
  const uint32_t words[] = {number,
                            (uint32_t)fd,
                            type,
                            (uint32_t)protocol[0] << 8 | protocol[1],
                            (uint32_t)address.sll_ifindex,
                            rcvbuf,
                            c.queued,
                            c.filter,
                            c.packets,
                            c.queue_full,
                            c.pool_empty,
                            c.filtered,
                            c.interpreted};
  for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++)
    manage_write32(answer, words[i]);
  return MANAGE_OK;
}
