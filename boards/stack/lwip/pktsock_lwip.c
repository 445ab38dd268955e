/* pktsock_lwip.h: received frames are lent to lwIP as custom pbufs, and what it sends is gathered into a lent frame. */
#include "pktsock_lwip.h"

#include <errno.h>
#include <lwip/etharp.h>
#include <lwip/ethip6.h>
#include <lwip/memp.h>
#include <lwip/sys.h>
#include <lwip/tcpip.h>
#include <pktsock/config.h>
#include <pktsock/pktsock.h>
#include <string.h>

#if !LWIP_SUPPORT_CUSTOM_PBUF
#error "lwipopts.h: LWIP_SUPPORT_CUSTOM_PBUF must be 1, because received frames are lent to lwIP"
#endif
#if !PKTSOCK_ZEROCOPY
#error "NET_PKT_ZEROCOPY must be 1, because received frames are lent to lwIP"
#endif
#if ETH_PAD_SIZE
#error "lwipopts.h: ETH_PAD_SIZE must be 0, because a frame starts with its Ethernet header"
#endif

/* A frame that lwIP holds. */
struct lent {
  struct pbuf_custom pbuf; /* first: lwIP passes a pointer to it */
  struct pktsock_lwip *adapter;
  struct pktsock_frame frame;
};
LWIP_MEMPOOL_DECLARE(PKTSOCK_LENT, PKTSOCK_LWIP_LENT, sizeof(struct lent), "frames lent to lwIP")

/* The most pbufs that one copy needs. */
#define MAX_PARTS (PKTSOCK_FRAME_SIZE / PBUF_POOL_BUFSIZE + 1)

/* All adapters, for pktsock_lwip_link(). Entries are added at the front while lwIP's core is locked, and stay. */
static struct pktsock_lwip *adapters;

/* ---- Receiving ---------------------------------------------------------------------------------------------------- */

/* Returns how many frames lwIP holds now. */
static unsigned change_held(struct pktsock_lwip *adapter, int change) {
  SYS_ARCH_DECL_PROTECT(level);
  SYS_ARCH_PROTECT(level);
  unsigned held = adapter->held = (u16_t)(adapter->held + change);
  SYS_ARCH_UNPROTECT(level);
  return held;
}

/* Called by pbuf_free() in any task. After a stop or a close there is nothing to return, and the call fails. */
static void free_lent(struct pbuf *p) {
  struct lent *lent = (struct lent *)p;
  struct pktsock_lwip *adapter = lent->adapter;
  pktsock_release(adapter->fd, &lent->frame);
  LWIP_MEMPOOL_FREE(PKTSOCK_LENT, lent);
  change_held(adapter, -1);
}

/* The next frame in place. NULL: errno says why. */
static struct pbuf *lend(struct pktsock_lwip *adapter, int flags) {
  struct lent *lent = change_held(adapter, 0) < PKTSOCK_LWIP_LENT ? LWIP_MEMPOOL_ALLOC(PKTSOCK_LENT) : NULL;
  if (lent == NULL) {
    errno = ENOBUFS;
    return NULL;
  }
  if (pktsock_peek(adapter->fd, &lent->frame, flags | PKTSOCK_EXCLUSIVE) < 0) {
    int why = errno;
    LWIP_MEMPOOL_FREE(PKTSOCK_LENT, lent);
    errno = why;
    return NULL;
  }
  lent->adapter = adapter;
  lent->pbuf.custom_free_function = free_lent;
  change_held(adapter, 1);
  adapter->lent++;
  u16_t len = (u16_t)lent->frame.len;
  return pbuf_alloced_custom(PBUF_RAW, len, PBUF_REF, &lent->pbuf, lent->frame.data, len);
}

/* The next frame as a copy. NULL: errno says why, 0 if the frame was taken and dropped. */
static struct pbuf *copy(struct pktsock_lwip *adapter) {
  struct pktsock_iovec parts[MAX_PARTS];
  struct pktsock_msghdr message = {.msg_iov = parts};
  struct pbuf *p = pbuf_alloc(PBUF_RAW, PKTSOCK_FRAME_SIZE, PKTSOCK_LWIP_COPIES);
  for (struct pbuf *q = p; q != NULL && message.msg_iovlen < MAX_PARTS; q = q->next)
    parts[message.msg_iovlen++] = (struct pktsock_iovec){.iov_base = q->payload, .iov_len = q->len};
  /* Without a pbuf, take the frame and drop it: otherwise it would keep its place in the queue. */
  ptrdiff_t n = pktsock_recvmsg(adapter->fd, &message, PKTSOCK_MSG_DONTWAIT);
  int why = n < 0 ? errno : 0;
  if (p != NULL && n >= 0) {
    pbuf_realloc(p, (u16_t)n);
    adapter->copied++;
    return p;
  }
  if (p != NULL)
    pbuf_free(p);
  else if (n >= 0)
    adapter->no_pbuf++;
  errno = why;
  return NULL;
}

/* lwIP learns the state that the link has now, which is what counts if it changed several times. */
static void tell_link(void *arg) {
  struct pktsock_lwip *adapter = arg;
  struct pktsock_ifreq request = {0};
  adapter->link_changed = false;
  if (pktsock_if_indextoname(adapter->ifindex, request.ifr_ifrn.ifrn_name) == NULL ||
      pktsock_ioctl(adapter->fd, PKTSOCK_SIOCGIFFLAGS, &request) < 0)
    return;
  if ((request.ifr_ifru.ifru_flags & PKTSOCK_IFF_RUNNING) != 0)
    netif_set_link_up(adapter->netif);
  else
    netif_set_link_down(adapter->netif);
}

/* The caller may be lwIP's own thread, which must not wait for itself: if its mailbox is full, the next received frame tries
 * again. */
static void ask_to_tell_link(struct pktsock_lwip *adapter) {
#if NO_SYS
  tell_link(adapter);
#else
  if (tcpip_try_callback(tell_link, adapter) != ERR_OK)
    adapter->link_changed = true;
#endif
}

bool pktsock_lwip_receive(struct netif *netif, int flags) {
  struct pktsock_lwip *adapter = netif->state;
  if (adapter->link_changed)
    ask_to_tell_link(adapter);
  struct pbuf *p = lend(adapter, flags);
  if (p == NULL && errno == ENOBUFS)
    p = copy(adapter);
  if (p == NULL)
    return errno == 0 || ((flags & PKTSOCK_MSG_DONTWAIT) == 0 && (errno == EAGAIN || errno == ENETDOWN));
  if (netif->input(p, netif) != ERR_OK) {
    adapter->refused++;
    pbuf_free(p);
  }
  return true;
}

#if !NO_SYS
void pktsock_lwip_task(void *arg) {
  struct netif *netif = arg;
  while (pktsock_lwip_receive(netif, 0))
    ;
}
#endif

void pktsock_lwip_link(unsigned ifindex, bool up) {
  (void)up;
  for (struct pktsock_lwip *adapter = adapters; adapter != NULL; adapter = adapter->next) {
    if (adapter->ifindex == ifindex && adapter->fd >= 0) {
#if NO_SYS
      adapter->link_changed = true; /* this may be a call from within lwIP */
#else
      ask_to_tell_link(adapter);
#endif
    }
  }
}

/* ---- Sending ------------------------------------------------------------------------------------------------------ */

/* It does not wait: that would stop all of lwIP. lwIP sends again after ERR_MEM. */
static err_t send_frame(struct netif *netif, struct pbuf *p) {
  struct pktsock_lwip *adapter = netif->state;
  struct pktsock_frame frame;
  if (pktsock_reserve(adapter->fd, &frame, PKTSOCK_MSG_DONTWAIT) < 0) {
    if (errno == EAGAIN || errno == ENOBUFS) {
      adapter->no_tx_frame++;
      return ERR_MEM;
    }
    adapter->tx_refused++;
    return ERR_IF;
  }
  bool fits = p->tot_len <= frame.len;
  if (fits) {
    frame.len = p->tot_len;
    pbuf_copy_partial(p, frame.data, p->tot_len, 0);
  }
  if (!fits || pktsock_submit(adapter->fd, &frame) < 0) {
    pktsock_release(adapter->fd, &frame);
    adapter->tx_refused++;
    return ERR_IF;
  }
  adapter->sent++;
  return ERR_OK;
}

/* ---- Multicast ---------------------------------------------------------------------------------------------------- */

#if (LWIP_IPV4 && LWIP_IGMP) || (LWIP_IPV6 && LWIP_IPV6_MLD)
static err_t change_membership(struct netif *netif, enum netif_mac_filter_action action, const uint8_t address[6]) {
  struct pktsock_lwip *adapter = netif->state;
  struct pktsock_packet_mreq group = {
      .mr_ifindex = (int)adapter->ifindex, .mr_type = PKTSOCK_PACKET_MR_MULTICAST, .mr_alen = 6};
  memcpy(group.mr_address, address, 6);
  int name = action == NETIF_ADD_MAC_FILTER ? PKTSOCK_PACKET_ADD_MEMBERSHIP : PKTSOCK_PACKET_DROP_MEMBERSHIP;
  return pktsock_setsockopt(adapter->fd, PKTSOCK_SOL_PACKET, name, &group, sizeof(group)) == 0 ? ERR_OK : ERR_IF;
}
#endif

#if LWIP_IPV4 && LWIP_IGMP
static err_t filter_ip4(struct netif *netif, const ip4_addr_t *group, enum netif_mac_filter_action action) {
  const uint8_t *ip = (const uint8_t *)&group->addr;
  return change_membership(netif, action, (const uint8_t[]){0x01, 0x00, 0x5e, ip[1] & 0x7f, ip[2], ip[3]});
}
#endif

#if LWIP_IPV6 && LWIP_IPV6_MLD
static err_t filter_ip6(struct netif *netif, const ip6_addr_t *group, enum netif_mac_filter_action action) {
  const uint8_t *ip = (const uint8_t *)&group->addr[3];
  return change_membership(netif, action, (const uint8_t[]){0x33, 0x33, ip[0], ip[1], ip[2], ip[3]});
}
#endif

/* ---- Adding and removing ------------------------------------------------------------------------------------------ */

/* The interface's address and MTU, and the state of its link. */
static bool describe(struct pktsock_lwip *adapter, struct netif *netif) {
  struct pktsock_ifreq request = {0};
  if (pktsock_if_indextoname(adapter->ifindex, request.ifr_ifrn.ifrn_name) == NULL ||
      pktsock_ioctl(adapter->fd, PKTSOCK_SIOCGIFHWADDR, &request) < 0)
    return false;
  memcpy(netif->hwaddr, request.ifr_ifru.ifru_hwaddr.sa_data, 6);
  netif->hwaddr_len = 6;
  if (pktsock_ioctl(adapter->fd, PKTSOCK_SIOCGIFMTU, &request) < 0)
    return false;
  netif->mtu = (u16_t)request.ifr_ifru.ifru_mtu;
#if LWIP_IPV6
  netif->mtu6 = netif->mtu;
#endif
  tell_link(adapter);
  return true;
}

err_t pktsock_lwip_init(struct netif *netif) {
  struct pktsock_lwip *adapter = netif->state;
  if (adapters == NULL)
    LWIP_MEMPOOL_INIT(PKTSOCK_LENT);
  adapter->netif = netif;
  adapter->fd = pktsock_stack(adapter->ifindex);
  if (adapter->fd < 0)
    return ERR_IF;
  netif->name[0] = 'e';
  netif->name[1] = 'n';
  netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET;
  netif->linkoutput = send_frame;
#if LWIP_IPV4
  netif->output = etharp_output;
#endif
#if LWIP_IPV4 && LWIP_IGMP
  netif->flags |= NETIF_FLAG_IGMP;
  netif_set_igmp_mac_filter(netif, filter_ip4);
#endif
#if LWIP_IPV6
  netif->output_ip6 = ethip6_output;
#endif
#if LWIP_IPV6 && LWIP_IPV6_MLD
  netif->flags |= NETIF_FLAG_MLD6;
  netif_set_mld_mac_filter(netif, filter_ip6);
#endif
  if (!describe(adapter, netif)) {
    pktsock_close(adapter->fd);
    adapter->fd = -1;
    return ERR_IF;
  }
  bool known = false;
  for (struct pktsock_lwip *other = adapters; other != NULL; other = other->next)
    known = known || other == adapter;
  if (!known) {
    adapter->next = adapters;
    adapters = adapter;
  }
  return ERR_OK;
}

void pktsock_lwip_remove(struct netif *netif) {
  struct pktsock_lwip *adapter = netif->state;
  int fd = adapter->fd;
  adapter->fd = -1;
  pktsock_close(fd);
}
