// Figures as people read them: the tables of docs/engines.md and README.md, and the plot.
import { readFileSync, writeFileSync } from "node:fs";
import * as vega from "vega";
import { compile, type TopLevelSpec } from "vega-lite";
import type { Figures } from "./baseline.js";
import { peerCosts, peerSizes } from "./peers.js";

const plot = "docs/engines.svg";
const board = "qemu-lm3s6965evb";
const lengths = [64, 512, 1514];

const number = (value: number | undefined): string => (value === undefined ? "-" : value.toLocaleString("en-US"));

/** What an echo costs on the board that the peers were measured on. */
export const echoOf = (
  costs: Figures["costs"],
  engine: string,
  path: string,
  bytes: number,
  sockets = 1,
): number | undefined =>
  costs.find(
    (cost) =>
      cost.board === board &&
      cost.engine === engine &&
      cost.path === path &&
      cost.sockets === sockets &&
      cost.bytes === bytes,
  )?.echo;

/** Text and RAM of an image, as cells. */
function bytesOf(sizes: Figures["sizes"], engine: string, image: string): readonly [text: string, ram: string] {
  const size = sizes.find((found) => found.board === board && found.engine === engine && found.image === image);
  return [number(size?.text), number(size?.ram)];
}

/** The costs of echoes of all lengths, or "-". */
function echoesOf(costs: Figures["costs"], engine: string, path: string): string {
  const echoes = lengths.map((bytes) => echoOf(costs, engine, path, bytes));
  return echoes.every((cost) => cost === undefined) ? "-" : echoes.map(number).join(" / ");
}

const tableFrom = (rows: readonly (readonly string[])[]): string =>
  rows.map((cells) => `| ${cells.join(" | ")} |`).join("\n");

/** The table: engines, then peers, on the board that the peers were measured on. */
export function tableOf({ costs, sizes }: Figures): string {
  const here = costs.filter((cost) => cost.board === board);
  const engines = [...new Set(here.map(({ engine }) => engine))];
  const rows = engines.map((engine) => {
    const cells = ["copy", "freertos", "zero-copy", "forward", "app", "swapped"].map((path) =>
      echoesOf(costs, engine, path),
    );
    return [engine, ...cells, ...bytesOf(sizes, engine, "bench"), ...bytesOf(sizes, engine, "small")];
  });
  for (const { peer, echo: cost } of peerCosts.filter((candidate) => candidate.board === board)) {
    const size = peerSizes.find((candidate) => candidate.board === board && candidate.peer === peer);
    const cells = lengths.map((bytes) => number(cost[bytes])).join(" / ");
    rows.push([`${peer}, native C`, cells, ...Array<string>(7).fill("-"), number(size?.text), number(size?.ram)]);
  }
  const bare = here.filter(({ path, engine }) => path === "bare" && engine === engines[0]);
  rows.push(["driver loop alone", bare.map((cost) => number(cost.echo)).join(" / "), ...Array<string>(9).fill("-")]);
  const echoes = ["echo, copied", "the same in a task", "zero copy", "forwarded", "application", "swapped in"];
  const head = ["engine", ...echoes, "text", "RAM", "small: text", "small: RAM"];
  return tableFrom([head, head.map(() => "---"), ...rows]);
}

/** An application in TypeScript beside the same in C. */
export function appTableOf({ costs }: Figures): string {
  const engines = new Set(costs.filter(({ path }) => path === "app").map(({ engine }) => engine));
  const rows = [...engines].map((engine) => [engine, echoesOf(costs, engine, "app"), echoesOf(costs, engine, "copy")]);
  return tableFrom([["engine", "application", "in C"], ["---", "---", "---"], ...rows]);
}

/** The README's table: the short form, for frames of the shortest and the longest length. */
export function shortTableOf({ costs, sizes }: Figures): string {
  const [shortest, longest] = [lengths[0]!, lengths.at(-1)!];
  const names: readonly (readonly [engine: string, path: string, name: string])[] = [
    ["aot", "copy", "pktsock, compiled to C (`ENGINE=aot`)"],
    ["aot", "freertos", "the same, in a task of an RTOS"],
    ["wasm3-tuned", "copy", "pktsock, interpreted (`ENGINE=wasm3-tuned`)"],
    ["wasm3-tuned", "freertos", "the same, in a task of an RTOS"],
    ["wasm3", "copy", "pktsock, interpreted by wasm3 as it is"],
  ];
  const own = names.map(([engine, path, name]) => {
    const echoes = [shortest, longest].map((bytes) => number(echoOf(costs, engine, path, bytes)));
    if (path !== "copy") return [name].concat(echoes, ["-", "-", "-", "-"]);
    return [name].concat(echoes, bytesOf(sizes, engine, "bench"), bytesOf(sizes, engine, "small"));
  });
  const peers = peerCosts
    .filter((candidate) => candidate.board === board)
    .map(({ peer, echo }) => {
      const size = peerSizes.find((candidate) => candidate.board === board && candidate.peer === peer);
      const figures = [echo[shortest], echo[longest], undefined, undefined, size?.text, size?.ram].map((figure) =>
        number(figure),
      );
      return [`${peer}'s packet sockets, native C`].concat(figures);
    });
  const head = ["", `echo of ${shortest} bytes`, `of ${number(longest)} bytes`, "flash", "RAM", "small: flash", "RAM"];
  const rows = [head, ["---", ...head.slice(1).map(() => "--:")], ...own, ...peers];
  return tableFrom(rows);
}

/** The pages with figures, and what makes the table of each. */
export const pages: readonly (readonly [file: string, table: (figures: Figures) => string])[] = [
  ["docs/engines.md", tableOf],
  ["docs/apps.md", appTableOf],
  ["README.md", shortTableOf],
];

interface Point {
  readonly who: string;
  readonly x: number;
  readonly echo: number;
}

/** Where the names stand, at the ends of the lines: moved up where two would lie on each other. */
function namesOf(points: readonly Point[]): Point[] {
  const end = Math.max(...points.map(({ x }) => x));
  const names: Point[] = [];
  let free = 0;
  for (const { who, x, echo } of points.filter((point) => point.x === end).sort((a, b) => a.echo - b.echo)) {
    names.push({ who, x, echo: Math.max(echo, free) });
    free = Math.max(echo, free) * 1.2;
  }
  return names;
}

function panel(title: string, axis: string, points: readonly Point[]): object {
  const values = [...new Set(points.map(({ x }) => x))];
  const encoding = {
    x: { field: "x", type: "quantitative", title: axis, scale: { nice: false, zero: false }, axis: { values } },
    y: {
      ...{ field: "echo", type: "quantitative", title: "instructions for an echo" },
      ...{ scale: { type: "log" }, axis: { tickCount: 6 } },
    },
    color: { field: "who", type: "nominal", legend: null },
  };
  return {
    ...{ title, width: 300, height: 340 },
    layer: [
      { data: { values: points }, mark: { type: "line", point: true }, encoding },
      {
        data: { values: namesOf(points) },
        mark: { type: "text", align: "left", dx: 7 },
        encoding: { ...encoding, text: { field: "who" } },
      },
    ],
  };
}

/** The plot: cost by length beside the peers, and by number of sockets that take the frame. */
export async function plotOf({ costs }: Figures): Promise<string> {
  const here = costs.filter((cost) => cost.board === board);
  const byLength = here
    .filter(({ path, sockets }) => path === "copy" && sockets === 1)
    .map(({ engine, bytes, echo }): Point => ({ who: engine, x: bytes, echo }));
  const bare = here
    .filter(({ path, engine }) => path === "bare" && engine === here[0]?.engine)
    .map(({ bytes, echo }): Point => ({ who: "driver loop", x: bytes, echo }));
  const peers = peerCosts
    .filter((candidate) => candidate.board === board)
    .flatMap(({ peer, echo }) =>
      Object.entries(echo).map(([bytes, cost]): Point => ({ who: peer, x: Number(bytes), echo: cost })),
    );
  const bySockets = here
    .filter(({ path, sockets, bytes }) => bytes === 64 && (path === "matching" || (path === "copy" && sockets === 1)))
    .map(({ engine, sockets, echo }): Point => ({ who: engine, x: sockets, echo }));
  const spec = {
    background: "white",
    config: { view: { stroke: null }, axis: { grid: true } },
    hconcat: [
      panel("One socket", "bytes of the frame", [...byLength, ...peers, ...bare]),
      panel("64 bytes", "sockets that receive the frame", bySockets),
    ],
    resolve: { scale: { color: "shared" } },
    spacing: 110,
    padding: { left: 10, right: 90, top: 10, bottom: 10 },
  };
  const view = new vega.View(vega.parse(compile(spec as unknown as TopLevelSpec).spec), { renderer: "none" });
  return `${await view.toSVG()}\n`;
}

const begin = "<!-- figures: made by make bench-accept -->";
const end = "<!-- end of figures -->";

/** `text` of a page, with this table in its place. */
export function pageOf(text: string, table: string): string {
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error("A page has no place for the figures.");
  return `${text.slice(0, from)}${begin}\n\n${table}\n\n${text.slice(to)}`;
}

export async function writeDocs(figures: Figures): Promise<void> {
  for (const [file, tableFrom] of pages) writeFileSync(file, pageOf(readFileSync(file, "utf8"), tableFrom(figures)));
  writeFileSync(plot, await plotOf(figures));
}
