/* A whole application: FreeRTOS, lwIP behind the tap, and the LLDP speaker of examples/lldp beside it, on one MAC.
 *
 * Packet sockets are offered each received frame first, and lwIP gets it after them. Here lwIP answers ARP and ping, and TCP's echo
 * service is a task with lwIP's sockets. The LLDP speaker is a task with packet sockets; it is the program of examples/lldp. */
#include <pktsock/pktsock.h>

#include <FreeRTOS.h>
#include <task.h>

#include <lwip/sockets.h>
#include <lwip/tcpip.h>
#include <pktsock_lwip.h>

#include <assert.h>
#include <stdio.h>

/* Both hand out descriptors: theirs must not overlap. */
static_assert(PKTSOCK_APART(LWIP_SOCKET_OFFSET, MEMP_NUM_NETCONN), "descriptors overlap");

/* More urgent than the tasks that use them. */
#define NETWORK_PRIORITY (tskIDLE_PRIORITY + 3)
#define TASK_PRIORITY (tskIDLE_PRIORITY + 2)
/* In words. Beside what a task needs itself, the component needs 768 bytes, or with the engine wasm3 2304 (pktsock.h). */
#define STACK_WORDS 1024

#define ECHO_PORT 7 /* RFC 862 */

/* Yours: the board's MAC, and the module as the build embeds it. */
extern struct pkt_mac eth0_mac;
extern const unsigned char pktsock_wasm[];
extern const unsigned int pktsock_wasm_size;

int lldp_main(void); /* lldp.c */

static struct pktsock_lwip adapter = {.ifindex = 1};
static struct netif netif;

static void report(const char *who, const char *sentence) { printf("%s: %s\n", who, sentence); }

/* ---- The component, and lwIP behind it ------------------------------------------------------------------------------ */

static bool start_packet_sockets(void) {
  static struct pkt_mac *macs[] = {&eth0_mac};
  struct pktsock_config config = PKTSOCK_CONFIG;
  config.wasm = pktsock_wasm;
  config.wasm_size = pktsock_wasm_size;
  config.macs = macs;
  config.mac_count = 1;
  config.report = report;
  config.link = pktsock_lwip_link;
  if (pktsock_start(&config) == 0)
    return true;
  report("pktsock", pktsock_error());
  return false;
}

static bool start_lwip(void) {
  ip4_addr_t address, mask, gateway;
  IP4_ADDR(&address, 192, 0, 2, 2);
  IP4_ADDR(&mask, 255, 255, 255, 0);
  IP4_ADDR(&gateway, 192, 0, 2, 1);
  tcpip_init(NULL, NULL);
  LOCK_TCPIP_CORE();
  bool added = netif_add(&netif, &address, &mask, &gateway, &adapter, pktsock_lwip_init, tcpip_input) != NULL;
  if (added) {
    netif_set_default(&netif);
    netif_set_up(&netif);
  }
  UNLOCK_TCPIP_CORE();
  return added && xTaskCreate(pktsock_lwip_task, "eth0", STACK_WORDS, &netif, NETWORK_PRIORITY, NULL) == pdPASS;
}

/* ---- Tasks ---------------------------------------------------------------------------------------------------------- */

/* TCP's echo service, one client at a time. */
static void echo(void *unused) {
  static char bytes[1460];
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = lwip_htons(ECHO_PORT)};
  (void)unused;
  int server = lwip_socket(AF_INET, SOCK_STREAM, 0);
  if (server < 0 || lwip_bind(server, (struct sockaddr *)&address, sizeof(address)) < 0 || lwip_listen(server, 1) < 0)
    report("echo", "cannot listen");
  for (int client; (client = lwip_accept(server, NULL, NULL)) >= 0; lwip_close(client))
    for (ssize_t len; (len = lwip_recv(client, bytes, sizeof(bytes), 0)) > 0;)
      if (lwip_send(client, bytes, (size_t)len, 0) < 0) /* sends all of it, or fails */
        break;
  vTaskDelete(NULL);
}

static void lldp(void *unused) {
  (void)unused;
  lldp_main();
  vTaskDelete(NULL);
}

/* Everything starts in a task: the component's calls need one. */
static void start(void *unused) {
  (void)unused;
  if (start_packet_sockets() && start_lwip()) {
    report("lwIP", "192.0.2.2/24, TCP echo on port 7");
    xTaskCreate(echo, "echo", STACK_WORDS, NULL, TASK_PRIORITY, NULL);
    xTaskCreate(lldp, "lldp", STACK_WORDS, NULL, TASK_PRIORITY, NULL);
  }
  vTaskDelete(NULL);
}

int main(void) {
  xTaskCreate(start, "start", STACK_WORDS, NULL, TASK_PRIORITY, NULL);
  vTaskStartScheduler();
  return 1; /* FreeRTOS had no memory for its own tasks */
}
