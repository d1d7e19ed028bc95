/**
 * What the window is told names no folder of this machine: errors carry the system's own words, and those carry paths. The
 * log keeps them whole.
 */

/** @param places folders by the names that stand for them: `{ '~': os.homedir() }`. */
export function createHidePaths(places: Record<string, string>): <T>(told: T) => T {
  const known = Object.entries(places)
    // The root of a disk would be found in every path.
    .filter(([, folder]) => folder.replaceAll(/[\\/]/g, '').length > 0 && !/^[A-Za-z]:[\\/]*$/.test(folder))
    // A folder within another first.
    .sort(([, a], [, b]) => b.length - a.length)
    // Also as JSON and URLs write it.
    .flatMap(([name, folder]) =>
      [...new Set([folder, folder.replaceAll('\\', '\\\\'), folder.replaceAll('\\', '/')])].map((text) => [text, name]),
    ) as [string, string][];
  const hide = (value: unknown): unknown => {
    if (typeof value === 'string') return known.reduce((text, [folder, name]) => text.replaceAll(folder, name), value);
    if (Array.isArray(value)) return value.map(hide);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, hide(each)]));
  };
  return <T>(told: T) => hide(told) as T;
}
