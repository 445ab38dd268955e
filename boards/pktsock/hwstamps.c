/* What an interface can stamp: SIOCSHWTSTAMP, SIOCGHWTSTAMP, and ETHTOOL_GET_TS_INFO of SIOCETHTOOL. */
#include "component.h"

#include <string.h>

/* Whether the MACs stamp frames, by interface; guarded by the lock. */
static struct stamping { bool received, sent; } stamping[PKTSOCK_INTERFACES];

static bool stamps(const struct pkt_mac *mac) { return mac->ops->clock != NULL && mac->ops->clock->stamp != NULL; }

void pkt_forget_hw_stamps(void) {
  if (PKTSOCK_TIMESTAMPS)
    memset(stamping, 0, sizeof(stamping));
}

void pkt_stamp_again(void) {
  for (unsigned i = 0; PKTSOCK_TIMESTAMPS && i < pkt_component.mac_count; i++) {
    struct pkt_mac *mac = pkt_component.macs[i];
    struct stamping *s = &stamping[i];
    if ((s->received || s->sent) && mac->ops->clock->stamp(mac, s->received, s->sent) < 0)
      *s = (struct stamping){0};
    mac->iface->hw_stamping = s->sent;
  }
}

/* Linux checks the numbers before it looks whether there is such hardware. A MAC stamps all frames or none, like some of
 * Linux's: a program that asks for certain frames is told that it gets all. */
static int32_t set_config(uint32_t index, struct pktsock_hwtstamp_config *config) {
  struct pkt_mac *mac = pkt_component.macs[index - 1];
  if ((config->flags & ~PKTSOCK_HWTSTAMP_FLAG_BONDED_PHC_INDEX) != 0)
    return -PKT_EINVAL;
  if ((uint32_t)config->tx_type > PKTSOCK_HWTSTAMP_TX_ONESTEP_P2P ||
      (uint32_t)config->rx_filter > PKTSOCK_HWTSTAMP_FILTER_NTP_ALL)
    return -PKT_ERANGE;
  if (!stamps(mac))
    return -PKT_EOPNOTSUPP;
  if (config->tx_type > PKTSOCK_HWTSTAMP_TX_ON) /* the MAC does not write stamps into frames */
    return -PKT_ERANGE;
  bool received = config->rx_filter != PKTSOCK_HWTSTAMP_FILTER_NONE, sent = config->tx_type == PKTSOCK_HWTSTAMP_TX_ON;
  if (mac->ops->clock->stamp(mac, received, sent) < 0)
    return -PKT_EIO;
  stamping[index - 1] = (struct stamping){received, sent};
  mac->iface->hw_stamping = sent;
  config->rx_filter = received ? PKTSOCK_HWTSTAMP_FILTER_ALL : PKTSOCK_HWTSTAMP_FILTER_NONE;
  return 0;
}

static int32_t get_config(uint32_t index, struct pktsock_hwtstamp_config *config) {
  const struct stamping *now = &stamping[index - 1];
  if (!stamps(pkt_component.macs[index - 1]))
    return -PKT_EOPNOTSUPP;
  *config = (struct pktsock_hwtstamp_config){
      .tx_type = now->sent ? PKTSOCK_HWTSTAMP_TX_ON : PKTSOCK_HWTSTAMP_TX_OFF,
      .rx_filter = now->received ? PKTSOCK_HWTSTAMP_FILTER_ALL : PKTSOCK_HWTSTAMP_FILTER_NONE,
  };
  return 0;
}

/* The clock has no device file, so it has no index either: pktsock_clock_gettime() takes that of the interface. */
static void get_info(uint32_t index, struct pktsock_ethtool_ts_info *info) {
  *info = (struct pktsock_ethtool_ts_info){
      .cmd = PKTSOCK_ETHTOOL_GET_TS_INFO,
      .so_timestamping = PKTSOCK_SOF_TIMESTAMPING_TX_SOFTWARE | PKTSOCK_SOF_TIMESTAMPING_RX_SOFTWARE |
                         PKTSOCK_SOF_TIMESTAMPING_SOFTWARE,
      .phc_index = -1,
  };
  if (!stamps(pkt_component.macs[index - 1]))
    return;
  info->so_timestamping |= PKTSOCK_SOF_TIMESTAMPING_TX_HARDWARE | PKTSOCK_SOF_TIMESTAMPING_RX_HARDWARE |
                           PKTSOCK_SOF_TIMESTAMPING_RAW_HARDWARE;
  info->tx_types = 1u << PKTSOCK_HWTSTAMP_TX_OFF | 1u << PKTSOCK_HWTSTAMP_TX_ON;
  info->rx_filters = 1u << PKTSOCK_HWTSTAMP_FILTER_NONE | 1u << PKTSOCK_HWTSTAMP_FILTER_ALL;
}

int32_t pkt_hw_stamps(uint32_t index, unsigned long request, void *data) {
  if (!PKTSOCK_TIMESTAMPS)
    return -PKT_EOPNOTSUPP;
  if (request == PKTSOCK_SIOCETHTOOL) {
    uint32_t command;
    if (data == NULL)
      return -PKT_EFAULT;
    memcpy(&command, data, sizeof(command));
    if (command != PKTSOCK_ETHTOOL_GET_TS_INFO)
      return -PKT_EOPNOTSUPP;
    get_info(index, data);
    return 0;
  }
  if (request == PKTSOCK_SIOCGHWTSTAMP && !stamps(pkt_component.macs[index - 1]))
    return -PKT_EOPNOTSUPP;
  if (data == NULL)
    return -PKT_EFAULT;
  return request == PKTSOCK_SIOCSHWTSTAMP ? set_config(index, data) : get_config(index, data);
}
