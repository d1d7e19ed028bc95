#!/usr/bin/env node
// Packs a .deb in fpm's place (CUSTOM_FPM_PATH), with Debian's own dpkg-deb: electron-builder would download fpm, which not every network
// lets through. electron-builder decides all that goes in: scripts, menu entry, icons, dependencies.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';

const text = { type: 'string' };
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    input: { ...text, short: 's' },
    output: { ...text, short: 't' },
    force: { type: 'boolean' },
    depends: { ...text, short: 'd', multiple: true, default: [] },
    'deb-recommends': { ...text, multiple: true, default: [] },
    'deb-compression': { ...text, default: 'xz' },
    'deb-priority': { ...text, default: 'optional' },
    architecture: text,
    'after-install': text,
    'after-remove': text,
    description: text,
    version: text,
    package: text,
    name: text,
    maintainer: text,
    vendor: text,
    url: text,
    license: text,
    category: text,
  },
});
if (values.input !== 'dir' || values.output !== 'deb') throw new Error(`Makes a deb of folders, not ${values.output}.`);

const tree = mkdtempSync(`${values.package}.tree-`);
try {
  for (const mapping of positionals) {
    // Its last =, since a folder may have one in its name.
    const at = mapping.lastIndexOf('=');
    const from = mapping.slice(0, at);
    const target = path.join(tree, mapping.slice(at + 1));
    mkdirSync(path.dirname(target), { recursive: true });
    // Half a gigabyte: hard links save the copy.
    if (statSync(from).isDirectory()) execFileSync('cp', ['-al', from, target]);
    else cpSync(from, target);
  }
  const files = readdirSync(tree, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(tree, path.join(entry.parentPath, entry.name)))
    .sort();
  const control = path.join(tree, 'DEBIAN');
  mkdirSync(control);
  const bytes = files.reduce((sum, file) => sum + statSync(path.join(tree, file)).size, 0);
  const fields = {
    Package: values.name,
    Version: values.version,
    License: values.license,
    Vendor: values.vendor,
    Architecture: values.architecture,
    Maintainer: values.maintainer,
    'Installed-Size': Math.ceil(bytes / 1024),
    Depends: values.depends.join(', '),
    Recommends: values['deb-recommends'].join(', '),
    Section: values.category,
    Priority: values['deb-priority'],
    Homepage: values.url,
    Description: values.description?.trim().replace(/\n\s*/g, '\n '),
  };
  const lines = Object.entries(fields).filter(([, value]) => value);
  writeFileSync(path.join(control, 'control'), lines.map(([name, value]) => `${name}: ${value}\n`).join(''));
  const sums = files.map((file) => {
    const sum = createHash('md5')
      .update(readFileSync(path.join(tree, file)))
      .digest('hex');
    return `${sum}  ${file}\n`;
  });
  writeFileSync(path.join(control, 'md5sums'), sums.join(''));
  for (const [option, script] of [
    ['after-install', 'postinst'],
    ['after-remove', 'postrm'],
  ]) {
    if (!values[option]) continue;
    cpSync(values[option], path.join(control, script));
    chmodSync(path.join(control, script), 0o755);
  }
  // Only root may change a package's files, whatever umask the packager has.
  execFileSync('chmod', ['-R', 'u=rwX,go=rX', tree]);
  // By fpm's names. At this level zstd is fast, and still packs smaller than gzip.
  const compression = { xz: ['-Zxz', '-z6'], zst: ['-Zzstd', '-z3'] }[values['deb-compression']];
  if (!compression) throw new Error(`Packs by xz or zst, not by ${values['deb-compression']}.`);
  execFileSync('dpkg-deb', ['--root-owner-group', ...compression, '--build', tree, values.package], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
} finally {
  rmSync(tree, { recursive: true, force: true });
}
