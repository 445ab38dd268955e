/* Time for an application that is compiled together with the module. Its callbacks run inside any task's calls into the
 * module: this file starts it, calls its timers, and waits for frames for it. */
#include "component.h"

#if PKTSOCK_APP_SIZE > 0

bool pkt_app_fits(void) {
  const struct pkt_control *control = pkt_component.control;
  if (control->app_needed <= PKTSOCK_APP_SIZE)
    return true;
  pkt_component.engine.error = "the application's state is larger than the option APP_SIZE";
  return false;
}

int pkt_app_start(void) {
  const struct pkt_engine *engine = &pkt_component.engine;
  if (!pkt_engine_has(engine, &pkt_export_appStart))
    return 0;
  int32_t result = pkt_call(&pkt_export_appStart, 0, 0, 0, 0);
  if (result >= 0) {
    pkt_app_settle();
    return 0;
  }
  pkt_component.error = engine->error != NULL ? engine->error : "the application could not open its sockets";
  return -pkt_errno(result);
}

int32_t pkt_app_adopt(void) {
  if (!pkt_engine_has(&pkt_component.engine, &pkt_export_appAdopt))
    return 0;
  return pkt_call(&pkt_export_appAdopt, 0, 0, 0, 0);
}

/* Call the timers that are due. Returns when the next one is: a time of pkt_os_now(), or UINT64_MAX. */
static uint64_t run_timers(uint64_t now) {
  uint32_t ms = (uint32_t)(now / 1000);
  int32_t left = pkt_call(&pkt_export_appTimers, ms, 0, 0, 0);
  if (left < 0 || left == INT32_MAX) /* after a trap, the application that was started again asks for its timers */
    return UINT64_MAX;
  return (now / 1000 + (uint32_t)left) * 1000;
}

int pktsock_app_run(int timeout_ms) {
  struct pkt_waiter waiter = {.runs_app = true};
  pkt_os_lock();
  int32_t result = pkt_component.control != NULL ? 0 : -PKT_ENETDOWN;
  if (result == 0 && !pkt_engine_has(&pkt_component.engine, &pkt_export_appTimers))
    result = -PKT_ENODEV;
  uint64_t now = pkt_os_now(), next = 0;
  uint64_t end = timeout_ms < 0 ? UINT64_MAX : now + (uint64_t)timeout_ms * 1000;
  while (result == 0) {
    if (now >= next || pkt_app_wakes())
      next = run_timers(now);
    if (pkt_has_ended())
      result = -EIO;
    else if (now >= end)
      break;
    else
      pkt_wait(&waiter, next < end ? next : end);
    waiter.lost = waiter.hasty = 0;
    pkt_unlock(); /* whatever the application does with its timers, others get the lock */
    pkt_os_lock();
    if (pkt_component.control == NULL) /* pktsock_stop() */
      result = -PKT_ENETDOWN;
    now = pkt_os_now();
  }
  pkt_wait_end(&waiter);
  pkt_unlock();
  return result < 0 ? pkt_fail(result) : 0;
}

#endif
