/* The demo, while the module traps at random moments. */
#include "inject.h"

#define main demo_main
#include "../../boards/apps/demo.c"
#undef main

int main(void) {
  inject_every = 40;
  return demo_main();
}
