/* os.h on POSIX threads: the lock is a mutex, waiting is a condition variable. Compiled against the system's own headers. */
#include <pktsock/os.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t event_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t event;
static pthread_once_t event_once = PTHREAD_ONCE_INIT;
static uint32_t tickets;

/* Waits are measured on the clock of pkt_os_now(). */
static void make_event(void) {
  pthread_condattr_t attributes;
  pthread_condattr_init(&attributes);
  pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
  pthread_cond_init(&event, &attributes);
  pthread_condattr_destroy(&attributes);
}

void pkt_os_lock(void) { pthread_mutex_lock(&lock); }

void pkt_os_unlock(void) { pthread_mutex_unlock(&lock); }

uint32_t pkt_os_ticket(void) { return __atomic_load_n(&tickets, __ATOMIC_ACQUIRE); }

void pkt_os_wait(uint32_t ticket, uint64_t deadline) {
  struct timespec until = {.tv_sec = (time_t)(deadline / 1000000), .tv_nsec = (long)(deadline % 1000000) * 1000};
  int result = 0;
  pthread_once(&event_once, make_event);
  pthread_mutex_lock(&event_lock);
  while (tickets == ticket && result == 0)
    result = deadline == UINT64_MAX ? pthread_cond_wait(&event, &event_lock)
                                    : pthread_cond_timedwait(&event, &event_lock, &until);
  pthread_mutex_unlock(&event_lock);
}

void pkt_os_wake(void) {
  pthread_once(&event_once, make_event);
  pthread_mutex_lock(&event_lock);
  __atomic_fetch_add(&tickets, 1, __ATOMIC_RELEASE);
  pthread_cond_broadcast(&event);
  pthread_mutex_unlock(&event_lock);
}

uint64_t pkt_os_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

void pkt_os_time(uint32_t *sec, uint32_t *nsec) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  *sec = (uint32_t)now.tv_sec;
  *nsec = (uint32_t)now.tv_nsec;
}

ptrdiff_t pkt_os_read(int fd, void *buffer, size_t len) { return read(fd, buffer, len); }

ptrdiff_t pkt_os_write(int fd, const void *buffer, size_t len) { return write(fd, buffer, len); }

int pkt_os_close(int fd) { return close(fd); }

int pkt_os_fcntl(int fd, int command, long argument) { return fcntl(fd, command, argument); }

int pkt_os_ioctl(int fd, unsigned long request, void *argument) { return ioctl(fd, request, argument); }
