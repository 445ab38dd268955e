/* The calls of NuttX that boards/os/nuttx.c uses, but for those that it shares with Linux: a stand-in, not NuttX
 * (../../linux/system.h). */
#ifndef STAND_IN_NUTTX_CONFIG_H
#define STAND_IN_NUTTX_CONFIG_H

#define CONFIG_SCHED_THREAD_LOCAL 1
#define CONFIG_ARCH_PERF_EVENTS 1

/* NuttX's clock has the resolution of its ticks. */
#define clock_gettime stand_in_clock_gettime

#endif
