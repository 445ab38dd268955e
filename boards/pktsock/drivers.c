/* The component's side of mac.h: interfaces and their MACs, address filters, the link. */
#include "component.h"
#include <pktsock/ring.h>

#include <errno.h>
#include <string.h>

static void set_ring(struct pkt_ring *ring, uint32_t offset, uint32_t length) {
  ring->slots = pkt_at(offset);
  ring->length = (uint16_t)length;
  ring->at = 0;
}

/* Add the driver's interface and hand it the rings. */
static int attach_mac(struct pkt_mac *mac, unsigned number) {
  const struct pkt_control *control = pkt_component.control;
  struct pkt_exchange_iface wanted = {.name = "eth"};
  wanted.name[3] = (char)('0' + number);
  memcpy(wanted.hwaddr, mac->hwaddr, PKT_ETH_ALEN);
  memcpy(pkt_exchange(), &wanted, sizeof(wanted));
  uint32_t room = control->frame_size - mac->ops->tx_offset - PKT_ETH_HLEN - PKT_VLAN_HLEN;
  uint32_t mtu = room < PKT_ETH_DATA_LEN ? room : PKT_ETH_DATA_LEN;
  int32_t index = pkt_call(PKT_CALL_addIface, mtu, mac->ops->tx_offset, 0, 0);
  if (index < 0)
    return -pkt_errno(index);
  mac->iface = pkt_iface_of((uint32_t)index);
  set_ring(&mac->fill, mac->iface->fill_ring, mac->iface->ring_length);
  set_ring(&mac->rx, mac->iface->rx_ring, mac->iface->ring_length);
  set_ring(&mac->tx, mac->iface->tx_ring, mac->iface->ring_length);
  set_ring(&mac->completion, mac->iface->completion_ring, mac->iface->ring_length);
  mac->memory = pkt_component.engine.memory;
  mac->frames = pkt_at(control->frame_table);
  mac->frame_table = control->frame_table;
  mac->frame_count = control->frame_count;
  mac->umem = control->umem;
  mac->umem_end = control->umem + control->frame_count * control->frame_stride;
  mac->frame_stride = control->frame_stride;
  mac->frame_size = control->frame_size;
  mac->restarts = 0;
  return 0;
}

uint32_t pkt_offset_of(const struct pkt_iface *iface) {
  return (uint32_t)((const uint8_t *)iface - pkt_component.engine.memory);
}

static void set_flags(struct pkt_mac *mac, uint32_t flags) {
  pkt_call(PKT_CALL_setIfaceFlags, pkt_offset_of(mac->iface), flags, 0, 0);
}

/* Collect what sockets and ioctls want the MAC to accept. If there are too many addresses, accept all multicast. */
static void update_filter(struct pkt_mac *mac) {
  static uint8_t addresses[PKTSOCK_MEMBERSHIPS][6];
  struct pkt_mac_filter filter = {.addresses = (const uint8_t(*)[6])addresses};
  uint32_t iface = pkt_offset_of(mac->iface);
  int32_t flags = pkt_call(PKT_CALL_macFilterFlags, iface, 0, 0, 0);
  if (flags < 0)
    return; /* the module has trapped: the filter stays */
  filter.promiscuous = (flags & PKTSOCK_IFF_PROMISC) != 0;
  filter.all_multicast = (flags & PKTSOCK_IFF_ALLMULTI) != 0;
  int32_t has_address;
  for (uint32_t i = 0; (has_address = pkt_call(PKT_CALL_macFilterAddress, iface, i, 0, 0)) >= 0; i++) {
    if (has_address == 0)
      continue;
    if (filter.count == PKTSOCK_MEMBERSHIPS)
      filter.all_multicast = true;
    else
      memcpy(addresses[filter.count++], pkt_exchange(), PKT_ETH_ALEN);
  }
  mac->ops->set_filter(mac, &filter);
}

void pkt_update_filters(void) {
  for (unsigned i = 0; i < pkt_component.mac_count; i++) {
    struct pkt_mac *mac = pkt_component.macs[i];
    if (mac->iface->filter_changed == 0)
      continue;
    mac->iface->filter_changed = 0;
    update_filter(mac);
  }
}

void pkt_say(const struct pkt_mac *mac, const char *sentence) {
  if (pkt_component.report != NULL)
    pkt_component.report(mac->iface->name, sentence);
}

static bool has_link(struct pkt_mac *mac) { return mac->ops->link == NULL || mac->ops->link(mac); }

static bool is_running(const struct pkt_mac *mac) { return (mac->iface->flags & PKTSOCK_IFF_RUNNING) != 0; }

int pkt_start_macs(const struct pktsock_config *config) {
  pkt_component.link = config->link;
  for (unsigned i = 0; i < config->mac_count; i++) {
    struct pkt_mac *mac = config->macs[i];
    int result = attach_mac(mac, i);
    if (result == 0)
      result = mac->ops->start(mac);
    if (result < 0) {
      pkt_component.error = "an Ethernet MAC does not start";
      return result;
    }
    pkt_component.macs[i] = mac;
    pkt_component.mac_count++;
    pkt_component.slow_work |= mac->ops->service != NULL || mac->ops->link != NULL;
    pkt_component.refills |= mac->ops->refill != NULL;
    set_flags(mac, mac->iface->flags | PKTSOCK_IFF_UP | (has_link(mac) ? PKTSOCK_IFF_RUNNING : 0));
    pkt_component.link_up[i] = is_running(mac);
  }
  return 0;
}

void pkt_stop_macs(void) {
  while (pkt_component.mac_count > 0) {
    struct pkt_mac *mac = pkt_component.macs[--pkt_component.mac_count];
    mac->ops->stop(mac);
  }
  pkt_component.slow_work = pkt_component.refills = false;
  pkt_component.service_at = 0;
}

struct pkt_iface *pkt_iface_of(uint32_t index) {
  uint32_t offset = pkt_component.control != NULL ? pkt_component.control->first_iface : 0;
  while (offset != 0) {
    struct pkt_iface *iface = pkt_at(offset);
    if (iface->index == index)
      return iface;
    offset = iface->next;
  }
  return NULL;
}

void pkt_refill_macs(void) {
  for (unsigned i = 0; i < pkt_component.mac_count; i++) {
    struct pkt_mac *mac = pkt_component.macs[i];
    if (mac->ops->refill != NULL && pkt_fill_pending(mac))
      mac->ops->refill(mac);
  }
}

/* Call link() for each interface whose link has changed. The lock is released during a call; only one task at a time does
 * this, so that calls come one after the other. The next pkt_service_drivers() finds a change that comes meanwhile. */
static void report_links(void) {
  if (pkt_component.reporting_links)
    return;
  pkt_component.reporting_links = true;
  for (unsigned i = 0; pkt_component.link != NULL && i < pkt_component.mac_count; i++) {
    const struct pkt_mac *mac = pkt_component.macs[i];
    bool up = is_running(mac);
    if (up == pkt_component.link_up[i])
      continue;
    pkt_component.link_up[i] = up;
    unsigned index = mac->iface->index;
    pkt_unlock();
    pkt_component.link(index, up);
    pkt_os_lock();
  }
  pkt_component.reporting_links = false;
}

void pkt_service_drivers(void) {
  if (!pkt_component.slow_work)
    return;
  for (unsigned i = 0; i < pkt_component.mac_count; i++) {
    struct pkt_mac *mac = pkt_component.macs[i];
    if (mac->ops->service != NULL)
      mac->ops->service(mac);
    uint32_t flags = (mac->iface->flags & ~(uint32_t)PKTSOCK_IFF_RUNNING) | (has_link(mac) ? PKTSOCK_IFF_RUNNING : 0);
    if (flags != mac->iface->flags)
      set_flags(mac, flags);
  }
  if (pkt_component.link != NULL)
    report_links();
}
