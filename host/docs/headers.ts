// What the public headers say of each function and struct: the API reference is made of it, and has no other source.
//
// A function's comment stands directly above it, or above several that it describes together. Its first sentence says what the
// function does. Lines that begin with a tag end it: "Returns:", "Errors:", "Context:", "Source:". A tag in the first comment of
// a header holds for each of its functions: what a function says itself takes its place, but for errors, which add up.
import { readdirSync, readFileSync } from "node:fs";

const FOLDER = "boards/include/pktsock";

/** Whom most readers look for first. */
const FIRST = ["pktsock.h", "select.h", "socket.h", "os.h", "mac.h", "ring.h"];

/** The headers, as an application includes them, and where they are. */
export function publicHeaders(): readonly (readonly [name: string, file: string])[] {
  const others = readdirSync(FOLDER).filter((name) => !FIRST.includes(name));
  const own = [...FIRST, ...others.sort()].map((name) => [`pktsock/${name}`, `${FOLDER}/${name}`] as const);
  return [...own, ["pktsock_lwip.h", "boards/stack/lwip/pktsock_lwip.h"]];
}

/** A part of a description. */
export type Block =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "item"; readonly text: string }
  | { readonly kind: "code"; readonly lines: readonly string[] };

const TAGS = ["Returns", "Errors", "Context", "Source"] as const;
export type Tag = (typeof TAGS)[number];

/** A comment, without its marks. */
export interface Comment {
  readonly blocks: readonly Block[];
  readonly tags: Readonly<Partial<Record<Tag, string>>>;
}

/** Functions or a struct with one comment. */
export interface Entry {
  readonly header: string;
  readonly kind: "function" | "struct";
  readonly names: readonly string[];
  readonly synopsis: string;
  /** The first sentence of the comment, without its end. */
  readonly summary: string;
  readonly blocks: readonly Block[];
  readonly returns: string;
  readonly errors: string;
  readonly context: string;
  readonly source: string;
}

export interface Header {
  readonly name: string;
  readonly about: Comment;
  readonly entries: readonly Entry[];
}

const isTag = (word: string): word is Tag => (TAGS as readonly string[]).includes(word);

/** The lines of a comment as text, lists and code. Code is indented by two and is no item of a list. */
function blocksOf(lines: readonly string[]): Block[] {
  const blocks: Block[] = [];
  let open = false; // the next line may continue the last block
  for (const line of lines) {
    const [, indent, dash, text] = /^( *)(- )?(.*)$/.exec(line)!;
    const last = blocks.at(-1);
    if (text === "") {
      open = false;
    } else if (dash !== undefined) {
      blocks.push({ kind: "item", text: text! });
      open = true;
    } else if (indent!.length >= 2 && !(open && last?.kind === "item")) {
      if (last?.kind === "code") blocks[blocks.length - 1] = { kind: "code", lines: [...last.lines, line.slice(2)] };
      else blocks.push({ kind: "code", lines: [line.slice(2)] });
      open = false;
    } else if (open && last !== undefined && last.kind !== "code" && (last.kind === "item") === indent!.length >= 2) {
      blocks[blocks.length - 1] = { kind: last.kind, text: `${last.text} ${text}` };
    } else {
      blocks.push({ kind: "text", text: text! });
      open = true;
    }
  }
  return blocks;
}

function commentOf(text: string): Comment {
  const lines = text
    .slice(2, -2)
    .split("\n")
    .map((line, index) => (index === 0 ? line : line.replace(/^\s*\*/, "")).replace(/^ /, "").trimEnd());
  const tags: Partial<Record<Tag, string>> = {};
  const rest: string[] = [];
  let tag: Tag | undefined;
  for (const line of lines) {
    const [, word, said] = /^(\w+): (.+)$/.exec(line) ?? [];
    if (word !== undefined && isTag(word)) tags[(tag = word)] = said!;
    else if (line === "") tag = undefined;
    if (tag === undefined) rest.push(line);
    else if (word !== tag) tags[tag] += ` ${line}`;
  }
  return { blocks: blocksOf(rest), tags };
}

/** The declarations at the start of `text`: up to an empty line, a directive or another comment, without functions' bodies. */
function declarationsIn(text: string): string[] {
  const chunk = /^(?:(?!\n\n|\n#|\n\/\*)[^])*/.exec(text)![0];
  if (chunk.startsWith("static inline")) return [`${/^[^{]*/.exec(chunk)![0].trim()};`];
  return [...chunk.matchAll(/[^;]+;/g)].map(([declaration]) => declaration.trim());
}

const functionIn = (declaration: string): string | undefined => /\b(\w+)\(/.exec(declaration)?.[1];

/** The functions, or the struct, that `text` begins with. */
function declaredIn(text: string): Pick<Entry, "kind" | "names" | "synopsis"> | undefined {
  const struct = /^struct (\w+) \{[^]*?^\}.*;$/m.exec(text);
  if (struct?.index === 0) return { kind: "struct", names: [struct[1]!], synopsis: struct[0] };
  if (!/^(static inline )?[a-z]\w+ [^;{=]*\(/.test(text) || text.startsWith("typedef")) return undefined;
  const declarations = declarationsIn(text).filter((declaration) => functionIn(declaration) !== undefined);
  const names = declarations.map((declaration) => functionIn(declaration)!).filter((name) => !name.endsWith("_"));
  return names.length === 0 ? undefined : { kind: "function", names, synopsis: declarations.join("\n") };
}

function entryOf(header: string, about: Comment, comment: Comment, text: string): Entry | undefined {
  const declared = declaredIn(text);
  if (declared === undefined) return undefined;
  const first = comment.blocks.find((block) => block.kind === "text")?.text ?? "";
  const isVoid = declared.synopsis.split("\n").every((line) => /^ |^(static inline )?void (?!\*)/.test(line));
  const [own, general] = [comment.tags.Errors ?? "", about.tags.Errors ?? ""];
  const none = own === "none." || (own === "" && isVoid);
  const errors = [own, none ? "" : general].filter((part) => part !== "" && part !== "none.");
  return {
    header,
    ...declared,
    summary: first.replace(/ \([^)]*\)/g, "").split(/[.:;](?: |$)/)[0]!,
    blocks: comment.blocks,
    returns: comment.tags.Returns ?? (isVoid ? "Nothing." : ""),
    errors: errors.length > 0 ? errors.join(" Also: ") : none || general === "none." ? "None." : "",
    context: comment.tags.Context ?? about.tags.Context ?? "",
    source: comment.tags.Source ?? about.tags.Source ?? "",
  };
}

/** What a header says. `name` is what an application includes. */
export function readHeader(name: string, file: string): Header {
  const text = readFileSync(file, "utf8");
  const comments = [...text.matchAll(/^\/\*[^]*?\*\/$/gm)];
  const about = commentOf(comments[0]![0]);
  const entries = comments.slice(1).flatMap((comment) => {
    const behind = text.slice(comment.index + comment[0].length + 1);
    return entryOf(name, about, commentOf(comment[0]), behind) ?? [];
  });
  return { name, about, entries };
}
