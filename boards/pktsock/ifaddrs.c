/* getifaddrs(3). */
#include "component.h"

#include <stdlib.h>
#include <string.h>

/* An entry with what it points to. */
struct entry {
  struct pktsock_ifaddrs ifa;
  char name[PKT_IFNAMSIZ];
  union {
    struct pktsock_sockaddr_ll link;
    struct pktsock_sockaddr inet;
  } address, broadcast, netmask;
};

static struct pktsock_sockaddr *as_address(void *address) { return address; }

static void describe_interface(struct entry *e, uint32_t index) {
  const struct pkt_iface *iface = pkt_iface_of(index);
  bool up = (iface->flags & PKTSOCK_IFF_UP) != 0;
  memset(e, 0, sizeof(*e));
  pkt_get_name(index, e->name);
  e->ifa.ifa_name = e->name;
  e->ifa.ifa_flags = up ? iface->flags : iface->flags & ~(uint32_t)PKTSOCK_IFF_RUNNING;
  e->ifa.ifa_addr = as_address(&e->address);
  e->ifa.ifa_ifu.ifu_broadaddr = as_address(&e->broadcast);
}

static void describe_link(struct entry *e, uint32_t index) {
  describe_interface(e, index);
  e->address.link = (struct pktsock_sockaddr_ll){.sll_family = PKTSOCK_AF_PACKET,
                                                 .sll_ifindex = (int)index,
                                                 .sll_hatype = PKTSOCK_ARPHRD_ETHER,
                                                 .sll_halen = PKT_ETH_ALEN};
  e->broadcast = e->address;
  memcpy(e->address.link.sll_addr, pkt_iface_of(index)->hwaddr, PKT_ETH_ALEN);
  memset(e->broadcast.link.sll_addr, 0xff, PKT_ETH_ALEN);
}

/* An IPv4 address of the interface, as the request asks for it. Returns false if it has none. */
static bool get_inet(uint32_t index, unsigned long request, struct pktsock_sockaddr *address) {
  struct pktsock_ifreq r = {0};
  if (pkt_get_inet(index, request, &r) < 0)
    return false;
  *address = r.ifr_ifru.ifru_addr;
  return true;
}

/* Returns false if the network stack has no address there. */
static bool describe_inet(struct entry *e, uint32_t index) {
  describe_interface(e, index);
  if (!get_inet(index, PKTSOCK_SIOCGIFADDR, &e->address.inet))
    return false;
  if (get_inet(index, PKTSOCK_SIOCGIFNETMASK, &e->netmask.inet))
    e->ifa.ifa_netmask = as_address(&e->netmask);
  if (!get_inet(index, PKTSOCK_SIOCGIFBRDADDR, &e->broadcast.inet))
    e->ifa.ifa_ifu.ifu_broadaddr = NULL;
  return true;
}

int pktsock_getifaddrs(struct pktsock_ifaddrs **list) {
  if (list == NULL)
    return pkt_fail(-PKT_EFAULT);
  struct entry *entries = malloc(2 * PKTSOCK_INTERFACES * sizeof(*entries));
  if (entries == NULL)
    return pkt_fail(-PKT_ENOMEM);
  unsigned count = 0;
  pkt_os_lock();
  bool ended = pkt_has_ended();
  for (unsigned i = 0; i < pkt_component.mac_count; i++)
    describe_link(&entries[count++], i + 1);
  for (unsigned i = 0; i < pkt_component.mac_count; i++)
    count += describe_inet(&entries[count], i + 1);
  pkt_os_unlock();
  for (unsigned i = 1; i < count; i++)
    entries[i - 1].ifa.ifa_next = &entries[i].ifa;
  if (count == 0)
    free(entries);
  if (ended)
    return pkt_fail(-EIO);
  *list = count != 0 ? &entries[0].ifa : NULL;
  return 0;
}

void pktsock_freeifaddrs(struct pktsock_ifaddrs *list) { free(list); }
