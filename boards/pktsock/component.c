/* Starting and stopping the component; the module's way to the caller's buffer; the way to the drivers. */
#include "component.h"
#include <pktsock/ring.h>

#include <errno.h>
#include <net/if.h>
#include <string.h>

struct pkt_component pkt_component;

/* Copy between linear memory and the caller's buffer or, chunk by chunk, vector. */
static inline void transfer(uint8_t *bytes, uint32_t len, bool give) {
  struct pkt_component *c = &pkt_component;
  for (;;) {
    size_t n = len < c->room ? len : c->room;
    if (n != 0) { /* an empty buffer may be NULL, on which C allows nothing */
      if (give)
        memcpy(c->cursor, bytes, n);
      else
        memcpy(bytes, c->cursor, n);
      c->cursor += n;
      c->room -= n;
      len -= n;
      bytes += n;
    }
    if (len == 0 || c->rest_count == 0)
      return;
    c->cursor = c->rest->iov_base;
    c->room = c->rest->iov_len;
    c->rest++, c->rest_count--;
  }
}

static void give(struct pkt_engine *engine, uint8_t *bytes, uint32_t len) {
  (void)engine;
  transfer(bytes, len, true);
}

static void take(struct pkt_engine *engine, uint8_t *bytes, uint32_t len) {
  (void)engine;
  transfer(bytes, len, false);
}

/* The module gave frames back: tell the drivers that had run out of them. */
static void refill_macs(void) {
  for (unsigned i = 0; i < pkt_component.mac_count; i++) {
    struct pkt_mac *mac = pkt_component.macs[i];
    if (mac->ops->refill != NULL && pkt_fill_pending(mac))
      mac->ops->refill(mac);
  }
}

int32_t pkt_call(enum pkt_export export, uint32_t a, uint32_t b, uint32_t c, uint32_t d) {
  struct pkt_engine *engine = &pkt_component.engine;
  uint32_t traps = engine->traps;
  int32_t result = pkt_engine_call(engine, export, a, b, c, d);
  if (engine->traps != traps) {
    pkt_component.error = engine->error;
    if (pkt_component.report != NULL)
      pkt_component.report(engine->error);
  }
  if (pkt_component.refills)
    refill_macs();
  return result;
}

/* Tell the module what to divide its memory into. */
static void write_control(const struct pktsock_config *config) {
  struct pkt_control *control = pkt_at(PKT_CONTROL);
  memset(control, 0, sizeof(*control));
  control->magic = PKT_MAGIC;
  control->abi = PKT_ABI_VERSION;
  control->memory_size = pkt_component.engine.memory_size;
  control->memory_base = (uint32_t)(uintptr_t)pkt_component.engine.memory;
  control->frame_align = config->frame_align;
  control->prealloc_conns = config->prealloc_conns;
  control->alloc_conns = config->alloc_conns;
  control->max_conns = config->max_conns;
  control->interfaces = config->mac_count;
  control->frames = config->frames;
  control->frame_size = config->frame_size;
  control->tx_frames = config->tx_frames;
  control->rx_reserve = config->rx_reserve;
  control->stack_reserve = config->stack_reserve;
  control->queue_frames = config->queue_frames;
  control->heap_size = config->heap_size;
  pkt_component.control = control;
}

/* Load the module with `memory` bytes of linear memory and let it divide them. */
static int load(const struct pktsock_config *config, uint32_t memory) {
  struct pkt_engine *engine = &pkt_component.engine;
  engine->give = give;
  engine->take = take;
  int result = pkt_engine_load(engine, config->wasm, config->wasm_size, memory);
  if (result < 0)
    return result;
  write_control(config);
  return -pkt_errno(pkt_call(PKT_CALL_init, 0, 0, 0, 0));
}

/* Load the module with just the memory that the configuration needs, which the module itself knows: it is asked with the
 * least that holds the control block, and answers with CONTROL_NEEDED. */
static int load_fitting(const struct pktsock_config *config) {
  int result = load(config, PKT_CONTROL + PKT_CONTROL_BYTES);
  if (result != -ENOMEM || pkt_component.control == NULL)
    return result;
  uint32_t needed = pkt_component.control->needed + config->frame_align;
  pkt_engine_unload(&pkt_component.engine);
  pkt_component.control = NULL;
  if (needed > 0x10000) {
    pkt_component.engine.error = "the configured frames, queues and heap need more than 64 KiB of linear memory";
    return -ENOMEM;
  }
  return load(config, needed);
}

static void set_ring(struct pkt_ring *ring, uint32_t offset, uint32_t length) {
  ring->slots = pkt_at(offset);
  ring->length = (uint16_t)length;
  ring->at = 0;
}

/* Add the driver's interface and hand it the rings. */
static int attach_mac(struct pkt_mac *mac, unsigned number) {
  const struct pkt_control *control = pkt_component.control;
  char name[PKT_IFNAMSIZ] = "eth";
  name[3] = (char)('0' + number);
  memcpy(pkt_exchange(), name, PKT_IFNAMSIZ);
  memcpy(pkt_exchange() + PKT_IFNAMSIZ, mac->hwaddr, PKT_ETH_ALEN);
  uint32_t most = control->frame_size - mac->ops->tx_offset - PKT_ETH_HLEN - PKT_VLAN_HLEN;
  uint32_t mtu = most < PKT_ETH_DATA_LEN ? most : PKT_ETH_DATA_LEN;
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
  return 0;
}

uint32_t pkt_offset_of(const struct pkt_iface *iface) {
  return (uint32_t)((const uint8_t *)iface - pkt_component.engine.memory);
}

static void set_flags(struct pkt_mac *mac, uint32_t flags) {
  pkt_call(PKT_CALL_setIfaceFlags, pkt_offset_of(mac->iface), flags, 0, 0);
}

/* Gather what sockets and ioctls want the MAC to let in. More addresses than there is room for: all of multicast. */
static void update_filter(struct pkt_mac *mac) {
  static uint8_t addresses[CONFIG_NET_PKT_MEMBERSHIPS][6];
  struct pkt_mac_filter filter = {.addresses = (const uint8_t(*)[6])addresses};
  uint32_t iface = pkt_offset_of(mac->iface);
  int32_t flags = pkt_call(PKT_CALL_macFilterFlags, iface, 0, 0, 0);
  filter.promiscuous = (flags & IFF_PROMISC) != 0;
  filter.all_multicast = (flags & IFF_ALLMULTI) != 0;
  int32_t has_address;
  for (uint32_t i = 0; (has_address = pkt_call(PKT_CALL_macFilterAddress, iface, i, 0, 0)) >= 0; i++) {
    if (has_address == 0)
      continue;
    if (filter.count == CONFIG_NET_PKT_MEMBERSHIPS)
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

static bool has_link(struct pkt_mac *mac) { return mac->ops->link == NULL || mac->ops->link(mac); }

static int start_macs(const struct pktsock_config *config) {
  for (unsigned i = 0; i < config->mac_count; i++) {
    struct pkt_mac *mac = config->macs[i];
    int result = attach_mac(mac, i);
    if (result == 0)
      result = mac->ops->start(mac);
    if (result < 0) {
      pkt_component.error = "an Ethernet MAC does not start";
      return result;
    }
    pkt_component.macs[pkt_component.mac_count++] = mac;
    pkt_component.slow_work |= mac->ops->service != NULL;
    pkt_component.refills |= mac->ops->refill != NULL;
    set_flags(mac, mac->iface->flags | IFF_UP | (has_link(mac) ? IFF_RUNNING : 0));
  }
  return 0;
}

int pktsock_start(const struct pktsock_config *config) {
  int result;
  pkt_os_lock();
  if (pkt_component.control != NULL) {
    pkt_component.error = "it has been started before";
    result = -EALREADY;
  } else if (config->mac_count > CONFIG_NET_PKT_INTERFACES) {
    pkt_component.error = "more MACs than CONFIG_NET_PKT_INTERFACES";
    result = -EINVAL;
  } else {
    pkt_component.error = NULL;
    pkt_component.report = config->report;
    result = load_fitting(config);
    if (result < 0)
      pkt_component.error = pkt_component.engine.error != NULL ? pkt_component.engine.error
                                                               : "a capacity of the configuration is out of range";
    else
      result = start_macs(config);
  }
  pkt_os_unlock();
  if (result == 0)
    return 0;
  if (result != -EALREADY)
    pktsock_stop();
  errno = -result;
  return -1;
}

void pktsock_stop(void) {
  pkt_os_lock();
  while (pkt_component.mac_count > 0) {
    struct pkt_mac *mac = pkt_component.macs[--pkt_component.mac_count];
    mac->ops->stop(mac);
  }
  pkt_component.slow_work = pkt_component.refills = false;
  pkt_component.control = NULL;
  pkt_engine_unload(&pkt_component.engine);
  pkt_os_unlock();
  pkt_os_wake();
}

const char *pktsock_error(void) { return pkt_component.error; }

size_t pktsock_memory_size(void) { return pkt_component.control != NULL ? pkt_component.engine.memory_size : 0; }

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

struct pkt_mac *pkt_mac_of(uint32_t index) {
  for (unsigned i = 0; i < pkt_component.mac_count; i++)
    if (pkt_component.macs[i]->iface->index == index)
      return pkt_component.macs[i];
  return NULL;
}

void pkt_kick(void) {
  for (unsigned i = 0; i < pkt_component.mac_count; i++) {
    struct pkt_mac *mac = pkt_component.macs[i];
    if (pkt_tx_pending(mac))
      mac->ops->transmit(mac);
  }
}

bool pkt_put_name(const char *name) {
  size_t len = strnlen(name, PKT_IFNAMSIZ);
  if (len == 0 || len == PKT_IFNAMSIZ)
    return false;
  memset(pkt_exchange(), 0, PKT_IFNAMSIZ);
  memcpy(pkt_exchange(), name, len);
  return true;
}

void pkt_service_drivers(void) {
  if (!pkt_component.slow_work)
    return;
  pkt_os_lock();
  for (unsigned i = 0; i < pkt_component.mac_count; i++) {
    struct pkt_mac *mac = pkt_component.macs[i];
    if (mac->ops->service != NULL)
      mac->ops->service(mac);
    uint32_t flags = (mac->iface->flags & ~(uint32_t)IFF_RUNNING) | (has_link(mac) ? IFF_RUNNING : 0);
    if (flags != mac->iface->flags)
      set_flags(mac, flags);
  }
  pkt_os_unlock();
}
