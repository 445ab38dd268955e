/* The calls of ESP-IDF's esp_eth, event loop and FreeRTOS that boards/mac/esp_eth.c makes beside those of ../os/esp_idf: a
 * stand-in, not ESP-IDF. fake.c is the MAC behind it. */
#ifndef STAND_IN_ESP_ETH_H
#define STAND_IN_ESP_ETH_H

#include <stddef.h>
#include <stdint.h>

typedef int esp_err_t;
#define ESP_OK 0
#define ESP_FAIL (-1)
#define ESP_ERR_NO_MEM 0x101
#define ESP_ERR_INVALID_STATE 0x103
#define ESP_ERR_NOT_SUPPORTED 0x106

typedef void *esp_eth_handle_t;
typedef enum {
  ETH_CMD_G_MAC_ADDR, /* in the page of documentation only */
  ETH_CMD_S_MAC_ADDR,
  ETH_CMD_S_PROMISCUOUS,
  ETH_CMD_S_ALL_MULTICAST,
  ETH_CMD_ADD_MAC_FILTER,
  ETH_CMD_DEL_MAC_FILTER,
} esp_eth_io_cmd_t;
typedef enum {
  ETHERNET_EVENT_START,
  ETHERNET_EVENT_STOP,
  ETHERNET_EVENT_CONNECTED,
  ETHERNET_EVENT_DISCONNECTED,
} eth_event_t;

esp_err_t esp_eth_start(esp_eth_handle_t handle);
esp_err_t esp_eth_stop(esp_eth_handle_t handle);
esp_err_t esp_eth_update_input_path(esp_eth_handle_t handle,
                                    esp_err_t (*input)(esp_eth_handle_t handle, uint8_t *buffer, uint32_t length,
                                                       void *argument),
                                    void *argument);
esp_err_t esp_eth_transmit(esp_eth_handle_t handle, void *buffer, size_t length);
esp_err_t esp_eth_ioctl(esp_eth_handle_t handle, esp_eth_io_cmd_t command, void *data);

#endif
