/* The requests of SIOCETHTOOL that layer-2 programs name, so that they compile. All but ETHTOOL_GET_TS_INFO fail with
 * EOPNOTSUPP. */
#ifndef PKT_LINUX_ETHTOOL_H
#define PKT_LINUX_ETHTOOL_H

#include <pktsock/socket.h>
#include <stdint.h>

#define ETHTOOL_GLINK 0x0000000a
#define ETHTOOL_GCOALESCE 0x0000000e
#define ETHTOOL_SCOALESCE 0x0000000f
#define ETHTOOL_GET_TS_INFO PKTSOCK_ETHTOOL_GET_TS_INFO

#define ethtool_ts_info pktsock_ethtool_ts_info

/* ETHTOOL_GLINK: is there a link? */
struct ethtool_value {
  uint32_t cmd;
  uint32_t data;
};

/* After how many microseconds or frames the hardware interrupts. */
struct ethtool_coalesce {
  uint32_t cmd;
  uint32_t rx_coalesce_usecs, rx_max_coalesced_frames, rx_coalesce_usecs_irq, rx_max_coalesced_frames_irq;
  uint32_t tx_coalesce_usecs, tx_max_coalesced_frames, tx_coalesce_usecs_irq, tx_max_coalesced_frames_irq;
  uint32_t stats_block_coalesce_usecs, use_adaptive_rx_coalesce, use_adaptive_tx_coalesce;
  uint32_t pkt_rate_low, rx_coalesce_usecs_low, rx_max_coalesced_frames_low;
  uint32_t tx_coalesce_usecs_low, tx_max_coalesced_frames_low;
  uint32_t pkt_rate_high, rx_coalesce_usecs_high, rx_max_coalesced_frames_high;
  uint32_t tx_coalesce_usecs_high, tx_max_coalesced_frames_high;
  uint32_t rate_sample_interval;
};

#endif
