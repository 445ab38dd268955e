import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildApp } from "../../host/build/app.js";

/** The module with an application of examples/ts. */
export const example = (name: string): Promise<Uint8Array> =>
  once(`examples/ts/${name}.ts`, () => buildApp(`examples/ts/${name}.ts`));

/** The module with an application whose source is given. */
export function appModule(source: string): Promise<Uint8Array> {
  return once(source, async () => {
    const folder = mkdtempSync("build/app-");
    try {
      writeFileSync(join(folder, "app.ts"), source);
      return await buildApp(join(folder, "app.ts"));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
}

const built = new Map<string, Promise<Uint8Array>>();

/** Compiles each application once, as it takes a second or two. */
function once(key: string, build: () => Promise<Uint8Array>): Promise<Uint8Array> {
  const known = built.get(key) ?? build();
  built.set(key, known);
  return known;
}
