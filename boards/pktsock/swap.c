/* Another module takes the place of the one that runs. It is loaded beside it without the lock; only the switch is made under the
 * lock. Until it is proven the one before stays loaded, and takes over again after a trap. */
#include "component.h"

#include <errno.h>
#include <string.h>

#if PKTSOCK_SWAP

/* Guarded by the lock; while `busy`, `spare` belongs to the task that prepares a module in it. */
static struct {
  struct pkt_engine spare;     /* on trial: the module before; otherwise nothing is loaded */
  bool busy;                   /* a task is in pktsock_swap() or pktsock_fallback() */
  bool has_heap;               /* config.swap_heap was taken over */
  bool restarts;               /* another module divides linear memory: the one before is in `spare` */
  bool adopts;                 /* an application adopts its state; the same */
  const char *refusal;         /* why that one does not start */
  struct pktsock_logic logic;  /* without what is in config */
  struct pktsock_logic before; /* on trial: what it returns to */
  uint64_t trial_until;        /* as pkt_os_now() */
} swap;

/* What the next module is, and how it takes over. */
struct next {
  struct pktsock_module module;
  uint32_t state; /* PKTSOCK_LOGIC_* */
  int flags;      /* PKTSOCK_SWAP_* */
};

static int refuse(int error, const char *sentence) {
  pkt_component.error = sentence;
  return error;
}

static void report(const char *sentence) {
  if (pkt_component.config.report != NULL)
    pkt_component.config.report("pktsock", sentence);
}

static uint32_t version_of(const struct pktsock_logic *logic) {
  return logic->state == PKTSOCK_LOGIC_BUILT_IN ? pkt_component.config.version : logic->version;
}

/* ---- The trial ---------------------------------------------------------------------------------------------------------- */

static void prove(void) {
  pkt_engine_unload(&swap.spare);
  swap.logic.state = PKTSOCK_LOGIC_PROVEN;
  report("the module that was swapped in is proven");
}

void pkt_tried(void) {
  if (swap.logic.state != PKTSOCK_LOGIC_TRIAL)
    return;
  if (pkt_os_now() >= swap.trial_until)
    prove();
  else
    pkt_component.trial = 64; /* looks at the clock again then */
}

/* The module before has taken the place of the one that was on trial. */
static void end_trial(void) {
  pkt_engine_unload(&swap.spare);
  swap.logic.version = swap.before.version;
  swap.logic.state = swap.before.state;
  swap.logic.fallbacks++;
}

bool pkt_take_back(void) {
  if (swap.logic.state != PKTSOCK_LOGIC_TRIAL && !swap.adopts)
    return false;
  swap.logic.reason = pkt_component.error;
  pkt_engine_exchange(&pkt_component.engine, &swap.spare);
  if (swap.adopts)
    swap.adopts = false;
  else
    end_trial();
  report("the module before takes over again");
  return true;
}

/* ---- The switch --------------------------------------------------------------------------------------------------------- */

bool pkt_take_back_refused(void) {
  struct pkt_component *c = &pkt_component;
  if (!swap.restarts)
    return false;
  swap.restarts = false;
  swap.refusal = c->engine.error != NULL ? c->engine.error : "the module does not start with these capacities";
  pkt_engine_exchange(&c->engine, &swap.spare);
  return true;
}

/* Let the module that has taken over divide linear memory anew. If it cannot, the one before does. */
static int restart(void) {
  swap.restarts = true;
  bool runs = pkt_restart();
  bool refused = !swap.restarts;
  swap.restarts = false;
  if (!runs)
    pkt_end();
  pkt_wake_all();
  if (!runs)
    return EIO;
  return refused ? refuse(ENOEXEC, swap.refusal) : 0;
}

/* The application of the module that has taken over adopts its state, or migrates it. If it cannot, the module before takes its
 * place again, and memory is untouched; if it traps, that is started afresh. */
static int adopt(void) {
  swap.adopts = true;
  int32_t result = pkt_app_adopt();
  if (!swap.adopts)
    return refuse(ENOEXEC, swap.logic.reason);
  swap.adopts = false;
  if (result >= 0)
    return 0;
  pkt_engine_exchange(&pkt_component.engine, &swap.spare);
  return refuse(ENOEXEC, "the application's state has another version, and migrate() did not take it");
}

/* The module in `spare` takes over. Returns 0 or an errno; `spare` then holds the other one. */
static int take_over(const struct next *next) {
  struct pkt_engine *engine = &pkt_component.engine;
  bool goes_on = engine->layout == swap.spare.layout && engine->layout != 0;
  if (engine->error != NULL)
    return EIO;
  if (!goes_on && (next->flags & PKTSOCK_SWAP_RESTART) == 0)
    return refuse(ENOEXEC, "the module has another layout of linear memory, and a restart was not asked for");
  pkt_engine_exchange(engine, &swap.spare);
  return goes_on ? adopt() : restart();
}

/* What is known of the module that has taken over. */
static void note(const struct next *next) {
  const struct pktsock_config *config = &pkt_component.config;
  swap.before = swap.logic;
  swap.logic.version = next->module.version;
  swap.logic.state = next->state;
  if (next->state == PKTSOCK_LOGIC_BUILT_IN) {
    swap.logic.fallbacks++;
    pkt_engine_unload(&swap.spare);
    return;
  }
  swap.logic.swaps++;
  swap.trial_until = pkt_os_now() + (uint64_t)config->trial_ms * 1000;
  pkt_component.trial = config->trial_calls > 0 ? config->trial_calls : 1;
  report("another module was swapped in");
  if (config->trial_calls == 0 && config->trial_ms == 0)
    prove();
}

/* Load the module and let it take over. Without the lock, while `busy`. Returns 0 or an errno. */
static int change(const struct next *next) {
  struct pkt_component *c = &pkt_component;
  int result =
      -pkt_engine_prepare(&swap.spare, &c->engine, next->module.wasm, next->module.wasm_size, c->config.precompile);
  pkt_os_lock();
  if (result != 0) {
    c->error = swap.spare.error;
  } else if ((result = take_over(next)) != 0) {
    pkt_engine_unload(&swap.spare);
  } else {
    note(next);
  }
  return result;
}

/* ---- The calls ---------------------------------------------------------------------------------------------------------- */

/* Take the lock, and see whether a module can be swapped at all. Returns 0 or an errno. */
static int begin(void) {
  struct pkt_component *c = &pkt_component;
  pkt_os_lock();
  if (c->control == NULL)
    return refuse(ENETDOWN, "the component was not started");
  if (c->engine.error != NULL)
    return EIO; /* pktsock_error() has the reason */
  if (swap.busy)
    return refuse(EBUSY, "another module is being swapped in");
  if ((uintptr_t)c->config.swap_heap % 8 != 0 || (c->config.swap_heap != NULL && c->config.swap_heap_size < 8))
    return refuse(EINVAL, "config.swap_heap is not aligned to 8 bytes, or smaller than 8");
  if (!swap.has_heap) {
    swap.spare.heap = c->config.swap_heap;
    swap.spare.heap_size = c->config.swap_heap_size;
    swap.has_heap = true;
  }
  return 0;
}

/* Release the lock. */
static int end(int error) {
  pkt_unlock();
  if (error == 0)
    return 0;
  errno = error;
  return -1;
}

/* What the file contains. Without the lock. Returns 0, or an errno and sets *sentence. */
static int verify(const uint8_t *file, size_t size, struct next *next, const char **sentence) {
  const struct pktsock_config *config = &pkt_component.config;
  *sentence = "config.verify is NULL: no module may be swapped in";
  if (config->verify == NULL || (*sentence = config->verify(file, size, &next->module)) != NULL)
    return EPERM;
  *sentence = "the version of the module does not rise";
  if (next->module.version > version_of(&swap.logic) || (next->flags & PKTSOCK_SWAP_OLDER) != 0)
    return 0;
  return EPERM;
}

int pktsock_swap(const uint8_t *file, size_t size, int flags) {
  struct next next = {.state = PKTSOCK_LOGIC_TRIAL, .flags = flags};
  const char *sentence;
  if ((flags & ~(PKTSOCK_SWAP_RESTART | PKTSOCK_SWAP_OLDER)) != 0)
    return pkt_fail(-PKT_EINVAL);
  if (file == NULL)
    return pkt_fail(-PKT_EFAULT);
  int error = begin();
  if (error == 0 && swap.logic.state == PKTSOCK_LOGIC_TRIAL)
    error = refuse(EBUSY, "the module that runs is not proven");
  if (error != 0)
    return end(error);
  swap.busy = true;
  pkt_unlock();
  error = verify(file, size, &next, &sentence);
  if (error == 0) {
    error = change(&next);
  } else {
    pkt_os_lock();
    pkt_component.error = sentence;
  }
  swap.busy = false;
  return end(error);
}

int pktsock_confirm(void) {
  int error = begin();
  if (error == 0 && swap.logic.state != PKTSOCK_LOGIC_TRIAL)
    error = refuse(ENOENT, "no module is on trial");
  if (error == 0)
    prove();
  return end(error);
}

/* Back to the module before, which is still loaded. With the lock held. */
static int fall_back(void) {
  const struct next next = {.flags = PKTSOCK_SWAP_RESTART};
  int error = take_over(&next);
  if (error == 0)
    end_trial();
  return error;
}

int pktsock_fallback(void) {
  struct pkt_component *c = &pkt_component;
  struct next next = {.state = PKTSOCK_LOGIC_BUILT_IN, .flags = PKTSOCK_SWAP_RESTART};
  int error = begin();
  if (error == 0 && swap.logic.state == PKTSOCK_LOGIC_BUILT_IN)
    error = refuse(ENOENT, "the module that runs is the firmware's own");
  if (error == 0)
    swap.logic.reason = "it was asked for";
  if (error != 0 || swap.logic.state == PKTSOCK_LOGIC_TRIAL)
    return end(error != 0 ? error : fall_back());
  swap.busy = true;
  pkt_unlock();
  next.module = (struct pktsock_module){c->config.wasm, c->config.wasm_size, c->config.version};
  error = change(&next);
  swap.busy = false;
  return end(error);
}

int pktsock_logic(struct pktsock_logic *logic) {
  if (logic == NULL)
    return pkt_fail(-PKT_EFAULT);
  pkt_os_lock();
  bool runs = pkt_component.control != NULL;
  if (runs) {
    *logic = swap.logic;
    logic->version = version_of(&swap.logic);
    logic->fallback = swap.logic.state == PKTSOCK_LOGIC_TRIAL ? version_of(&swap.before) : pkt_component.config.version;
    logic->engine = pkt_engine_name(&pkt_component.engine);
  }
  pkt_os_unlock();
  return runs ? 0 : pkt_fail(-PKT_ENETDOWN);
}

void pkt_forget_swaps(void) {
  while (swap.busy) { /* it ends when the module is loaded */
    pkt_os_unlock();
    pkt_os_wait(pkt_os_now() + 1000);
    pkt_os_lock();
  }
  if (swap.logic.state == PKTSOCK_LOGIC_TRIAL)
    pkt_engine_unload(&swap.spare);
  memset(&swap, 0, sizeof(swap));
}

#else

int pktsock_swap(const uint8_t *file, size_t size, int flags) {
  (void)file, (void)size, (void)flags;
  return pkt_fail(-PKT_EOPNOTSUPP);
}

int pktsock_confirm(void) { return pkt_fail(-PKT_EOPNOTSUPP); }

int pktsock_fallback(void) { return pkt_fail(-PKT_EOPNOTSUPP); }

int pktsock_logic(struct pktsock_logic *logic) {
  (void)logic;
  return pkt_fail(-PKT_EOPNOTSUPP);
}

#endif
