/* The ioctls of netdevice(7) that ask for IPv4 addresses. The component has none; the network stack may. */
#include "component.h"

#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>

static uint32_t (*stack_address)(unsigned ifindex, unsigned long request);

void pktsock_stack_address(uint32_t (*address)(unsigned ifindex, unsigned long request)) {
  pkt_os_lock();
  stack_address = address;
  pkt_os_unlock();
}

int32_t pkt_get_inet(const struct pkt_iface *iface, unsigned long request, struct ifreq *r) {
  struct sockaddr_in address = {.sin_family = AF_INET};
  if (stack_address != NULL)
    address.sin_addr.s_addr = stack_address(iface->index, request);
  if (address.sin_addr.s_addr == 0)
    return -PKT_EADDRNOTAVAIL;
  memcpy(&r->ifr_addr, &address, sizeof(address));
  return 0;
}

int32_t pkt_list_inet(struct ifconf *list) {
  int room = list->ifc_req != NULL ? list->ifc_len : 0, used = 0;
  for (unsigned i = 0; i < pkt_component.mac_count; i++) {
    const struct pkt_iface *iface = pkt_component.macs[i]->iface;
    struct ifreq r = {0};
    if (pkt_get_inet(iface, SIOCGIFADDR, &r) < 0)
      continue;
    memcpy(r.ifr_name, iface->name, IFNAMSIZ);
    if (list->ifc_req != NULL && room - used < (int)sizeof(r))
      break;
    if (list->ifc_req != NULL)
      memcpy(list->ifc_buf + used, &r, sizeof(r));
    used += (int)sizeof(r);
  }
  list->ifc_len = used;
  return 0;
}
