/* The program of examples/lldp as it is, with another name for its main(): a task calls it. */
#define main lldp_main
int main(void);
#include "../lldp/lldp.c"
