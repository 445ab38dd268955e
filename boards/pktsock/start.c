/* Starting and stopping the component: load the module, let it divide its memory, start the drivers. */
#include "component.h"
#include <pktsock/memory.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct pkt_component pkt_component;

const char pkt_foreign_layout[] = "the module divides its memory in another way than this firmware";
static const char memory_too_small[] = "config.memory is smaller than PKTSOCK_MEMORY_SIZE of pktsock/memory.h";

/* Bytes of linear memory up to the end of the module's fixed structs, with which it says how much it needs. */
#define LEAST_MEMORY (PKT_CONTROL + PKT_CONTROL_BYTES + PKT_STATE_BYTES)

/* Write the capacities, by which the module divides its memory. */
static void write_control(const struct pktsock_config *config) {
  struct pkt_control *control = (void *)(pkt_component.engine.memory + PKT_CONTROL);
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
  control->app_size = PKTSOCK_APP_SIZE;
  pkt_component.control = control;
}

/* The budget of a call (engine.h): more than what any call needs with these capacities. A call sorts at most 64 frames of each
 * interface. For each frame it runs the filters, whose instructions lie in the heap, and may look through all queues to find
 * the socket that loses a frame. Attaching a filter may look at each of its instructions from each other one. */
static uint32_t budget_of(const struct pktsock_config *config) {
  uint32_t sockets = config->alloc_conns == 0 ? config->prealloc_conns : PKT_MAX_DESCRIPTORS;
  uint32_t instructions = config->heap_size / sizeof(struct pktsock_sock_filter);
  uint32_t queues = sockets * config->queue_frames;
  if (config->budget != 0)
    return config->budget;
  return 65536 + instructions * instructions +
         128 * config->mac_count * (instructions + (sockets + 2) * queues + 16 * sockets);
}

int pkt_divide_memory(const struct pktsock_config *config) {
  struct pkt_engine *engine = &pkt_component.engine;
  bool fits = pkt_bounds_begin(engine);
  if (fits) {
    write_control(config);
    int32_t result = pkt_call(&pkt_export_init, 0, 0, 0, 0);
    if (!pkt_app_fits())
      return -EINVAL;
    if (result < 0)
      return -pkt_errno(result);
    fits = pkt_bounds_take(config);
  }
  if (fits)
    return 0;
  engine->error = pkt_foreign_layout;
  return -ENOEXEC;
}

/* Load the module with `memory` bytes of linear memory and let it divide them. `probe`: only to ask how many it needs. */
static int load(const struct pktsock_config *config, uint32_t memory, bool probe) {
  struct pkt_engine *engine = &pkt_component.engine;
  engine->place = config->memory;
  engine->place_size = config->memory_size;
  engine->heap = config->engine_heap;
  engine->heap_size = config->engine_heap_size;
  engine->budget = budget_of(config);
  int result = pkt_engine_load(engine, config->wasm, config->wasm_size, memory);
  if (result == 0 && !probe)
    result = pkt_engine_compile(engine, config->precompile);
  if (result < 0)
    return result;
  return pkt_divide_memory(config);
}

/* Load the module into the memory of the configuration. */
static int load_into(const struct pktsock_config *config) {
  size_t size = config->memory_size;
  const size_t around = PKTSOCK_MEMORY_HEADER + PKTSOCK_MEMORY_SLACK;
  if (size < around + LEAST_MEMORY) {
    pkt_component.engine.error = memory_too_small;
    return -ENOMEM;
  }
  size -= around;
  int result = load(config, size < 0x10000 ? (uint32_t)size : 0x10000, false);
  if (result == -ENOMEM && pkt_component.engine.error == NULL)
    pkt_component.engine.error = memory_too_small;
  return result;
}

#if PKTSOCK_SWAP
static void *own_memory;

/* Linear memory stays when its first module is unloaded, so it is not part of that one's heap. */
static int load_placed(const struct pktsock_config *config, uint32_t memory) {
  struct pktsock_config placed = *config;
  placed.memory_size = PKTSOCK_MEMORY_HEADER + memory + PKTSOCK_MEMORY_SLACK;
  placed.memory = own_memory = malloc(placed.memory_size);
  if (own_memory != NULL)
    return load(&placed, memory, false);
  pkt_component.engine.error = "not enough memory to load the module";
  return -ENOMEM;
}
#endif

/* Load the module with exactly the memory that the configuration needs. The module computes the size: loaded with only enough
 * memory for its fixed structs, it returns the size in CONTROL_NEEDED. */
static int load_fitting(const struct pktsock_config *config) {
  int result = load(config, LEAST_MEMORY, true);
  if (result != -ENOMEM || pkt_component.control == NULL)
    return result;
  uint32_t needed = pkt_component.control->needed;
  bool possible = needed >= PKT_CONTROL + PKT_CONTROL_BYTES && needed <= 0x10000 - config->frame_align;
  needed += config->frame_align;
  pkt_engine_unload(&pkt_component.engine);
  pkt_component.control = NULL;
  if (!possible) {
    pkt_component.engine.error = "the configured frames, queues and heap need more than 64 KiB of linear memory";
    return -ENOMEM;
  }
#if PKTSOCK_SWAP
  return load_placed(config, needed);
#else
  return load(config, needed, false);
#endif
}

static int load_module(const struct pktsock_config *config) {
  return config->memory != NULL ? load_into(config) : load_fitting(config);
}

/* With the lock held. */
static void stop(void) {
  pkt_component.runs = false;
  pkt_stop_macs(false);
  pkt_forget_macs();
  pkt_component.control = NULL;
  pkt_bounds = (struct pkt_bounds){.generation = pkt_bounds.generation};
  pkt_forget_swaps();
  pkt_engine_unload(&pkt_component.engine);
#if PKTSOCK_SWAP
  free(own_memory);
  own_memory = NULL;
#endif
  pkt_wake_all();
}

int pktsock_start(const struct pktsock_config *config) {
  int result = pkt_os_init();
  if (result < 0) { /* there is no lock */
    pkt_component.error = "the operating system has no memory for the lock";
    errno = -result;
    return -1;
  }
  pkt_os_lock();
  if (pkt_component.control != NULL) {
    pkt_component.error = "it has been started before";
    result = -EALREADY;
  } else if (config->mac_count > PKTSOCK_INTERFACES) {
    pkt_component.error = "more MACs than the option INTERFACES allows";
    result = -EINVAL;
  } else if ((uintptr_t)config->memory % 8 != 0 || (uintptr_t)config->engine_heap % 8 != 0) {
    pkt_component.error = "config.memory or config.engine_heap is not aligned to 8 bytes";
    result = -EINVAL;
  } else if (config->engine_heap != NULL && config->engine_heap_size < 8) {
    pkt_component.error = "config.engine_heap_size is less than 8";
    result = -EINVAL;
  } else {
    pkt_component.error = NULL;
    pkt_component.config = *config;
    pkt_component.recent_recoveries = 0;
    pkt_journal_clear();
    result = load_module(config);
    if (result < 0)
      pkt_component.error = pkt_component.engine.error != NULL ? pkt_component.engine.error
                                                               : "a capacity of the configuration is out of range";
    else
      result = pkt_start_macs(config, NULL);
    if (result == 0)
      result = pkt_app_start();
  }
  if (result == 0) {
    pkt_engine_forget(&pkt_component.engine);
    pkt_component.config.macs = pkt_component.macs;
    pkt_component.runs = true;
  } else if (result != -EALREADY) {
    stop();
  }
  pkt_os_unlock();
  if (result == 0)
    return 0;
  errno = -result;
  return -1;
}

void pktsock_stop(void) {
  pkt_os_lock();
  stop();
  pkt_os_unlock();
}

const char *pktsock_error(void) { return pkt_component.error; }

size_t pktsock_engine_heap_used(void) {
  const struct pkt_heap *heap = &pkt_component.engine.blocks;
  return (size_t)(heap->top - heap->start);
}

size_t pktsock_memory_size(void) { return pkt_component.control != NULL ? pkt_component.engine.memory_size : 0; }
