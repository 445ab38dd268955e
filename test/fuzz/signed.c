/* The fuzz target `signed`: an input is a signed file (docs/signing.md). A file is taken only if it is, byte for byte, the one
 * form that a module, a version, a key and a signature have; that form is written here by itself. The arithmetic of the curve
 * is a stand-in: it says yes to every signature whose first byte is even. */
#include "world.h"

#include <pktsock/signed.h>
#include <stdlib.h>

enum { ID = 8, SIGNATURE = 64, MOST_HEAD = 96 };

/* That of RFC 8032, section 7.1, test 1, whose private key is known (seeds.ts). */
const uint8_t pktsock_swap_key[32] = {0xd7, 0x5a, 0x98, 0x01, 0x82, 0xb1, 0x0a, 0xb7, 0xd5, 0x4b, 0xfe,
                                      0xd3, 0xc9, 0x64, 0x07, 0x3a, 0x0e, 0xe1, 0x72, 0xf3, 0xda, 0xa6,
                                      0x23, 0x25, 0xaf, 0x02, 0x1a, 0x68, 0xf7, 0x07, 0x51, 0x1a};

/* ---- The one form --------------------------------------------------------------------------------------------------- */

struct text {
  uint8_t *bytes;
  size_t size;
};

static void put(struct text *out, const void *bytes, size_t size) {
  if (size != 0)
    memcpy(out->bytes + out->size, bytes, size);
  out->size += size;
}

/* The head of a data item in its shortest form (RFC 8949, section 4.2.1). */
static void put_head(struct text *out, unsigned major, uint32_t value) {
  unsigned more = value < 24 ? 0 : value <= UINT8_MAX ? 1 : value <= UINT16_MAX ? 2 : 4;
  uint8_t bytes[5] = {(uint8_t)(major << 5 | (more == 0 ? value : more == 1 ? 24 : more == 2 ? 25 : 26))};
  for (unsigned i = 0; i < more; i++)
    bytes[1 + i] = (uint8_t)(value >> 8 * (more - 1 - i));
  put(out, bytes, 1 + more);
}

static void put_string(struct text *out, unsigned major, const void *bytes, size_t size) {
  put_head(out, major, (uint32_t)size);
  put(out, bytes, size);
}

static void put_header(struct text *out, uint32_t version) {
  uint8_t bytes[64];
  struct text header = {bytes, 0};
  put_head(&header, 5, 4);
  put_head(&header, 0, 1);
  put_head(&header, 1, 7); /* -8: EdDSA */
  put_head(&header, 0, 3);
  put_string(&header, 3, "application/wasm", 16);
  put_head(&header, 0, 4);
  put_string(&header, 2, pktsock_swap_key, ID);
  put_head(&header, 1, 65536); /* -65537 */
  put_head(&header, 0, version);
  put_string(out, 2, header.bytes, header.size);
}

/* Returns the file, which is to be freed. */
static struct text make_file(const uint8_t *wasm, size_t size, uint32_t version, const uint8_t *signature) {
  struct text out = {malloc(size + 256), 0};
  put_head(&out, 6, 18);
  put_head(&out, 4, 4);
  put_header(&out, version);
  put_head(&out, 5, 0);
  put_string(&out, 2, wasm, size);
  put_string(&out, 2, signature, SIGNATURE);
  return out;
}

/* ---- The arithmetic ------------------------------------------------------------------------------------------------- */

static struct {
  unsigned calls;
  const uint8_t *signature, *body;
  size_t head_size, body_size;
  uint8_t head[MOST_HEAD];
} asked;

bool pktsock_ed25519_verify(const uint8_t key[32], const uint8_t signature[64], const uint8_t *head, size_t head_size,
                            const uint8_t *body, size_t body_size) {
  MUST(key == pktsock_swap_key, "the key is another one");
  MUST(head_size <= MOST_HEAD, "the head has %zu bytes", head_size);
  asked.calls++;
  asked.signature = signature, asked.body = body;
  asked.head_size = head_size, asked.body_size = body_size;
  memcpy(asked.head, head, head_size);
  return (signature[0] & 1) == 0;
}

/* What is signed is ["Signature1", protected header, h'', module] (RFC 9052, section 4.4). */
static void check_what_is_signed(const struct pktsock_module *module) {
  uint8_t bytes[MOST_HEAD + 32];
  struct text wanted = {bytes, 0};
  put_head(&wanted, 4, 4);
  put_string(&wanted, 3, "Signature1", 10);
  put_header(&wanted, module->version);
  put_head(&wanted, 2, 0);
  put_head(&wanted, 2, (uint32_t)module->wasm_size);
  MUST(asked.calls == 1 && asked.body == module->wasm && asked.body_size == module->wasm_size,
       "the signature is not over the module");
  MUST(asked.head_size == wanted.size && memcmp(asked.head, wanted.bytes, wanted.size) == 0,
       "the signature is not over this header");
}

/* ---- The comparison ------------------------------------------------------------------------------------------------- */

/* Read `size` bytes behind which none may be read. Returns whether the file is taken. */
static bool reads(const uint8_t *bytes, size_t size, struct pktsock_module *module) {
  *module = (struct pktsock_module){.wasm = bytes, .wasm_size = 2, .version = 3};
  asked.calls = 0;
  const char *fault = pktsock_verify_signed(bytes, size, module);
  if (fault == NULL)
    return true;
  MUST(strlen(fault) > 8, "it is refused without a reason");
  MUST(module->wasm == bytes && module->wasm_size == 2 && module->version == 3,
       "a file is refused, and has written its module");
  return false;
}

static void read_exactly(const uint8_t *bytes, size_t size) {
  struct pktsock_module module;
  if (!reads(bytes, size, &module))
    return;
  MUST(module.wasm >= bytes && module.wasm_size <= size - (size_t)(module.wasm - bytes),
       "the module is not in the file");
  check_what_is_signed(&module);
  struct text form = make_file(module.wasm, module.wasm_size, module.version, asked.signature);
  MUST(form.size == size && memcmp(form.bytes, bytes, size) == 0, "a file of another form is taken");
  free(form.bytes);
}

static bool takes_copy(const uint8_t *bytes, size_t size) {
  struct pktsock_module module;
  uint8_t *copy = malloc(size);
  if (size != 0)
    memcpy(copy, bytes, size);
  bool taken = reads(copy, size, &module);
  free(copy);
  return taken;
}

/* A file in the right form is taken, with what it says; one that was cut or has a wrong signature is not. */
static void make_and_read(const uint8_t *data, size_t size) {
  struct input in = {data, data + size};
  uint8_t signature[SIGNATURE];
  struct pktsock_module module;
  uint32_t version = input_u32(&in) >> (input_u8(&in) & 31);
  uint16_t where = input_u16(&in);
  uint8_t what = input_u8(&in);
  input_bytes(&in, signature, sizeof(signature));
  signature[0] &= 0xfe;
  signature[63] &= 0x0f; /* less than the order of the group */
  struct text file = make_file(in.at, input_left(&in), version, signature);
  if (world_breaks("a version"))
    version++;
  MUST(reads(file.bytes, file.size, &module), "a signed module is refused");
  MUST(module.version == version && module.wasm_size == input_left(&in) &&
           memcmp(module.wasm, in.at, module.wasm_size) == 0,
       "a signed module is read as another, or as version %u and not %u", module.version, version);
  size_t before = (size_t)(module.wasm - file.bytes);
  MUST(!takes_copy(file.bytes, where % file.size), "a file is taken that was cut after %zu bytes", where % file.size);
  uint8_t *byte = &file.bytes[where % before], old = *byte;
  *byte = what;
  read_exactly(file.bytes, file.size); /* another version has the same length */
  *byte = old;
  file.bytes[file.size - SIGNATURE] |= 1;
  MUST(!reads(file.bytes, file.size, &module), "a file with a wrong signature is taken");
  memset(file.bytes + file.size - 32, 0xff, 32);
  file.bytes[file.size - SIGNATURE] &= 0xfe;
  MUST(!reads(file.bytes, file.size, &module), "a signature is taken that is not less than the order of the group");
  free(file.bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  read_exactly(data, size);
  make_and_read(data, size);
  return 0;
}
