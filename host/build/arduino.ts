// The library for Arduino: the files of the archive of `make dist` in the layout of its builder, which compiles all of src/ with only
// that folder in the include path. What depends on the board lies outside, and a file of src/ includes it on the boards it is for.
import { drivers } from "./manifests.js";

/** Where files of the archive go. What matches nothing is left out. */
const LAYOUT: readonly (readonly [RegExp, string])[] = [
  [/^include\/(pktsock\/.+)$/, "src/$1"],
  [/^src\/(.+)$/, "src/component/$1"],
  [/^engine\/(aot\.c|\w+\.h)$/, "src/engine/$1"],
  [/^gen\/aot-exact\/(.+)$/, "src/engine/$1"],
  [/^((?:os\/\w+|mac\/.+)\.[ch])$/, "$1"],
  [/^(LICENSE|NOTICE|LICENSES\/.+)$/, "$1"],
];

/** The boards of a driver, by the macros that their cores define. */
const BOARDS: Readonly<Record<string, string>> = {
  esp_eth: "defined(ESP_PLATFORM)",
  dwmac: "defined(STM32F4xx) || defined(STM32F7xx)",
  dwmac_h7: "defined(STM32H7xx)",
};

const PROPERTIES = `name=pktsock
version=@VERSION@
author=pktsock
maintainer=pktsock
sentence=Linux packet sockets (AF_PACKET) for microcontrollers
paragraph=Raw Ethernet frames: several sockets, filters, memberships and time stamps, with the calls of Linux.
category=Communication
url=
architectures=esp32,stm32
includes=pktsock/pktsock.h
`;

const SYSTEM = `/* The port of os.h for this board's system; with another system its functions are the sketch's. */
#ifdef ESP_PLATFORM
/* Arduino's FreeRTOS has one notification for each task: a task that waits in a call must not use it for anything else. */
#define PKTSOCK_NOTIFICATION 0
#endif
#include "../os/auto.c"
`;

const DESCRIPTORS = `#pragma once

/* Below are the descriptors of ESP-IDF. */
#if defined(ESP_PLATFORM) && !defined(PKTSOCK_FIRST_DESCRIPTOR)
#define PKTSOCK_FIRST_DESCRIPTOR 64
#endif
`;

/** The library's files, from those of the archive. */
export function arduinoLibrary(version: string, archive: ReadonlyMap<string, Buffer>): Map<string, Buffer> {
  const files = new Map<string, Buffer>();
  for (const [path, bytes] of archive) {
    const rule = LAYOUT.find(([pattern]) => pattern.test(path));
    if (rule !== undefined) files.set(path.replace(...rule), bytes);
  }
  const config = files.get("src/pktsock/config.h")!.toString();
  const conditions = new Map<string, string[]>();
  for (const [driver, boards] of Object.entries(BOARDS))
    for (const source of drivers().get(driver)!) conditions.set(source, [...(conditions.get(source) ?? []), boards]);
  const texts: [string, string][] = [
    ["library.properties", PROPERTIES.replace("@VERSION@", version)],
    ["src/system.c", SYSTEM],
    ["src/pktsock/config.h", config.replace("#pragma once\n", DESCRIPTORS)],
    ...[...conditions].map(([source, boards]): [string, string] => [
      `src/mac_${source.replaceAll("/", "_")}`,
      `#if ${boards.join(" || ")}\n#include "../mac/${source}"\n#endif\n`,
    ]),
  ];
  for (const [path, text] of texts) files.set(path, Buffer.from(text));
  return files;
}
