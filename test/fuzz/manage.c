/* The fuzz target `manage`: an input is what arrives for the management protocol (docs/manage.md), in frames, on a serial line
 * and in pieces of a file, and what becomes of the modules meanwhile. The calls that swap are stand-ins, which read the files
 * of all modules that are loaded: those must be there, and be what was sent. */
#include "../../boards/manage/message.h"
#include "world.h"

#include <errno.h>
#include <stdlib.h>

enum { STEPS = 64, FILES = 3, ROOM = 1024, PAYLOAD = 1500, OPERATIONS = 10 };

/* ---- The modules: stand-ins for the calls of boards/pktsock/swap.c --------------------------------------------------- */

struct loaded {
  const uint8_t *file; /* NULL: the firmware's own */
  size_t size;
  uint32_t crc;
};

static struct {
  struct loaded running, before;
  struct pktsock_logic logic;
  bool refuses;
} logic;

/* A file as it was announced, and what of it was sent. */
static struct {
  bool there;
  uint32_t size, have;
  uint8_t hash[32], bytes[ROOM];
} arriving;

static void check_loaded(const struct loaded *module) {
  MUST(module->file == NULL || manage_crc(module->file, module->size) == module->crc, "a module's file has changed");
}

int __wrap_pktsock_swap(const uint8_t *file, size_t size, int flags);
int __wrap_pktsock_logic(struct pktsock_logic *now);
int __wrap_pktsock_confirm(void);
int __wrap_pktsock_fallback(void);

static int fails(int error) {
  errno = error;
  return -1;
}

int __wrap_pktsock_logic(struct pktsock_logic *now) {
  check_loaded(&logic.running);
  if (logic.logic.state == PKTSOCK_LOGIC_TRIAL)
    check_loaded(&logic.before);
  *now = logic.logic;
  return 0;
}

int __wrap_pktsock_swap(const uint8_t *file, size_t size, int flags) {
  MUST((flags & ~PKTSOCK_SWAP_RESTART) == 0, "a swap with the flags %#x was not allowed", (unsigned)flags);
  MUST(arriving.there && size == arriving.size && arriving.have == size, "a file that is not complete is swapped in");
  MUST(memcmp(file, arriving.bytes, size) == 0, "what is swapped in is not what was sent");
  if (logic.logic.state == PKTSOCK_LOGIC_TRIAL)
    return fails(EBUSY);
  if (logic.refuses)
    return fails(EPERM);
  logic.before = logic.running;
  logic.running = (struct loaded){file, size, manage_crc(file, size)};
  logic.logic.state = PKTSOCK_LOGIC_TRIAL;
  logic.logic.swaps++;
  arriving.there = false;
  return 0;
}

int __wrap_pktsock_confirm(void) {
  if (logic.logic.state != PKTSOCK_LOGIC_TRIAL)
    return fails(ENOENT);
  logic.logic.state = PKTSOCK_LOGIC_PROVEN;
  return 0;
}

int __wrap_pktsock_fallback(void) {
  if (logic.logic.state == PKTSOCK_LOGIC_BUILT_IN)
    return fails(ENOENT);
  logic.running = logic.logic.state == PKTSOCK_LOGIC_TRIAL ? logic.before : (struct loaded){NULL, 0, 0};
  logic.logic.state = logic.running.file != NULL ? PKTSOCK_LOGIC_PROVEN : PKTSOCK_LOGIC_BUILT_IN;
  logic.logic.fallbacks++;
  return 0;
}

/* ---- Memory for files ----------------------------------------------------------------------------------------------- */

static unsigned allocated;

static void *allocate(size_t size) {
  if (size > ROOM)
    return NULL;
  MUST(allocated++ < FILES, "memory for more than %u files is asked for", FILES);
  return malloc(size);
}

static void release(void *memory) {
  MUST(memory != NULL && allocated-- != 0, "memory is released twice");
  free(memory);
}

/* ---- Requests ------------------------------------------------------------------------------------------------------- */

static struct pktsock_manage manage;
static uint32_t identifier;

static uint32_t word_at(const uint8_t *at) {
  return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void put_word(uint8_t *at, uint32_t value) {
  for (unsigned i = 0; i < 4; i++)
    at[i] = (uint8_t)(value >> (24 - 8 * i));
}

/* What a file that arrives must be after this request: the board's answer says how much it has. */
static void note(unsigned operation, const uint8_t *body, uint32_t size, uint32_t has) {
  if (operation == MANAGE_BEGIN) {
    uint32_t wanted = word_at(body);
    bool same = arriving.there && arriving.size == wanted && memcmp(arriving.hash, body + 4, 32) == 0;
    arriving.have = same ? arriving.have : 0;
    arriving.there = true;
    arriving.size = wanted;
    memcpy(arriving.hash, body + 4, 32);
  } else if (size > 4 && word_at(body) == arriving.have) {
    memcpy(arriving.bytes + arriving.have, body + 4, size - 4);
    arriving.have += size - 4;
  }
  MUST(has == arriving.have, "the board says that it has %u bytes of a file and not %u", has, arriving.have);
}

/* Check an answer to a request. */
static void check_answer(const uint8_t *request, const uint8_t *answer, size_t size) {
  unsigned operation = request[4], status = answer[5];
  MUST(size >= MANAGE_HEADER && size <= PKTSOCK_MANAGE_ANSWER, "an answer of %zu bytes", size);
  MUST(word_at(answer) == MANAGE_MAGIC && answer[4] == (operation | MANAGE_ANSWERED), "no answer to this operation");
  MUST(word_at(answer + 8) == word_at(request + 8), "an answer with another identifier");
  MUST(((uint32_t)answer[6] << 8 | answer[7]) == size - MANAGE_HEADER, "an answer of another length than it says");
  MUST(status <= MANAGE_REFUSED, "a status that is none: %u", status);
  if (status == MANAGE_OK && (operation == MANAGE_BEGIN || operation == MANAGE_DATA))
    note(operation, request + MANAGE_HEADER, (uint32_t)request[6] << 8 | request[7], word_at(answer + MANAGE_HEADER));
  if (status == MANAGE_DAMAGED)
    arriving.have = 0;
  if (status == MANAGE_NO_ROOM) /* the one before has made room */
    arriving.there = false;
}

size_t __real_pktsock_manage_answer(struct pktsock_manage *m, const uint8_t *request, size_t size, uint32_t most,
                                    uint8_t *answer);
size_t __wrap_pktsock_manage_answer(struct pktsock_manage *m, const uint8_t *request, size_t size, uint32_t most,
                                    uint8_t *answer);

/* Every request comes by here, over whatever link. It is asked with bytes behind which none may be read. */
size_t __wrap_pktsock_manage_answer(struct pktsock_manage *m, const uint8_t *request, size_t size, uint32_t most,
                                    uint8_t *answer) {
  uint8_t *exact = malloc(size), *room = malloc(PKTSOCK_MANAGE_ANSWER);
  if (size != 0)
    memcpy(exact, request, size);
  uint32_t changes = logic.logic.swaps + logic.logic.fallbacks;
  size_t answered = __real_pktsock_manage_answer(m, exact, size, most, room);
  if (answered != 0)
    check_answer(exact, room, answered);
  else
    MUST(changes == logic.logic.swaps + logic.logic.fallbacks, "what gets no answer changes the module");
  if (answered != 0 && exact[4] >= MANAGE_SWAP && exact[4] <= MANAGE_CONFIRM) { /* it comes again */
    changes = logic.logic.swaps + logic.logic.fallbacks;
    size_t then = __real_pktsock_manage_answer(m, exact, size, most, answer);
    MUST(then == answered && memcmp(answer, room, then) == 0, "a repeated request has another answer");
    MUST(changes == logic.logic.swaps + logic.logic.fallbacks, "a repeated request is done again");
  }
  memcpy(answer, room, answered);
  free(exact);
  free(room);
  return answered;
}

/* Returns the status of the answer, or -1: none. */
static int ask(const uint8_t *request, size_t size) {
  uint8_t answer[PKTSOCK_MANAGE_ANSWER];
  return pktsock_manage_answer(&manage, request, size, PKTSOCK_MANAGE_REQUEST, answer) != 0 ? answer[5] : -1;
}

static size_t make(uint8_t *request, unsigned operation, size_t body) {
  put_word(request, MANAGE_MAGIC);
  put_word(request + 4, operation << 24 | (uint32_t)body);
  put_word(request + 8, ++identifier);
  return MANAGE_HEADER + body;
}

/* A request with a body of the input's. */
static size_t any_request(struct input *in, uint8_t *request) {
  uint8_t choice = input_u8(in);
  size_t body = input_u8(in) * (choice & 0x80 ? 5u : 1u);
  input_bytes(in, request + MANAGE_HEADER, body);
  size_t size = make(request, choice % OPERATIONS, body);
  if ((choice & 0x40) != 0)
    request[input_u8(in) % size] ^= (uint8_t)(1u << (choice >> 3 & 7));
  return size;
}

static int begin(uint8_t file, uint32_t size) {
  uint8_t request[MANAGE_HEADER + 36];
  put_word(request + MANAGE_HEADER, size);
  memset(request + MANAGE_HEADER + 4, file, 32);
  return ask(request, make(request, MANAGE_BEGIN, 36));
}

/* The next piece of the file, or one from elsewhere. */
static int send_piece(uint8_t file, uint32_t offset, uint32_t size) {
  uint8_t request[MANAGE_HEADER + 4 + ROOM];
  put_word(request + MANAGE_HEADER, offset);
  for (uint32_t i = 0; i < size; i++)
    request[MANAGE_HEADER + 4 + i] = (uint8_t)(file + (offset + i) * 7);
  return ask(request, make(request, MANAGE_DATA, 4 + size));
}

static int swap_in(uint32_t flags, uint32_t crc) {
  uint8_t request[MANAGE_HEADER + 8];
  put_word(request + MANAGE_HEADER, flags);
  put_word(request + MANAGE_HEADER + 4, crc);
  return ask(request, make(request, MANAGE_SWAP, 8));
}

/* ---- Links ---------------------------------------------------------------------------------------------------------- */

static uint8_t written[2 * PKTSOCK_MANAGE_ANSWER + 16];
static size_t written_size;

static void write_line(const char *bytes, unsigned len) {
  MUST(written_size + len <= sizeof(written), "an answer on the line is too long");
  memcpy(written + written_size, bytes, len);
  written_size += len;
}

static struct pktsock_manage_line line = {.manage = &manage, .write = write_line};

static void put_byte(uint8_t byte) {
  if (byte == 0xc0) /* it may end a message */
    written_size = 0;
  pktsock_manage_byte(&line, byte);
}

/* An answer on the line is a SLIP frame with its CRC. Returns the answer's bytes; 0: none. */
static size_t read_line(uint8_t *answer) {
  size_t size = 0;
  if (written_size == 0)
    return 0;
  MUST(written[0] == 0xc0 && written[written_size - 1] == 0xc0, "an answer on the line has no ends");
  for (size_t i = 1; i < written_size - 1; i++) {
    MUST(written[i] != 0xc0, "an answer on the line ends early");
    answer[size++] = written[i] != 0xdb ? written[i] : written[++i] == 0xdc ? 0xc0 : 0xdb;
  }
  MUST(size > 4, "an answer on the line has %zu bytes", size);
  uint32_t crc = manage_crc(answer, size - 4);
  for (unsigned i = 0; i < 4; i++)
    MUST(answer[size - 4 + i] == (uint8_t)(crc >> 8 * i), "an answer on the line has a wrong CRC");
  return size - 4;
}

/* A byte of a message: in no way text. */
static void put_inside(uint8_t byte) {
  bool escape = byte == 0xc0 || byte == 0xdb;
  if (escape)
    MUST(pktsock_manage_byte(&line, 0xdb), "a byte of a message is text");
  MUST(pktsock_manage_byte(&line, !escape ? byte : byte == 0xc0 ? 0xdc : 0xdd), "a byte of a message is text");
}

/* A request on the line is answered, whatever noise was before. Returns the status, or -1. */
static int ask_on_line(const uint8_t *request, size_t size) {
  uint8_t answer[sizeof(written)];
  uint32_t crc = manage_crc(request, size);
  put_byte(0xc0);
  put_byte(0xc0);
  for (size_t i = 0; i < size; i++)
    put_inside(request[i]);
  for (unsigned i = 0; i < 4; i++)
    put_inside((uint8_t)(crc >> 8 * i));
  put_byte(0xc0);
  return read_line(answer) != 0 ? answer[5] : -1;
}

/* A frame with the request arrives. Frames to others and from groups get no answer, and only hello does to all. */
static void ask_in_frame(const uint8_t *request, size_t size, uint8_t how) {
  static const uint8_t destinations[4][6] = {
      {0x02, 0, 0, 0, 0, 1}, {0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, {1, 0, 0x5e, 0, 0, 1}, {0x02, 0, 0, 0, 0, 9}};
  static uint8_t frame[14 + PAYLOAD];
  struct nic *nic = &world.nics[0];
  memcpy(frame, destinations[how & 3], 6);
  memcpy(frame + 6, how & 4 ? "\x03\0\0\0\0\x44" : "\x02\0\0\0\0\x44", 6);
  memcpy(frame + 12, "\x88\xb5", 2);
  memcpy(frame + 14, request, size);
  uint32_t len = (uint32_t)(14 + size < 60 ? 60 : 14 + size);
  memset(frame + 14 + size, 0xc0, len - 14 - size);
  unsigned before = nic->sent;
  bool arrived = nic_arrive(nic, frame, len, 0);
  pktsock_manage_receive(&manage);
  bool may = (how & 4) == 0 && ((how & 3) == 0 || ((how & 3) == 1 && request[4] == MANAGE_HELLO));
  MUST(nic->sent <= before + (arrived && may), "%u frames answer a frame", nic->sent - before);
  MUST(nic->sent == before || (memcmp(nic->last, frame + 6, 6) == 0 && nic->last_len >= 14 + MANAGE_HEADER),
       "an answer goes elsewhere");
}

/* ---- Steps ---------------------------------------------------------------------------------------------------------- */

static void any_bytes(struct input *in) {
  for (unsigned left = input_u8(in); left > 0; left--)
    put_byte(input_u8(in));
}

static void any_piece(struct input *in, uint8_t file) {
  uint32_t offset = manage.have, size = input_u16(in) % (ROOM + 1);
  uint8_t where = input_u8(in);
  if ((where & 3) == 0)
    offset += where >> 2;
  if ((where & 7) == 7)
    size = offset < manage.arriving.size ? manage.arriving.size - offset : 0; /* all that is missing */
  send_piece(file, offset, size < ROOM ? size : ROOM);
}

static void step(struct input *in) {
  static uint8_t request[MANAGE_HEADER + 5 * UINT8_MAX];
  uint8_t file;
  switch (input_u8(in) % 12) {
  case 0: ask(request, any_request(in, request)); break;
  case 1: {
    size_t size = any_request(in, request);
    if (size <= PKTSOCK_MANAGE_LINE && word_at(request) == MANAGE_MAGIC) /* anything else is text */
      ask_on_line(request, size);
    break;
  }
  case 2: {
    size_t size = any_request(in, request);
    ask_in_frame(request, size, input_u8(in));
    break;
  }
  case 3: any_bytes(in); break;
  case 4:
    file = input_u8(in);
    begin(file, input_u16(in));
    break;
  case 5: any_piece(in, input_u8(in)); break;
  case 6: swap_in(input_u8(in) & 7, manage_crc(arriving.bytes, arriving.there ? arriving.size : 0)); break;
  case 7: swap_in(0, input_u32(in)); break;
  case 8: __wrap_pktsock_confirm(); break; /* time has passed */
  case 9:
    if (logic.logic.state == PKTSOCK_LOGIC_TRIAL) /* it traps */
      __wrap_pktsock_fallback();
    break;
  case 10: logic.refuses = !logic.refuses; break;
  case 11:
    while (nic_complete(&world.nics[0], 0))
      ;
    break;
  }
}

/* Somebody who keeps to the protocol brings a module, in the pieces of each link. */
static void check_served(void) {
  uint8_t hello[MANAGE_HEADER];
  const uint32_t size = 600;
  unsigned swaps = logic.logic.swaps;
  make(hello, MANAGE_HELLO, 0);
  MUST(ask_on_line(hello, sizeof(hello)) == MANAGE_OK, "hello on the line is not answered");
  __wrap_pktsock_confirm();
  logic.refuses = false;
  MUST(begin(0xee, size) == MANAGE_OK, "a file is not taken");
  while (manage.have < size) {
    uint32_t had = manage.have, piece = size - had < 256 ? size - had : 256;
    MUST(send_piece(0xee, had, piece) == MANAGE_OK && manage.have == had + piece, "a piece of a file is not taken");
  }
  if (world_breaks("a piece"))
    manage.arriving.bytes[300] ^= 1;
  MUST(swap_in(0, manage_crc(arriving.bytes, size)) == MANAGE_OK, "a module is not taken");
  MUST(logic.logic.swaps == swaps + 1, "a module is taken, and not swapped in");
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
  struct input *in = &world.in;
  *in = (struct input){bytes, bytes + len};
  world_start(0);
  world.may_not_wait = true;
  memset(&logic, 0, sizeof(logic));
  arriving.there = false;
  identifier = 0;
  uint8_t allowed = input_u8(in);
  manage = (struct pktsock_manage){.board = allowed & 0x80 ? NULL : "a board",
                                   .allowed = allowed & 0x40 ? allowed & 15 & ~(unsigned)PKTSOCK_MANAGE_OLDER : 11,
                                   .allocate = allocate,
                                   .release = release};
  line = (struct pktsock_manage_line){.manage = &manage, .write = write_line};
  MUST(pktsock_manage_open(&manage, 1) >= 0, "the protocol's socket does not open: errno %d", errno);
  for (unsigned steps = 0; steps < STEPS && input_left(in) != 0; steps++)
    step(in);
  manage.allowed |= PKTSOCK_MANAGE_SWAP;
  check_served();
  pktsock_close(manage.fd);
  struct pktsock_manage_file *files[] = {&manage.arriving, &manage.running, &manage.before};
  for (unsigned i = 0; i < FILES; i++)
    if (files[i]->bytes != NULL)
      release(files[i]->bytes);
  MUST(allocated == 0, "the memory of %u files is lost", allocated);
  world_check_bystander((uint8_t)len);
  world_stop();
  return 0;
}
