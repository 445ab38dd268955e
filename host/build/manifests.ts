// What other build systems read of the archive of `make dist`, where that is generated: the Kconfig's drivers and capacities, the
// header that takes Kconfig's answers, and the description of the CMSIS-Pack.
import { readFileSync } from "node:fs";
import { configHeader, kconfig } from "./headers.js";

/** Systems with Kconfig have options of their own that begin with NET_PKT_. */
const PREFIX = "CONFIG_PKTSOCK_";

/** The driver that is one over ESP-IDF's. */
const ESP_IDF_DRIVER = "esp_eth";

/** The drivers of boards/mac/mac.mk and their files, but for those of a Linux process. */
export function drivers(): Map<string, readonly string[]> {
  const lines = readFileSync("boards/mac/mac.mk", "utf8").matchAll(/^MAC_(\w+) := (.+)$/gm);
  return new Map([...lines].map(([, name, files]) => [name!, files!.split(" ")] as const).filter(([name]) => name !== "host_nic"));
}

/** What stands for these words in the files of boards/dist/archive. */
export function placeholders(): Readonly<Record<string, string>> {
  const options = [...drivers().keys()].map((name) => {
    const lines = [`config PKTSOCK_MAC_${name.toUpperCase()}`, `\tbool "${name}"`];
    return (name === ESP_IDF_DRIVER ? [...lines, "\tdepends on IDF_CMAKE"] : lines).join("\n");
  });
  return { "@KCONFIG_DRIVERS@": options.join("\n\n"), "@KCONFIG_CAPACITIES@": kconfig(PREFIX) };
}

/** pktsock/config.h for a system with Kconfig. Not every system's build includes the answers in every file. */
export function kconfigHeader(): string {
  const answers = `#if defined(__has_include)
#if __has_include(<sdkconfig.h>)
#include <sdkconfig.h>
#elif __has_include(<nuttx/config.h>)
#include <nuttx/config.h>
#endif
#endif

#define PKTSOCK_FIRST_DESCRIPTOR CONFIG_PKTSOCK_FIRST_DESCRIPTOR
#define PKTSOCK_FRAME_ALIGN CONFIG_PKTSOCK_FRAME_ALIGN
#ifdef CONFIG_PKTSOCK_PRECOMPILE
#define PKTSOCK_PRECOMPILE 1
#endif
#ifdef CONFIG_PKTSOCK_ONE_CORE
#define PKTSOCK_ONE_CORE
#endif
#ifdef CONFIG_PKTSOCK_ENGINE_AOT_GUARDED
#define PKTSOCK_MEMORY_SLACK 256
#endif
`;
  return configHeader(PREFIX).replace("#pragma once\n", `#pragma once\n${answers}\n`);
}

interface Part {
  readonly group: string;
  readonly variant?: string;
  readonly isDefault?: boolean;
  readonly description: string;
  readonly files: readonly string[];
}

/** The description of the archive as a CMSIS-Pack, whose files these are. */
export function pdsc(version: string, paths: readonly string[]): string {
  const below = (folder: string, suffix: string): string[] =>
    paths.filter((path) => path.startsWith(folder) && !path.slice(folder.length).includes("/") && path.endsWith(suffix));
  const engine = (variant: string, description: string, files: readonly string[]): Part => ({
    ...{ group: "Engine", variant, isDefault: variant === "wasm3", description },
    files,
  });
  const wasm3 = ["engine/wasm3.c", "gen/pktsock_wasm.c"];
  const parts: Part[] = [
    { group: "Core", description: "Packet sockets", files: ["include/", "INTEGRATING.md", ...below("src/", ".c")] },
    engine("wasm3", "The module is interpreted", [...wasm3, "engine/wasm3/"]),
    engine("wasm3-tuned", "The module is interpreted, at two fifths of the cost", [...wasm3, "engine/wasm3-tuned/"]),
    engine("aot", "The module compiled to C", ["engine/aot.c", "gen/aot-exact/"]),
    ...["wasm3", "wasm3-tuned"].map((name) =>
      engine(`aot+${name}`, "The module compiled to C; one that is swapped in is interpreted (CONFIG_NET_PKT_SWAP=1)", [
        ...["engine/pair.c", "engine/pair_aot.c", "engine/pair_wasm3.c", "gen/aot-exact/", `engine/${name}/`],
      ]),
    ),
    { group: "OS", variant: "FreeRTOS", description: "os.h for FreeRTOS", files: ["os/freertos.c"] },
    { group: "OS", variant: "CMSIS-RTOS2", description: "os.h for CMSIS-RTOS2", files: ["os/cmsis_rtos2.c"] },
    { group: "OS", variant: "ThreadX", description: "os.h for ThreadX", files: ["os/threadx.c"] },
    {
      ...{ group: "OS", variant: "Bare metal", isDefault: true },
      description: "os.h for a Cortex-M without an operating system",
      files: ["os/", "os/cortex-m/", "os/baremetal.c", ...below("os/cortex-m/", ".c"), "os/cortex-m/copy.S"],
    },
    { group: "lwIP", description: "lwIP behind the packet sockets", files: ["stack/lwip/", "stack/lwip/pktsock_lwip.c"] },
    { group: "Signing", description: "Modules are exchanged if they are signed", files: ["verify/signed.c"] },
    {
      ...{ group: "Management", description: "Sockets are listed, and modules brought, over the network" },
      files: ["manage/", ...below("manage/", ".c")],
    },
    ...[...drivers()].filter(([name]) => name !== ESP_IDF_DRIVER).map(([variant, files]): Part => {
      const description = variant === "template" ? "A loopback plug, to start a driver from" : `MAC driver ${variant}`;
      return { group: "MAC", variant, isDefault: variant === "dwmac", description, files: files.map((file) => `mac/${file}`) };
    }),
  ];
  const category = (file: string): string =>
    file.endsWith("/") ? "include" : file.endsWith(".md") ? "doc" : file.endsWith(".S") ? "sourceAsm" : "sourceC";
  const components = parts.map(({ group, variant, isDefault, description, files }) => {
    const named = variant === undefined ? "" : ` Cvariant="${variant}"${isDefault === true ? ' isDefaultVariant="true"' : ""}`;
    return [
      `    <component Cclass="pktsock" Cgroup="${group}"${named} Cversion="${version}">`,
      `      <description>${description}</description>`,
      `      <files>`,
      ...files.map((file) => `        <file category="${category(file)}" name="${file}"/>`),
      `      </files>`,
      `    </component>`,
    ].join("\n");
  });
  return `<?xml version="1.0" encoding="UTF-8"?>
<package schemaVersion="1.7.7" xmlns:xs="http://www.w3.org/2001/XMLSchema-instance" xs:noNamespaceSchemaLocation="PACK.xsd">
  <vendor>pktsock</vendor>
  <name>pktsock</name>
  <description>Linux packet sockets (AF_PACKET) for microcontrollers</description>
  <url/>
  <license>LICENSE</license>
  <releases>
    <release version="${version}">See INTEGRATING.md</release>
  </releases>
  <keywords>
    <keyword>ethernet</keyword>
    <keyword>packet socket</keyword>
  </keywords>
  <taxonomy>
    <description Cclass="pktsock">Packet sockets: choose Core, one Engine, an OS or os.h of your own, and a MAC</description>
  </taxonomy>
  <components>
${components.join("\n")}
  </components>
</package>
`;
}
