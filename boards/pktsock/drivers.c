/* The component's side of mac.h: interfaces and their MACs, address filters, the link. */
#include "component.h"
#include <pktsock/ring.h>

#include <errno.h>
#include <string.h>

/* The module numbers interfaces from 1, in the order in which they are added. */
void pkt_get_name(uint32_t index, char *name) {
  static const char first[PKT_IFNAMSIZ] = "eth0";
  memcpy(name, first, sizeof(first));
  name[3] = (char)(name[3] + index - 1);
}

/* Add the driver's interface and hand it the rings. */
static int attach_mac(struct pkt_mac *mac, const struct pktsock_config *config) {
  uint32_t number = pkt_component.mac_count + 1;
  struct pkt_exchange_iface wanted;
  pkt_get_name(number, wanted.name);
  memcpy(wanted.hwaddr, mac->hwaddr, PKT_ETH_ALEN);
  memcpy(pkt_exchange(), &wanted, sizeof(wanted));
  uint32_t room = pkt_bounds.frame_size - mac->ops->tx_offset - PKT_ETH_HLEN - PKT_VLAN_HLEN;
  uint32_t mtu = room < PKT_ETH_DATA_LEN ? room : PKT_ETH_DATA_LEN;
  int32_t index = pkt_call(&pkt_export_addIface, mtu, mac->ops->tx_offset, 0, 0);
  if (index < 0)
    return -pkt_errno(index);
  if ((uint32_t)index == number && pkt_bounds_take_iface(mac, config->frames))
    return 0;
  pkt_component.error = pkt_foreign_layout;
  return -ENOEXEC;
}

static void set_flags(struct pkt_mac *mac, uint32_t flags) {
  pkt_call(&pkt_export_setIfaceFlags, pkt_offset_of(mac->iface), flags, 0, 0);
}

/* Collect what sockets and ioctls want the MAC to accept. If there are too many addresses, accept all multicast. */
static void update_filter(struct pkt_mac *mac) {
  static uint8_t addresses[PKTSOCK_MEMBERSHIPS][6];
  struct pkt_mac_filter filter = {.addresses = (const uint8_t(*)[6])addresses};
  uint32_t iface = pkt_offset_of(mac->iface);
  int32_t flags = pkt_call(&pkt_export_macFilterFlags, iface, 0, 0, 0);
  if (flags < 0)
    return; /* the module has trapped */
  filter.promiscuous = (flags & PKTSOCK_IFF_PROMISC) != 0;
  filter.all_multicast = (flags & PKTSOCK_IFF_ALLMULTI) != 0;
  /* Each address takes more than its own bytes of linear memory: a list that is longer has no end. */
  uint32_t left = pkt_bounds.size / PKT_ETH_ALEN;
  int32_t has_address;
  for (uint32_t i = 0; left > 0 && (has_address = pkt_call(&pkt_export_macFilterAddress, iface, i, 0, 0)) >= 0; i++) {
    left--;
    if (has_address == 0)
      continue;
    if (filter.count == PKTSOCK_MEMBERSHIPS)
      filter.all_multicast = true;
    else
      memcpy(addresses[filter.count++], pkt_exchange(), PKT_ETH_ALEN);
  }
  if (left == 0)
    pkt_distrust();
  else if (has_address != -EIO) /* the module has trapped */
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
  char name[PKT_IFNAMSIZ];
  for (uint32_t i = 0; i < PKTSOCK_INTERFACES; i++)
    if (pkt_component.config.report != NULL && pkt_component.macs[i] == mac) {
      pkt_get_name(i + 1, name);
      pkt_component.config.report(name, sentence);
    }
}

static bool has_link(struct pkt_mac *mac) { return mac->ops->link == NULL || mac->ops->link(mac); }

static bool is_running(const struct pkt_mac *mac) { return (mac->iface->flags & PKTSOCK_IFF_RUNNING) != 0; }

static int start_mac(struct pkt_mac *mac, const struct pktsock_config *config, const struct pkt_iface_counters *kept) {
  int result = attach_mac(mac, config);
  if (result < 0)
    return result;
  mac->restarting = kept != NULL;
  if (kept != NULL)
    memcpy(&mac->iface->rx_frames, kept, sizeof(*kept));
  else
    mac->restarts = 0;
  result = mac->ops->start(mac);
  if (result == 0 && kept != NULL && mac->ops->service != NULL) /* finds the link that was there */
    mac->ops->service(mac);
  mac->restarting = false;
  return result;
}

int pkt_start_macs(const struct pktsock_config *config, const struct pkt_iface_counters *kept) {
  for (unsigned i = 0; i < config->mac_count; i++) {
    struct pkt_mac *mac = config->macs[i];
    pkt_component.macs[i] = mac;
    pkt_component.error = "an Ethernet MAC does not start";
    int result = start_mac(mac, config, kept != NULL ? &kept[i] : NULL);
    if (result < 0)
      return result;
    pkt_component.error = NULL;
    pkt_component.mac_count++;
    pkt_component.slow_work |= mac->ops->service != NULL || mac->ops->link != NULL;
    pkt_component.refills |= mac->ops->refill != NULL;
    set_flags(mac, mac->iface->flags | PKTSOCK_IFF_UP | (has_link(mac) ? PKTSOCK_IFF_RUNNING : 0));
    if (pkt_component.engine.error != NULL)
      return -EIO;
    if (kept == NULL)
      pkt_component.link_up[i] = is_running(mac);
  }
  return 0;
}

void pkt_stop_macs(bool for_restart) {
  while (pkt_component.mac_count > 0) {
    struct pkt_mac *mac = pkt_component.macs[--pkt_component.mac_count];
    mac->restarting = for_restart;
    mac->ops->stop(mac);
    mac->restarting = false;
  }
  if (!for_restart)
    pkt_forget_hw_stamps();
  pkt_component.slow_work = pkt_component.refills = false;
  pkt_component.service_at = 0;
}

void pkt_forget_macs(void) { memset(pkt_component.macs, 0, sizeof(pkt_component.macs)); }

struct pkt_iface *pkt_iface_of(uint32_t index) {
  return index - 1 < pkt_component.mac_count ? pkt_component.macs[index - 1]->iface : NULL;
}

bool pkt_has_arrived(void) {
  for (unsigned i = 0; i < pkt_component.mac_count; i++) {
    struct pkt_mac *mac = pkt_component.macs[i];
    if (mac->ops->look != NULL)
      mac->ops->look(mac);
  }
  return pkt_has_received();
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
  for (unsigned i = 0; pkt_component.config.link != NULL && i < pkt_component.mac_count; i++) {
    const struct pkt_mac *mac = pkt_component.macs[i];
    bool up = is_running(mac);
    if (up == pkt_component.link_up[i])
      continue;
    pkt_component.link_up[i] = up;
    unsigned index = i + 1;
    pkt_unlock();
    pkt_component.config.link(index, up);
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
  if (pkt_component.config.link != NULL)
    report_links();
}
