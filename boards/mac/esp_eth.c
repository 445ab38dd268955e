/* Driver over ESP-IDF's esp_eth. Received frames come from esp_eth's task, and a task of this driver sends: each of the two holds a
 * lock while it uses the rings, which stop() takes in order to wait for it. */
#include <pktsock/esp_eth.h>

#include <errno.h>
#include <esp_eth.h>
#include <esp_event.h>
#include <esp_idf_version.h>
#include <freertos/FreeRTOS.h>
#include <freertos/semphr.h>
#include <freertos/task.h>
#include <pktsock/os.h>
#include <pktsock/ring.h>
#include <stdlib.h>
#include <string.h>

enum {
  STACK_BYTES = 3072,
  MAX_TRIES = 10,    /* of a frame, a tick apart, while esp_eth has no room */
  MAX_ADDRESSES = 8, /* that are filtered one by one */
};

/* ESP-IDF before 6.0 has no filter but for promiscuous mode. */
#define HAS_FILTERS (ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(6, 0, 0))

struct esp_eth {
  StaticSemaphore_t receiving_memory, sending_memory;
  SemaphoreHandle_t receiving, sending;
  TaskHandle_t sender; /* made at the first start, and then for good */
  bool runs;           /* read with a lock, so that both locks together wait for what began before */
  bool linked;         /* written by the event loop's task */
#if HAS_FILTERS
  uint8_t addresses[MAX_ADDRESSES][6]; /* that esp_eth filters */
  unsigned address_count;
#endif
};
static_assert(sizeof(struct esp_eth) <= sizeof(struct esp_eth_state), "ESP_ETH_STATE_BYTES");

static struct esp_eth *state_of(const struct pkt_mac *mac) { return mac->state; }

static esp_eth_handle_t handle_of(const struct pkt_mac *mac) {
  const struct esp_eth_config *config = mac->config;
  return config->handle;
}

static bool is_running(const struct esp_eth *state) { return __atomic_load_n(&state->runs, __ATOMIC_ACQUIRE); }

static bool set(const struct pkt_mac *mac, esp_eth_io_cmd_t command, const void *value) {
  return esp_eth_ioctl(handle_of(mac), command, (void *)(uintptr_t)value) == ESP_OK;
}

/* ---- Receiving ---------------------------------------------------------------------------------------------------- */

/* In esp_eth's task. The buffer is ours. */
static esp_err_t input(esp_eth_handle_t handle, uint8_t *buffer, uint32_t length, void *argument) {
  (void)handle;
  struct pkt_mac *mac = argument;
  const struct esp_eth_config *config = mac->config;
  struct esp_eth *state = state_of(mac);
  xSemaphoreTake(state->receiving, portMAX_DELAY);
  bool runs = is_running(state);
  if (runs)
    pkt_rx_copy(mac, buffer, length);
  xSemaphoreGive(state->receiving);
  if (runs)
    pkt_os_wake();
  if (config->pass_on != NULL)
    config->pass_on(config->context, buffer, length);
  else
    free(buffer);
  return ESP_OK;
}

/* ---- Sending ------------------------------------------------------------------------------------------------------ */

static bool send(const struct pkt_mac *mac, const struct pkt_bytes *bytes) {
  for (unsigned tries = 0; tries < MAX_TRIES && __atomic_load_n(&state_of(mac)->linked, __ATOMIC_RELAXED); tries++) {
    esp_err_t result = esp_eth_transmit(handle_of(mac), (void *)(uintptr_t)bytes->at, bytes->len);
    if (result != ESP_ERR_NO_MEM)
      return result == ESP_OK;
    vTaskDelay(1);
  }
  return false;
}

static void send_frames(void *argument) {
  struct pkt_mac *mac = argument;
  struct esp_eth *state = state_of(mac);
  for (;;) {
    ulTaskNotifyTake(pdTRUE, portMAX_DELAY);
    xSemaphoreTake(state->sending, portMAX_DELAY);
    while (is_running(state) && pkt_tx_pending(mac)) {
      struct pkt_bytes bytes;
      struct pkt_frame *frame = pkt_tx_take(mac, &bytes);
      if (frame == NULL) /* an invalid entry, which ring.h has counted */
        continue;
      if (send(mac, &bytes))
        mac->iface->tx_frames++;
      else
        mac->iface->tx_errors++;
      pkt_completion_give(mac, frame);
    }
    xSemaphoreGive(state->sending);
    pkt_os_wake();
  }
}

static void esp_eth_ops_transmit(struct pkt_mac *mac) { xTaskNotifyGive(state_of(mac)->sender); }

/* ---- The link ------------------------------------------------------------------------------------------------------ */

/* In the event loop's task. */
static void on_event(void *argument, esp_event_base_t base, int32_t event, void *data) {
  (void)base;
  struct pkt_mac *mac = argument;
  if (*(const esp_eth_handle_t *)data != handle_of(mac))
    return;
  if (event == ETHERNET_EVENT_CONNECTED)
    __atomic_store_n(&state_of(mac)->linked, true, __ATOMIC_RELAXED);
  else if (event == ETHERNET_EVENT_DISCONNECTED || event == ETHERNET_EVENT_STOP)
    __atomic_store_n(&state_of(mac)->linked, false, __ATOMIC_RELAXED);
}

static bool esp_eth_ops_link(struct pkt_mac *mac) { return __atomic_load_n(&state_of(mac)->linked, __ATOMIC_RELAXED); }

/* ---- The filter ---------------------------------------------------------------------------------------------------- */

#if HAS_FILTERS

static bool filter_one_by_one(const struct pkt_mac *mac, const struct pkt_mac_filter *filter) {
  struct esp_eth *state = state_of(mac);
  while (state->address_count > 0)
    set(mac, ETH_CMD_DEL_MAC_FILTER, state->addresses[--state->address_count]);
  for (unsigned i = 0; i < filter->count; i++) {
    if (i == MAX_ADDRESSES || !set(mac, ETH_CMD_ADD_MAC_FILTER, filter->addresses[i]))
      return false;
    memcpy(state->addresses[i], filter->addresses[i], 6);
    state->address_count = i + 1;
  }
  return true;
}

static bool has_unicast(const struct pkt_mac_filter *filter) {
  for (unsigned i = 0; i < filter->count; i++)
    if ((filter->addresses[i][0] & 1) == 0)
      return true;
  return false;
}

/* What esp_eth, or this MAC, cannot filter is let in with more than it. */
static void esp_eth_ops_set_filter(struct pkt_mac *mac, const struct pkt_mac_filter *filter) {
  bool one_by_one = filter_one_by_one(mac, filter);
  bool all_multicast = filter->all_multicast || !one_by_one;
  bool promiscuous = filter->promiscuous || (!one_by_one && has_unicast(filter));
  if (!set(mac, ETH_CMD_S_ALL_MULTICAST, &all_multicast) && all_multicast)
    promiscuous = true;
  set(mac, ETH_CMD_S_PROMISCUOUS, &promiscuous);
}

#else

static void esp_eth_ops_set_filter(struct pkt_mac *mac, const struct pkt_mac_filter *filter) {
  bool promiscuous = filter->promiscuous || filter->all_multicast || filter->count > 0;
  set(mac, ETH_CMD_S_PROMISCUOUS, &promiscuous);
}

#endif

/* ---- Start and stop ------------------------------------------------------------------------------------------------- */

/* The first time. */
static int prepare(struct pkt_mac *mac) {
  const struct esp_eth_config *config = mac->config;
  struct esp_eth *state = state_of(mac);
  state->receiving = xSemaphoreCreateMutexStatic(&state->receiving_memory);
  state->sending = xSemaphoreCreateMutexStatic(&state->sending_memory);
  if (esp_event_handler_register(ETH_EVENT, ESP_EVENT_ANY_ID, on_event, mac) != ESP_OK)
    return -ENOMEM;
  uint32_t stack = config->task_stack != 0 ? config->task_stack : STACK_BYTES;
  if (xTaskCreate(send_frames, "pktsock", stack, mac, config->task_priority, &state->sender) == pdPASS)
    return 0;
  state->sender = NULL;
  esp_event_handler_unregister(ETH_EVENT, ESP_EVENT_ANY_ID, on_event);
  return -ENOMEM;
}

static void esp_eth_ops_stop(struct pkt_mac *mac) {
  struct esp_eth *state = state_of(mac);
  __atomic_store_n(&state->runs, false, __ATOMIC_RELEASE);
  xSemaphoreTake(state->receiving, portMAX_DELAY);
  xSemaphoreGive(state->receiving);
  xSemaphoreTake(state->sending, portMAX_DELAY);
  xSemaphoreGive(state->sending);
  if (!mac->restarting)
    esp_eth_stop(handle_of(mac));
}

static int esp_eth_ops_start(struct pkt_mac *mac) {
  int result = state_of(mac)->sender == NULL ? prepare(mac) : 0;
  if (result < 0)
    return result;
  if (!mac->restarting &&
      (!set(mac, ETH_CMD_S_MAC_ADDR, mac->hwaddr) || esp_eth_update_input_path(handle_of(mac), input, mac) != ESP_OK ||
       esp_eth_start(handle_of(mac)) != ESP_OK))
    return -EIO;
  __atomic_store_n(&state_of(mac)->runs, true, __ATOMIC_RELEASE);
  return 0;
}

const struct pkt_mac_ops esp_eth_ops = {
    .name = "esp_eth",
    .start = esp_eth_ops_start,
    .stop = esp_eth_ops_stop,
    .transmit = esp_eth_ops_transmit,
    .set_filter = esp_eth_ops_set_filter,
    .link = esp_eth_ops_link,
};
