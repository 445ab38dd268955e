/* Driver over ESP-IDF's esp_eth (5.0 and newer), for any MAC that esp_eth has: the ESP32's own, or one on SPI. The
 * application installs the esp_eth driver; this driver starts and stops it, and takes its input path.
 *
 * Copies. esp_eth receives each frame into a buffer from the heap, which is copied into linear memory, and copies
 * each frame to send into its own DMA buffers: one more copy in each direction than a driver of the hardware needs.
 * esp_eth_transmit() may wait and does not report that there is room again, so a task sends the frames. */
#ifndef MAC_ESP_ETH_H
#define MAC_ESP_ETH_H

#include <pktsock/mac.h>

#ifdef __cplusplus
extern "C" {
#endif

/* mac->config */
struct esp_eth_config {
  void *handle; /* the esp_eth_handle_t of esp_eth_driver_install(); not attached to an esp_netif, not started */
  unsigned
      task_priority;   /* of the task that sends, as xTaskCreate() takes it; esp_eth's own tasks have 15 by default */
  unsigned task_stack; /* of that task, in bytes; 0: 3072 */

  /* Takes each received frame after the packet sockets have their copy: `buffer`, from malloc(), is then the
   * function's to free. An application with an esp_netif passes it to esp_netif_receive(). NULL: the frame is freed.
   * Called in esp_eth's task that receives. */
  void (*pass_on)(void *context, uint8_t *buffer, uint32_t length);
  void *context;
};

/* mac->state. Must be zero at first; the driver owns the contents. */
enum { ESP_ETH_STATE_BYTES = 512 };
struct esp_eth_state {
  uint8_t contents[ESP_ETH_STATE_BYTES] __attribute__((aligned(8)));
};

extern const struct pkt_mac_ops esp_eth_ops;

#ifdef __cplusplus
}
#endif

#endif
