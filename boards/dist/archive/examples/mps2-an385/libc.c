/* Yours: what picolibc or newlib asks of a board for printf() and errno. The component itself needs neither. */
#include "board.h"
#include <stdio.h>

#ifdef __PICOLIBC__

static int put(char c, FILE *file) {
  (void)file;
  board_console_write(&c, 1);
  return 0;
}

static FILE console = FDEV_SETUP_STREAM(put, NULL, NULL, _FDEV_SETUP_WRITE);
FILE *const stdout = &console;
FILE *const stderr = &console;

/* The address of thread-local variables, such as errno; there is one thread. Keeps r1 to r3, as the ABI requires. */
__attribute__((naked, used)) void *__aeabi_read_tp(void) {
  __asm__ volatile("ldr r0, =__tls_base\n\t"
                   "ldr ip, =__arm32_tls_tcb_offset\n\t"
                   "subs r0, r0, ip\n\t"
                   "bx lr");
}

#else /* newlib */

#include <errno.h>
#include <sys/stat.h>

extern char __heap_start[], __heap_end[];

void *_sbrk(ptrdiff_t by) {
  static char *at = __heap_start;
  if (by > __heap_end - at) {
    errno = ENOMEM;
    return (void *)-1;
  }
  at += by;
  return at - by;
}

int _write(int fd, const char *bytes, int len) {
  (void)fd;
  board_console_write(bytes, (unsigned)len);
  return len;
}

int _read(int fd, char *bytes, int len) {
  (void)fd, (void)bytes, (void)len;
  return 0;
}

int _fstat(int fd, struct stat *about) {
  (void)fd;
  about->st_mode = S_IFCHR;
  return 0;
}

int _isatty(int fd) {
  (void)fd;
  return 1;
}

int _close(int fd) {
  (void)fd;
  return -1;
}

int _lseek(int fd, int offset, int from) {
  (void)fd, (void)offset, (void)from;
  return 0;
}

int _getpid(void) { return 1; }

int _kill(int pid, int signal) {
  (void)pid, (void)signal;
  return -1;
}

void _exit(int status) { board_exit(status); }

#endif
