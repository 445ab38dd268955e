/* os.h on POSIX threads: the lock is a mutex, and each task has a condition variable to wait on. Compiled against the system's
 * own headers. */
#include <pktsock/os.h>
#include <pktsock/os_posix.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t event_lock = PTHREAD_MUTEX_INITIALIZER;

/* Guarded by event_lock. */
struct pkt_os_task {
  pthread_cond_t event;
  bool made, woken;
};
static __thread struct pkt_os_task self;
static struct pkt_os_task *watcher;
static struct pkt_os_task *in_driver; /* the task that waits in `waiting` */
static const struct pkt_os_waiting *waiting;

int pkt_os_init(void) { return 0; }

void pkt_os_lock(void) { pthread_mutex_lock(&lock); }

void pkt_os_unlock(void) { pthread_mutex_unlock(&lock); }

struct pkt_os_task *pkt_os_self(void) {
  if (!self.made) { /* waits are measured on the clock of pkt_os_now() */
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&self.event, &attributes);
    pthread_condattr_destroy(&attributes);
    self.made = true;
  }
  return &self;
}

static void wake(struct pkt_os_task *task) {
  task->woken = true;
  if (task == in_driver)
    waiting->end();
  else
    pthread_cond_signal(&task->event);
}

void pkt_os_watch(struct pkt_os_task *task) {
  pthread_mutex_lock(&event_lock);
  watcher = task;
  if (task != NULL && in_driver != NULL && in_driver != task)
    waiting->end(); /* it goes on as every other task: the driver is for the watcher */
  pthread_mutex_unlock(&event_lock);
}

void pkt_os_wait_in(const struct pkt_os_waiting *how) {
  pthread_mutex_lock(&event_lock);
  waiting = how;
  pthread_mutex_unlock(&event_lock);
}

/* With event_lock, which is released meanwhile. The driver's news are for the watcher, which may have changed. Returns as
 * pthread_cond_timedwait(). */
static int wait_in_driver(struct pkt_os_task *task, uint64_t deadline) {
  in_driver = task;
  pthread_mutex_unlock(&event_lock);
  bool news = waiting->wait(deadline);
  pthread_mutex_lock(&event_lock);
  in_driver = NULL;
  if (news && watcher == task)
    task->woken = true;
  else if (news && watcher != NULL)
    wake(watcher);
  return !news && deadline != UINT64_MAX && pkt_os_now() >= deadline ? ETIMEDOUT : 0;
}

void pkt_os_wait(uint64_t deadline) {
  struct pkt_os_task *task = pkt_os_self();
  struct timespec until = {.tv_sec = (time_t)(deadline / 1000000), .tv_nsec = (long)(deadline % 1000000) * 1000};
  int result = 0, cancel;
  pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel); /* others hold a pointer to the waiting task */
  pthread_mutex_lock(&event_lock);
  while (!task->woken && result == 0) {
    if (waiting != NULL && watcher == task && in_driver == NULL)
      result = wait_in_driver(task, deadline);
    else if (deadline == UINT64_MAX)
      pthread_cond_wait(&task->event, &event_lock);
    else
      result = pthread_cond_timedwait(&task->event, &event_lock, &until);
  }
  task->woken = false;
  pthread_mutex_unlock(&event_lock);
  pthread_setcancelstate(cancel, NULL);
}

void pkt_os_wake_task(struct pkt_os_task *task) {
  pthread_mutex_lock(&event_lock);
  wake(task);
  pthread_mutex_unlock(&event_lock);
}

void pkt_os_wake(void) {
  pthread_mutex_lock(&event_lock);
  if (watcher != NULL)
    wake(watcher);
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
