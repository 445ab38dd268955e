// The links of a page that is copied into the archive, where files have other places than here.
import { dirname, join, relative } from "node:path";

/** Where a path of this repository is in the archive: a file, or the folder of the files that are directly in it. */
function placeIn(places: ReadonlyMap<string, string>, path: string): string | undefined {
  const within = [...places].find(([source]) => dirname(source) === path);
  return places.get(path) ?? (within && dirname(within[1]));
}

/**
 * `text` of the page `source`, with links that hold in the archive. A link to what the archive does not have is its words alone.
 * `places` has the path in the archive of each path here.
 */
export function relink(text: string, source: string, places: ReadonlyMap<string, string>): string {
  return text.replaceAll(/(?<!!)\[([^\]]*)\]\(([^)\s#:]+)(#[^)\s]*)?\)/g, (link, words: string, target: string, anchor = "") => {
    const place = placeIn(places, join(dirname(source), target).replace(/\/$/, ""));
    return place === undefined ? words : `[${words}](${relative(dirname(places.get(source)!), place) || "."}${anchor})`;
  });
}
