/* The ioctls of netdevice(7) that return IPv4 addresses. The component has none, but the network stack may have some. */
#include "component.h"

#include <string.h>

static uint32_t (*stack_address)(unsigned ifindex, unsigned long request);

void pktsock_stack_address(uint32_t (*address)(unsigned ifindex, unsigned long request)) {
  pkt_os_lock();
  stack_address = address;
  pkt_os_unlock();
}

int32_t pkt_get_inet(uint32_t index, unsigned long request, struct pktsock_ifreq *r) {
  uint32_t address = stack_address != NULL
                         ? stack_address(index, request == PKTSOCK_SIOCGIFDSTADDR ? PKTSOCK_SIOCGIFADDR : request)
                         : 0;
  if (address == 0)
    return -PKT_EADDRNOTAVAIL;
  struct pktsock_sockaddr inet = {.sa_family = PKTSOCK_AF_INET};
  memcpy(inet.sa_data + 2, &address,
         sizeof(address)); /* struct sockaddr_in: the address follows the port, which is 0 */
  r->ifr_ifru.ifru_addr = inet;
  return 0;
}

int32_t pkt_list_inet(struct pktsock_ifconf *list) {
  int room = list->ifc_ifcu.ifcu_req != NULL ? list->ifc_len : 0, used = 0;
  for (unsigned i = 0; i < pkt_component.mac_count; i++) {
    struct pktsock_ifreq r = {0};
    if (pkt_get_inet(i + 1, PKTSOCK_SIOCGIFADDR, &r) < 0)
      continue;
    pkt_get_name(i + 1, r.ifr_ifrn.ifrn_name);
    if (list->ifc_ifcu.ifcu_req != NULL && room - used < (int)sizeof(r))
      break;
    if (list->ifc_ifcu.ifcu_req != NULL)
      memcpy(list->ifc_ifcu.ifcu_buf + used, &r, sizeof(r));
    used += (int)sizeof(r);
  }
  list->ifc_len = used;
  return 0;
}
