/** What the app says on a terminal: `refit run`, `refit doctor`, `refit help`. Errors of pictures: errors.ts. */
import type { NameWord } from '../app/outputName';
import { defaultQuality } from '../app/pictureLimits';
import { maxItems } from '../app/queue';

/** "a, b or c". */
const list = (all: readonly string[]): string => all.join(', ').replace(/, (?=[^,]*$)/, ' or ');

/** What is wrong with the words of a command, and what to type instead. */
export const wrongWords = {
  command: (said: string) => `There is no command ${said}. There are run, doctor and help.`,
  noTool: (tools: readonly string[]) => `Name a tool: ${list(tools)}.`,
  tool: (said: string, tools: readonly string[]) => `There is no tool ${said}. There are ${tools.join(', ')}.`,
  recipe: (said: string, recipes: readonly string[]) =>
    recipes.length === 0
      ? `There is no recipe ${said}. Keep one in the window first.`
      : `There is no recipe ${said}. There are ${recipes.join(', ')}.`,
  noInput: () => 'Name at least one picture or folder.',
  steps: (most: number) => `At most ${most} tools go one after the other.`,
  afterText: (tool: string) => `${tool} gives text: nothing can come after it.`,
  optionOf: (option: string, tool: string) => `${option} is for ${tool}.`,
  ground: () => '--ground is transparent, blur, white, black or a colour as #aabbcc.',
  sizeTwice: () => 'Give --scale or --width, not both.',
  together: () => '--together is for tools that give text.',
  nameWord: (said: string, words: readonly NameWord[]) =>
    `--name knows no {${said}}. It knows ${words.map((word) => `{${word}}`).join(', ')}.`,
  nameEmpty: () => '--name makes an empty name.',
  number: (option: string, least: number, most: number) => `${option} is a number from ${least} to ${most}.`,
  choice: (option: string, all: readonly string[]) => `${option} is ${list(all)}.`,
  noFolder: (name: string) => `There is no folder ${name}. Make it first.`,
  folder: (name: string) => `${name} is a folder. Add --recursive to take what is in it.`,
} as const;

/** What `refit help` prints. @param tools that there are; none where their cards cannot be read. */
export const help = (tools: readonly { id: string; summary: string }[]): string => `Usage
  refit run TOOL[+TOOL…] FILE… [options]
  refit run --recipe NAME FILE… [options]
  refit doctor [--json]
  refit help

${tools.length > 0 ? `Tools\n${tools.map(({ id, summary }) => `  ${id.padEnd(12)} ${summary}`).join('\n')}\n\n` : ''}Options
  -o, --output DIR      where results go; else beside each picture
  -r, --recursive       take what is in folders; their structure is kept in DIR
      --flat            do not keep it
  -f, --format FORMAT   png, jpeg or webp; of text txt, csv or json
  -q, --quality 1–100   of JPEG and WebP (${defaultQuality}, as in the window)
  -s, --scale N         N times as wide as the picture was
  -w, --width PIXELS    this wide
  -n, --name PATTERN    with {name} {tool} {size} {number} {date}
      --no-metadata     leave out date, camera and other facts
      --no-place        leave out where it was taken
      --hide KIND       of blur-faces: pixelate, solid or blur
      --strength HOW    of blur-faces: light, medium or strong
      --ground GROUND   of cut-out: transparent, blur, white, black or #aabbcc
      --together        all text in one file
      --recipe NAME     tools, format and size as kept in the window
      --device DEVICE   the best that may be used: gpu, webgpu or cpu
      --json            a line of JSON for each thing that happens
      --quiet           say only what went wrong

Examples
  refit run photo-x4 holiday -r -o large --format jpeg
  refit run fast-x4 in/*.png -o out --scale 2 --format webp
  refit run cut-out+photo-x4 cup.jpg --ground white --format jpeg
  refit run blur-faces party -r -o shared --hide solid --no-place
  refit run read-text scans/*.png -o . --format csv --together
  refit run --recipe shop new/*.jpg -o shop

Nothing is overwritten: a name that is taken gets a number after it.

Exits with 0 if all was done, 1 if some pictures failed, 2 if the words were
wrong, 4 if there is nothing to run on or no display, 130 if it was stopped:
with Ctrl+C, by the system, or because nobody reads what it says.
`;

/** What `refit run` says while it works and when it ends. */
export const runWords = {
  progress: (done: number, total: number) => `${done} of ${total}`,
  /** @param notes whole sentences. */
  saved: (name: string, file: string, notes: readonly string[] = []) => [`${name} → ${file}`, ...notes].join(' · '),
  failed: (name: string, why: string) => `${name}: ${why}`,
  noted: (name: string, notes: readonly string[]) => `${name}: ${notes.join(' ')}`,
  missing: (input: string) =>
    input.includes('\ufffd')
      ? `${input} is not there, or its name is not UTF-8: give the file another name.`
      : `${input} is not there, or may not be read.`,
  left: (files: number) => (files === 1 ? '1 file is not a picture.' : `${files} files are not pictures.`),
  links: (links: number) => (links === 1 ? '1 link was not followed.' : `${links} links were not followed.`),
  unreadable: (count: number) => `${count} of the files and folders could not be read.`,
  beyond: (count: number) =>
    `${count === 1 ? '1 picture was' : `${count} pictures were`} left out: one command takes ${maxItems}. Give the others to another.`,
  ended: ({ saved, failed, open }: { saved: number; failed: number; open: number }) =>
    `${[`${saved} saved`, ...(failed > 0 ? [`${failed} failed`] : []), ...(open > 0 ? [`${open} not begun`] : [])].join(', ')}.`,
  stopped: (saved: number) => `Stopped. ${saved} saved; nothing is half written.`,
  nothing: () => 'No pictures were found.',
  noDisplay: () =>
    'There is no display. Refit needs one even where it shows no window: put xvfb-run -a before the command.',
  preparing: (tool: string) => `Preparing ${tool} for your GPU. This happens once.`,
} as const;
