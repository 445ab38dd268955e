/* Asks boards/verify/signed.c about files, for test/signed.test.ts. Each file lies in a block of exactly its size, so that the
 * address sanitizer sees a read behind it.
 *
 *   verify file FILE             prints "version N, SIZE bytes at OFFSET", or why the file is refused
 *   verify changes FILE          changes each byte, cuts the file after each, adds one; prints how many such files were accepted
 *   verify random FILE SEED N    the same for N files with up to four changes of any kind
 *   verify ed25519 FILE SPLIT    FILE is key, signature and message; prints what pktsock_ed25519_verify() says */
#include <pktsock/pktsock.h>
#include <pktsock/signed.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const uint8_t *original;
static size_t original_size;
static unsigned long asked, accepted;

static void ask(const uint8_t *bytes, size_t size) {
  struct pktsock_module module = {NULL, 0, 0};
  uint8_t *file = malloc(size);
  memcpy(file, bytes, size);
  asked++;
  if (pktsock_verify_signed(file, size, &module) == NULL) {
    if (module.wasm < file || module.wasm > file + size || module.wasm_size > (size_t)(file + size - module.wasm))
      abort();
    accepted++;
  } else if (module.wasm != NULL || module.wasm_size != 0 || module.version != 0) {
    abort();
  }
  free(file);
}

static void change_each(void) {
  uint8_t *bytes = malloc(original_size + 1);
  memcpy(bytes, original, original_size);
  for (size_t i = 0; i < original_size; i++) {
    for (unsigned bit = 0; bit < 8; bit++) {
      bytes[i] = original[i] ^ (uint8_t)(1u << bit);
      ask(bytes, original_size);
    }
    bytes[i] = (uint8_t)~original[i];
    ask(bytes, original_size);
    bytes[i] = original[i];
    ask(bytes, i);
  }
  for (unsigned value = 0; value < 256; value++) {
    bytes[original_size] = (uint8_t)value;
    ask(bytes, original_size + 1);
  }
  free(bytes);
}

static void change_randomly(unsigned seed, unsigned long count) {
  uint8_t *bytes = malloc(original_size + 8);
  srand(seed);
  while (count-- > 0) {
    size_t size = original_size;
    memcpy(bytes, original, size);
    for (int changes = 1 + rand() % 4; changes > 0 && size > 0; changes--) {
      size_t at = (size_t)rand() % size;
      switch (rand() % 3) {
      case 0: bytes[at] = (uint8_t)rand(); break;
      case 1: /* one byte less */
        memmove(bytes + at, bytes + at + 1, size - at - 1);
        size--;
        break;
      default: /* one more */ memmove(bytes + at + 1, bytes + at, size - at); size++;
      }
    }
    if (size != original_size || memcmp(bytes, original, size) != 0)
      ask(bytes, size);
  }
  free(bytes);
}

int main(int argc, char **argv) {
  static uint8_t bytes[1 << 20];
  FILE *file = argc > 2 ? fopen(argv[2], "rb") : NULL;
  if (file == NULL)
    return 2;
  original = bytes;
  original_size = fread(bytes, 1, sizeof(bytes), file);
  fclose(file);
  if (strcmp(argv[1], "file") == 0) {
    struct pktsock_module module;
    const char *why = pktsock_verify_signed(original, original_size, &module);
    if (why != NULL)
      printf("%s\n", why);
    else
      printf("version %lu, %zu bytes at %zu\n", (unsigned long)module.version, module.wasm_size,
             (size_t)(module.wasm - original));
    return 0;
  }
  if (strcmp(argv[1], "ed25519") == 0 && original_size >= 96 && argc > 3) {
    size_t split = strtoul(argv[3], NULL, 10);
    printf("%d\n", pktsock_ed25519_verify(original, original + 32, original + 96, split, original + 96 + split,
                                          original_size - 96 - split));
    return 0;
  }
  if (strcmp(argv[1], "changes") == 0)
    change_each();
  else if (strcmp(argv[1], "random") == 0 && argc > 4)
    change_randomly((unsigned)strtoul(argv[3], NULL, 10), strtoul(argv[4], NULL, 10));
  else
    return 2;
  printf("%lu of %lu accepted\n", accepted, asked);
  return 0;
}
