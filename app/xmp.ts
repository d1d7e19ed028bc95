/**
 * Makes a picture's XMP right for the file that is made of it. It reads only the XML that XMP uses, in one pass, and copies all that it
 * need not change. Anybody may have made the XMP: if it is not plainly well-formed, the file gets none. Pure.
 */

export interface XmpEdit {
  width: number;
  height: number;
  dropPlace: boolean;
  /** Whether the further XMP that it may name is kept. */
  keepExtension: boolean;
}

const spaces = {
  tiff: 'http://ns.adobe.com/tiff/1.0/',
  exif: 'http://ns.adobe.com/exif/1.0/',
  xmp: 'http://ns.adobe.com/xap/1.0/',
  note: 'http://ns.adobe.com/xmp/note/',
  photoshop: 'http://ns.adobe.com/photoshop/1.0/',
  iptcCore: 'http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/',
  iptcExt: 'http://iptc.org/std/Iptc4xmpExt/2008-02-29/',
} as const;

/** A property's name whatever its prefix. */
const named = (space: string, name: string) => `${space} ${name}`;

const places = new Set([
  ...['City', 'State', 'Country'].map((name) => named(spaces.photoshop, name)),
  ...['Location', 'CountryCode'].map((name) => named(spaces.iptcCore, name)),
  ...['LocationCreated', 'LocationShown', 'City', 'CountryCode', 'CountryName', 'ProvinceState', 'Sublocation'].map(
    (name) => named(spaces.iptcExt, name),
  ),
]);

function isDropped(name: string, { dropPlace, keepExtension }: XmpEdit): boolean {
  if (name === named(spaces.xmp, 'Thumbnails')) return true;
  if (name === named(spaces.note, 'HasExtendedXMP')) return !keepExtension;
  return dropPlace && (places.has(name) || name.startsWith(named(spaces.exif, 'GPS')));
}

const newValue = (name: string, { width, height }: XmpEdit): string | undefined =>
  ({
    [named(spaces.tiff, 'Orientation')]: '1',
    [named(spaces.tiff, 'ImageWidth')]: `${width}`,
    [named(spaces.tiff, 'ImageLength')]: `${height}`,
    [named(spaces.exif, 'PixelXDimension')]: `${width}`,
    [named(spaces.exif, 'PixelYDimension')]: `${height}`,
  })[name];

/** @returns the packet, unchanged but for what `edit` says; null where it cannot be read surely. */
export function cleanXmp(xmp: Uint8Array, edit: XmpEdit): Uint8Array | null {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(xmp);
    return new TextEncoder().encode(new Editor(text, edit).clean());
  } catch {
    // Not UTF-8, or not XML as XMP has it.
    return null;
  }
}

class Broken extends Error {}

const maxDepth = 64;
const nameOf = /[^\s/>=<"'&]+/y;
const attributeOf = /(\s+)([^\s/>=<"'&]+)(\s*=\s*)("[^"<]*"|'[^'<]*')/y;

class Editor {
  private at = 0;
  private out = '';
  private readonly open: string[] = [];
  /** Prefixes; XMP declares each once. */
  private readonly spaceOf = new Map<string, string>();
  /** The depth of the element that is being left out, or whose content is. */
  private hidden: number | null = null;
  /** The depth of an element that stays while its content is replaced: its end tag is copied. */
  private closing: number | null = null;

  constructor(
    private readonly text: string,
    private readonly edit: XmpEdit,
  ) {}

  clean(): string {
    while (this.at < this.text.length) {
      const next = this.text.indexOf('<', this.at);
      const end = next < 0 ? this.text.length : next;
      this.copy(this.text.slice(this.at, end));
      this.at = end;
      if (next >= 0) this.markup();
    }
    if (this.open.length > 0) throw new Broken();
    return this.out;
  }

  private markup(): void {
    const begins = (mark: string) => this.text.startsWith(mark, this.at);
    if (begins('<?')) this.copyTo('?>');
    else if (begins('<!--')) this.copyTo('-->');
    // Entities and the like have no place in XMP.
    else if (begins('<!')) throw new Broken();
    else if (begins('</')) this.endTag();
    else this.startTag();
  }

  private copyTo(mark: string): void {
    const end = this.text.indexOf(mark, this.at);
    if (end < 0) throw new Broken();
    this.copy(this.text.slice(this.at, end + mark.length));
    this.at = end + mark.length;
  }

  private endTag(): void {
    const end = this.text.indexOf('>', this.at);
    if (end < 0 || this.text.slice(this.at + 2, end).trim() !== this.open.pop()) throw new Broken();
    const tag = this.text.slice(this.at, end + 1);
    this.at = end + 1;
    if (this.hidden === null) this.copy(tag);
    else if (this.open.length < this.hidden) this.hidden = null;
    if (this.closing !== null && this.open.length < this.closing) {
      this.closing = null;
      this.out += tag;
    }
  }

  private startTag(): void {
    const from = this.at;
    this.at++;
    const name = this.match(nameOf)[0];
    const attributes: RegExpExecArray[] = [];
    for (let found = this.tryMatch(attributeOf); found; found = this.tryMatch(attributeOf)) attributes.push(found);
    const rest = this.match(/\s*\/?>/y)[0];
    for (const [, , attribute = '', , value = ''] of attributes) this.declare(attribute, value.slice(1, -1));
    if (!rest.includes('/')) this.open.push(name);
    if (this.open.length > maxDepth) throw new Broken();
    if (this.hidden !== null) return;
    const full = this.fullName(name);
    if (isDropped(full, this.edit)) {
      if (!rest.includes('/')) this.hidden = this.open.length;
      return;
    }
    // Most tags need no change: copy their very letters.
    const kept = attributes.map(([whole, space, attribute = '', equals, value = '']) => {
      const fullName = this.fullName(attribute);
      if (isDropped(fullName, this.edit)) return '';
      const changed = newValue(fullName, this.edit);
      return changed === undefined ? whole : `${space}${attribute}${equals}${value[0]}${changed}${value[0]}`;
    });
    const start = this.text.slice(from, from + 1 + name.length);
    this.copy(`${start}${kept.join('')}${rest}`);
    const content = newValue(full, this.edit);
    if (content === undefined || rest.includes('/')) return;
    this.copy(content);
    this.hidden = this.open.length;
    this.closing = this.open.length;
  }

  private declare(attribute: string, value: string): void {
    if (!attribute.startsWith('xmlns')) return;
    const prefix = attribute.slice(6);
    const known = this.spaceOf.get(prefix);
    // With one prefix for two namespaces an element could be mistaken for another.
    if ((known !== undefined && known !== value) || value.includes('&')) throw new Broken();
    this.spaceOf.set(prefix, value);
  }

  private fullName(name: string): string {
    const colon = name.indexOf(':');
    const prefix = colon < 0 ? '' : name.slice(0, colon);
    return named(this.spaceOf.get(prefix) ?? '', name.slice(colon + 1));
  }

  private copy(text: string): void {
    if (this.hidden === null) this.out += text;
  }

  private tryMatch(what: RegExp): RegExpExecArray | null {
    what.lastIndex = this.at;
    const found = what.exec(this.text);
    if (found) this.at = what.lastIndex;
    return found;
  }

  private match(what: RegExp): RegExpExecArray {
    const found = this.tryMatch(what);
    if (!found) throw new Broken();
    return found;
  }
}
