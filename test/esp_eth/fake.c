/* esp_eth.h and fake.h. Where esp_eth would go wrong, it aborts. */
#include "fake.h"
#include "esp_event.h"
#include "freertos/task.h"
#include "system.h"

#include <stdlib.h>
#include <string.h>

#include "../os/port.h"

struct fake fake = {.has_all_multicast = true};

static esp_err_t (*input)(esp_eth_handle_t handle, uint8_t *buffer, uint32_t length, void *argument);
static void *input_argument;
static esp_event_handler_t on_event;
static void *event_argument;

static void event(eth_event_t what) {
  esp_eth_handle_t handle = &fake;
  on_event(event_argument, ETH_EVENT, what, &handle);
}

esp_err_t esp_event_handler_register(esp_event_base_t base, int32_t wanted, esp_event_handler_t handler,
                                     void *argument) {
  MUST(strcmp(base, ETH_EVENT) == 0 && wanted == ESP_EVENT_ANY_ID && on_event == NULL);
  on_event = handler;
  event_argument = argument;
  return ESP_OK;
}

esp_err_t esp_event_handler_unregister(esp_event_base_t base, int32_t wanted, esp_event_handler_t handler) {
  (void)base, (void)wanted;
  MUST(handler == on_event);
  on_event = NULL;
  return ESP_OK;
}

esp_err_t esp_eth_start(esp_eth_handle_t handle) {
  MUST(handle == &fake && input != NULL);
  if (fake.started)
    return ESP_ERR_INVALID_STATE;
  fake.started = true;
  event(ETHERNET_EVENT_START);
  return ESP_OK;
}

esp_err_t esp_eth_stop(esp_eth_handle_t handle) {
  MUST(handle == &fake && fake.started);
  fake.started = false;
  event(ETHERNET_EVENT_STOP);
  return ESP_OK;
}

esp_err_t esp_eth_update_input_path(esp_eth_handle_t handle,
                                    esp_err_t (*function)(esp_eth_handle_t handle, uint8_t *buffer, uint32_t length,
                                                          void *argument),
                                    void *argument) {
  MUST(handle == &fake);
  mask();
  input = function;
  input_argument = argument;
  unmask();
  return ESP_OK;
}

esp_err_t esp_eth_transmit(esp_eth_handle_t handle, void *buffer, size_t length) {
  MUST(handle == &fake && may_sleep() && length <= FAKE_FRAME_BYTES);
  esp_err_t result = ESP_OK;
  mask();
  if (!fake.started) {
    result = ESP_ERR_INVALID_STATE;
  } else if (fake.full > 0) {
    fake.full--;
    result = ESP_ERR_NO_MEM;
  } else {
    memcpy(fake.last, buffer, length);
    fake.last_len = length;
    fake.sent++;
  }
  unmask();
  return result;
}

static bool add_address(const uint8_t *address) {
  if (fake.address_count == FAKE_ADDRESSES)
    return false;
  memcpy(fake.addresses[fake.address_count++], address, 6);
  return true;
}

static bool remove_address(const uint8_t *address) {
  for (unsigned i = 0; i < fake.address_count; i++)
    if (memcmp(fake.addresses[i], address, 6) == 0) {
      memcpy(fake.addresses[i], fake.addresses[--fake.address_count], 6);
      return true;
    }
  return false;
}

esp_err_t esp_eth_ioctl(esp_eth_handle_t handle, esp_eth_io_cmd_t command, void *data) {
  MUST(handle == &fake && may_sleep());
  bool done = true;
  mask();
  switch (command) {
  case ETH_CMD_G_MAC_ADDR: done = false; break;
  case ETH_CMD_S_MAC_ADDR: memcpy(fake.hwaddr, data, 6); break;
  case ETH_CMD_S_PROMISCUOUS: fake.promiscuous = *(const bool *)data; break;
  case ETH_CMD_S_ALL_MULTICAST:
    done = fake.has_all_multicast;
    if (done)
      fake.all_multicast = *(const bool *)data;
    break;
  case ETH_CMD_ADD_MAC_FILTER: done = add_address(data); break;
  case ETH_CMD_DEL_MAC_FILTER: MUST(remove_address(data)); break;
  }
  unmask();
  return done ? ESP_OK : ESP_ERR_NOT_SUPPORTED;
}

/* ---- FreeRTOS ------------------------------------------------------------------------------------------------------ */

BaseType_t xTaskCreate(void (*run)(void *argument), const char *name, uint32_t stack, void *argument,
                       UBaseType_t priority, TaskHandle_t *task) {
  MUST(name != NULL && stack >= 3072);
  *task = (TaskHandle_t)port_task_start(run, argument, (unsigned)priority);
  return pdPASS;
}

void vTaskDelay(TickType_t ticks) {
  MUST(may_sleep());
  port_sleep(ticks * (1000000 / configTICK_RATE_HZ));
}

/* ---- fake.h -------------------------------------------------------------------------------------------------------- */

static void *buffers[64]; /* that are lent */

void __real_free(void *memory);
void __wrap_free(void *memory);
void __wrap_free(void *memory) {
  mask();
  for (unsigned i = 0; memory != NULL && i < sizeof(buffers) / sizeof(buffers[0]); i++)
    if (buffers[i] == memory) {
      buffers[i] = NULL;
      fake.freed++;
    }
  unmask();
  __real_free(memory);
}

void fake_arrive(const void *bytes, size_t len) {
  uint8_t *buffer = malloc(FAKE_FRAME_BYTES);
  memcpy(buffer, bytes, len);
  mask();
  unsigned i = 0;
  while (buffers[i] != NULL)
    MUST(++i < sizeof(buffers) / sizeof(buffers[0]));
  buffers[i] = buffer;
  fake.lent++;
  esp_err_t (*receive)(esp_eth_handle_t handle, uint8_t * buffer, uint32_t length, void *argument) = input;
  void *argument = input_argument;
  unmask();
  MUST(receive(&fake, buffer, (uint32_t)len, argument) == ESP_OK);
}

void fake_link(bool up) { event(up ? ETHERNET_EVENT_CONNECTED : ETHERNET_EVENT_DISCONNECTED); }
