/* A stand-in for the system's clock, preloaded into ptp4l: each process has a clock of its own that it may set and adjust, and which
 * runs at another rate than that of this machine. No call reaches the machine's clock. The stamps that the process receives are
 * converted.
 *
 * CLOCK_OFFSET: how far it is ahead at first, in ns. CLOCK_DRIFT: how much too fast it is, in ppb. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/timex.h>
#include <time.h>

#include <linux/errqueue.h> /* it needs <time.h> */

#define NS_PER_S 1000000000
#define TICK 10000               /* the nominal ADJ_TICK of a kernel: us of 100 Hz */
#define TOLERANCE (500 * 65536L) /* what ADJ_FREQUENCY may ask for: 500 ppm */
#define SHIFT 16                 /* ADJ_FREQUENCY counts 2^-16 ppm */

/* The clock was at `here` when the machine's was at `there`, and gains `drift` + the adjustment, in ppb. */
static int64_t here, there, drift;
static long adjustment, tick = TICK;

static int64_t ns_of(const struct timespec *time) { return (int64_t)time->tv_sec * NS_PER_S + time->tv_nsec; }

static struct timespec time_of(int64_t ns) { return (struct timespec){ns / NS_PER_S, ns % NS_PER_S}; }

static int64_t machine_now(void) {
  static int (*next)(clockid_t, struct timespec *);
  struct timespec now;
  if (next == NULL)
    next = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
  next(CLOCK_REALTIME, &now);
  return ns_of(&now);
}

static int64_t converted(int64_t machine) {
  const int64_t ppb = drift + (int64_t)adjustment * 1000 / (1 << SHIFT) + (int64_t)(tick - TICK) * 100000;
  return here + (machine - there) + (int64_t)((double)(machine - there) * (double)ppb / NS_PER_S);
}

static int64_t number(const char *name) {
  const char *text = getenv(name);
  return text == NULL ? 0 : strtoll(text, NULL, 10);
}

static void __attribute__((constructor)) start(void) {
  there = machine_now();
  here = there + number("CLOCK_OFFSET");
  drift = number("CLOCK_DRIFT");
}

int clock_gettime(clockid_t clock, struct timespec *time) {
  static int (*next)(clockid_t, struct timespec *);
  if (next == NULL)
    next = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
  if (clock != CLOCK_REALTIME)
    return next(clock, time);
  *time = time_of(converted(machine_now()));
  return 0;
}

/* Of CLOCK_REALTIME, whatever clock is named: ptp4l -S adjusts no other. */
int clock_adjtime(clockid_t clock, struct timex *request) {
  const int64_t now = machine_now();
  (void)clock;
  here = converted(now);
  there = now;
  if ((request->modes & ADJ_SETOFFSET) != 0)
    here += (int64_t)request->time.tv_sec * NS_PER_S +
            request->time.tv_usec * ((request->modes & ADJ_NANO) != 0 ? 1 : 1000);
  if ((request->modes & ADJ_FREQUENCY) != 0)
    adjustment = request->freq;
  if ((request->modes & ADJ_TICK) != 0)
    tick = request->tick;
  request->freq = adjustment;
  request->tick = tick;
  request->tolerance = TOLERANCE;
  return TIME_OK;
}

static void convert(struct cmsghdr *header) {
  struct scm_timestamping stamps;
  if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_TIMESTAMPING ||
      header->cmsg_len < CMSG_LEN(sizeof(stamps)))
    return;
  memcpy(&stamps, CMSG_DATA(header), sizeof(stamps));
  if (stamps.ts[0].tv_sec != 0)
    stamps.ts[0] = time_of(converted(ns_of(&stamps.ts[0])));
  memcpy(CMSG_DATA(header), &stamps, sizeof(stamps));
}

ssize_t recvmsg(int fd, struct msghdr *message, int flags) {
  static ssize_t (*next)(int, struct msghdr *, int);
  if (next == NULL)
    next = (ssize_t(*)(int, struct msghdr *, int))dlsym(RTLD_NEXT, "recvmsg");
  ssize_t n = next(fd, message, flags);
  for (struct cmsghdr *c = n < 0 ? NULL : CMSG_FIRSTHDR(message); c != NULL; c = CMSG_NXTHDR(message, c))
    convert(c);
  return n;
}
