/* Sets a filter 200 times with libpcap while frames flood in, which empties the socket each time with recv() beside a ring. The
 * library is opened at run time: its headers need not be installed. */
#include <dlfcn.h>
#include <stdio.h>

struct program {
  unsigned len;
  void *instructions;
};

/* A function of libpcap. */
static void *named(const char *name) {
  static void *library;
  if (library == NULL)
    library = dlopen("libpcap.so.0.8", RTLD_NOW);
  return library == NULL ? NULL : dlsym(library, name);
}

int main(void) {
  void *(*open_live)(const char *, int, int, int, char *) = named("pcap_open_live");
  int (*compile)(void *, struct program *, const char *, int, unsigned) = named("pcap_compile");
  int (*set_filter)(void *, struct program *) = named("pcap_setfilter");
  const unsigned char *(*next)(void *, void *) = named("pcap_next");
  char error[256] = "";
  unsigned char header[64];
  if (open_live == NULL)
    return puts("no libpcap"), 0;
  void *capture = open_live("eth0", 65535, 1, 10, error);
  if (capture == NULL)
    return puts(error), 1;
  puts("open");
  fflush(stdout);
  int frames = 0, set = 0;
  for (int i = 0; i < 200; i++) {
    struct program program;
    set += compile(capture, &program, i % 2 == 0 ? "ether proto 0x88b5" : "arp", 1, 0) == 0 &&
           set_filter(capture, &program) == 0;
    frames += next(capture, header) != NULL;
  }
  printf("set %d, %s\n", set, frames > 0 ? "received" : "received nothing");
  return 0;
}
